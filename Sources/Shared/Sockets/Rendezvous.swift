#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A value one thread waits for and another delivers, once.
final class Rendezvous<Value: Sendable>: @unchecked Sendable {
  // Safe to share: `value` is only touched with the mutex held.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let arrived: UnsafeMutablePointer<pthread_cond_t>
  private var value: Value?

  init() {
    mutex = .allocate(capacity: 1)
    arrived = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    arrived.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(arrived, nil)
  }

  deinit {
    pthread_cond_destroy(arrived)
    pthread_mutex_destroy(mutex)
    arrived.deallocate()
    mutex.deallocate()
  }

  func deliver(_ delivered: Value) {
    pthread_mutex_lock(mutex)
    if value == nil { value = delivered }
    pthread_cond_broadcast(arrived)
    pthread_mutex_unlock(mutex)
  }

  func wait() -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value { return value }
      pthread_cond_wait(arrived, mutex)
    }
  }
}
