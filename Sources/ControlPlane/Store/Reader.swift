import JSON
package import Model
package import SQLite
import Wire

/// Reads what is committed, usually beside the writer: a connection of its own, used by one thread.
///
/// Every method is one short read transaction, so that what it returns belongs together, and the WAL
/// can always be emptied.
package final class Reader {
  let database: Database

  /// - Parameter path: of a store that a `Store` has opened before.
  package init(path: String) throws(SQLiteError) {
    database = try Database(path: path, mode: .readOnly)
  }

  package func close() throws(SQLiteError) { try database.close() }

  // MARK: Calls

  package func call(_ id: CallID) throws -> StoredCall? {
    try database.snapshot { try callWithinSnapshot(id) }
  }

  func callWithinSnapshot(_ id: CallID) throws -> StoredCall? {
    let row = try database.cached("SELECT \(StoredCall.columns) FROM calls WHERE id = ?")
    try row.bind(1, id.text)
    defer { row.reset() }
    guard try row.step() else { return nil }
    var call = try StoredCall(row: row)
    try complete(&call, valueBytesMax: StoredCall.Result.shownBytesMax)
    try readRetries(&call)
    try readShape(&call)
    return call
  }

  private func readShape(_ call: inout StoredCall) throws {
    let shape = try database.cached("SELECT shape FROM shapes WHERE call = ?")
    try shape.bind(1, call.id.text)
    if try shape.step() { call.shape = try JSON(parsing: shape.text(0)) }
    shape.reset()
    let place = try database.cached("SELECT batch, position FROM batch_calls WHERE call = ?")
    try place.bind(1, call.id.text)
    if try place.step() { call.batch = (BatchID(place.text(0)), place.int(1)) }
    place.reset()
    let session = try database.cached("SELECT session FROM session_calls WHERE call = ?")
    try session.bind(1, call.id.text)
    if try session.step() { call.session = SessionID(session.text(0)) }
    session.reset()
  }

  private func readRetries(_ call: inout StoredCall) throws(SQLiteError) {
    let row = try database.cached(
      """
      SELECT call, retry_of FROM retries WHERE call = ?1
      UNION ALL SELECT call, retry_of FROM retries WHERE retry_of = ?1
      """)
    try row.bind(1, call.id.text)
    defer { row.reset() }
    while try row.step() {
      let (later, first) = (CallID(row.text(0)), CallID(row.text(1)))
      if later == call.id { call.retryOf = first } else { call.retriedBy.append(later) }
    }
  }

  /// Whether the call is there, and its outcome if it has one.
  package func standing(of id: CallID) throws(SQLiteError) -> (isOpen: Bool, outcome: String?)? {
    let row = try database.cached("SELECT outcome FROM calls WHERE id = ?")
    try row.bind(1, id.text)
    defer { row.reset() }
    guard try row.step() else { return nil }
    let outcome = row.optionalText(0)
    return (outcome == nil, outcome)
  }

  /// A page of calls, newest first.
  package func calls(_ filter: CallFilter) throws -> CallPage {
    try database.snapshot { try page(filter) }
  }

  private func page(_ filter: CallFilter) throws -> CallPage {
    let source = try filter.openOnly ? nil : oldestScanned(filter)
    let row = try database.cached(filter.sql)
    var place: Int32 = 0
    func bind(_ text: String) throws(SQLiteError) {
      place += 1
      try row.bind(Int(place), text)
    }
    try bind(filter.before?.text ?? CallFilter.afterAll)
    if !filter.openOnly { try bind(source ?? "") }
    for text in [
      filter.endpoint, filter.endpoint, filter.tool, filter.outcome?.rawValue, filter.session?.text,
    ] {
      if let text { try bind(text) }
    }
    var calls: [StoredCall] = []
    var hasMore = false
    var bytes = 0
    while try row.step() {
      // Arguments may be long: a page is bounded by what it holds as well.
      if calls.count == filter.limit || bytes > CallFilter.pageBytesMax {
        hasMore = true
        break
      }
      calls.append(try StoredCall(row: row))
      bytes += row.bytes(6).count + row.bytes(16).count
    }
    row.reset()
    for index in calls.indices { try complete(&calls[index], valueBytesMax: 0) }
    let next = hasMore ? calls.last?.id : source.map { CallID($0) }
    return CallPage(calls: calls, next: next)
  }

  /// A filter that hits rarely must not hold the reader for the whole table: one page looks at so
  /// many calls, and the next goes on behind them.
  /// - Returns: `nil` when the page reaches the oldest call.
  private func oldestScanned(_ filter: CallFilter) throws(SQLiteError) -> String? {
    let row = try database.cached(
      "SELECT id FROM calls WHERE id < ? ORDER BY id DESC LIMIT 1 OFFSET ?")
    try row.bind(1, filter.before?.text ?? CallFilter.afterAll)
    try row.bind(2, CallFilter.scannedCallsMax - 1)
    defer { row.reset() }
    return try row.step() ? row.text(0) : nil
  }

  private func complete(_ call: inout StoredCall, valueBytesMax: Int) throws {
    let attempts = try database.cached(
      """
      SELECT number, offered_at, result, answered_at, runtime, refusal FROM attempts WHERE call = ? ORDER BY number
      """)
    try attempts.bind(1, call.id.text)
    while try attempts.step() {
      call.attempts.append(
        StoredCall.Attempt(
          number: attempts.int(0), runtime: attempts.text(4),
          offeredAt: Instant(microseconds: attempts.int64(1)), result: attempts.text(2),
          answeredAt: attempts.optionalInt64(3).map { Instant(microseconds: $0) },
          refusal: attempts.optionalText(5)))
    }
    let report = try database.cached("SELECT report FROM executions WHERE call = ?")
    try report.bind(1, call.id.text)
    if try report.step() { call.report = try JSON(parsing: report.text(0)) }
    report.reset()
    try readResult(&call, valueBytesMax)
    call.stdoutBytes = try length(of: call.id, .stdout)
    call.stderrBytes = try length(of: call.id, .stderr)
  }

  private func readResult(_ call: inout StoredCall, _ valueBytesMax: Int) throws {
    let row = try database.cached(
      "SELECT meaning, violations, length(CAST(result AS BLOB)), result FROM results WHERE call = ?"
    )
    try row.bind(1, call.id.text)
    defer { row.reset() }
    guard try row.step() else { return }
    let valueBytes = row.optionalInt(2)
    let limits = JSONLimits(maxDepth: JSONLimits.depthCeiling)
    var value: JSON?
    if let valueBytes, valueBytes <= valueBytesMax {
      value = try JSON(parsing: row.text(3), limits: limits)
    }
    call.result = StoredCall.Result(
      meaning: row.text(0), value: value, valueBytes: valueBytes,
      violations: try JSON(parsing: row.text(1), limits: limits))
  }

  /// The call that used an idempotency key.
  package func call(withKey key: String) throws(SQLiteError) -> CallID? {
    let row = try database.cached("SELECT id FROM calls WHERE idempotency_key = ?")
    try row.bind(1, key)
    defer { row.reset() }
    return try row.step() ? CallID(row.text(0)) : nil
  }

  package func definition(_ digest: String) throws(SQLiteError) -> String? {
    let row = try database.cached("SELECT text FROM definitions WHERE digest = ?")
    try row.bind(1, digest)
    defer { row.reset() }
    return try row.step() ? row.text(0) : nil
  }

  // MARK: Transcript

  /// The transitions after the one numbered `sequence`, in order.
  package func transitions(
    of call: CallID, after sequence: Int = 0, limit: Int = 1_000
  ) throws -> [StoredTransition] {
    let row = try database.cached(
      """
      SELECT sequence, at, kind, delivery, execution, output, evidence FROM transitions
      WHERE call = ? AND sequence > ? ORDER BY sequence LIMIT ?
      """)
    try row.bind(1, call.text)
    try row.bind(2, sequence)
    try row.bind(3, limit)
    var all: [StoredTransition] = []
    while try row.step() {
      all.append(
        StoredTransition(
          sequence: row.int(0), at: Instant(microseconds: row.int64(1)), kind: row.text(2),
          delivery: row.text(3), execution: row.text(4), output: row.text(5),
          evidence: try JSON(parsing: row.text(6))))
    }
    return all
  }

  // MARK: Output

  private func length(of call: CallID, _ stream: OutputStream) throws(SQLiteError) -> Int {
    let row = try database.cached(
      """
      SELECT offset + length(bytes) FROM output_chunks WHERE call = ? AND stream = ?
      ORDER BY offset DESC LIMIT 1
      """)
    try row.bind(1, call.text)
    try row.bind(2, stream.rawValue)
    defer { row.reset() }
    return try row.step() ? row.int(0) : 0
  }

  /// The bytes of a stream from `offset` on, chunk by chunk, until `maxBytes` are there or nothing
  /// is left. One chunk is always taken whole.
  package func output(
    of call: CallID, _ stream: OutputStream, from offset: Int, maxBytes: Int
  ) throws(SQLiteError) -> StoredOutput {
    let row = try database.cached(
      """
      SELECT rowid, offset, at, bytes FROM output_chunks WHERE call = ?1 AND stream = ?2
        AND offset >= coalesce((SELECT max(offset) FROM output_chunks
          WHERE call = ?1 AND stream = ?2 AND offset <= ?3), 0)
      ORDER BY offset
      """)
    try row.bind(1, call.text)
    try row.bind(2, stream.rawValue)
    try row.bind(3, offset)
    defer { row.reset() }
    var chunks: [StoredOutput.Chunk] = []
    var bytes = 0
    while try row.step() {
      if bytes >= maxBytes { return StoredOutput(chunks: chunks, hasMore: true) }
      let begin = row.int(1)
      let skipped = max(0, offset - begin)
      let all = row.bytes(3)
      guard skipped < all.count else { continue }
      chunks.append(
        StoredOutput.Chunk(
          order: row.int64(0), offset: begin + skipped, at: Instant(microseconds: row.int64(2)),
          bytes: Array(all[skipped...])))
      bytes += all.count - skipped
    }
    return StoredOutput(chunks: chunks, hasMore: false)
  }
}
