package import Model
import SQLite

extension Journal {
  /// Begins a new life under the name that the control plane has given. Part of the open batch.
  package func setEpoch(_ epoch: EpochID) throws(JournalError) {
    try write([(Meta.Key.epoch, Array(epoch.text.utf8))])
    batch.isUrgent = true
  }

  package func meta(_ key: String) -> [UInt8]? { meta[Meta.Key.callerPrefix + key] }

  /// Keeps a small fact of the caller's, or drops it. Part of the open batch.
  package func setMeta(_ key: String, _ value: [UInt8]?) throws(JournalError) {
    let key = Meta.Key.callerPrefix + key
    let bytes = key.utf8.count + (value?.count ?? 0)
    guard bytes <= limits.metaValueBytesMax else {
      throw .overLimit(
        limit: "bytes of a fact", maximum: limits.metaValueBytesMax, actual: bytes)
    }
    let count = meta.values.count + 1
    guard value == nil || meta[key] != nil || count <= limits.metaKeysMax else {
      throw .overLimit(limit: "number of facts", maximum: limits.metaKeysMax, actual: count)
    }
    try write([(key, value)])
    batch.isUrgent = true
  }

  /// The control plane will never again offer a call with an id below `lowWater`: their tombstones
  /// go, and so do the entries at the beginning of the journal that are about nothing else.
  /// A low water that goes back is ignored. Part of the open batch; may be deferred.
  /// At most `Limits.prunedEntriesMax` entries go at once: the agent waits for it, and has in memory what
  /// a commit changes.
  /// - Parameter last: no entry behind it goes; those are for the next time.
  package func prune(
    before lowWater: CallID, through last: Int = .max
  ) throws(JournalError) {
    precondition(batch.isOpen, "cannot prune: no batch is open")
    if let failure { throw .stopped(after: failure.code) }
    if let known = book.lowWater, lowWater < known { return }
    let last = min(last, pendingHead.sequence, base.sequence + limits.prunedEntriesMax)
    let end = max(base.sequence, book.lastPrunable(before: lowWater, through: last))
    if lowWater == book.lowWater, end == base.sequence { return }
    let newBase = try storing { () throws(SQLiteError) in
      try end > base.sequence ? hashForBase(end).map { Head(sequence: end, hash: $0) } : base
    }
    guard let newBase else {
      throw stop(.damaged(path: path, sequence: end, why: "it is missing"))
    }
    book.prune(before: lowWater)
    try write([
      (Meta.Key.lowWater, Array(lowWater.text.utf8)),
      (Meta.Key.baseSequence, Array(String(newBase.sequence).utf8)),
      (Meta.Key.baseHash, newBase.hash),
    ])
    try storing { () throws(SQLiteError) in
      try statements.prune.bind(1, newBase.sequence)
      try statements.prune.run()
    }
    base = newBase
  }

  private func hashForBase(_ sequence: Int) throws(SQLiteError) -> [UInt8]? {
    if sequence == pendingHead.sequence { return pendingHead.hash }
    return try storedHash(sequence)
  }

  private func write(_ facts: [(key: String, value: [UInt8]?)]) throws(JournalError) {
    precondition(batch.isOpen, "cannot write: no batch is open")
    if let failure { throw .stopped(after: failure.code) }
    for fact in facts { meta.set(fact.key, fact.value) }
    try storing { () throws(SQLiteError) in
      try startTransaction()
      for fact in facts { try put(fact.key, fact.value) }
      try put(Meta.Key.digest, meta.digest)
    }
  }

  private func put(_ key: String, _ value: [UInt8]?) throws(SQLiteError) {
    guard let value else {
      try statements.removeMeta.bind(1, key)
      return try statements.removeMeta.run()
    }
    try statements.putMeta.bind(1, key)
    try statements.putMeta.bind(2, value)
    try statements.putMeta.run()
  }
}
