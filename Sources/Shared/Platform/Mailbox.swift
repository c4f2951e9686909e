internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Where many threads leave things for one thread, which takes them all at once.
///
/// `@unchecked Sendable`: every access to the stored state holds the mutex.
package final class Mailbox<Element: Sendable>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let arrival: UnsafeMutablePointer<pthread_cond_t>
  private var waiting: [Element] = []
  private var isClosed = false
  /// Something waits, or it is closed: as last seen with the lock held, for whoever only looks. A consumer
  /// that looks again and again would otherwise hold up who posts.
  private let hasNews = Atomic<Bool>(false)
  private let onArrival: (@Sendable () -> Void)?

  /// - Parameter onArrival: called by the posting thread, outside the lock, when an empty mailbox
  ///   got something or was closed; to wake a consumer that sleeps in a poll.
  package init(onArrival: (@Sendable () -> Void)? = nil) {
    self.onArrival = onArrival
    mutex = .allocate(capacity: 1)
    arrival = .allocate(capacity: 1)
    precondition(pthread_mutex_init(mutex, nil) == 0, "out of memory for a mutex")
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    #if !canImport(Darwin)
      // Steps of the wall clock must not stretch a wait.
      pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    #endif
    precondition(pthread_cond_init(arrival, &attributes) == 0, "out of memory for a condition")
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(arrival)
    pthread_mutex_destroy(mutex)
    arrival.deallocate()
    mutex.deallocate()
  }

  /// Leaves one element. A closed mailbox drops it.
  package func post(_ element: Element) {
    deliver { $0.append(element) }
  }

  package func post(contentsOf elements: some Collection<Element>) {
    if elements.isEmpty { return }
    deliver { $0.append(contentsOf: elements) }
  }

  /// Appends everything that waits to `taken`. With nothing waiting it blocks until something
  /// comes, the mailbox closes, or the time is up (`nil`: no time limit; `.zero`: does not block).
  ///
  /// - Returns: `false` once the mailbox is closed and has been emptied: nothing will ever come
  ///   again. `true` otherwise, also when the time was up and nothing came.
  package func drain(into taken: inout [Element], waitUpTo limit: Duration? = nil) -> Bool {
    let deadline = limit.map { Self.monotonic(after: $0) }
    if limit != .zero { Patience.wait { hasNews.load(ordering: .relaxed) } }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while waiting.isEmpty, !isClosed {
      if limit == .zero { return true }
      if let deadline {
        if !wait(until: deadline) { return true }
      } else {
        pthread_cond_wait(arrival, mutex)
      }
    }
    if waiting.isEmpty { return false }
    if taken.isEmpty {
      // The caller's emptied storage goes back into use: no allocation in the steady state.
      swap(&taken, &waiting)
    } else {
      taken.append(contentsOf: waiting)
      waiting.removeAll(keepingCapacity: true)
    }
    hasNews.store(isClosed, ordering: .relaxed)
    return true
  }

  /// From now on nothing is accepted; what waits can still be taken.
  package func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    hasNews.store(true, ordering: .relaxed)
    pthread_cond_broadcast(arrival)
    pthread_mutex_unlock(mutex)
    onArrival?()
  }

  private func deliver(_ add: (inout [Element]) -> Void) {
    pthread_mutex_lock(mutex)
    let wasEmpty = waiting.isEmpty
    let accepted = !isClosed
    if accepted {
      add(&waiting)
      hasNews.store(true, ordering: .relaxed)
    }
    pthread_mutex_unlock(mutex)
    guard accepted, wasEmpty else { return }
    // After the unlock, so that the woken thread does not meet the lock.
    pthread_cond_signal(arrival)
    onArrival?()
  }

  /// - Returns: `false` when the deadline passed with nothing waiting.
  private func wait(until deadline: timespec) -> Bool {
    var deadline = deadline
    #if canImport(Darwin)
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      var rest = timespec(
        tv_sec: deadline.tv_sec - now.tv_sec, tv_nsec: deadline.tv_nsec - now.tv_nsec)
      if rest.tv_nsec < 0 { rest.tv_sec -= 1; rest.tv_nsec += 1_000_000_000 }
      if rest.tv_sec < 0 { return !waiting.isEmpty || isClosed }
      let result = pthread_cond_timedwait_relative_np(arrival, mutex, &rest)
    #else
      let result = pthread_cond_timedwait(arrival, mutex, &deadline)
    #endif
    return result != ETIMEDOUT || !waiting.isEmpty || isClosed
  }

  private static func monotonic(after limit: Duration) -> timespec {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let (seconds, attoseconds) = limit.components
    let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
    // A hundred years is for ever, and cannot overflow.
    time.tv_sec += Int(min(max(seconds, 0), 3_155_760_000)) + nanoseconds / 1_000_000_000
    time.tv_nsec = max(0, nanoseconds % 1_000_000_000)
    return time
  }
}
