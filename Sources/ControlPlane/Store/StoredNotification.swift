package import Model
import SQLite

/// What one hook is to be told of one call that ended: a row of the outbox.
package struct StoredNotification: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    case pending
    case delivered
    case givenUp
  }

  /// The same in every attempt, so that a receiver can drop what it has already.
  package let id: String
  package let call: CallID
  package let hook: String
  package let createdAt: Instant
  /// JSON: what is sent, byte for byte, in every attempt.
  package let body: String
  package var state = State.pending
  package var attempts = 0
  /// While it is pending: not before.
  package var nextAt: Instant
  /// What has failed by then is not tried again.
  package var giveUpAt: Instant
  package var attemptedAt: Instant?
  package var endedAt: Instant?
  /// Of the last attempt that failed.
  package var error: String?

  package init(
    id: String, call: CallID, hook: String, createdAt: Instant, giveUpAt: Instant, body: String
  ) {
    self.id = id
    self.call = call
    self.hook = hook
    self.createdAt = createdAt
    self.giveUpAt = giveUpAt
    self.body = body
    nextAt = createdAt
  }

  init(row: Statement) throws {
    guard let state = State(rawValue: row.text(3)) else {
      throw StoreError(
        description: "notification \(row.text(0)): \"\(row.text(3))\" is no state;"
          + " the store was written by another version")
    }
    id = row.text(0)
    call = CallID(row.text(1))
    hook = row.text(2)
    self.state = state
    createdAt = Instant(microseconds: row.int64(4))
    attempts = row.int(5)
    nextAt = Instant(microseconds: row.int64(6))
    giveUpAt = Instant(microseconds: row.int64(7))
    attemptedAt = row.optionalInt64(8).map { Instant(microseconds: $0) }
    endedAt = row.optionalInt64(9).map { Instant(microseconds: $0) }
    error = row.optionalText(10)
    body = row.text(11)
  }

  static let columns = """
    id, call, hook, state, created_at, attempts, next_at, give_up_at, attempted_at, ended_at, error,
    body
    """

  /// The kind of the row that the end of a notification adds to its call's transcript.
  package static let transcriptKind = "notified"
}

/// What becomes of a notification that is in the outbox.
package struct NotificationChange: Sendable, Hashable {
  package enum What: Sendable, Hashable {
    case delivered
    case retry(at: Instant, error: String)
    case givenUp(error: String)
    /// Somebody wants it tried again, from the beginning.
    case again(giveUpAfter: Duration)
  }

  package let id: String
  package let what: What
  package let at: Instant
  /// Whether an attempt was made.
  package let wasAttempted: Bool

  package init(_ id: String, _ what: What, at: Instant, wasAttempted: Bool = true) {
    self.id = id
    self.what = what
    self.at = at
    self.wasAttempted = wasAttempted
  }
}

/// Which notifications are wanted, newest calls first.
package struct NotificationFilter: Sendable, Hashable {
  package var state: StoredNotification.State?
  package var hook: String?
  package var call: CallID?
  package var limit = 50
  package var before: String?

  package init() {}
}
