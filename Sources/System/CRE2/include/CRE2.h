#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A C face on RE2, which matches in time linear in the text. Nothing here throws or logs.

typedef struct cre2_pattern cre2_pattern;

// Compiles a pattern in RE2's syntax (UTF-8). Returns NULL when it cannot, with the reason in
// `error` (always ended by a NUL). `max_memory` bounds the program and its caches, in bytes.
cre2_pattern *cre2_new(
    const char *pattern, size_t length, int64_t max_memory, char *error, size_t error_capacity);

// Whether the pattern is found anywhere in the text. May be called from several threads at once.
bool cre2_matches(const cre2_pattern *pattern, const char *text, size_t length);

// Instructions of the compiled program: the most steps that one byte of text can cost.
int cre2_program_size(const cre2_pattern *pattern);

void cre2_free(cre2_pattern *pattern);

#ifdef __cplusplus
}
#endif
