/// A point in time, in whole microseconds since 1970-01-01T00:00:00Z.
///
/// Drivers read it from a clock that is set once from the wall clock and then advances with the
/// monotonic clock, sleep included: a step of the wall clock neither fires nor delays a deadline.
package struct Instant: Hashable, Comparable, Sendable {
  package let microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.microseconds < right.microseconds
  }

  package static func + (left: Instant, right: Duration) -> Instant {
    Instant(microseconds: left.microseconds &+ right.wholeMicroseconds)
  }

  package static func - (left: Instant, right: Instant) -> Duration {
    .microseconds(left.microseconds &- right.microseconds)
  }
}

extension Duration {
  /// The duration in microseconds, rounded toward zero.
  package var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
  }

  /// The duration in milliseconds, rounded toward zero.
  package var wholeMilliseconds: Int64 { wholeMicroseconds / 1_000 }
}
