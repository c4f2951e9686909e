// A supervisor per supervised process: a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), so
// that every descendant of the process stays below it in the tree of processes, whatever `setsid`,
// `nohup` or double forking it does. That makes "kill all of it" exact and free of guesses: kill
// the direct children, take those that they leave behind, and repeat until there are none.
//
// The supervisor is a process that shares our memory (CLONE_VM without CLONE_THREAD). It costs one
// clone(2) and some kilobytes, not the millisecond of another executable. For that it may touch
// nothing of the C library: the library's thread-local storage, errno included, belongs to the
// thread that called clone. So everything here is a plain system call.
//
// It outlives us by as long as it takes to kill its tree: PR_SET_PDEATHSIG tells it of our death.
//
// The process is made at once too, and is led up to execve(2): there it waits at a gate, a pipe of
// which the caller has the other end, and where it ends when that end is closed. So the start costs one
// write(2), and what happens before it costs nobody time.

#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A sanitizer keeps books of the thread that it believes to be in, and the supervisor's would be those
// of the thread that called clone.
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((disable_sanitizer_instrumentation)), apply_to = function)
#endif

#include "RawCalls.h"

// The size of the kernel's signal set, which is not the C library's.
#define KERNEL_SIGSET_BYTES 8

typedef uint64_t kernel_sigset;

// `struct sigaction` of the kernel.
struct kernel_sigaction {
  void *handler;
  unsigned long flags;
  void *restorer;
  kernel_sigset mask;
};

// SIG_DFL. Static, because clearing one on the stack may call memset, which is the C library's.
static const struct kernel_sigaction at_default;

PLAIN kernel_sigset signal_bit(int number) { return (kernel_sigset)1 << (number - 1); }

PLAIN void close_from_to(unsigned first, unsigned last) {
  if (first > last) return;
  if (sys(SYS_close_range, first, last, 0, 0, 0) != -ENOSYS) return;
  // Before Linux 5.9. What we opened ourselves is below this.
  for (unsigned number = first; number <= last && number < 4096; number++)
    sys(SYS_close, number, 0, 0, 0, 0);
}

// ---- The process, between clone and execve.

PLAIN int fail(struct signalbox_supervision *supervision, int step, long error) {
  supervision->failed_step = step;
  supervision->error = (int)-error;
  return 127;
}

// Everything that was asked for, or an error: nothing runs with less. Returns the step that failed.
PLAIN int confine(struct signalbox_supervision *supervision, long *error) {
  const struct signalbox_confinement *held = &supervision->confinement;
  for (int index = 0; index < held->limit_count; index++) {
    // prlimit64(2) takes soft and hard as two words of 64 bits, which is how the structure ends.
    const struct signalbox_limit *limit = &held->limits[index];
    *error = sys(SYS_prlimit64, 0, limit->resource, (long)&limit->soft, 0, 0);
    if (*error < 0) {
      supervision->failed_limit = limit->resource;
      return signalbox_step_limit;
    }
  }
  if (held->changes_user) {
    *error = sys(SYS_setgroups, held->group_count, (long)held->groups, 0, 0, 0);
    if (*error < 0) return signalbox_step_groups;
    *error = sys(SYS_setresgid, held->group, held->group, held->group, 0, 0);
    if (*error < 0) return signalbox_step_groups;
    // From here to execve a process of another user has our memory. The kernel closes it to
    // ptrace(2) with this very call (prctl(2), PR_SET_DUMPABLE), and it has to stay closed: the
    // next one may be under way. The id is real, effective and saved, so there is no way back.
    *error = sys(SYS_setresuid, held->user, held->user, held->user, 0, 0);
    if (*error < 0) return signalbox_step_user;
  }
  if (held->no_new_privileges) {
    *error = sys(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (*error < 0) return signalbox_step_privileges;
  }
  return signalbox_step_none;
}

// What can be done before the order to start. Returns the step that failed.
PLAIN int arrange(struct signalbox_supervision *supervision, long *error) {
  const struct signalbox_spawn *spawn = &supervision->spawn;
  *error = sys(SYS_setpgid, 0, 0, 0, 0, 0);
  if (*error < 0) return signalbox_step_group;
  for (int target = 0; target < 3; target++) {
    // The caller keeps its descriptors above 2, so none is overwritten before its turn.
    *error = sys(SYS_dup3, spawn->standard[target], target, 0, 0, 0);
    if (*error < 0) return signalbox_step_descriptors;
  }
  close_from_to(3, (unsigned)supervision->gate - 1);
  close_from_to((unsigned)supervision->gate + 1, ~0u);
  if (spawn->directory != NULL) {
    *error = sys(SYS_chdir, (long)spawn->directory, 0, 0, 0, 0);
    if (*error < 0) return signalbox_step_directory;
  }
  // signal(7): execve resets what is caught, but an ignored signal stays ignored.
  for (int number = 1; number <= 64; number++) {
    if (supervision->ignored & signal_bit(number))
      sys(SYS_rt_sigaction, number, (long)&at_default, 0, KERNEL_SIGSET_BYTES, 0);
  }
  return signalbox_step_none;
}

// Whether the order to start comes, before the caller lets go of the gate or dies.
PLAIN int may_pass(const struct signalbox_supervision *supervision) {
  char order;
  if (sys(SYS_read, supervision->gate, (long)&order, 1, 0, 0) != 1) return 0;
  // What was sent to it while it waited is not for the program.
  kernel_sigset all = ~(kernel_sigset)0;
  struct timespec now;
  now.tv_sec = 0;
  now.tv_nsec = 0;
  while (sys(SYS_rt_sigtimedwait, (long)&all, 0, (long)&now, KERNEL_SIGSET_BYTES, 0) > 0) {
  }
  return 1;
}

PLAIN int become_process(void *argument) {
  struct signalbox_supervision *supervision = argument;
  const struct signalbox_spawn *spawn = &supervision->spawn;
  long result = 0;
  // Whoever kills the supervisor opens no gate. It leaves the process be once it runs.
  sys(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (sys(SYS_getppid, 0, 0, 0, 0, 0) != supervision->supervisor) return 0;
  int step = arrange(supervision, &result);
  if (!may_pass(supervision)) return 0;
  sys(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
  // As late as this, so that it is not a process of another user that waits and can be signalled.
  if (step == signalbox_step_none) step = confine(supervision, &result);
  if (step != signalbox_step_none) return fail(supervision, step, result);
  kernel_sigset none = 0;
  supervision->is_executing = 1;
  sys(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, KERNEL_SIGSET_BYTES, 0);
  // The gate is closed by it.
  result = sys(
      SYS_execve, (long)spawn->executable, (long)spawn->arguments, (long)spawn->environment, 0, 0);
  return fail(supervision, signalbox_step_execute, result);
}

// ---- The supervisor.

PLAIN void report(struct signalbox_supervision *supervision, int phase) {
  __atomic_store_n(&supervision->phase, phase, __ATOMIC_RELEASE);
  char byte = (char)phase;
  sys(SYS_write, supervision->report, (long)&byte, 1, 0, 0);
}

PLAIN void kill_children(void) {
  // proc(5): the list may miss a child while others exit, so the caller repeats until none is left.
  static const char path[] = "/proc/thread-self/children";
  long file = sys(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0);
  if (file < 0) return;
  char text[1024];
  long pid = 0, count;
  while ((count = sys(SYS_read, file, (long)text, sizeof text, 0, 0)) > 0) {
    for (long index = 0; index < count; index++) {
      if (text[index] >= '0' && text[index] <= '9') {
        pid = pid * 10 + (text[index] - '0');
        continue;
      }
      // Only we take our children off the table: this number cannot be another process by now.
      if (pid > 1) sys(SYS_kill, pid, SIGKILL, 0, 0, 0);
      pid = 0;
    }
  }
  if (pid > 1) sys(SYS_kill, pid, SIGKILL, 0, 0, 0);
  sys(SYS_close, file, 0, 0, 0, 0);
}

// cgroup.kill (Linux 5.14) ends all that is in the cgroup at one stroke, also what forks faster
// than it could be listed. Where it is missing, or there is no cgroup, the list has to do.
PLAIN void kill_cgroup(struct signalbox_supervision *supervision) {
  if (supervision->confinement.cgroup < 0) return;
  static const char name[] = "cgroup.kill";
  long file = sys(
      SYS_openat, supervision->confinement.cgroup, (long)name, O_WRONLY | O_CLOEXEC, 0, 0);
  if (file < 0) return;
  supervision->killed_cgroup = 1;
  sys(SYS_write, file, (long)"1", 1, 0, 0);
  sys(SYS_close, file, 0, 0, 0, 0);
}

struct watch {
  struct signalbox_supervision *supervision;
  int killing;
  int main_ended;
  // The kill order came after the process had ended: whatever is killed then had been left behind.
  int only_leftovers;
};

// Whether a dead, not yet reaped child counts as one that had escaped.
PLAIN int had_escaped(const struct watch *watch, pid_t pid, const siginfo_t *info) {
  if (!watch->killing || info->si_code != CLD_KILLED || info->si_status != SIGKILL) return 0;
  if (watch->only_leftovers) return 1;
  return sys(SYS_getpgid, pid, 0, 0, 0, 0) != watch->supervision->process;
}

PLAIN void take(struct watch *watch, pid_t pid) {
  struct signalbox_supervision *supervision = watch->supervision;
  siginfo_t info;
  struct rusage usage;
  if (sys(SYS_waitid, P_PID, pid, (long)&info, WEXITED | __WALL, (long)&usage) < 0) return;
  struct signalbox_exit *exit = &supervision->exit;
  exit->user_us += (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
  exit->system_us += (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
  int64_t peak = (int64_t)usage.ru_maxrss * 1024;
  if (peak > exit->peak_bytes) exit->peak_bytes = peak;
  if (pid != supervision->process) return;
  struct timespec now;
  sys(SYS_clock_gettime, CLOCK_BOOTTIME, (long)&now, 0, 0, 0);
  supervision->ended_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
  exit->how = info.si_code;
  exit->status = info.si_status;
  watch->main_ended = 1;
}

// Takes every dead child. Returns 0 when there is no child at all.
PLAIN int take_dead(struct watch *watch) {
  for (;;) {
    siginfo_t info;
    info.si_pid = 0;
    long result =
        sys(SYS_waitid, P_ALL, 0, (long)&info, WEXITED | WNOHANG | WNOWAIT | __WALL, 0);
    if (result == -ECHILD) return 0;
    if (result < 0 || info.si_pid == 0) return 1;
    pid_t pid = info.si_pid;
    // Asked before it is taken: then the kernel still knows its group.
    if (pid != watch->supervision->process && had_escaped(watch, pid, &info))
      watch->supervision->escaped_killed += 1;
    take(watch, pid);
  }
}

PLAIN void watch_over(struct signalbox_supervision *supervision) {
  // Field by field: a compiler that does not optimise would call memset to clear it, which a sanitizer
  // takes for a call of the thread that called clone.
  struct watch watch;
  watch.supervision = supervision;
  watch.killing = watch.main_ended = watch.only_leftovers = 0;
  kernel_sigset wanted = signal_bit(SIGCHLD) | signal_bit(SIGUSR1);
  // Children are listed again this often while they are killed, should a list have missed one; and
  // ever less often, for one that we may not kill (setuid) or that the kernel does not let go.
  struct timespec pause;
  pause.tv_sec = 0;
  pause.tv_nsec = 5 * 1000 * 1000;
  while (take_dead(&watch)) {
    // Told while others live on: that none is left says it too, and follows at once otherwise.
    if (watch.main_ended && supervision->phase == signalbox_phase_started)
      report(supervision, signalbox_phase_ended);
    if (watch.killing) {
      kill_children();
      if (pause.tv_nsec < 500 * 1000 * 1000) pause.tv_nsec += pause.tv_nsec / 4;
    }
    long number = sys(
        SYS_rt_sigtimedwait, (long)&wanted, 0, watch.killing ? (long)&pause : 0,
        KERNEL_SIGSET_BYTES, 0);
    if (number != SIGUSR1 || watch.killing) continue;
    watch.killing = 1;
    take_dead(&watch);
    watch.only_leftovers = watch.main_ended;
    // All of the group at once, so that no member sees another one gone.
    if (!watch.main_ended) sys(SYS_kill, -supervision->process, SIGKILL, 0, 0, 0);
    kill_cgroup(supervision);
  }
}

enum { kept_count = 6 };

// Closes our copies of all of the caller's descriptors but those that the process will have, the
// report and the gate: they must close when the caller closes them.
PLAIN void keep_own_descriptors(const struct signalbox_supervision *supervision) {
  int kept[kept_count] = {
      supervision->spawn.standard[0], supervision->spawn.standard[1],
      supervision->spawn.standard[2], supervision->report, supervision->gate,
      supervision->confinement.cgroup};
  unsigned next = 0;
  for (int round = 0; round < kept_count; round++) {
    int least = -1;
    for (int index = 0; index < kept_count; index++)
      if (kept[index] >= (int)next && (least < 0 || kept[index] < least)) least = kept[index];
    // Two of the three may be one.
    if (least < 0) break;
    if (least > 0) close_from_to(next, (unsigned)least - 1);
    next = (unsigned)least + 1;
  }
  close_from_to(next, ~0u);
}

PLAIN long start_process(struct signalbox_supervision *supervision) {
  // The lower part of our stack serves the process until it executes or leaves; meanwhile we are
  // suspended.
  char *bottom = supervision->stack;
  char *top = bottom + signalbox_supervisor_stack / 2;
  const unsigned long flags = CLONE_VM | CLONE_VFORK;
  if (supervision->confinement.cgroup < 0)
    return start_on_stack(flags | SIGCHLD, top, become_process, supervision);
  return start_in_cgroup(
      supervision->confinement.cgroup, flags, bottom, top, become_process, supervision);
}

PLAIN int supervise(void *argument) {
  struct signalbox_supervision *supervision = argument;
  // Every signal is blocked here. One at its default is still queued for rt_sigtimedwait, and an
  // inherited "ignored" would let orders and children vanish unseen.
  sys(SYS_rt_sigaction, SIGCHLD, (long)&at_default, 0, KERNEL_SIGSET_BYTES, 0);
  sys(SYS_rt_sigaction, SIGUSR1, (long)&at_default, 0, KERNEL_SIGSET_BYTES, 0);
  keep_own_descriptors(supervision);
  sys(SYS_prctl, PR_SET_NAME, (long)"signalbox-call", 0, 0, 0);
  sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sys(SYS_prctl, PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
  if (sys(SYS_getppid, 0, 0, 0, 0, 0) != supervision->parent) return 0;
  // The caller writes the same, maybe later.
  supervision->supervisor = (pid_t)sys(SYS_getpid, 0, 0, 0, 0, 0);

  long pid = start_process(supervision);
  if (pid < 0) fail(supervision, signalbox_step_clone, pid);
  // It was let go of, or killed where it waited.
  else if (supervision->error == 0 && !supervision->is_executing)
    fail(supervision, signalbox_step_gate, -ECANCELED);
  if (supervision->error != 0) {
    if (pid > 0) sys(SYS_wait4, pid, 0, __WALL, 0, 0);
    report(supervision, signalbox_phase_failed);
    return 0;
  }
  supervision->process = (pid_t)pid;
  report(supervision, signalbox_phase_started);

  // Now they are the process's alone.
  for (int target = 0; target < 3; target++)
    sys(SYS_close, supervision->spawn.standard[target], 0, 0, 0, 0);
  sys(SYS_close, supervision->gate, 0, 0, 0, 0);
  watch_over(supervision);
  report(supervision, signalbox_phase_gone);
  return 0;
}

// What this process was started with as ignored (nohup(1)), and SIGPIPE, the one that it ignores
// itself: asked once, because asking takes 64 system calls.
static kernel_sigset ignored_signals;

static void ask_ignored_signals(void) {
  ignored_signals = signal_bit(SIGPIPE);
  for (int number = 1; number <= 64; number++) {
    struct kernel_sigaction known;
    if (sys(SYS_rt_sigaction, number, 0, (long)&known, KERNEL_SIGSET_BYTES, 0) < 0) continue;
    if (known.handler == (void *)SIG_IGN) ignored_signals |= signal_bit(number);
  }
}

int signalbox_supervise(struct signalbox_supervision *supervision) {
  static pthread_once_t asked = PTHREAD_ONCE_INIT;
  pthread_once(&asked, ask_ignored_signals);
  supervision->ignored = ignored_signals;
  sigset_t all, before;
  sigfillset(&all);
  supervision->phase = signalbox_phase_new;
  supervision->error = 0;
  supervision->failed_step = signalbox_step_none;
  supervision->failed_limit = 0;
  supervision->killed_cgroup = 0;
  supervision->process = 0;
  supervision->is_executing = 0;
  supervision->escaped_killed = 0;
  supervision->parent = getpid();
  memset(&supervision->exit, 0, sizeof supervision->exit);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  char *top = (char *)supervision->stack + signalbox_supervisor_stack;
  long pid = start_on_stack(CLONE_VM | SIGCHLD, top, supervise, supervision);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  supervision->supervisor = (pid_t)pid;
  return pid < 0 ? (int)-pid : 0;
}

int signalbox_supervision_phase(const struct signalbox_supervision *supervision) {
  return __atomic_load_n(&supervision->phase, __ATOMIC_ACQUIRE);
}

int signalbox_supervisor_kill(pid_t supervisor) { return kill(supervisor, SIGUSR1); }

PLAIN int leave(void *nothing) {
  (void)nothing;
  return 0;
}

int signalbox_try_cgroup(int cgroup) {
  _Alignas(16) char stack[4096];
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int status = 0;
  long pid = start_in_cgroup(
      cgroup, CLONE_VM | CLONE_VFORK, stack, stack + sizeof stack, leave, NULL);
  long waited = pid > 0 ? sys(SYS_wait4, pid, (long)&status, __WALL, 0, 0) : pid;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (waited < 0) return (int)-waited;
  return status == 0 ? 0 : ECANCELED;
}

int signalbox_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

#if defined(__clang__)
#pragma clang attribute pop
#endif
