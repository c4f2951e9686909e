import Digest
package import Model
import SQLite

extension Journal {
  /// The hash of a committed entry; nil where it was pruned or never was.
  package func hash(at sequence: Int) throws(JournalError) -> [UInt8]? {
    if let failure { throw .stopped(after: failure.code) }
    if sequence == base.sequence { return base.hash }
    if sequence == head.sequence { return head.hash }
    guard sequence > base.sequence, sequence < head.sequence else { return nil }
    return try storing { () throws(SQLiteError) in try storedHash(sequence) }
  }

  /// The entries of a call that is not confirmed, in order; none for any other.
  package func entries(of call: CallID) throws(JournalError) -> [Entry] {
    guard let progress = book.calls[call] else { return [] }
    var entries: [Entry] = []
    for sequence in progress.sequences { entries.append(try entry(sequence)) }
    return entries
  }

  /// Every call that is not confirmed, oldest first, for recovery at start.
  package func openCalls() throws(JournalError) -> [OpenCall] {
    let inOrder = book.calls.sorted {
      ($0.value.sequences.first ?? 0) < ($1.value.sequences.first ?? 0)
    }
    var open: [OpenCall] = []
    for (call, _) in inOrder { open.append(OpenCall(call: call, entries: try entries(of: call))) }
    return open
  }

  /// Verified again: the disk may have changed since the journal was opened.
  private func entry(_ sequence: Int) throws(JournalError) -> Entry {
    if let failure { throw .stopped(after: failure.code) }
    let read = try storing { () throws(SQLiteError) in
      let previous =
        if sequence - 1 == base.sequence { base.hash } else { try storedHash(sequence - 1) }
      let select = statements.select
      try select.bind(1, sequence)
      defer { select.reset() }
      guard try select.step(), let previous else { return Optional<Row>.none }
      return Row(select, after: previous, chain: &chain)
    }
    guard let row = read, row.problem == nil, let call = row.call, let kind = row.kind,
      let body = row.body
    else {
      let why = read.map { $0.problem ?? "its body is missing" } ?? "it is missing"
      throw stop(.damaged(path: path, sequence: sequence, why: why))
    }
    return Entry(sequence: row.sequence, call: call, kind: kind, at: row.at, body: body)
  }

  func storedHash(_ sequence: Int) throws(SQLiteError) -> [UInt8]? {
    try statements.hash.bind(1, sequence)
    defer { statements.hash.reset() }
    return try statements.hash.step() ? statements.hash.blob(0) : nil
  }

  func storing<Value>(
    _ body: () throws(SQLiteError) -> Value
  ) throws(JournalError) -> Value {
    do throws(SQLiteError) { return try body() } catch { throw stop(.storage(error)) }
  }
}
