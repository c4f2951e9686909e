#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <new>
#include <string>

struct cre2_pattern {
  RE2 re2;

  cre2_pattern(const re2::StringPiece &pattern, const RE2::Options &options)
      : re2(pattern, options) {}
};

static void fill(char *error, size_t capacity, const char *text) {
  if (capacity == 0) return;
  std::strncpy(error, text, capacity - 1);
  error[capacity - 1] = '\0';
}

cre2_pattern *cre2_new(
    const char *pattern, size_t length, int64_t max_memory, char *error, size_t error_capacity) {
  // Exceptions must not cross into Swift; RE2 itself throws none, but its allocations may.
  try {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(max_memory);
    // Captures are never asked for; without them programs are smaller.
    options.set_never_capture(true);
    cre2_pattern *compiled =
        new cre2_pattern(re2::StringPiece(pattern, length), options);
    if (!compiled->re2.ok()) {
      fill(error, error_capacity, compiled->re2.error().c_str());
      delete compiled;
      return nullptr;
    }
    fill(error, error_capacity, "");
    return compiled;
  } catch (...) {
    fill(error, error_capacity, "out of memory");
    return nullptr;
  }
}

bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length) {
  return pattern->re2.Match(
      re2::StringPiece(text, length), 0, length, RE2::UNANCHORED, nullptr, 0);
}

int cre2_program_size(const cre2_pattern *pattern) { return pattern->re2.ProgramSize(); }

void cre2_free(cre2_pattern *pattern) { delete pattern; }
