#pragma once

// libev's old names are macros that would leak into Swift; nothing here needs them.
#define EV_COMPAT3 0

#include <ev.h>
#include <libwebsockets.h>

// LWS_PRE is a macro with a cast, which Swift does not import.
enum { signalbox_lws_pre = LWS_PRE };

// libev's watchers are set up by macros, which Swift does not import either. An alarm is a one-shot
// timer, a watch tells when a descriptor is ready; both call `fire(owner)` on the loop's thread.
typedef void (*signalbox_fire)(void *owner);

struct signalbox_alarm {
  ev_timer timer;
  signalbox_fire fire;
  void *owner;
};

struct signalbox_watch {
  ev_io io;
  signalbox_fire fire;
  void *owner;
};

static inline void signalbox_alarm_fired(struct ev_loop *loop, ev_timer *timer, int events) {
  struct signalbox_alarm *alarm = (struct signalbox_alarm *)(void *)timer;
  (void)loop;
  (void)events;
  alarm->fire(alarm->owner);
}

static inline void signalbox_alarm_init(
    struct signalbox_alarm *alarm, signalbox_fire fire, void *owner) {
  ev_timer_init(&alarm->timer, signalbox_alarm_fired, 0., 0.);
  alarm->fire = fire;
  alarm->owner = owner;
}

// A running libev timer must be stopped before it is set: its heap keeps a copy of the old time.
static inline void signalbox_alarm_arm(
    struct ev_loop *loop, struct signalbox_alarm *alarm, double seconds) {
  ev_timer_stop(loop, &alarm->timer);
  ev_now_update(loop);
  ev_timer_set(&alarm->timer, seconds, 0.);
  ev_timer_start(loop, &alarm->timer);
}

static inline void signalbox_alarm_stop(struct ev_loop *loop, struct signalbox_alarm *alarm) {
  ev_timer_stop(loop, &alarm->timer);
}

static inline void signalbox_watch_fired(struct ev_loop *loop, ev_io *io, int events) {
  struct signalbox_watch *watch = (struct signalbox_watch *)(void *)io;
  (void)loop;
  (void)events;
  watch->fire(watch->owner);
}

static inline void signalbox_watch_start(
    struct ev_loop *loop, struct signalbox_watch *watch, int descriptor, int for_writing,
    signalbox_fire fire, void *owner) {
  ev_io_init(&watch->io, signalbox_watch_fired, descriptor, for_writing ? EV_WRITE : EV_READ);
  watch->fire = fire;
  watch->owner = owner;
  ev_io_start(loop, &watch->io);
}

static inline void signalbox_watch_stop(struct ev_loop *loop, struct signalbox_watch *watch) {
  ev_io_stop(loop, &watch->io);
}

// The epoll backend is named because libev would try others (aio, io_uring) that it calls
// experimental itself.
static inline struct ev_loop *signalbox_ev_loop_new(void) {
  return ev_loop_new(EVFLAG_NOENV | ev_recommended_backends());
}

static inline void signalbox_ev_loop_run(struct ev_loop *loop) { ev_run(loop, 0); }
// Handles what is there; if that is nothing and `waits` is not 0, waits for something first.
static inline void signalbox_ev_loop_turn(struct ev_loop *loop, int waits) {
  ev_run(loop, waits ? EVRUN_ONCE : EVRUN_NOWAIT);
}
static inline void signalbox_ev_loop_break(struct ev_loop *loop) { ev_break(loop, EVBREAK_ALL); }
static inline void signalbox_ev_loop_free(struct ev_loop *loop) { ev_loop_destroy(loop); }

// The next peer of a listening socket; never blocks, never inherited by a child.
#if defined(__linux__)
extern int accept4(int, struct sockaddr *, socklen_t *, int);
static inline int signalbox_accept(int descriptor) {
  return accept4(descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
#else
static inline int signalbox_accept(int descriptor) { return accept(descriptor, NULL, NULL); }
#endif
