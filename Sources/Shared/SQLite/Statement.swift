import CSQLite

/// A prepared statement. Parameters count from 1 and columns from 0, as in SQLite.
///
/// `step()` that returned false or threw leaves the statement ready for the next binds; one that is
/// left in the middle of its rows must be `reset()`, for it holds a read transaction open until
/// then, and the WAL cannot be emptied. Bindings stay until they are replaced.
package final class Statement {
  package let sql: String
  package let columnCount: Int
  let connection: Connection
  let handle: OpaquePointer
  /// For the cache: when it was last asked for.
  var lastUse = 0

  init(_ sql: String, on connection: Connection) throws(SQLiteError) {
    try connection.check("prepare", sql: sql)
    var prepared: OpaquePointer?
    // https://sqlite.org/c3ref/c_prepare_persistent.html: kept and used many times.
    let code = sqlite3_prepare_v3(
      connection.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK else { throw connection.error("prepare", sql: sql) }
    guard let prepared else { preconditionFailure("cannot prepare: no statement in \"\(sql)\"") }
    self.sql = sql
    self.connection = connection
    handle = prepared
    columnCount = Int(sqlite3_column_count(prepared))
  }

  deinit {
    // Closing the database has already finalized it.
    if connection.state != .closed { sqlite3_finalize(handle) }
  }

  /// True with a row to read, false at the end.
  package func step() throws(SQLiteError) -> Bool {
    try step(as: "step")
  }

  /// Steps to the end, dropping any rows.
  package func run() throws(SQLiteError) {
    while try step(as: "step") {}
  }

  func run(as operation: String) throws(SQLiteError) {
    while try step(as: operation) {}
  }

  private func step(as operation: String) throws(SQLiteError) -> Bool {
    try connection.check(operation, sql: sql)
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE {
      sqlite3_reset(handle)
      return false
    }
    let error = connection.error(operation, sql: sql)
    sqlite3_reset(handle)
    throw error
  }

  /// Ends reading before the last row. Repeats no error: `step()` has thrown it already.
  package func reset() {
    guard connection.state != .closed else { return }
    sqlite3_reset(handle)
  }

  /// Sets every parameter to NULL and lets go of the bytes bound to them.
  package func clearBindings() {
    guard connection.state != .closed else { return }
    sqlite3_clear_bindings(handle)
  }

  /// Whether it stands in the middle of its rows.
  package var isBusy: Bool { connection.state != .closed && sqlite3_stmt_busy(handle) != 0 }
}
