import CSQLite

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The C library as a whole, set up once per process.
enum Library {
  /// STRICT tables and SQLITE_OPEN_EXRESCODE came with 3.37.0.
  private static let minimumVersion: Int32 = 3_037_000

  /// Without memory statistics SQLite takes no global lock at each allocation. Must run before
  /// anything else of SQLite's, else it is refused, which costs a little speed and nothing more.
  private static let configured: Int32 = signalbox_sqlite_memory_statistics(0)

  static func check(path: String) throws(SQLiteError) {
    _ = configured
    guard sqlite3_libversion_number() >= minimumVersion else {
      throw SQLiteError(
        extendedCode: SQLITE_ERROR,
        message: "SQLite \(String(cString: sqlite3_libversion())) is older than 3.37.0",
        operation: "open", path: path)
    }
    guard !path.utf8.contains(0) else {
      throw SQLiteError(
        extendedCode: SQLITE_CANTOPEN, message: "the path contains a NUL", operation: "open",
        path: path)
    }
  }
}

enum PrivateFile {
  /// SQLite would create it readable by all; its WAL takes after it. Only ever creates: closing a
  /// descriptor of an open database drops the locks of the whole process on it
  /// (https://sqlite.org/howtocorrupt.html, section 2.2). Failures are left to SQLite to report.
  static func createIfMissing(_ path: String) {
    guard !path.isEmpty, path != ":memory:" else { return }
    let descriptor = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
    if descriptor >= 0 { _ = close(descriptor) }
  }
}
