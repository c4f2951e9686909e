import CSQLite

/// The handle itself, shared by a `Database` and its statements, so that it outlives them all
/// whichever is let go of first.
final class Connection {
  enum State {
    case usable
    /// SQLite rolled the open transaction back on its own after an error
    /// (https://sqlite.org/lang_transaction.html, section 3). What follows would commit one
    /// statement at a time, so nothing may run until `rollback()`.
    case transactionLost
    case closed
  }

  let handle: OpaquePointer
  let path: String
  /// Pages in the WAL after the latest commit. On the heap because SQLite keeps the address.
  let walPages: UnsafeMutablePointer<Int32>
  var state = State.usable
  var inTransaction = false

  /// - Parameter vfs: `nil` for the default one.
  init(path: String, flags: Int32, vfs: UnsafePointer<CChar>?) throws(SQLiteError) {
    var opened: OpaquePointer?
    // Distributions build with SQLITE_USE_URI, where a name that starts with "file:" is an URI.
    let name = path.hasPrefix("file:") ? "./" + path : path
    let code = sqlite3_open_v2(name, &opened, flags, vfs)
    guard code == SQLITE_OK, let opened else {
      let error = SQLiteError(
        extendedCode: opened.map { sqlite3_extended_errcode($0) } ?? code,
        message: String(cString: opened.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)),
        operation: "open", path: path,
        systemErrno: opened.map { sqlite3_system_errno($0) } ?? 0)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    self.path = path
    walPages = .allocate(capacity: 1)
    walPages.initialize(to: 0)
  }

  deinit {
    if state != .closed { sqlite3_close_v2(handle) }
    walPages.deallocate()
  }

  /// Finalizes every statement and closes. The statements' objects may live on, unusable.
  func close() throws(SQLiteError) {
    guard state != .closed else { return }
    while let statement = sqlite3_next_stmt(handle, nil) { sqlite3_finalize(statement) }
    let code = sqlite3_close(handle)
    guard code == SQLITE_OK else { throw error("close", sql: nil) }
    state = .closed
  }

  /// The error of the latest call on this connection.
  func error(_ operation: String, sql: String?) -> SQLiteError {
    let error = SQLiteError(
      extendedCode: sqlite3_extended_errcode(handle),
      message: String(cString: sqlite3_errmsg(handle)), operation: operation, path: path,
      sql: sql, systemErrno: sqlite3_system_errno(handle))
    if inTransaction, sqlite3_get_autocommit(handle) != 0 { state = .transactionLost }
    return error
  }

  /// Called before everything that could write.
  @inline(__always)
  func check(_ operation: String, sql: String?) throws(SQLiteError) {
    if state == .usable { return }
    throw unusable(operation, sql: sql)
  }

  @inline(never)
  private func unusable(_ operation: String, sql: String?) -> SQLiteError {
    precondition(state != .closed, "cannot \(operation): the database is closed")
    return SQLiteError(
      extendedCode: SQLITE_ABORT, message: "the transaction was rolled back by an earlier error",
      operation: operation, path: path, sql: sql)
  }
}
