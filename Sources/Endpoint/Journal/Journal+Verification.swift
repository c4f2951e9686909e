import Model
import SQLite

extension Journal {
  /// Reads everything once, and builds what is kept in memory from what proved right. Nothing is
  /// repaired: a damaged journal stays as evidence.
  func verify() throws(JournalError) {
    do throws(SQLiteError) {
      try verifyStructure()
      try verifyMeta()
      try verifyEntries()
      try verifyHead()
      verifyCalls()
    } catch {
      throw stop(Self.opening(error, path: path))
    }
    if let failure { throw failure }
  }

  private func damaged(_ sequence: Int?, _ why: String) {
    if failure == nil { failure = .damaged(path: path, sequence: sequence, why: why) }
  }

  /// The chain proves what is read today; pages that belong to two owners would break it tomorrow.
  private func verifyStructure() throws(SQLiteError) {
    let problems = try database.integrityProblems()
    if let first = problems.first { damaged(nil, first) }
  }

  private func verifyMeta() throws(SQLiteError) {
    guard failure == nil else { return }
    let select = try database.prepare("SELECT key, value FROM meta")
    var digest: [UInt8]?
    while try select.step() {
      let key = select.text(0)
      if key == Meta.Key.digest { digest = select.blob(1) } else { meta.set(key, select.blob(1)) }
    }
    // A new journal has no facts and no digest yet.
    guard digest == meta.digest || (digest == nil && meta.values.isEmpty) else {
      return damaged(nil, "its facts (epoch, low water, base) do not match their digest")
    }
    book.lowWater = meta.text(Meta.Key.lowWater).map { CallID($0) }
    if let sequence = meta.text(Meta.Key.baseSequence).flatMap({ Int($0) }),
      let hash = meta[Meta.Key.baseHash]
    {
      base = Head(sequence: sequence, hash: hash)
    }
  }

  private func verifyEntries() throws(SQLiteError) {
    guard failure == nil else { return }
    let select = try database.prepare(
      "SELECT sequence, call, kind, at, digest, hash, body FROM entries ORDER BY sequence")
    var last = base
    while try select.step() {
      let sequence = select.int(0)
      guard sequence == last.sequence + 1 else {
        let why = "it is missing; the next one is \(sequence)"
        return damaged(last.sequence + 1, why)
      }
      let row = Row(select, after: last.hash, chain: &chain, keepsBody: false)
      if let problem = row.problem { return damaged(sequence, problem) }
      guard let call = row.call, let kind = row.kind else { return }
      if let problem = take(call, kind, row) { return damaged(sequence, problem) }
      last = Head(sequence: sequence, hash: row.hash)
    }
    pendingHead = last
    if let lowWater = book.lowWater { book.prune(before: lowWater) }
  }

  /// What is wrong with `kind` coming next for `call`; nil where it was taken over.
  private func take(_ call: CallID, _ kind: EntryKind, _ row: Row) -> String? {
    if book.tombstones[call] != nil { return "the call was confirmed before" }
    var progress = book.calls[call] ?? CallProgress()
    // The first entries of a call below the low water may have been pruned.
    let mayBeCut = base.sequence > 0 && book.lowWater.map { call < $0 } ?? false
    if let reason = progress.refusal(of: kind), !mayBeCut {
      return "\"\(kind.rawValue)\" cannot follow: \(reason.text)"
    }
    progress.note(kind, sequence: row.sequence, hasBody: row.hasBody)
    if kind == .confirmed {
      book.calls[call] = nil
      book.tombstones[call] = progress.sequences.first
    } else {
      book.calls[call] = progress
    }
    return nil
  }

  /// Only confirmed calls may lack bodies, and only they their first entries.
  private func verifyCalls() {
    guard failure == nil else { return }
    if let sequence = book.calls.values.compactMap(\.firstWithoutBody).min() {
      return damaged(sequence, "its body is missing, and the call is not confirmed")
    }
    let cut = book.calls.values.filter { !$0.hasBeginning }.compactMap(\.sequences.first).min()
    if let cut { damaged(cut, "the call's earlier entries are missing") }
  }

  /// The last entries cannot go missing alone: the head is in another table, written with them.
  private func verifyHead() throws(SQLiteError) {
    guard failure == nil else { return }
    let select = try database.prepare("SELECT sequence, hash FROM head WHERE id = 1")
    guard try select.step() else { return damaged(nil, "the record of its head is missing") }
    let claimed = Head(sequence: select.int(0), hash: select.blob(1))
    guard claimed == pendingHead else {
      let why = "it should end at entry \(claimed.sequence), and ends at \(pendingHead.sequence)"
      return damaged(min(claimed.sequence, pendingHead.sequence) + 1, why)
    }
    head = pendingHead
  }
}
