package import JSON
package import Model
import SQLite

/// A batch as the store has it.
package struct StoredBatch: Sendable {
  package let id: BatchID
  package let name: String?
  package let by: String
  package let acceptedAt: Instant
  package let isOrdered: Bool
  package let refused: JSON
  /// How many of its calls have which outcome; those that are open under `open`.
  package let counts: [String: Int]
}

extension Reader {
  package func batch(_ id: BatchID) throws -> StoredBatch? {
    try database.snapshot {
      try batches("WHERE id = ?", id.text).first
    }
  }

  /// The newest batches, newest first.
  package func batches(limit: Int) throws -> [StoredBatch] {
    try database.snapshot { try batches("ORDER BY id DESC LIMIT ?", String(limit)) }
  }

  /// Calls of a batch by position, from the one after `position` on.
  package func calls(
    of batch: BatchID, after position: Int, limit: Int
  ) throws -> [(position: Int, call: StoredCall)] {
    try database.snapshot {
      let row = try database.cached(
        """
        SELECT position, call FROM batch_calls WHERE batch = ? AND position > ?
        ORDER BY position LIMIT ?
        """)
      try row.bind(1, batch.text)
      try row.bind(2, position)
      try row.bind(3, limit)
      var found: [(position: Int, id: CallID)] = []
      while try row.step() { found.append((row.int(0), CallID(row.text(1)))) }
      row.reset()
      return try found.compactMap { place in
        try callWithinSnapshot(place.id).map { (place.position, $0) }
      }
    }
  }

  /// The calls of a batch that have no outcome yet, by position.
  package func openCalls(of batch: BatchID) throws -> [CallID] {
    let row = try database.cached(
      """
      SELECT call FROM batch_calls JOIN calls ON calls.id = batch_calls.call
      WHERE batch = ? AND outcome IS NULL ORDER BY position
      """)
    try row.bind(1, batch.text)
    defer { row.reset() }
    var ids: [CallID] = []
    while try row.step() { ids.append(CallID(row.text(0))) }
    return ids
  }

  private func batches(_ clause: String, _ parameter: String) throws -> [StoredBatch] {
    let row = try database.cached(
      "SELECT id, name, requested_by, accepted_at, is_ordered, refused FROM batches \(clause)")
    if let number = Int(parameter) {
      try row.bind(1, number)
    } else {
      try row.bind(1, parameter)
    }
    var all: [StoredBatch] = []
    while try row.step() {
      let id = BatchID(row.text(0))
      all.append(
        StoredBatch(
          id: id, name: row.optionalText(1), by: row.text(2),
          acceptedAt: Instant(microseconds: row.int64(3)), isOrdered: row.bool(4),
          refused: try JSON(parsing: row.text(5)), counts: try counts(of: id.text, in: .batches)))
    }
    row.reset()
    return all
  }

  /// What calls belong to, with the table that says so.
  enum Belonging: String {
    case batches = "batch"
    case sessions = "session"
  }

  /// How many calls of one have which outcome; those that are open under `open`.
  func counts(of id: String, in belonging: Belonging) throws -> [String: Int] {
    let column = belonging.rawValue
    let row = try database.cached(
      """
      SELECT coalesce(outcome, 'open'), count(*) FROM \(column)_calls
      JOIN calls ON calls.id = \(column)_calls.call WHERE \(column) = ? GROUP BY outcome
      """)
    try row.bind(1, id)
    defer { row.reset() }
    var counts: [String: Int] = [:]
    while try row.step() { counts[row.text(0)] = row.int(1) }
    return counts
  }
}
