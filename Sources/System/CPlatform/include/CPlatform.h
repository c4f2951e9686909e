#pragma once

// What Swift cannot call by itself: variadic functions, macros, GNU extensions behind _GNU_SOURCE,
// and code that runs between clone(2) and execve(2). Nothing here keeps state.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// open(2), fcntl(2) and ioctl(2) are variadic.
int signalbox_open(const char *path, int flags, mode_t mode);
int signalbox_set_nonblocking(int descriptor, int on);
int signalbox_duplicate(int descriptor);
// F_SETPIPE_SZ; returns the size that the kernel gave, or -1.
int signalbox_set_pipe_size(int descriptor, int bytes);

// fallocate(2) with FALLOC_FL_KEEP_SIZE.
int signalbox_reserve(int descriptor, off_t offset, off_t length);

// An anonymous file in memory, close-on-exec.
int signalbox_memory_file(const char *name);

// Removes all that is in a directory, whatever its names, permissions and depth; links are not
// followed. 0, or -1 with errno.
int signalbox_empty_directory(const char *path);

// pipe2(2) with O_CLOEXEC.
int signalbox_pipe(int ends[2]);
// accept4(2) with SOCK_CLOEXEC.
int signalbox_accept(int listener);
// The process that connected this socket of the file system (SO_PEERCRED); -1 with errno.
pid_t signalbox_peer(int connection);
int signalbox_eventfd(void);
// A descriptor that becomes readable when one of `signals` arrives; blocks their usual delivery.
int signalbox_signalfd(const int *signals, size_t count);

// The next signal that arrived at a descriptor of signalbox_signalfd, 0 for none, -1 on error.
int signalbox_next_signal(int descriptor);

// getxattr(2).
ssize_t signalbox_attribute(const char *path, const char *name, void *bytes, size_t count);

// A record of utmp(5): its size, and of one of a user's session the user's name (with a NUL) and the
// session's process; 0 for any other record.
enum { signalbox_login_name_max = 32 };
size_t signalbox_login_bytes(void);
pid_t signalbox_login(const void *record, char *name);

// Linux headers that Swift's Glibc module leaves out, or hides behind _GNU_SOURCE.
ssize_t signalbox_random(void *bytes, size_t count);
void signalbox_name_thread(const char *name);

enum { signalbox_readable = 1, signalbox_writable = 2, signalbox_hung_up = 4 };
struct signalbox_ready {
  uint64_t token;
  uint32_t state;
};

// epoll(7), level-triggered.
int signalbox_epoll(void);
int signalbox_epoll_add(int epoll, int descriptor, uint32_t interest, uint64_t token);
int signalbox_epoll_change(int epoll, int descriptor, uint32_t interest, uint64_t token);
int signalbox_epoll_remove(int epoll, int descriptor);
// At most 64 at once; `timeout_ms` below 0 waits for ever.
int signalbox_epoll_wait(int epoll, struct signalbox_ready *ready, int capacity, int timeout_ms);

struct signalbox_spawn {
  const char *executable;
  char *const *arguments;
  char *const *environment;
  const char *directory;  // NULL: the caller's
  int standard[3];        // what becomes descriptor 0, 1 and 2
  int new_session;        // setsid; otherwise a process group of its own
};

// posix_spawn(3) of a process in its own group or session, with every signal at its default,
// nothing blocked, and no descriptor but 0, 1 and 2. Returns 0 or the error number; sets `pid` and
// `pidfd`.
int signalbox_start(const struct signalbox_spawn *request, pid_t *pid, int *pidfd);

struct signalbox_exit {
  int32_t how;      // CLD_EXITED, CLD_KILLED or CLD_DUMPED
  int32_t status;   // exit code or signal
  int64_t user_us;
  int64_t system_us;
  int64_t peak_bytes;
};

// waitid(2) with P_PIDFD and the usage that glibc's wrapper leaves out.
// Returns 1 when the process has ended, 0 when it runs on (only if `block` is 0), -1 on error.
int signalbox_wait(int pidfd, int block, struct signalbox_exit *exit);
int signalbox_pidfd_open(pid_t pid);
int signalbox_pidfd_signal(int pidfd, int signal);

// Workers that are made ready ahead, by forking. See Nursery.c.

// A pair of connected sockets, close-on-exec: of notes, or of bytes.
int signalbox_socket_pair(int keeps_notes_apart, int ends[2]);

struct signalbox_note {
  int64_t kind;
  int64_t pid;
  int64_t number;  // a signal or an error number
  int64_t escaped;
  struct signalbox_exit exit;
};
enum { signalbox_note_descriptors = 3, signalbox_worker_channel = 3 };

// 0, or -1 with errno; EAGAIN if it would have to wait and may not.
int signalbox_send_note(
    int socket, const struct signalbox_note *note, const int *descriptors, int count, int wait);
// 1 for a note, 0 at the end, -1 with errno; EAGAIN if there is none. `descriptors` has room for
// signalbox_note_descriptors; what came is the caller's to close.
int signalbox_receive_note(int socket, struct signalbox_note *note, int *descriptors, int *count);

// fork(2), for a process with one thread. In the child, 0 is returned in a session of its own, as a
// subreaper that dies with its parent, with every signal at its default, `channel` as
// signalbox_worker_channel, `output` as 1, `errors` as 2, and
// nothing else open.
pid_t signalbox_fork_worker(int channel, int output, int errors);
// A child that has ended and still holds its number; 0 for none, -1 with errno.
pid_t signalbox_next_dead(void);
// Takes such a child off the table.
int signalbox_take_dead(pid_t pid, struct signalbox_exit *exit);
// Whether a child of this process lives, after taking the dead ones off the table.
int signalbox_has_child(void);
// prctl(2), PR_SET_NO_NEW_PRIVS, for this process and all that it starts.
int signalbox_hold_privileges(void);
// What this process and its dead children have used so far.
void signalbox_own_usage(struct signalbox_exit *exit);

// CRC-32C of what was summed before and these bytes; 0 before the first. See Checksum.c.
uint32_t signalbox_crc32c(uint32_t before, const void *bytes, size_t count);
// The same without the processor's instruction, for the comparison of both.
uint32_t signalbox_crc32c_in_software(uint32_t before, const void *bytes, size_t count);

// A process with a supervisor of its own. See Supervisor.c.

// What is done to a process before it executes.
enum signalbox_step {
  signalbox_step_none = 0,
  signalbox_step_clone,
  signalbox_step_group,
  signalbox_step_descriptors,
  signalbox_step_directory,
  signalbox_step_limit,  // `failed_limit` says which
  signalbox_step_groups,
  signalbox_step_user,
  signalbox_step_privileges,
  signalbox_step_gate,   // it was gone before the order to start
  signalbox_step_execute,
};

// setrlimit(2).
struct signalbox_limit {
  int resource;
  uint64_t soft, hard;
};

enum { signalbox_limits_max = 8 };

// How a process is held. All zeros but `cgroup`, -1, is not at all.
struct signalbox_confinement {
  int no_new_privileges;
  int limit_count;
  struct signalbox_limit limits[signalbox_limits_max];
  int changes_user;
  uint32_t user, group;
  const uint32_t *groups;  // supplementary ones
  int group_count;
  int cgroup;              // an open directory, or -1
};

enum signalbox_phase {
  signalbox_phase_new = 0,
  signalbox_phase_failed = 1,   // the process could not be started; `error` says why
  signalbox_phase_started = 2,  // `process` is its id
  signalbox_phase_ended = 3,    // `exit` is filled in; other descendants may still run
  signalbox_phase_gone = 4,     // no descendant is left
};

// Shared by the caller and the supervisor. The caller keeps it until it has seen the end of the
// report pipe, and the strings until the phase is not `new` any more.
struct signalbox_supervision {
  struct signalbox_spawn spawn;
  void *stack;         // lowest address of signalbox_supervisor_stack bytes
  int report;          // write end of a pipe: one byte for each new phase, then its end
  int gate;            // read end of a pipe: one byte is the order to start, its end to leave
  pid_t parent;
  uint64_t ignored;    // a bit for each signal that has to be put back to its default
  pid_t supervisor;
  int phase;           // enum signalbox_phase; read with signalbox_supervision_phase
  int error;
  pid_t process;
  struct signalbox_exit exit;
  int64_t ended_us;    // when the process ended, by CLOCK_BOOTTIME
  int escaped_killed;
  struct signalbox_confinement confinement;
  int failed_step;     // enum signalbox_step; with `error`
  int failed_limit;    // a resource
  int killed_cgroup;   // cgroup.kill was used
  int is_executing;    // the order has come, and nothing but execve was left
};

enum { signalbox_supervisor_stack = 48 * 1024 };

// Starts the supervisor, and the process up to its gate. Returns 0 or the error number.
int signalbox_supervise(struct signalbox_supervision *supervision);
int signalbox_supervision_phase(const struct signalbox_supervision *supervision);
// Orders the supervisor to kill every descendant until none is left.
int signalbox_supervisor_kill(pid_t supervisor);
// Begins a process in the cgroup of an open directory (Linux 5.7), which leaves at once. 0, or an
// error number; ECANCELED if it was killed before it ran.
int signalbox_try_cgroup(int cgroup);
// Orphans of our descendants become our children instead of init's.
int signalbox_become_subreaper(void);

#ifdef __cplusplus
}
#endif
