import Model
import SQLite

extension Journal {
  /// What a piece of the inspection has shown.
  package enum Inspection: Sendable, Hashable {
    /// Nothing is wrong so far, and there is more.
    case more
    /// The chain was followed to its head; the next piece begins anew.
    case whole
    /// It is not what was written, or cannot be read.
    case damaged(String)
  }

  /// Verifies the next piece of the chain while the journal is in use, as `open` does all of it: the
  /// disk may have changed since. Nothing is repaired, and the journal goes on: what was promised is
  /// reported with what is there.
  ///
  /// - Parameters:
  ///   - rowsMax: entries that are looked at.
  ///   - bytesMax: after so many bytes of bodies no further entry is looked at.
  package func inspectNext(rowsMax: Int, bytesMax: Int) -> Inspection {
    if let failure { return .damaged("it has stopped: \(failure)") }
    do throws(SQLiteError) {
      let finding = try inspect(rowsMax, bytesMax)
      if case .more = finding { return .more }
      // From the beginning again, also where it was damaged: a disk may have read wrong once.
      inspected = nil
      return finding
    } catch {
      inspected = nil
      return .damaged("it cannot be read: \(error)")
    }
  }

  private func inspect(_ rowsMax: Int, _ bytesMax: Int) throws(SQLiteError) -> Inspection {
    var last = inspected ?? base
    // What was pruned meanwhile is not there any more.
    if last.sequence < base.sequence { last = base }
    let select = statements.inspect
    try select.bind(1, last.sequence)
    try select.bind(2, head.sequence)
    try select.bind(3, rowsMax)
    defer { select.reset() }
    var rows = 0
    var bytes = 0
    while bytes < bytesMax, try select.step() {
      let sequence = select.int(0)
      guard sequence == last.sequence + 1 else {
        return .damaged("entry \(last.sequence + 1) is missing")
      }
      bytes += select.bytes(6).count
      let row = Row(select, after: last.hash, chain: &chain, keepsBody: false)
      if let problem = problem(of: row) { return .damaged("entry \(sequence): \(problem)") }
      last = Head(sequence: sequence, hash: row.hash)
      rows += 1
    }
    inspected = last
    if rows == rowsMax || bytes >= bytesMax { return .more }
    return try inspectHead(last)
  }

  private func problem(of row: Row) -> String? {
    if let problem = row.problem { return problem }
    guard !row.hasBody, let call = row.call, book.calls[call] != nil else { return nil }
    return "its body is missing, and the call is not confirmed"
  }

  private func inspectHead(_ last: Head) throws(SQLiteError) -> Inspection {
    guard last == head else {
      return .damaged("it should end at entry \(head.sequence), and ends at \(last.sequence)")
    }
    let claimed = statements.claimedHead
    defer { claimed.reset() }
    guard try claimed.step(), claimed.int(0) == head.sequence, claimed.blob(1) == head.hash else {
      return .damaged("the record of its head is not that of entry \(head.sequence)")
    }
    return .whole
  }
}
