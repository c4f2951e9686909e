import Model

/// How long the agent waits for executors that must have ended their calls by themselves. Pure.
///
/// An executor ends its call at the run limit, and kills it after the kill grace. One that has not
/// even done so a good while later hangs, and nobody else would ever end the call.
struct ExecutorPatience {
  struct Limits: Hashable {
    var run: Duration
    var killGrace: Duration
  }

  private struct Wait {
    var due: Instant
    /// For a call whose run limit is over.
    var isOver: Bool
    /// The end of the kill grace was slept through once.
    var isForgiven = false
    let limits: Limits
  }

  /// An end that is seen later than this was slept through.
  static let lateness: Duration = .seconds(1)

  /// Beyond the run limit and the kill grace.
  let executorGrace: Duration
  private var waits: [CallID: Wait] = [:]

  init(executorGrace: Duration) { self.executorGrace = executorGrace }

  var nextDeadline: Instant? { waits.values.map(\.due).min() }

  /// The call may run from now on. Said again, the wait begins again: nobody is ended early.
  mutating func began(_ call: CallID, _ limits: Limits, at now: Instant) {
    waits[call] = Wait(due: now + limits.run, isOver: false, limits: limits)
  }

  /// The executor tells that it runs from now on.
  mutating func started(_ call: CallID, at now: Instant) {
    if let limits = waits[call]?.limits { began(call, limits, at: now) }
  }

  mutating func ended(_ call: CallID) { waits[call] = nil }

  /// The calls whose executors are to be ended now. Should that not help, they are told again.
  ///
  /// The grace counts from when the end of the run limit was seen here, because a machine that slept
  /// through both must leave the executor its time to act after it woke. So must one that slept through
  /// the grace alone.
  mutating func exhausted(at now: Instant) -> [CallID] {
    var exhausted: [CallID] = []
    for (call, wait) in waits.sorted(by: { $0.key < $1.key }) where wait.due <= now {
      if wait.isOver {
        let isSleptThrough = now - wait.due > Self.lateness && !wait.isForgiven
        if isSleptThrough { waits[call]?.isForgiven = true } else { exhausted.append(call) }
      }
      waits[call]?.isOver = true
      waits[call]?.due = now + wait.limits.killGrace + executorGrace
    }
    return exhausted
  }
}
