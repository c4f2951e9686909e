// What the process that keeps workers ready needs: fork(2), descriptors that travel over a socket, and
// the ends of children in the order in which a signal can still not meet a stranger.

#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

int signalbox_socket_pair(int keeps_notes_apart, int ends[2]) {
  int type = keeps_notes_apart ? SOCK_SEQPACKET : SOCK_STREAM;
  return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends);
}

int signalbox_send_note(
    int socket, const struct signalbox_note *note, const int *descriptors, int count, int wait) {
  struct iovec part = {.iov_base = (void *)note, .iov_len = sizeof *note};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * signalbox_note_descriptors)];
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)count);
  }
  ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT));
  return sent < 0 ? -1 : 0;
}

int signalbox_receive_note(int socket, struct signalbox_note *note, int *descriptors, int *count) {
  struct iovec part = {.iov_base = note, .iov_len = sizeof *note};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * signalbox_note_descriptors)];
  } control;
  struct msghdr message = {
      .msg_iov = &part,
      .msg_iovlen = 1,
      .msg_control = control.bytes,
      .msg_controllen = sizeof control.bytes};
  *count = 0;
  ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return -1;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    *count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t)*count);
  }
  if (got == 0) return 0;
  if (got == (ssize_t)sizeof *note) return 1;
  errno = EPROTO;
  return -1;
}

pid_t signalbox_fork_worker(int channel, int output, int errors) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid;
  // The parent may be gone between the two calls.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(127);
  // What the worker starts stays below it, however it detaches itself.
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || setsid() < 0) _exit(127);
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) _exit(127);
  if (channel != signalbox_worker_channel &&
      dup3(channel, signalbox_worker_channel, O_CLOEXEC) < 0)
    _exit(127);
  if (syscall(SYS_close_range, signalbox_worker_channel + 1, ~0u, 0) != 0) {
    // Before Linux 5.9. What we opened ourselves is below this.
    for (int number = signalbox_worker_channel + 1; number < 4096; number++) close(number);
  }
  struct sigaction usual = {.sa_handler = SIG_DFL};
  for (int number = 1; number < NSIG; number++) sigaction(number, &usual, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  return 0;
}

pid_t signalbox_next_dead(void) {
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno == ECHILD ? 0 : -1;
  return info.si_pid;
}

int signalbox_take_dead(pid_t pid, struct signalbox_exit *exit) {
  siginfo_t info;
  struct rusage usage;
  memset(&info, 0, sizeof info);
  memset(&usage, 0, sizeof usage);
  if (syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG, &usage) != 0) return -1;
  exit->how = info.si_code;
  exit->status = info.si_status;
  exit->user_us = (int64_t)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec;
  exit->system_us = (int64_t)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec;
  exit->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
  return 0;
}

int signalbox_has_child(void) {
  while (1) {
    pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);
    if (pid > 0) continue;
    if (pid == 0) return 1;
    if (errno != EINTR) return 0;
  }
}

int signalbox_hold_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

void signalbox_own_usage(struct signalbox_exit *exit) {
  struct rusage own, below;
  memset(exit, 0, sizeof *exit);
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &below);
  struct timeval user, system;
  timeradd(&own.ru_utime, &below.ru_utime, &user);
  timeradd(&own.ru_stime, &below.ru_stime, &system);
  exit->user_us = (int64_t)user.tv_sec * 1000000 + user.tv_usec;
  exit->system_us = (int64_t)system.tv_sec * 1000000 + system.tv_usec;
  exit->peak_bytes = (int64_t)own.ru_maxrss * 1024;
}
