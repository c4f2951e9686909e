#include "CFloor.h"

#include "CPlatform.h"

#if defined(__linux__)
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  /// Processes that wait ahead, as the native plugin has them.
  AHEAD = 3,
  /// Of the plugin's `prepare` and `start`, of what it hands on, of an answer, of a spool's frame.
  REQUEST = 1000,
  WORK = 300,
  ANSWER = 60,
  FRAME = 200,
  FRAMES = 5,
};

static char buffer[4096];

static int whole(ssize_t count) { return count > 0; }

static void give(int line, int descriptor) {
  struct signalbox_note note = {0};
  if (signalbox_send_note(line, &note, &descriptor, 1, 1) != 0) _exit(1);
}

/// -1 where nothing is there, or nothing will be.
static int take(int line, int wait) {
  struct pollfd readable = {.fd = line, .events = POLLIN};
  if (wait && poll(&readable, 1, -1) < 0) return -1;
  struct signalbox_note note;
  int descriptors[signalbox_note_descriptors], count;
  return signalbox_receive_note(line, &note, descriptors, &count) == 1 ? descriptors[0] : -1;
}

/// Serves one call, and ends when its host has let go of it.
static void work(int channel) {
  char request[WORK];
  if (!whole(read(channel, request, sizeof request))) _exit(0);
  volatile pid_t parent = getppid();
  (void)parent;
  if (whole(write(channel, request, ANSWER))) (void)!read(channel, request, 1);
  _exit(0);
}

/// Forks a process for each byte that it is sent.
static void nurse(int line) {
  signal(SIGCHLD, SIG_IGN);
  char byte;
  while (whole(read(line, &byte, 1))) {
    int pair[2];
    if (signalbox_socket_pair(0, pair) != 0) _exit(1);
    pid_t worker = fork();
    if (worker < 0) _exit(1);
    if (worker == 0) {
      close(line);
      close(pair[0]);
      work(pair[1]);
    }
    close(pair[1]);
    give(line, pair[0]);
    close(pair[0]);
  }
  _exit(0);
}

static void host(int input, int output, int line, int spool) {
  int ready[AHEAD];
  int count = 0;
  for (int asked = 0; asked < AHEAD; asked++) {
    if (!whole(write(line, "g", 1))) _exit(1);
  }
  while (whole(read(input, buffer, REQUEST))) {
    if (count == 0) {
      ready[count++] = take(line, 1);
      if (ready[0] < 0) _exit(1);
    }
    int worker = ready[--count];
    for (int frame = 0; frame < FRAMES; frame++) {
      if (pwrite(spool, buffer, FRAME, frame * FRAME) != FRAME) _exit(1);
    }
    if (!whole(write(worker, buffer, WORK)) || !whole(read(worker, buffer, ANSWER))) _exit(1);
    if (!whole(write(output, buffer, ANSWER))) _exit(0);
    close(worker);
    if (!whole(write(line, "g", 1))) _exit(1);
    int next;
    while (count < AHEAD && (next = take(line, 0)) >= 0) ready[count++] = next;
  }
  _exit(0);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int signalbox_floor_of_native_calls(
    const char *path, int calls, unsigned pause_us, double *figures) {
  int request[2], answer[2], line[2];
  int spool = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (spool < 0 || ftruncate(spool, FRAMES * FRAME) != 0) return errno;
  if (pipe(request) != 0 || pipe(answer) != 0) return errno;
  if (signalbox_socket_pair(1, line) != 0) return errno;
  pid_t nursery = fork();
  if (nursery == 0) {
    close(request[0]);
    close(request[1]);
    close(answer[0]);
    close(answer[1]);
    close(line[0]);
    nurse(line[1]);
  }
  pid_t middle = nursery < 0 ? -1 : fork();
  if (middle == 0) {
    close(request[1]);
    close(answer[0]);
    close(line[1]);
    host(request[0], answer[1], line[0], spool);
  }
  close(request[0]);
  close(answer[1]);
  close(line[0]);
  close(line[1]);
  close(spool);
  int failure = middle < 0 ? errno : 0;
  for (int call = 0; call < calls && failure == 0; call++) {
    if (pause_us > 0) usleep(pause_us);
    double began = now();
    if (!whole(write(request[1], buffer, REQUEST)) || !whole(read(answer[0], buffer, ANSWER))) {
      failure = EPIPE;
    }
    figures[call] = now() - began;
  }
  close(request[1]);
  close(answer[0]);
  if (middle > 0) waitpid(middle, NULL, 0);
  if (nursery > 0) waitpid(nursery, NULL, 0);
  return failure;
}

#else
#include <errno.h>

int signalbox_floor_of_native_calls(
    const char *path, int calls, unsigned pause_us, double *figures) {
  (void)path;
  (void)calls;
  (void)pause_us;
  (void)figures;
  return ENOSYS;
}
#endif
