import CSQLite

extension Database {
  package enum CheckpointMode: Sendable {
    /// As much as can be done without waiting for a reader.
    case passive
    /// All of it, waiting for readers up to the busy timeout; the WAL ends at 0 bytes.
    case truncate
  }

  /// What a checkpoint did, in pages.
  package struct Checkpoint: Sendable, Hashable {
    package let walPages: Int
    package let movedPages: Int
    package var isComplete: Bool { walPages == movedPages }
  }

  /// Makes every commit wait for the disk, and leaves the WAL to `checkpointIfNeeded`.
  ///
  /// WAL with `synchronous=FULL` syncs at each commit (https://sqlite.org/pragma.html
  /// #pragma_synchronous: "FULL synchronous also syncs the WAL after each transaction"); NORMAL
  /// could lose the latest ones on power loss. Settings are read back: SQLite ignores what it
  /// does not know, and some file systems cannot do WAL.
  package func configureDurable(
    busyTimeout: Duration = .seconds(5), cacheKiB: Int = 2_048, isExclusive: Bool = false
  ) throws(SQLiteError) {
    precondition(mode == .readWriteCreate, "cannot configure: a reader commits nothing")
    setBusyTimeout(busyTimeout)
    // Before WAL, so that the index of the log needs no shared memory (https://sqlite.org/wal.html,
    // section 8).
    if isExclusive {
      try require("PRAGMA locking_mode = EXCLUSIVE", is: "exclusive", setting: "locking_mode")
    }
    // To its end, and asked for again: its row says "wal" before the change is committed, which can
    // still fail and leave a rollback journal, whose last commit a power cut may take back
    // (https://sqlite.org/pragma.html#pragma_synchronous, EXTRA).
    try execute("PRAGMA journal_mode = WAL")
    try require("PRAGMA journal_mode", is: "wal", setting: "journal_mode")
    try execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
    try require("PRAGMA synchronous", is: "2", setting: "synchronous")
    try require("PRAGMA foreign_keys", is: "1", setting: "foreign_keys")
    try execute("PRAGMA cache_size = \(-cacheKiB)")
    // Nothing is written before its commit. The log's VFS relies on that (CGathering.h), and SQLite 3.40
    // can lose a commit of which something was written ahead, rolled back in part, and written again.
    try execute("PRAGMA cache_spill = OFF")
    try require("PRAGMA cache_spill", is: "0", setting: "cache_spill")
    // The hook takes the place of the automatic checkpoint, which would stop a commit at a time
    // that nobody chose (https://sqlite.org/c3ref/wal_hook.html).
    sqlite3_wal_hook(
      connection.handle,
      { pages, _, _, count in
        pages?.assumingMemoryBound(to: Int32.self).pointee = count
        return SQLITE_OK
      }, connection.walPages)
    // `close()` checkpoints where its errors can be seen; a process that gives up on a damaged
    // file leaves it and its WAL as they are.
    try setCheckpointOnClose(false)
    isDurable = true
    try checkpoint(.passive)
  }

  package func setBusyTimeout(_ duration: Duration) {
    busyTimeout = duration
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    sqlite3_busy_timeout(connection.handle, Int32(clamping: milliseconds))
  }

  /// Bytes in the WAL that a checkpoint would move, after the latest commit of this connection.
  package var walBytes: Int {
    let pages = Int(connection.walPages.pointee)
    // https://sqlite.org/fileformat2.html#walformat: a 32-byte header, 24 bytes before each page.
    return pages == 0 ? 0 : 32 + pages * (pageBytes + 24)
  }

  /// Moves the WAL into the database file. A reader in the way makes it incomplete, not an error.
  @discardableResult
  package func checkpoint(_ mode: CheckpointMode = .passive) throws(SQLiteError) -> Checkpoint {
    precondition(!connection.inTransaction, "cannot checkpoint: a transaction is open")
    try connection.check("checkpoint", sql: nil)
    var inLog: Int32 = 0
    var moved: Int32 = 0
    let code = sqlite3_wal_checkpoint_v2(
      connection.handle, nil,
      mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE, &inLog, &moved)
    guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else {
      throw connection.error("checkpoint", sql: nil)
    }
    let result = Checkpoint(walPages: max(0, Int(inLog)), movedPages: max(0, Int(moved)))
    // A WAL that was moved whole is written again from its start.
    connection.walPages.pointee = result.isComplete ? 0 : Int32(result.walPages)
    return result
  }

  /// For the writer between two transactions. True where it checkpointed.
  ///
  /// Readers that overlap without a gap keep SQLite from ever starting the WAL again from its
  /// beginning. So once it has grown by another four limits, the readers are waited for, shortly.
  @discardableResult
  package func checkpointIfNeeded(walBytesOver limit: Int) throws(SQLiteError) -> Bool {
    guard walBytes > limit else { return false }
    if try checkpoint(.passive).isComplete {
      walBytesWaitedFor = 0
    } else if walBytes > walBytesWaitedFor + 4 * limit {
      let usual = busyTimeout
      setBusyTimeout(Self.readerWaitMax)
      defer { setBusyTimeout(usual) }
      walBytesWaitedFor = try checkpoint(.truncate).isComplete ? 0 : walBytes
    }
    return true
  }

  /// How long a commit may stand still for the readers of a WAL that has grown far over its limit.
  static let readerWaitMax = Duration.milliseconds(50)

  /// What is wrong with the file's structure; empty where it is sound. `thorough` also compares
  /// every index with its table.
  package func integrityProblems(thorough: Bool = false) throws(SQLiteError) -> [String] {
    let problemsMax = 20
    let statement = try prepare(
      "PRAGMA \(thorough ? "integrity_check" : "quick_check")(\(problemsMax))")
    var problems: [String] = []
    while try statement.step() { problems.append(statement.text(0)) }
    return problems == ["ok"] ? [] : problems
  }

  /// For every connection, before it is used.
  func configureConnection() throws(SQLiteError) {
    // No double-quoted "strings" (a misspelt column would compare as text), no writes to SQLite's
    // own tables. https://sqlite.org/c3ref/c_dbconfig_defensive.html
    try setOption(SQLITE_DBCONFIG_DQS_DML, false)
    try setOption(SQLITE_DBCONFIG_DQS_DDL, false)
    try setOption(SQLITE_DBCONFIG_DEFENSIVE, true)
    try setOption(SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)
    setBusyTimeout(.seconds(5))
    // https://sqlite.org/security.html; and no mmap, where an I/O error is a SIGBUS.
    try execute(
      """
      PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA secure_delete = OFF;
      PRAGMA temp_store = MEMORY
      """)
    try require("PRAGMA encoding", is: "UTF-8", setting: "encoding")
    pageBytes = Int(try integer("PRAGMA page_size") ?? 4_096)
    // The first read of the file itself.
    _ = try integer("PRAGMA schema_version")
  }

  func setCheckpointOnClose(_ on: Bool) throws(SQLiteError) {
    try setOption(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on)
  }

  private func setOption(_ option: Int32, _ on: Bool) throws(SQLiteError) {
    let code = signalbox_sqlite_db_option(connection.handle, option, on ? 1 : 0)
    guard code == SQLITE_OK else { throw connection.error("configure", sql: nil) }
  }

  private func require(
    _ sql: String, is expected: String, setting: String
  ) throws(SQLiteError) {
    let actual = try text(sql) ?? "nothing"
    guard actual != expected else { return }
    throw SQLiteError(
      extendedCode: SQLITE_CANTOPEN, message: "\(setting) is \(actual), it must be \(expected)",
      operation: "configure", path: path, sql: sql)
  }
}
