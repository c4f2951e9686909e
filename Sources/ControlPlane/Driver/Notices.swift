package import Engine
package import Model
import SQLite
package import Store

/// What is to be told of a call that ended, and who is to be woken.
package struct NoticeRules: Sendable {
  /// Makes the rows of the outbox with the end of one call, which is given as the store shows it.
  package typealias Rows = @Sendable (StoredCall, Instant) -> [StoredNotification]

  /// What is to be told of a call that ended; nil where nobody is to be told. Called on the engine's
  /// thread, and must not block.
  package let select: @Sendable (Call) -> Rows?
  package let limits: @Sendable () -> OutboxLimits
  /// There is something new in the outbox, on disk.
  package let wake: @Sendable () -> Void

  package init(
    select: @escaping @Sendable (Call) -> Rows?,
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
  /// Of the calls that ended in this batch, those that were looked at.
  private var looked = 0
  private var hasNews = false

  package init(_ rules: NoticeRules, _ store: Store) {
    self.rules = rules
    self.store = store
  }

  /// Within the batch, after the effects that made these endings.
  mutating func write(_ endings: Endings, _ engine: Engine, _ now: Instant) throws(SQLiteError) {
    for call in endings.calls[looked...] {
      guard let rows = rules.select(call) else { continue }
      // One whose endpoint was removed ends after its endpoint.
      var name = engine.endpoints[call.endpoint]?.name
      if name == nil { name = try store.endpointName(of: call.id) }
      let stored = endings.stored(call, endpointName: name ?? "")
      for notification in rows(stored, now) {
        try store.add(notification, rules.limits())
        hasNews = true
      }
    }
    looked = endings.calls.count
  }

  mutating func apply(_ change: NotificationChange) throws(SQLiteError) -> Bool {
    let isDone = try store.apply(change, rules.limits())
    if isDone { hasNews = true }
    return isDone
  }

  /// The batch is on disk.
  mutating func committed() {
    looked = 0
    guard hasNews else { return }
    hasNews = false
    rules.wake()
  }
}
