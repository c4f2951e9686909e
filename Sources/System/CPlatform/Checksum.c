// CRC-32C (Castagnoli; RFC 3720, appendix B.4), which x86-64 has an instruction for since SSE4.2.
//
// The instruction takes 8 bytes in one cycle and answers after three, so three stretches of the input
// are taken side by side. The register is linear over GF(2): the checksum of "A then B" is that of A
// moved over the length of B, exclusive-or that of B begun at 0. To move over a fixed length is a
// matrix of 32 columns, kept as four tables of its sums, one for each byte of the register.

#include "CPlatform.h"

#include <pthread.h>
#include <string.h>

static const uint32_t polynomial = 0x82F63B78;  // reflected

enum { lane_bytes = 4096 };

static uint32_t slices[8][256];
static pthread_once_t sliced = PTHREAD_ONCE_INIT;

static void fill_slices(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? polynomial : 0);
    slices[0][byte] = value;
  }
  for (int slice = 1; slice < 8; slice++)
    for (int byte = 0; byte < 256; byte++) {
      uint32_t before = slices[slice - 1][byte];
      slices[slice][byte] = before >> 8 ^ slices[0][before & 0xff];
    }
}

static uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

// Eight bytes at a time, each through the table of its distance from the end. Little-endian.
static uint32_t in_software(uint32_t state, const uint8_t *bytes, size_t count) {
  pthread_once(&sliced, fill_slices);
  for (; count >= 8; count -= 8, bytes += 8) {
    uint64_t word = word_at(bytes) ^ state;
    state = 0;
    for (int index = 0; index < 8; index++)
      state ^= slices[7 - index][word >> (8 * index) & 0xff];
  }
  for (; count > 0; count--, bytes++) state = state >> 8 ^ slices[0][(state ^ *bytes) & 0xff];
  return state;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

static uint32_t over_lane[4][256];
static pthread_once_t moved = PTHREAD_ONCE_INIT;

static void fill_moves(void) {
  static const uint8_t zeros[lane_bytes];
  uint32_t columns[32];
  for (int bit = 0; bit < 32; bit++) columns[bit] = in_software(1u << bit, zeros, lane_bytes);
  for (int part = 0; part < 4; part++)
    for (int byte = 0; byte < 256; byte++) {
      uint32_t sum = 0;
      for (int bit = 0; bit < 8; bit++)
        if (byte >> bit & 1) sum ^= columns[8 * part + bit];
      over_lane[part][byte] = sum;
    }
}

static uint32_t move(uint32_t state) {
  return over_lane[0][state & 0xff] ^ over_lane[1][state >> 8 & 0xff] ^
         over_lane[2][state >> 16 & 0xff] ^ over_lane[3][state >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t in_hardware(
    uint32_t state, const uint8_t *bytes, size_t count) {
  pthread_once(&moved, fill_moves);
  for (; count >= 3 * lane_bytes; count -= 3 * lane_bytes, bytes += 3 * lane_bytes) {
    uint64_t first = state, second = 0, third = 0;
    for (size_t at = 0; at < lane_bytes; at += 8) {
      first = _mm_crc32_u64(first, word_at(bytes + at));
      second = _mm_crc32_u64(second, word_at(bytes + at + lane_bytes));
      third = _mm_crc32_u64(third, word_at(bytes + at + 2 * lane_bytes));
    }
    state = move(move((uint32_t)first) ^ (uint32_t)second) ^ (uint32_t)third;
  }
  uint64_t rest = state;
  for (; count >= 8; count -= 8, bytes += 8) rest = _mm_crc32_u64(rest, word_at(bytes));
  state = (uint32_t)rest;
  for (; count > 0; count--, bytes++) state = _mm_crc32_u8(state, *bytes);
  return state;
}
#endif

uint32_t signalbox_crc32c(uint32_t before, const void *bytes, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ~in_hardware(~before, bytes, count);
#endif
  return ~in_software(~before, bytes, count);
}

uint32_t signalbox_crc32c_in_software(uint32_t before, const void *bytes, size_t count) {
  return ~in_software(~before, bytes, count);
}
