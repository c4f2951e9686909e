import CSQLite

/// The names of SQLite's result codes, https://sqlite.org/rescode.html
enum ResultCode {
  static func name(_ extendedCode: Int32) -> String {
    let primary = Int(extendedCode & 0xFF)
    let detail = Int(extendedCode >> 8)
    guard primary < primaryNames.count else { return "SQLITE_\(extendedCode)" }
    let name = "SQLITE_" + primaryNames[primary]
    if detail == 0 { return name }
    if let details = details(of: extendedCode & 0xFF), detail <= details.count {
      return "\(name)_\(details[detail - 1])"
    }
    return "\(name)_\(detail)"
  }

  private static let primaryNames = [
    "OK", "ERROR", "INTERNAL", "PERM", "ABORT", "BUSY", "LOCKED", "NOMEM", "READONLY",
    "INTERRUPT", "IOERR", "CORRUPT", "NOTFOUND", "FULL", "CANTOPEN", "PROTOCOL", "EMPTY", "SCHEMA",
    "TOOBIG", "CONSTRAINT", "MISMATCH", "MISUSE", "NOLFS", "AUTH", "FORMAT", "RANGE", "NOTADB",
  ]

  /// The extended names of one primary code, in the order of their numbers.
  private static func details(of code: Int32) -> [String]? {
    switch code {
    case SQLITE_IOERR: ioDetails
    case SQLITE_CONSTRAINT: constraintDetails
    case SQLITE_READONLY:
      ["RECOVERY", "CANTLOCK", "ROLLBACK", "DBMOVED", "CANTINIT", "DIRECTORY"]
    case SQLITE_BUSY: ["RECOVERY", "SNAPSHOT", "TIMEOUT"]
    case SQLITE_CORRUPT: ["VTAB", "SEQUENCE", "INDEX"]
    case SQLITE_CANTOPEN: ["NOTEMPDIR", "ISDIR", "FULLPATH", "CONVPATH", "DIRTYWAL", "SYMLINK"]
    default: nil
    }
  }

  private static let ioDetails = [
    "READ", "SHORT_READ", "WRITE", "FSYNC", "DIR_FSYNC", "TRUNCATE", "FSTAT", "UNLOCK", "RDLOCK",
    "DELETE", "BLOCKED", "NOMEM", "ACCESS", "CHECKRESERVEDLOCK", "LOCK", "CLOSE", "DIR_CLOSE",
    "SHMOPEN", "SHMSIZE", "SHMLOCK", "SHMMAP", "SEEK", "DELETE_NOENT", "MMAP", "GETTEMPPATH",
    "CONVPATH", "VNODE", "AUTH", "BEGIN_ATOMIC", "COMMIT_ATOMIC", "ROLLBACK_ATOMIC", "DATA",
    "CORRUPTFS",
  ]

  private static let constraintDetails = [
    "CHECK", "COMMITHOOK", "FOREIGNKEY", "FUNCTION", "NOTNULL", "PRIMARYKEY", "TRIGGER", "UNIQUE",
    "VTAB", "ROWID", "PINNED", "DATATYPE",
  ]
}
