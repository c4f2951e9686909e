import Glibc

/// Collects what handlers report on the loop's thread, for a test to wait for.
final class Recorder<Event: Sendable>: @unchecked Sendable {
  // Safe to share: everything is touched with the mutex held.
  private var mutex = pthread_mutex_t()
  private var changed = pthread_cond_t()
  private var events: [Event] = []

  init() {
    pthread_mutex_init(&mutex, nil)
    pthread_cond_init(&changed, nil)
  }

  func record(_ event: Event) {
    pthread_mutex_lock(&mutex)
    events.append(event)
    pthread_cond_broadcast(&changed)
    pthread_mutex_unlock(&mutex)
  }

  var all: [Event] {
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    return events
  }

  /// Waits until that many events are there. Gives up after 20 s, for a test to fail rather than
  /// hang.
  @discardableResult
  func wait(_ count: Int = 1) throws -> [Event] {
    try wait { $0.count >= count }
  }

  @discardableResult
  func wait(until condition: ([Event]) -> Bool) throws -> [Event] {
    var limit = timespec()
    clock_gettime(CLOCK_REALTIME, &limit)
    limit.tv_sec += 20
    pthread_mutex_lock(&mutex)
    defer { pthread_mutex_unlock(&mutex) }
    while !condition(events) {
      guard pthread_cond_timedwait(&changed, &mutex, &limit) == 0 else {
        throw NothingHappened(seen: "\(events.count) events: \(String("\(events)".prefix(500)))")
      }
    }
    return events
  }
}

struct NothingHappened: Error, CustomStringConvertible {
  let seen: String
  var description: String { "waited in vain; so far \(seen)" }
}
