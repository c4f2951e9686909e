#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// How long something on this thread may still take, and whether anyone still wants it.
package struct TimeLimit: Sendable {
  package enum Over: Error, Sendable, Hashable {
    case timeUp
    case cancelled
  }

  package enum Readiness: Sendable {
    case readable
    case writable
  }

  /// How long a cancel may go unnoticed.
  private static let slice: Int64 = 200_000

  private let end: Int64
  private let isCancelled: @Sendable () -> Bool

  package init(_ duration: Duration, isCancelled: @escaping @Sendable () -> Bool = { false }) {
    let (seconds, attoseconds) = duration.components
    end = Clock.sinceBoot() + seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    self.isCancelled = isCancelled
  }

  /// What is left, but no more than it may take until a cancel is noticed.
  /// - Throws: when nothing is left.
  package func nextWait() throws(Over) -> Duration {
    if isCancelled() { throw .cancelled }
    let rest = end - Clock.sinceBoot()
    guard rest > 0 else { throw .timeUp }
    return .microseconds(min(rest, Self.slice))
  }

  /// Waits until the descriptor can be read, or written, or has failed.
  package func wait(
    for readiness: Readiness, of descriptor: borrowing Descriptor
  ) throws(Over) {
    let wanted = readiness == .readable ? POLLIN : POLLOUT
    while true {
      let milliseconds = try nextWait().components.attoseconds / 1_000_000_000_000_000
      var entry = pollfd(fd: descriptor.number, events: Int16(wanted), revents: 0)
      // poll(2): an interruption is as good as no news.
      if poll(&entry, 1, Int32(max(1, milliseconds))) > 0 { return }
    }
  }
}
