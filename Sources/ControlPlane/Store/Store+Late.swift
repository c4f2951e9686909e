import Engine
import JSON
import Model
import SQLite
import Wire

// Evidence that comes after the outcome. An outcome is never rewritten; what became of a call that
// ended as `unknown` is added to its transcript, its output and its execution record.

extension Store {
  /// Kept as far as it goes on where the call's output ends.
  func add(late chunk: OutputChunk, from endpoint: EndpointID) throws(SQLiteError) {
    guard try isUnresolved(chunk.call, of: endpoint) else { return }
    let row = try database.cached(
      """
      SELECT coalesce(max(offset + length(bytes)), 0) FROM output_chunks
      WHERE call = ?1 AND stream = ?2
      """)
    try row.bind(1, chunk.call.text)
    try row.bind(2, chunk.stream.rawValue)
    let kept = try row.step() ? row.int(0) : 0
    row.reset()
    let known = kept - chunk.offset
    guard known >= 0, known < chunk.bytes.count else { return }
    var rest = chunk
    rest.offset = kept
    rest.bytes.removeFirst(known)
    try insert(rest)
  }

  func resolve(
    _ call: CallID, of endpoint: EndpointID, by report: Report, at now: Instant
  ) throws(SQLiteError) {
    // It says no more than is known.
    if case .lost = report { return }
    guard try isUnresolved(call, of: endpoint) else { return }
    if report.isAbsence, try isContradicted(call) { return }
    try begin()
    let note = try database.cached(
      """
      INSERT INTO transitions
      SELECT id, transitions + 1, ?2, ?3, delivery, execution, output, ?4 FROM calls WHERE id = ?1
      """)
    try note.bind(1, call.text)
    try note.bind(2, now.microseconds)
    try note.bind(3, Transition.Kind.resolved.rawValue)
    try note.bind(4, JSON.object(JSONObject([("report", report.json)])).compact)
    try note.run()
    let count = try database.cached("UPDATE calls SET transitions = transitions + 1 WHERE id = ?1")
    try count.bind(1, call.text)
    try count.run()
    try insert(report, of: call)
  }

  /// `Transition.contradictsAbsence`, of any transition of the call.
  private func isContradicted(_ call: CallID) throws(SQLiteError) -> Bool {
    let row = try database.cached(
      """
      SELECT 1 FROM transitions WHERE call = ?1
      AND (kind IN (?2, ?3) OR json_extract(evidence, '$.' || ?4) = 1)
      """)
    try row.bind(1, call.text)
    try row.bind(2, Transition.Kind.started.rawValue)
    try row.bind(3, Transition.Kind.outputBegan.rawValue)
    try row.bind(4, Transition.memoryLost)
    defer { row.reset() }
    return try row.step()
  }

  private func isUnresolved(
    _ call: CallID, of endpoint: EndpointID
  ) throws(SQLiteError) -> Bool {
    // The outcome may be of this very batch.
    try flush()
    let row = try database.cached(
      """
      SELECT 1 FROM calls WHERE id = ?1 AND endpoint = ?2 AND outcome = ?3 AND NOT EXISTS (
        SELECT 1 FROM transitions WHERE call = ?1 AND kind = ?4)
      """)
    try row.bind(1, call.text)
    try row.bind(2, endpoint.text)
    try row.bind(3, Outcome.unknown.rawValue)
    try row.bind(4, Transition.Kind.resolved.rawValue)
    defer { row.reset() }
    return try row.step()
  }
}
