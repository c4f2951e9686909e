import Digest
package import Model
import SQLite

extension Journal {
  struct Batch {
    /// Between `begin()` and `commit()`.
    var isOpen = false
    /// SQLite's transaction. Outlives the batch where its commit was deferred.
    var hasTransaction = false
    /// Something in the transaction has to be on disk before the world hears of it.
    var isUrgent = false
  }

  package enum Urgency: Sendable {
    /// On disk when `commit` returns.
    case now
    /// A batch of nothing but confirmations and pruning may wait for the next one: were it lost,
    /// the control plane would be told of the end again, and confirm it again.
    case deferrable
  }

  package func begin() {
    precondition(!batch.isOpen, "cannot begin: a batch is open")
    batch.isOpen = true
  }

  /// Writes an entry into the open batch. `refused` and `overLimit` leave batch and journal as
  /// they were.
  @discardableResult
  package func append(
    call: CallID, kind: EntryKind, at now: Instant, body: [UInt8] = []
  ) throws(JournalError) -> Head {
    precondition(batch.isOpen, "cannot append: no batch is open")
    if let failure { throw .stopped(after: failure.code) }
    try check(call: call, kind: kind, bodyBytes: body.count)
    do throws(SQLiteError) {
      try startTransaction()
      let head = try insert(call, kind, now, body)
      let spent = book.note(call, kind, sequence: head.sequence)
      pendingHead = head
      if kind == .confirmed { try dropBodies(spent) } else { batch.isUrgent = true }
    } catch {
      throw stop(.storage(error))
    }
    return pendingHead
  }

  /// The control plane has the call's end for good: its bodies go, its id stays as a tombstone.
  @discardableResult
  package func confirm(_ call: CallID, at now: Instant) throws(JournalError) -> Head {
    try append(call: call, kind: .confirmed, at: now)
  }

  /// Puts the batch on disk, with one wait for all of it. Gives the head that may be told.
  @discardableResult
  package func commit(_ urgency: Urgency = .now) throws(JournalError) -> Head {
    precondition(batch.isOpen, "cannot commit: no batch is open")
    batch.isOpen = false
    if let failure { throw .stopped(after: failure.code) }
    if urgency == .deferrable && !batch.isUrgent { return head }
    try flush()
    return head
  }

  /// Whether a deferred commit waits for the next one.
  package var hasDeferred: Bool { batch.hasTransaction && !batch.isOpen }

  func flush() throws(JournalError) {
    guard batch.hasTransaction else { return }
    do throws(SQLiteError) {
      try statements.claimHead.bind(1, pendingHead.sequence)
      try statements.claimHead.bind(2, pendingHead.hash)
      try statements.claimHead.run()
      try database.commit()
      batch = Batch()
      head = pendingHead
      try database.checkpointIfNeeded(walBytesOver: limits.walBytesMax)
    } catch {
      throw stop(.storage(error))
    }
  }

  /// From here on nothing is taken. The transaction is not rolled back by hand: the process ends.
  func stop(_ error: JournalError) -> JournalError {
    if failure == nil { failure = error }
    return error
  }

  func startTransaction() throws(SQLiteError) {
    guard !batch.hasTransaction else { return }
    try database.begin()
    batch.hasTransaction = true
  }

  private func check(
    call: CallID, kind: EntryKind, bodyBytes: Int
  ) throws(JournalError) {
    if let reason = book.refusal(of: kind, for: call) {
      throw .refused(Refusal(call: call, kind: kind, reason: reason))
    }
    guard bodyBytes <= limits.bodyBytesMax else {
      throw .overLimit(
        limit: "bytes of a body", maximum: limits.bodyBytesMax, actual: bodyBytes)
    }
    let isNew = book.calls[call] == nil
    guard !isNew || entryCount < limits.entriesMax else {
      throw .overLimit(
        limit: "entries before a new call", maximum: limits.entriesMax, actual: entryCount + 1)
    }
  }

  private func insert(
    _ call: CallID, _ kind: EntryKind, _ now: Instant, _ body: [UInt8]
  ) throws(SQLiteError) -> Head {
    let sequence = pendingHead.sequence + 1
    let digest = SHA256.digest(of: body)
    let hash = chainHash(call.text, kind.rawValue, sequence, now.microseconds, digest)
    let insert = statements.insert
    try insert.bind(1, sequence)
    try insert.bind(2, call.text)
    try insert.bind(3, kind.rawValue)
    try insert.bind(4, now.microseconds)
    try insert.bind(5, digest)
    try insert.bind(6, hash)
    try insert.run(borrowing: body, as: 7)
    return Head(sequence: sequence, hash: hash)
  }

  private func chainHash(
    _ call: String, _ kind: String, _ sequence: Int, _ at: Int64, _ digest: [UInt8]
  ) -> [UInt8] {
    var call = call
    var kind = kind
    let previous = pendingHead.hash
    return call.withUTF8 { call in
      kind.withUTF8 { kind in
        chain.hash(
          after: previous, sequence: sequence, at: at, kind: UnsafeRawBufferPointer(kind),
          call: UnsafeRawBufferPointer(call), bodyDigest: digest)
      }
    }
  }

  private func dropBodies(_ sequences: [Int]) throws(SQLiteError) {
    for sequence in sequences {
      try statements.dropBody.bind(1, sequence)
      try statements.dropBody.run()
    }
  }
}

extension Statement {
  /// Runs with a blob that needs no copy because it stays in place while this runs.
  fileprivate func run(borrowing body: [UInt8], as index: Int) throws(SQLiteError) {
    let result = body.withUnsafeBytes { bytes -> Result<Void, SQLiteError> in
      Result { () throws(SQLiteError) in
        try bind(index, borrowing: bytes)
        try run()
      }
    }
    try bindNull(index)
    try result.get()
  }
}
