import CSQLite

/// What SQLite refused, with the code and the statement it was doing. Arguments are never in it:
/// they may be secrets.
package struct SQLiteError: Error, Sendable, Hashable {
  /// The primary result code, https://sqlite.org/rescode.html
  package let code: Int32
  /// The extended result code; equal to `code` where SQLite has nothing finer to say.
  package let extendedCode: Int32
  package let message: String
  /// What was attempted: "open", "prepare", "step", "commit" ...
  package let operation: String
  package let path: String
  /// The text of the statement, without its arguments, cut after `sqlCharactersMax`.
  package let sql: String?
  /// errno of the system call that failed, 0 where none did.
  package let systemErrno: Int32

  package static let sqlCharactersMax = 400

  package init(
    extendedCode: Int32, message: String, operation: String, path: String, sql: String? = nil,
    systemErrno: Int32 = 0
  ) {
    code = extendedCode & 0xFF
    self.extendedCode = extendedCode
    self.message = message
    self.operation = operation
    self.path = path
    self.sql = sql.map { String($0.prefix(Self.sqlCharactersMax)) }
    // https://sqlite.org/c3ref/system_errno.html: the latest I/O error's, so for any other error
    // it would be the number of an old one.
    let isSystems = [SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_FULL].contains(extendedCode & 0xFF)
    self.systemErrno = isSystems ? systemErrno : 0
  }

  /// The storage no longer does what it is told, so nothing that was written may be assumed to be
  /// on disk, and trying again may report a success that is none: after a failed fsync the kernel
  /// drops the dirty pages (https://sqlite.org/rescode.html#ioerr_fsync). The process must stop
  /// using the file; opening it again reads what really is there.
  package var isIOFailure: Bool {
    switch code {
    case SQLITE_IOERR, SQLITE_FULL, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CANTOPEN, SQLITE_NOMEM,
      SQLITE_PROTOCOL, SQLITE_NOLFS:
      true
    // Plain SQLITE_READONLY is a write through a reader's connection. The extended ones say that
    // the file was moved away or that its WAL cannot be used.
    case SQLITE_READONLY: extendedCode != SQLITE_READONLY
    default: false
    }
  }

  package var isBusy: Bool { code == SQLITE_BUSY }
  package var isConstraintViolation: Bool { code == SQLITE_CONSTRAINT }
  package var isCorruption: Bool { code == SQLITE_CORRUPT || code == SQLITE_NOTADB }
}

extension SQLiteError: CustomStringConvertible {
  /// `SQLITE_FULL: cannot commit: database or disk is full (store.db); free space on its volume`
  package var description: String {
    var text = "\(name): cannot \(operation): \(message) (\(path))"
    if systemErrno != 0 { text += ", errno \(systemErrno)" }
    if let sql { text += ", in \"\(sql)\"" }
    if let remedy { text += "; \(remedy)" }
    return text
  }

  /// The stable name of the code, as SQLite documents it.
  package var name: String { ResultCode.name(extendedCode) }

  /// The next step, where there is one that a person can take.
  package var remedy: String? {
    switch code {
    case SQLITE_FULL: "free space on its volume, then start again"
    case SQLITE_IOERR: "check the disk and the kernel log, then start again"
    case SQLITE_CORRUPT: "keep the file for inspection and restore it from a backup"
    case SQLITE_NOTADB: "check that the path names a database of this product"
    case SQLITE_CANTOPEN: "check that the directory exists and may be written by this user"
    case SQLITE_BUSY: "another process holds it; stop that one or wait"
    case SQLITE_READONLY, SQLITE_PERM: "check the permissions of the file and of its directory"
    default: nil
    }
  }
}
