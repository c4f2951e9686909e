import CGathering
import CSQLite

/// One connection to one SQLite file, for one thread at a time.
///
/// Opened with `SQLITE_OPEN_NOMUTEX`, so it is not `Sendable`; it may be handed from one thread to
/// another as a whole. Every file has one writer (`.readWriteCreate`) and may have readers.
package final class Database {
  package enum Mode: Sendable {
    case readWriteCreate
    /// A reader beside the writer. Sees each commit whole, and never writes.
    case readOnly
  }

  package let path: String
  package let mode: Mode
  let connection: Connection
  var cache = StatementCache()
  private var beginStatement: Statement?
  private var commitStatement: Statement?
  /// Set by `configureDurable()`.
  var isDurable = false
  var pageBytes = 4_096
  var busyTimeout = Duration.zero
  /// What `checkpointIfNeeded` has last waited for readers at.
  var walBytesWaitedFor = 0

  /// Opens the file and reads its header, so that a file that is no database is refused here.
  /// A new file is created for its owner alone (0600).
  package init(path: String, mode: Mode) throws(SQLiteError) {
    self.path = path
    self.mode = mode
    try Library.check(path: path)
    if mode == .readWriteCreate { PrivateFile.createIfMissing(path) }
    let access =
      mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    connection = try Connection(
      path: path, flags: access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      // A commit's pages in one write; without memory for it, in many.
      vfs: mode == .readWriteCreate ? signalbox_gathering_vfs() : nil)
    try configureConnection()
  }

  package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    try Statement(sql, on: connection)
  }

  /// Runs every statement in `sql`, dropping any rows.
  package func execute(_ sql: String) throws(SQLiteError) {
    try connection.check("execute", sql: sql)
    guard sqlite3_exec(connection.handle, sql, nil, nil, nil) == SQLITE_OK else {
      throw connection.error("execute", sql: sql)
    }
  }

  /// The first column of the first row, nil where there is no row or it is NULL.
  package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalInt64(0) : nil
  }

  package func text(_ sql: String) throws(SQLiteError) -> String? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.optionalText(0) : nil
  }

  /// Rows changed by the latest INSERT, UPDATE or DELETE.
  package var changes: Int { Int(sqlite3_changes64(connection.handle)) }
  package var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(connection.handle) }

  /// Finishes: moves the WAL into the file where no reader prevents it, and closes. Statements of
  /// this database must not be used afterwards.
  package func close() throws(SQLiteError) {
    guard connection.state != .closed else { return }
    cache.removeAll()
    if connection.inTransaction { try rollback() }
    // With the WAL empty, SQLite's own closing has nothing to move and removes it.
    if isDurable, try checkpoint(.truncate).isComplete { try setCheckpointOnClose(true) }
    try connection.close()
  }
}

// MARK: Transactions

extension Database {
  package var inTransaction: Bool { connection.inTransaction }

  /// Takes the write lock at once, so that a transaction never fails half-way for the lack of it.
  package func begin() throws(SQLiteError) {
    precondition(!connection.inTransaction, "cannot begin: a transaction is open")
    let statement =
      if let beginStatement { beginStatement } else { try prepare("BEGIN IMMEDIATE") }
    beginStatement = statement
    try statement.run(as: "begin")
    connection.inTransaction = true
  }

  /// Returns once the transaction is on disk. Where it throws, nothing of it is.
  package func commit() throws(SQLiteError) {
    precondition(connection.inTransaction, "cannot commit: no transaction is open")
    do throws(SQLiteError) {
      try connection.check("commit", sql: nil)
      let statement = if let commitStatement { commitStatement } else { try prepare("COMMIT") }
      commitStatement = statement
      try statement.run(as: "commit")
      connection.inTransaction = false
    } catch {
      // The first error is the one to report; a rollback that fails too changes nothing about it.
      try? rollback()
      throw error
    }
  }

  package func rollback() throws(SQLiteError) {
    guard connection.inTransaction else { return }
    connection.inTransaction = false
    if connection.state == .transactionLost { connection.state = .usable }
    guard sqlite3_get_autocommit(connection.handle) == 0 else { return }
    try execute("ROLLBACK")
  }

  /// Runs `body` on one state of the database, whatever is committed meanwhile.
  package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
    precondition(!connection.inTransaction, "cannot begin: a transaction is open")
    try cached("BEGIN").run(as: "begin")
    connection.inTransaction = true
    defer {
      // A transaction that only read has nothing to lose at its end.
      do throws(SQLiteError) {
        try cached("COMMIT").run(as: "commit")
        connection.inTransaction = false
      } catch { try? rollback() }
    }
    return try body()
  }

  /// Runs `body` in one transaction: all of it is on disk when this returns, none where it throws.
  package func transaction<Value>(_ body: () throws -> Value) throws -> Value {
    try begin()
    let value: Value
    do {
      value = try body()
    } catch {
      // Body's error says why; a rollback that fails too changes nothing about it.
      try? rollback()
      throw error
    }
    try commit()
    return value
  }
}
