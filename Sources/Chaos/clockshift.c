// Preloaded into a process, shifts its wall clock by CLOCK_SHIFT_SECONDS. The monotonic clocks stay.
// scripts/chaos builds it; it is no part of the package.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *time) {
  // Not by the vDSO, so slower: that shows nothing that is looked for here.
  long result = syscall(SYS_clock_gettime, id, time);
  if (result == 0 && id == CLOCK_REALTIME) {
    const char *shift = getenv("CLOCK_SHIFT_SECONDS");
    if (shift) time->tv_sec += atol(shift);
  }
  return (int)result;
}
