import Engine
import JSON
package import Model
package import SQLite

// The outbox: rows are added in the commit that ends their call, and changed by the same writer.

/// What the outbox holds at most.
package struct OutboxLimits: Sendable, Hashable {
  package var maxPending: Int
  /// Of those that are over.
  package var keep: Int

  package init(maxPending: Int, keep: Int) {
    self.maxPending = maxPending
    self.keep = keep
  }
}

extension Store {
  /// After so many have ended, those beyond what is kept are removed.
  static let pruneEvery = 64

  /// Within the batch that ends its call. One that is there already stays as it is.
  package func add(
    _ notification: StoredNotification, _ limits: OutboxLimits
  ) throws(SQLiteError) {
    // The call may be of this very batch, and its transcript is added to below.
    try flush()
    try begin()
    var notification = notification
    if try pendingNotifications() >= limits.maxPending {
      notification.state = .givenUp
      notification.endedAt = notification.createdAt
      notification.error =
        "limit.maxPending: \(limits.maxPending) notifications are pending already;"
        + " see why none gets through, then \"signalbox notifications retry \(notification.id)\""
    }
    let row = try database.cached(
      """
      INSERT INTO notifications (\(StoredNotification.columns))
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING
      """)
    try row.bind(1, notification.id)
    try row.bind(2, notification.call.text)
    try row.bind(3, notification.hook)
    try row.bind(4, notification.state.rawValue)
    try row.bind(5, notification.createdAt.microseconds)
    try row.bind(6, notification.attempts)
    try row.bind(7, notification.nextAt.microseconds)
    try row.bind(8, notification.giveUpAt.microseconds)
    try row.bind(9, notification.attemptedAt?.microseconds)
    try row.bind(10, notification.endedAt?.microseconds)
    try row.bind(11, notification.error)
    try row.bind(12, notification.body)
    try row.run()
    guard database.changes > 0 else { return }
    if notification.state == .pending {
      outbox.pending = (outbox.pending ?? 0) + 1
    } else {
      try note(notification)
    }
  }

  /// - Returns: whether there is such a notification, and it can change so.
  package func apply(
    _ change: NotificationChange, _ limits: OutboxLimits
  ) throws(SQLiteError) -> Bool {
    guard var notification = try notification(change.id) else { return false }
    try begin()
    let wasPending = notification.state == .pending
    let pending = try pendingNotifications()
    switch change.what {
    case .again(let age):
      guard notification.state != .delivered else { return false }
      notification.state = .pending
      notification.attempts = 0
      notification.nextAt = change.at
      notification.giveUpAt = change.at + age
      notification.endedAt = nil
    case .delivered, .retry, .givenUp:
      guard wasPending else { return false }
      if change.wasAttempted {
        notification.attempts += 1
        notification.attemptedAt = change.at
      }
    }
    switch change.what {
    case .again: break
    case .delivered:
      notification.state = .delivered
      notification.endedAt = change.at
      notification.error = nil
    case .retry(let at, let error):
      notification.nextAt = at
      notification.error = error
    case .givenUp(let error):
      notification.state = .givenUp
      notification.endedAt = change.at
      notification.error = error
    }
    try save(notification)
    let isPending = notification.state == .pending
    if wasPending != isPending { outbox.pending = pending + (isPending ? 1 : -1) }
    if !isPending {
      try note(notification)
      try prune(limits)
    }
    return true
  }

  private func pendingNotifications() throws(SQLiteError) -> Int {
    if let count = outbox.pending { return count }
    let row = try database.cached("SELECT count(*) FROM notifications WHERE state = 'pending'")
    defer { row.reset() }
    let count = try row.step() ? row.int(0) : 0
    outbox.pending = count
    return count
  }

  private func notification(_ id: String) throws(SQLiteError) -> StoredNotification? {
    let row = try database.cached(
      "SELECT \(StoredNotification.columns) FROM notifications WHERE id = ?")
    try row.bind(1, id)
    defer { row.reset() }
    guard try row.step() else { return nil }
    return try? StoredNotification(row: row)
  }

  private func save(_ notification: StoredNotification) throws(SQLiteError) {
    let row = try database.cached(
      """
      UPDATE notifications SET state = ?2, attempts = ?3, next_at = ?4, give_up_at = ?5,
        attempted_at = ?6, ended_at = ?7, error = ?8
      WHERE id = ?1
      """)
    try row.bind(1, notification.id)
    try row.bind(2, notification.state.rawValue)
    try row.bind(3, notification.attempts)
    try row.bind(4, notification.nextAt.microseconds)
    try row.bind(5, notification.giveUpAt.microseconds)
    try row.bind(6, notification.attemptedAt?.microseconds)
    try row.bind(7, notification.endedAt?.microseconds)
    try row.bind(8, notification.error)
    try row.run()
  }

  /// Adds how it ended to the transcript of its call.
  private func note(_ notification: StoredNotification) throws(SQLiteError) {
    let note = try database.cached(
      """
      INSERT INTO transitions
      SELECT id, transitions + 1, ?2, ?3, delivery, execution, output, ?4 FROM calls WHERE id = ?1
      """)
    var evidence = JSONObject([
      ("hook", .string(notification.hook)), ("notification", .string(notification.id)),
      ("state", .string(notification.state.rawValue)), ("attempts", .int(notification.attempts)),
    ])
    if let error = notification.error { evidence.append("error", .string(error)) }
    try note.bind(1, notification.call.text)
    try note.bind(2, (notification.endedAt ?? notification.createdAt).microseconds)
    try note.bind(3, StoredNotification.transcriptKind)
    try note.bind(4, JSON.object(evidence).compact)
    try note.run()
    let count = try database.cached("UPDATE calls SET transitions = transitions + 1 WHERE id = ?1")
    try count.bind(1, notification.call.text)
    try count.run()
  }

  private func prune(_ limits: OutboxLimits) throws(SQLiteError) {
    outbox.endedSincePrune += 1
    guard outbox.endedSincePrune >= Self.pruneEvery else { return }
    outbox.endedSincePrune = 0
    let row = try database.cached(
      """
      DELETE FROM notifications WHERE ended_at IS NOT NULL AND ended_at <= (
        SELECT ended_at FROM notifications WHERE ended_at IS NOT NULL
        ORDER BY ended_at DESC LIMIT 1 OFFSET ?)
      """)
    try row.bind(1, limits.keep)
    try row.run()
  }

  /// The name that a call's endpoint had when the call was accepted.
  package func endpointName(of call: CallID) throws(SQLiteError) -> String {
    try flush()
    let row = try database.cached("SELECT endpoint_name FROM calls WHERE id = ?")
    try row.bind(1, call.text)
    defer { row.reset() }
    return try row.step() ? row.text(0) : ""
  }
}

/// What the writer remembers of the outbox.
struct OutboxCounts {
  /// `nil` until somebody asks.
  var pending: Int?
  var endedSincePrune = 0
}
