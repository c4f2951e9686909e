package import Engine
import JSON
package import Model
import SQLite
import Wire

/// What a control plane takes up when it starts.
package struct Resumption: Sendable {
  package var endpoints: [Endpoint] = []
  package var calls: [Call] = []
  package var sessions: [Session] = []
  /// Canonical definitions by digest.
  package var definitions: [String: String] = [:]
  package var newestCall: CallID?
  package var newestSession: SessionID?
}

extension Store {
  /// Reads every endpoint, every open session, every call without an outcome, and the definitions these
  /// need.
  package func resume() throws -> Resumption {
    var all = Resumption()
    try forEach("SELECT * FROM endpoints") { row throws in
      all.endpoints.append(try Endpoint(row: row))
    }
    try forEach(Self.openCalls) { row throws in all.calls.append(try Call(row: row)) }
    all.sessions = try openSessions()
    for index in all.calls.indices { try complete(&all.calls[index]) }
    try forEach(
      """
      SELECT digest, text FROM definitions
      WHERE digest IN (SELECT digest FROM calls WHERE outcome IS NULL)
      """
    ) { row in all.definitions[row.text(0)] = row.text(1) }
    try forEach("SELECT max(id) FROM calls") { row in
      all.newestCall = row.optionalText(0).map { CallID($0) }
    }
    try forEach("SELECT max(id) FROM sessions") { row in
      all.newestSession = row.optionalText(0).map { SessionID($0) }
    }
    return all
  }

  private static let openCalls = """
    SELECT id, endpoint, tool, tool_version, digest, arguments, shown_arguments, idempotency_key,
      requested_by, accepted_at, expires_at, ack_within, max_attempts, idempotent, delivery,
      execution, output, validity, outcome, reason, remedy, cancelled_by, started_at, ended_at,
      transitions
    FROM calls INDEXED BY open_calls WHERE outcome IS NULL ORDER BY id
    """

  private func complete(_ call: inout Call) throws {
    var shape = CallShape()
    var place: BatchPlace?
    try forEach("SELECT shape FROM shapes WHERE call = ?", call.id.text) { row throws in
      shape = CallShape(try JSON(parsing: row.text(0)))
    }
    try forEach(
      """
      SELECT here.batch, here.position, before.call FROM batch_calls AS here
      JOIN batches ON batches.id = here.batch
      LEFT JOIN batch_calls AS before ON batches.is_ordered AND before.batch = here.batch
        AND before.position = here.position - 1
      WHERE here.call = ?
      """, call.id.text
    ) { row in
      place = BatchPlace(
        batch: BatchID(row.text(0)), position: row.int(1),
        after: row.optionalText(2).map { CallID($0) })
    }
    var session: SessionID?
    try forEach("SELECT session FROM session_calls WHERE call = ?", call.id.text) { row in
      session = SessionID(row.text(0))
    }
    call.complete(shape: shape, batch: place, session: session)
    var attempts: [Attempt] = []
    var stdoutBytes = 0
    var stderrBytes = 0
    try forEach("SELECT * FROM attempts WHERE call = ? ORDER BY number", call.id.text) { row in
      attempts.append(
        Attempt(
          number: row.int(1), link: LinkID(UInt64(row.int64(2))),
          runtime: RuntimeName(row.text(6)) ?? .service,
          offeredAt: Instant(microseconds: row.int64(3)),
          result: Attempt.Result(rawValue: row.text(4)) ?? .pending,
          answeredAt: row.optionalInt64(5).map { Instant(microseconds: $0) },
          refusal: row.optionalText(7).flatMap { Attempt.Refusal($0) }))
    }
    try forEach(
      "SELECT stream, max(offset + length(bytes)) FROM output_chunks WHERE call = ? GROUP BY stream",
      call.id.text
    ) { row in
      if row.text(0) == OutputStream.stdout.rawValue { stdoutBytes = row.int(1) }
      if row.text(0) == OutputStream.stderr.rawValue { stderrBytes = row.int(1) }
    }
    call.complete(attempts: attempts, stdoutBytes: stdoutBytes, stderrBytes: stderrBytes)
  }
}

/// A row that this version cannot have written.
package struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String
}

extension Endpoint {
  fileprivate init(row: Statement) throws {
    let runtime = try row.optionalText(7).map { text in
      try RuntimeInfo(JSON(parsing: text))
    }
    self.init(
      id: EndpointID(row.text(0)), name: row.text(1),
      joinedAt: Instant(microseconds: row.int64(2)), credentialHash: row.blob(3),
      epoch: EpochID(row.text(4)),
      seen: JournalHead(sequence: row.int(5), hash: row.text(6)), runtime: runtime,
      lastContact: row.optionalInt64(8).map { Instant(microseconds: $0) })
  }
}

extension Call {
  fileprivate init(row: Statement) throws {
    let arguments = try JSON(parsing: row.text(5))
    let request = CallRequest(
      tool: row.text(2), toolVersion: row.text(3), digest: row.text(4), arguments: arguments,
      shownArguments: try row.optionalText(6).map { text in try JSON(parsing: text) }
        ?? arguments,
      idempotencyKey: row.optionalText(7), by: row.text(8),
      acceptedAt: Instant(microseconds: row.int64(9)),
      expiresAt: Instant(microseconds: row.int64(10)),
      ackWithin: .microseconds(row.int64(11)), maxAttempts: row.int(12),
      idempotent: row.bool(13))
    self.init(
      id: CallID(row.text(0)), endpoint: EndpointID(row.text(1)), request: request,
      delivery: try Self.read(row, 14), execution: try Self.read(row, 15),
      output: try Self.read(row, 16), validity: try Self.read(row, 17), outcome: nil,
      reason: row.text(19), remedy: row.optionalText(20), attempts: [],
      cancelledBy: row.optionalText(21), stdoutBytes: 0, stderrBytes: 0,
      startedAt: row.optionalInt64(22).map { Instant(microseconds: $0) }, endedAt: nil,
      transitions: row.int(24))
  }

  private static func read<Value: RawRepresentable<String>>(
    _ row: Statement, _ column: Int
  ) throws -> Value {
    guard let value = Value(rawValue: row.text(column)) else {
      throw StoreError(
        description: "call \(row.text(0)): \"\(row.text(column))\" is no \(Value.self);"
          + " the store was written by another version")
    }
    return value
  }
}

extension Store {
  func forEach(
    _ sql: String, _ parameter: String? = nil, _ body: (Statement) throws -> Void
  ) throws {
    let row = try database.prepare(sql)
    if let parameter { try row.bind(1, parameter) }
    while try row.step() { try body(row) }
    row.reset()
  }
}
