#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The one clock of a process: set from the wall clock once, at first use, and advancing with the
/// machine's monotonic clock from then on, sleep included. A step of the wall clock neither fires
/// nor delays a deadline.
package enum Clock {
  private static let offset = read(CLOCK_REALTIME) - read(elapsing)

  #if canImport(Darwin)
    // CLOCK_MONOTONIC_RAW counts sleep on Darwin.
    private static let elapsing = CLOCK_MONOTONIC_RAW
  #else
    private static let elapsing = CLOCK_BOOTTIME
  #endif

  /// Microseconds since 1970-01-01T00:00:00Z.
  package static func now() -> Int64 { read(elapsing) + offset }

  /// Microseconds since the machine started; the same in every process of the machine.
  package static func sinceBoot() -> Int64 { read(elapsing) }

  /// What `now` was at that many microseconds since the machine started.
  package static func then(sinceBoot: Int64) -> Int64 { sinceBoot + offset }

  /// What the machine's wall clock says now, steps included: for telling how far it has drifted.
  package static func wall() -> Int64 { read(CLOCK_REALTIME) }

  /// Lets the thread rest.
  package static func sleep(for duration: Duration) {
    let (seconds, attoseconds) = duration.components
    var rest = timespec(
      tv_sec: Int(max(0, seconds)), tv_nsec: Int(max(0, attoseconds / 1_000_000_000)))
    var left = timespec()
    while nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
  }

  private static func read(_ id: clockid_t) -> Int64 {
    var time = timespec()
    // clock_gettime(2) fails only for an unknown clock.
    precondition(clock_gettime(id, &time) == 0, "the system has no such clock")
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
