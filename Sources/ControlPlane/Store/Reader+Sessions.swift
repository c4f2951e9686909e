package import JSON
package import Model
import SQLite

/// A session as the store has it.
package struct StoredSession: Sendable {
  package let id: SessionID
  package let endpoint: EndpointID
  package let endpointName: String
  package let by: String
  package let note: String?
  package let openedAt: Instant
  package let usedAt: Instant
  package let closing: Closing?
  /// How many of its calls have which outcome; those that are open under `open`.
  package let counts: [String: Int]

  package struct Closing: Sendable {
    package let at: Instant
    package let by: String
    package let reason: String
  }
}

package struct SessionFilter: Sendable, Hashable {
  /// An endpoint's name or id.
  package var endpoint: String?
  package var openOnly = false
  package var limit = 50
  package var before: SessionID?

  package init() {}
}

/// One thing that happened in a session: to the session itself, or to a call of it.
package struct SessionEvent: Sendable {
  package enum What: Sendable {
    case opened(by: String, note: String?, under: JSON)
    case closed(by: String, reason: String, under: JSON)
    case call(CallID, StoredTransition)
  }

  package let at: Instant
  package let what: What
  package let cursor: SessionCursor
}

/// A place in a session's transcript.
package struct SessionCursor: Sendable, Hashable {
  package let at: Instant
  /// Empty for the opening, which comes first of what happened at the same time, and `~` for the closing,
  /// which comes last.
  let call: String
  let sequence: Int

  static let opening = ""
  static let closing = "~"

  package var text: String { "\(at.microseconds).\(call).\(sequence)" }

  package init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let microseconds = Int64(parts[0]), let sequence = Int(parts[2]) else {
      return nil
    }
    self.init(
      at: Instant(microseconds: microseconds), call: String(parts[1]), sequence: sequence)
  }

  init(at: Instant, call: String, sequence: Int) {
    self.at = at
    self.call = call
    self.sequence = sequence
  }
}

extension Reader {
  package func session(_ id: SessionID) throws -> StoredSession? {
    try database.snapshot {
      let row = try database.cached("\(Self.selectSessions) WHERE id = ?")
      try row.bind(1, id.text)
      return try sessions(row).first
    }
  }

  /// The newest sessions, newest first.
  package func sessions(_ filter: SessionFilter) throws -> [StoredSession] {
    try database.snapshot {
      var sql = "\(Self.selectSessions) WHERE id < ?1"
      if filter.openOnly { sql += " AND closed_at IS NULL" }
      if filter.endpoint != nil { sql += " AND (endpoint_name = ?3 OR endpoint = ?3)" }
      let row = try database.cached(sql + " ORDER BY id DESC LIMIT ?2")
      try row.bind(1, filter.before?.text ?? CallFilter.afterAll)
      try row.bind(2, filter.limit)
      if let endpoint = filter.endpoint { try row.bind(3, endpoint) }
      return try sessions(row)
    }
  }

  private static let selectSessions = """
    SELECT id, endpoint, endpoint_name, opened_by, note, opened_at, used_at, closed_at, closed_by,
      reason FROM sessions
    """

  private func sessions(_ row: Statement) throws -> [StoredSession] {
    defer { row.reset() }
    var found: [StoredSession] = []
    while try row.step() {
      let id = SessionID(row.text(0))
      let closing = row.optionalInt64(7).map {
        StoredSession.Closing(
          at: Instant(microseconds: $0), by: row.optionalText(8) ?? "",
          reason: row.optionalText(9) ?? "")
      }
      found.append(
        StoredSession(
          id: id, endpoint: EndpointID(row.text(1)), endpointName: row.text(2), by: row.text(3),
          note: row.optionalText(4), openedAt: Instant(microseconds: row.int64(5)),
          usedAt: Instant(microseconds: row.int64(6)), closing: closing,
          counts: try counts(of: id.text, in: .sessions))
      )
    }
    return found
  }

  // MARK: Transcript

  /// What happened in a session after the place of `cursor`, in order, and the calls it happened to.
  ///
  /// The rows of one call stay in their own order, also where the clock was set back between two lives
  /// of the control plane: none comes before the one before it.
  package func transcript(
    of session: SessionID, after cursor: SessionCursor?, limit: Int = 1_000
  ) throws -> (events: [SessionEvent], calls: [CallID: StoredCall]) {
    try database.snapshot {
      let row = try database.cached(Self.selectTranscript)
      try row.bind(1, session.text)
      try row.bind(2, cursor?.at.microseconds ?? Int64.min)
      try row.bind(3, cursor?.call ?? "")
      try row.bind(4, cursor?.sequence ?? 0)
      try row.bind(5, limit)
      var events: [SessionEvent] = []
      defer { row.reset() }
      while try row.step() { events.append(try event(row)) }
      var calls: [CallID: StoredCall] = [:]
      for case .call(let id, _) in events.map(\.what) where calls[id] == nil {
        calls[id] = try bareCall(id)
      }
      return (events, calls)
    }
  }

  private static let selectTranscript = """
    SELECT place, call, sequence, at, kind, a, b, c, evidence FROM (
      SELECT opened_at AS place, '\(SessionCursor.opening)' AS call, 0 AS sequence, opened_at AS at,
        'opened' AS kind, opened_by AS a, note AS b, NULL AS c, opened_under AS evidence
      FROM sessions WHERE id = ?1
      UNION ALL
      SELECT closed_at, '\(SessionCursor.closing)', 0, closed_at, 'closed', closed_by, reason, NULL,
        closed_under
      FROM sessions WHERE id = ?1 AND closed_at IS NOT NULL
      UNION ALL
      SELECT max(at) OVER (PARTITION BY transitions.call ORDER BY sequence), transitions.call,
        sequence, at, kind, delivery, execution, output, evidence
      FROM session_calls JOIN transitions ON transitions.call = session_calls.call
      WHERE session = ?1
    ) WHERE (place, call, sequence) > (?2, ?3, ?4) ORDER BY place, call, sequence LIMIT ?5
    """

  private func event(_ row: Statement) throws -> SessionEvent {
    let call = row.text(1)
    let at = Instant(microseconds: row.int64(3))
    let evidence = try JSON(parsing: row.text(8))
    let what: SessionEvent.What =
      switch call {
      case SessionCursor.opening:
        .opened(by: row.text(5), note: row.optionalText(6), under: evidence)
      case SessionCursor.closing: .closed(by: row.text(5), reason: row.text(6), under: evidence)
      default:
        .call(
          CallID(call),
          StoredTransition(
            sequence: row.int(2), at: at, kind: row.text(4), delivery: row.text(5),
            execution: row.text(6), output: row.text(7), evidence: evidence))
      }
    return SessionEvent(
      at: at, what: what,
      cursor: SessionCursor(
        at: Instant(microseconds: row.int64(0)), call: call, sequence: row.int(2)))
  }

  /// A call without what the store keeps of it in other tables.
  private func bareCall(_ id: CallID) throws -> StoredCall? {
    let row = try database.cached("SELECT \(StoredCall.columns) FROM calls WHERE id = ?")
    try row.bind(1, id.text)
    defer { row.reset() }
    return try row.step() ? StoredCall(row: row) : nil
  }
}
