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
    private struct Alarm {
      var at: Int64
      /// What it gets once more if it is found late, in microseconds.
      var again: Int64?
      let onTime: () -> Void
    }

    /// A deadline that is found later than this was slept through.
    private static let lateness: Int64 = 1_000_000

    private var deadlines: [Deadline: Alarm] = [:]
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
      arm(Alarm(at: Clock.now() &+ delay.wholeMicroseconds, onTime: onTime))
    }

    /// The same, for what another process has to do meanwhile. If this one slept when the time was over,
    /// so did that one, as a rule: it gets `delay` once more.
    @discardableResult
    package func afterAwake(_ delay: Duration, _ onTime: @escaping () -> Void) -> Deadline {
      let delay = delay.wholeMicroseconds
      return arm(Alarm(at: Clock.now() &+ delay, again: delay, onTime: onTime))
    }

    private func arm(_ alarm: Alarm) -> Deadline {
      nextNumber += 1
      let deadline = Deadline(number: nextNumber)
      deadlines[deadline] = alarm
      earliest = min(earliest ?? alarm.at, alarm.at)
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
      try takeEvents(waitUpTo: timeToWait(upTo: limit))
      guard let soonest = earliest else { return }
      let now = Clock.now()
      if soonest > now { return }
      // What is there by now came before the deadlines that are over: who is done is not late.
      for _ in 0...watches.count / Poller.batch { try takeEvents(waitUpTo: .zero) }
      callDeadlines(until: now)
    }

    private func takeEvents(waitUpTo limit: Duration?) throws(SystemError) {
      try poller.wait(upTo: limit, into: &events)
      // One event may unwatch the descriptor of another that is in the same batch.
      for event in events { watches[event.token]?.onReady() }
    }

    private func add(
      _ descriptor: Int32, _ interest: Poller.Interest, _ onReady: @escaping () -> Void
    ) throws(SystemError) {
      nextNumber += 1
      try poller.add(descriptor, interest, token: nextNumber)
      tokens[descriptor] = nextNumber
      watches[nextNumber] = Watch(descriptor: descriptor, onReady: onReady)
    }

    private func callDeadlines(until now: Int64) {
      let passed = deadlines.filter { $0.value.at <= now }.sorted { left, right in
        (left.value.at, left.key.number) < (right.value.at, right.key.number)
      }
      for (deadline, _) in passed {
        // An earlier one may have taken it back.
        guard var alarm = deadlines.removeValue(forKey: deadline) else { continue }
        if let again = alarm.again, now - alarm.at > Self.lateness {
          alarm.at = now + again
          alarm.again = nil
          deadlines[deadline] = alarm
        } else {
          alarm.onTime()
        }
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
