#if os(Linux)
  /// One thread's loop: it waits for descriptors and deadlines, and calls what was left for them.
  /// All but `wake` is called on that thread.
  package final class EventLoop {
    /// Names a deadline that can be taken back.
    package struct Deadline: Hashable, Sendable {
      package let number: UInt64

      package init(number: UInt64) { self.number = number }
    }

    private struct Watch {
      let descriptor: Int32
      let onReady: () -> Void
    }

    private let poller: Poller
    private var watches: [UInt64: Watch] = [:]
    private var tokens: [Int32: UInt64] = [:]
    private var deadlines: [Deadline: (at: Int64, onTime: () -> Void)] = [:]
    private var earliest: Int64?
    private var nextNumber: UInt64 = 0
    private var isStopped = false
    private var events: [Poller.Event] = []
    /// Called after each wake of the poller, and now and then besides.
    package var onWake: () -> Void = {}

    /// - Parameter poller: another thread may `wake` it, to have `onWake` called.
    package init(_ poller: Poller) { self.poller = poller }

    /// Readable when a turn has something to do, but for a deadline.
    package var descriptor: Int32 { poller.descriptor }

    /// Until the earliest deadline, or as long as the limit.
    package func timeToWait(upTo limit: Duration?) -> Duration? {
      let deadline = earliest.map { Duration.microseconds(max(0, $0 - Clock.now())) }
      return [deadline, limit].compactMap { $0 }.min()
    }

    /// Calls `onReady` whenever `descriptor` has something to read, or has come to its end.
    package func watch(_ descriptor: Int32, onReady: @escaping () -> Void) throws(SystemError) {
      try add(descriptor, .readable, onReady)
    }

    package func watchWritable(_ descriptor: Int32, onReady: @escaping () -> Void)
      throws(SystemError)
    {
      try add(descriptor, .writable, onReady)
    }

    /// To be called before the descriptor is closed. One that is not watched is no error.
    package func unwatch(_ descriptor: Int32) {
      guard let token = tokens.removeValue(forKey: descriptor) else { return }
      watches[token] = nil
      // It fails only for a descriptor that is closed already, which is not watched any more.
      try? poller.remove(descriptor)
    }

    /// Calls `onTime` once, when `delay` has passed.
    @discardableResult
    package func after(_ delay: Duration, _ onTime: @escaping () -> Void) -> Deadline {
      nextNumber += 1
      let deadline = Deadline(number: nextNumber)
      let at = Clock.now() &+ delay.wholeMicroseconds
      deadlines[deadline] = (at, onTime)
      earliest = min(earliest ?? at, at)
      return deadline
    }

    /// A deadline that has passed is no error.
    package func cancel(_ deadline: Deadline) {
      guard let cancelled = deadlines.removeValue(forKey: deadline) else { return }
      // Or the loop would wake for nothing.
      if cancelled.at == earliest { findEarliest() }
    }

    package func stop() { isStopped = true }

    /// Lets go of everything that was left to be called, and of what that refers to. For a loop that
    /// is over.
    package func forgetAll() {
      for descriptor in Array(tokens.keys) { unwatch(descriptor) }
      deadlines = [:]
      earliest = nil
      onWake = {}
    }

    package func run() throws(SystemError) {
      while !isStopped {
        try turn()
        onWake()
      }
    }

    /// Waits once, and calls what is due then. For a thread that has a loop of its own around this.
    package func turn(waitUpTo limit: Duration? = nil) throws(SystemError) {
      try poller.wait(upTo: timeToWait(upTo: limit), into: &events)
      // One event may unwatch the descriptor of another that is in the same batch.
      for event in events { watches[event.token]?.onReady() }
      callPassedDeadlines()
    }

    private func add(
      _ descriptor: Int32, _ interest: Poller.Interest, _ onReady: @escaping () -> Void
    ) throws(SystemError) {
      nextNumber += 1
      try poller.add(descriptor, interest, token: nextNumber)
      tokens[descriptor] = nextNumber
      watches[nextNumber] = Watch(descriptor: descriptor, onReady: onReady)
    }

    private func callPassedDeadlines() {
      guard let soonest = earliest, soonest <= Clock.now() else { return }
      let now = Clock.now()
      let passed = deadlines.filter { $0.value.at <= now }.sorted { left, right in
        (left.value.at, left.key.number) < (right.value.at, right.key.number)
      }
      for (deadline, _) in passed {
        // An earlier one may have taken it back.
        deadlines.removeValue(forKey: deadline)?.onTime()
      }
      findEarliest()
    }

    private func findEarliest() { earliest = deadlines.values.lazy.map(\.at).min() }
  }

  extension Duration {
    /// Whole microseconds; years are cut to a length that cannot overflow a clock.
    fileprivate var wholeMicroseconds: Int64 {
      let (seconds, attoseconds) = components
      return min(seconds, 1_000_000_000_000) * 1_000_000 + attoseconds / 1_000_000_000_000
    }
  }
#endif
