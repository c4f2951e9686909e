package import JSON
package import Model
import SQLite

/// A call as it stands in the store, for showing. Secrets are masked.
package struct StoredCall: Sendable {
  package struct Attempt: Sendable, Hashable {
    package let number: Int
    package let runtime: String
    package let offeredAt: Instant
    package let result: String
    package let answeredAt: Instant?
    /// Why the runtime did not take it.
    package let refusal: String?
  }

  package struct Result: Sendable, Hashable {
    /// A longer value is not shown; the output that it was read from has it all.
    package static let shownBytesMax = 1 << 20

    package let meaning: String
    /// `nil` also where it is too long to be shown, and in lists.
    package let value: JSON?
    /// Of the value as JSON; `nil` without one.
    package let valueBytes: Int?
    package let violations: JSON
  }

  package let id: CallID
  package let endpoint: EndpointID
  package let endpointName: String
  package let tool: String
  package let toolVersion: String
  package let digest: String
  package let arguments: JSON
  package let idempotencyKey: String?
  package let by: String
  package let acceptedAt: Instant
  package let expiresAt: Instant
  package let delivery: Delivery
  package let execution: Execution
  package let output: Output
  package let validity: Validity
  package let outcome: Outcome?
  package let reason: String
  package let remedy: String?
  package let cancelledBy: String?
  package let startedAt: Instant?
  package let endedAt: Instant?
  /// Rows of the transcript.
  package let transitions: Int
  /// It had secrets, which are not kept after its end.
  package let hadSecrets: Bool
  /// The call that this one does again.
  package internal(set) var retryOf: CallID?
  /// The calls that do this one again.
  package internal(set) var retriedBy: [CallID] = []
  /// What shaped it beside its tool.
  package internal(set) var shape: JSON?
  package internal(set) var batch: (id: BatchID, position: Int)?
  package internal(set) var session: SessionID?
  package internal(set) var attempts: [Attempt] = []
  /// How it ended, as the endpoint reported it.
  package internal(set) var report: JSON?
  package internal(set) var result: Result?
  package internal(set) var stdoutBytes = 0
  package internal(set) var stderrBytes = 0

  static let columns = """
    id, endpoint, endpoint_name, tool, tool_version, digest, coalesce(shown_arguments, arguments),
    idempotency_key, requested_by, accepted_at, expires_at, delivery, execution, output, validity,
    outcome, reason, remedy, cancelled_by, started_at, ended_at, transitions,
    shown_arguments IS NOT NULL
    """

  init(row: Statement) throws {
    id = CallID(row.text(0))
    endpoint = EndpointID(row.text(1))
    endpointName = row.text(2)
    tool = row.text(3)
    toolVersion = row.text(4)
    digest = row.text(5)
    arguments = try JSON(parsing: row.text(6))
    idempotencyKey = row.optionalText(7)
    by = row.text(8)
    acceptedAt = Instant(microseconds: row.int64(9))
    expiresAt = Instant(microseconds: row.int64(10))
    delivery = try Self.word(row, 11)
    execution = try Self.word(row, 12)
    output = try Self.word(row, 13)
    validity = try Self.word(row, 14)
    outcome = row.isNull(15) ? nil : try Self.word(row, 15)
    reason = row.text(16)
    remedy = row.optionalText(17)
    cancelledBy = row.optionalText(18)
    startedAt = row.optionalInt64(19).map { Instant(microseconds: $0) }
    endedAt = row.optionalInt64(20).map { Instant(microseconds: $0) }
    transitions = row.int(21)
    hadSecrets = row.int(22) != 0
  }

  private static func word<Word: RawRepresentable<String>>(
    _ row: Statement, _ column: Int
  ) throws -> Word {
    guard let word = Word(rawValue: row.text(column)) else {
      throw StoreError(
        description: "call \(row.text(0)): \"\(row.text(column))\" is no \(Word.self);"
          + " the store was written by another version")
    }
    return word
  }
}

/// Which calls are wanted.
package struct CallFilter: Sendable, Hashable {
  /// Calls that one page looks at, at most.
  package static let scannedCallsMax = 20_000
  /// Arguments and reasons of one page.
  static let pageBytesMax = 4 << 20

  /// An endpoint's name or id.
  package var endpoint: String?
  package var tool: String?
  package var outcome: Outcome?
  package var session: SessionID?
  /// Only calls without an outcome.
  package var openOnly = false
  package var limit = 50
  package var before: CallID?

  package init() {}

  /// Greater than every id: ids are digits and lower-case letters.
  static let afterAll = "~"

  var sql: String {
    var sql = "SELECT \(StoredCall.columns) FROM calls"
    sql +=
      openOnly
      ? " INDEXED BY open_calls WHERE outcome IS NULL AND id < ?" : " WHERE id < ? AND id >= ?"
    if endpoint != nil { sql += " AND (endpoint_name = ? OR endpoint = ?)" }
    if tool != nil { sql += " AND tool = ?" }
    if outcome != nil { sql += " AND outcome = ?" }
    if session != nil { sql += " AND id IN (SELECT call FROM session_calls WHERE session = ?)" }
    return sql + " ORDER BY id DESC"
  }
}

package struct CallPage: Sendable {
  package let calls: [StoredCall]
  /// Where the next page begins (`before`); `nil` at the end. A page may be short, or even empty,
  /// and yet have a next one.
  package let next: CallID?
}

/// One row of a call's transcript.
package struct StoredTransition: Sendable, Hashable {
  package let sequence: Int
  package let at: Instant
  package let kind: String
  package let delivery: String
  package let execution: String
  package let output: String
  package let evidence: JSON
}

/// A part of an output stream.
package struct StoredOutput: Sendable, Hashable {
  package struct Chunk: Sendable, Hashable {
    /// Grows in the order of arrival, over both streams.
    package let order: Int64
    package let offset: Int
    package let at: Instant
    package let bytes: [UInt8]
  }

  package let chunks: [Chunk]
  /// Whether more was there than was asked for.
  package let hasMore: Bool
}
