package import Engine
package import Model
import SQLite
package import Store
import Wire

/// What is to be told of a call that ended, and who is to be woken.
package struct NoticeRules: Sendable {
  /// Called on the engine's thread for every call that ends; must not block.
  package let select: @Sendable (StoredCall, Call, Instant) -> [StoredNotification]
  package let limits: @Sendable () -> OutboxLimits
  /// There is something new in the outbox, on disk.
  package let wake: @Sendable () -> Void

  package init(
    select: @escaping @Sendable (StoredCall, Call, Instant) -> [StoredNotification],
    limits: @escaping @Sendable () -> OutboxLimits, wake: @escaping @Sendable () -> Void
  ) {
    self.select = select
    self.limits = limits
    self.wake = wake
  }
}

/// Puts into the outbox what is to be told of the calls that end in a batch, so that it is on disk
/// with their ends, or neither is.
package struct Notices {
  private let rules: NoticeRules
  private let store: Store
  private var ends: [Call] = []
  private var reports: [CallID: Report] = [:]
  private var verdicts: [CallID: Verdict] = [:]
  private var hasNews = false

  package init(_ rules: NoticeRules, _ store: Store) {
    self.rules = rules
    self.store = store
  }

  mutating func ran(_ id: CallID, _ report: Report) { reports[id] = report }
  mutating func judged(_ id: CallID, _ verdict: Verdict) { verdicts[id] = verdict }
  mutating func ended(_ call: Call) { ends.append(call) }

  /// Within the batch, after the effects that it was told of.
  mutating func write(_ engine: Engine, _ now: Instant) throws(SQLiteError) {
    guard !ends.isEmpty else { return }
    for call in ends {
      // One whose endpoint was removed ends after its endpoint.
      var name = engine.endpoints[call.endpoint]?.name
      if name == nil { name = try store.endpointName(of: call.id) }
      let stored = StoredCall(
        call, endpointName: name ?? "", report: reports[call.id], verdict: verdicts[call.id])
      for notification in rules.select(stored, call, now) {
        try store.add(notification, rules.limits())
        hasNews = true
      }
    }
    ends.removeAll(keepingCapacity: true)
  }

  mutating func apply(_ change: NotificationChange) throws(SQLiteError) -> Bool {
    let isDone = try store.apply(change, rules.limits())
    if isDone { hasNews = true }
    return isDone
  }

  /// The batch is on disk.
  mutating func committed() {
    reports.removeAll(keepingCapacity: true)
    verdicts.removeAll(keepingCapacity: true)
    guard hasNews else { return }
    hasNews = false
    rules.wake()
  }
}
