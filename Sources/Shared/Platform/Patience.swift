#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A thread that has nothing to do looks again for a moment before it sleeps. What it waits for is
/// often microseconds away, and to wake a thread costs more than that, above all in a virtual
/// machine. Others that want the processor get it meanwhile, as far as the kernel heeds the offer.
package enum Patience {
  /// Microseconds. A call hops from thread to thread a dozen times; on two processors its median takes
  /// 0.4 ms longer with none, and 0.2 ms longer with 40. None where looking would hold up the one who
  /// brings what is looked for.
  private static let limit: Int64 = Machine.processors > 1 ? 100 : 0

  /// Returns when something is there, or the moment is over.
  package static func wait(until isThere: () -> Bool) {
    guard limit > 0, !isThere() else { return }
    let end = Clock.sinceBoot() + limit
    repeat {
      sched_yield()
      if isThere() { return }
    } while Clock.sinceBoot() < end
  }
}
