#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sys/socket.h>
#include <unistd.h>

// From <linux/wait.h>, which clashes with <sys/wait.h>.
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int signalbox_open(const char *path, int flags, mode_t mode) {
  return open(path, flags | O_CLOEXEC, mode);
}

int signalbox_set_nonblocking(int descriptor, int on) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(descriptor, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

int signalbox_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }

int signalbox_set_pipe_size(int descriptor, int bytes) {
  return fcntl(descriptor, F_SETPIPE_SZ, bytes);
}

int signalbox_reserve(int descriptor, off_t offset, off_t length) {
  return fallocate(descriptor, FALLOC_FL_KEEP_SIZE, offset, length);
}

int signalbox_memory_file(const char *name) {
  // MFD_NOEXEC_SEAL, from Linux 6.3 on; without it newer kernels warn.
  int descriptor = memfd_create(name, MFD_CLOEXEC | 0x0008U);
  return descriptor >= 0 ? descriptor : memfd_create(name, MFD_CLOEXEC);
}

int signalbox_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int signalbox_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

pid_t signalbox_peer(int connection) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
  return peer.pid;
}

int signalbox_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int signalbox_signalfd(const int *signals, size_t count) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t index = 0; index < count; index++) sigaddset(&set, signals[index]);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error != 0) {
    errno = error;
    return -1;
  }
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int signalbox_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  ssize_t count = read(descriptor, &info, sizeof info);
  if (count == (ssize_t)sizeof info) return (int)info.ssi_signo;
  return count < 0 && errno != EAGAIN && errno != EINTR ? -1 : 0;
}

ssize_t signalbox_attribute(const char *path, const char *name, void *bytes, size_t count) {
  return getxattr(path, name, bytes, count);
}

ssize_t signalbox_random(void *bytes, size_t count) { return getrandom(bytes, count, 0); }

void signalbox_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

static int control(int epoll, int operation, int descriptor, uint32_t interest, uint64_t token) {
  struct epoll_event event = {0};
  if (interest & signalbox_readable) event.events |= EPOLLIN;
  if (interest & signalbox_writable) event.events |= EPOLLOUT;
  event.data.u64 = token;
  return epoll_ctl(epoll, operation, descriptor, &event);
}

int signalbox_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int signalbox_epoll_add(int epoll, int descriptor, uint32_t interest, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, interest, token);
}

int signalbox_epoll_change(int epoll, int descriptor, uint32_t interest, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, interest, token);
}

int signalbox_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int signalbox_epoll_wait(int epoll, struct signalbox_ready *ready, int capacity, int timeout_ms) {
  struct epoll_event events[64];
  if (capacity > 64) capacity = 64;
  int count = epoll_wait(epoll, events, capacity, timeout_ms);
  for (int index = 0; index < count; index++) {
    uint32_t flags = events[index].events;
    uint32_t state = 0;
    if (flags & (EPOLLIN | EPOLLHUP | EPOLLERR)) state |= signalbox_readable;
    if (flags & EPOLLOUT) state |= signalbox_writable;
    if (flags & (EPOLLHUP | EPOLLERR)) state |= signalbox_hung_up;
    ready[index].token = events[index].data.u64;
    ready[index].state = state;
  }
  return count;
}

// A source descriptor below 3 could be overwritten by an earlier dup2 of the list: move it up.
static int lift(int descriptor, int target, int *lifted) {
  *lifted = -1;
  if (descriptor >= 3 || descriptor == target) return descriptor;
  *lifted = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  return *lifted;
}

static int spawn_with(
    const struct signalbox_spawn *request, const int sources[3],
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, pid_t *pid) {
  int error = 0;
  for (int target = 0; target < 3 && error == 0; target++)
    error = posix_spawn_file_actions_adddup2(actions, sources[target], target);
  if (error == 0 && request->directory != NULL)
    error = posix_spawn_file_actions_addchdir_np(actions, request->directory);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
  if (error != 0) return error;

  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setpgroup(attributes, 0);
  short group = request->new_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
  posix_spawnattr_setflags(attributes, group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  return posix_spawn(
      pid, request->executable, actions, attributes, request->arguments, request->environment);
}

int signalbox_start(const struct signalbox_spawn *request, pid_t *pid, int *pidfd) {
  int sources[3], lifted[3] = {-1, -1, -1};
  int error = 0;
  for (int target = 0; target < 3 && error == 0; target++) {
    sources[target] = lift(request->standard[target], target, &lifted[target]);
    if (sources[target] < 0) error = errno;
  }
  if (error == 0) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    error = posix_spawn_file_actions_init(&actions);
    if (error == 0) {
      error = posix_spawnattr_init(&attributes);
      if (error == 0) {
        error = spawn_with(request, sources, &actions, &attributes, pid);
        posix_spawnattr_destroy(&attributes);
      }
      posix_spawn_file_actions_destroy(&actions);
    }
  }
  for (int target = 0; target < 3; target++)
    if (lifted[target] >= 0) close(lifted[target]);
  if (error != 0) return error;

  // Nobody else waits for this child, so its id cannot have been reused.
  *pidfd = signalbox_pidfd_open(*pid);
  if (*pidfd >= 0) return 0;
  error = errno;
  kill(*pid, SIGKILL);
  waitpid(*pid, NULL, 0);
  return error;
}

int signalbox_wait(int pidfd, int block, struct signalbox_exit *exit) {
  siginfo_t info;
  struct rusage usage;
  memset(&info, 0, sizeof info);
  memset(&usage, 0, sizeof usage);
  int options = WEXITED | (block ? 0 : WNOHANG);
  long result;
  do {
    result = syscall(SYS_waitid, P_PIDFD, pidfd, &info, options, &usage);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return -1;
  if (info.si_pid == 0) return 0;
  exit->how = info.si_code;
  exit->status = info.si_status;
  exit->user_us = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
  exit->system_us = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
  exit->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
  return 1;
}

int signalbox_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int signalbox_pidfd_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
