import SQLite
import Support
import Testing

@Suite struct StatementTests {
  /// Binds by `bind` and gives what `read` makes of the value that comes back.
  private func roundTrip<Value>(
    _ bind: (Statement) throws -> Void, _ read: (Statement) -> Value
  ) throws -> Value {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    let statement = try database.prepare("SELECT ?1")
    try bind(statement)
    #expect(try statement.step())
    defer { statement.reset() }
    return read(statement)
  }

  @Test(
    "integers come back exactly",
    arguments: [0, 1, -1, 127, 1 << 40, Int64.max, Int64.min])
  func integers(value: Int64) throws {
    #expect(try roundTrip({ try $0.bind(1, value) }, { $0.int64(0) }) == value)
  }

  @Test(
    "text comes back exactly, with NUL inside and nothing at all",
    arguments: ["", "a", "\0", "a\0b", "naïve 🚦", String(repeating: "x", count: 100_000)])
  func texts(value: String) throws {
    let got = try roundTrip({ try $0.bind(1, value) }, { ($0.text(0), $0.type(0)) })
    #expect(got.0 == value)
    #expect(got.1 == .text)
    let borrowed = try Array(value.utf8).withUnsafeBytes { bytes in
      try roundTrip({ try $0.bind(1, borrowingText: bytes) }, { $0.text(0) })
    }
    #expect(borrowed == value)
  }

  @Test(
    "blobs come back exactly, an empty one as an empty one and not as NULL",
    arguments: [[], [0], [0, 255, 0], [UInt8](repeating: 7, count: 100_000)])
  func blobs(value: [UInt8]) throws {
    let copied = try roundTrip({ try $0.bind(1, value) }, { ($0.blob(0), $0.type(0)) })
    #expect(copied == (value, .blob))
    let borrowed = try value.withUnsafeBytes { bytes in
      try roundTrip({ try $0.bind(1, borrowing: bytes) }, { ($0.blob(0), $0.type(0)) })
    }
    #expect(borrowed == (value, .blob))
    let pointed = try value.withUnsafeBytes { bytes in
      try roundTrip({ try $0.bind(1, bytes) }, { ($0.blob(0), $0.type(0)) })
    }
    #expect(pointed == (value, .blob))
  }

  @Test("other types and their absence come back")
  func others() throws {
    #expect(try roundTrip({ try $0.bind(1, 1.5) }, { $0.double(0) }) == 1.5)
    #expect(try roundTrip({ try $0.bind(1, true) }, { $0.bool(0) }))
    #expect(try roundTrip({ try $0.bindNull(1) }, { $0.type(0) }) == .null)
    #expect(try roundTrip({ try $0.bind(1, nil as String?) }, { $0.optionalText(0) }) == nil)
    #expect(try roundTrip({ try $0.bind(1, nil as Int64?) }, { $0.optionalInt64(0) }) == nil)
    #expect(try roundTrip({ try $0.bind(1, nil as Int?) }, { $0.optionalInt(0) }) == nil)
    #expect(try roundTrip({ try $0.bind(1, nil as Double?) }, { $0.optionalDouble(0) }) == nil)
    #expect(try roundTrip({ try $0.bind(1, nil as [UInt8]?) }, { $0.optionalBlob(0) }) == nil)
    #expect(try roundTrip({ try $0.bind(1, 3 as Int?) }, { $0.optionalInt(0) }) == 3)
    #expect(try roundTrip({ try $0.bind(1, "x" as String?) }, { $0.optionalText(0) }) == "x")
  }

  @Test("a statement that came to its end takes new binds, and so does one that failed")
  func reuse() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL) STRICT")
    let insert = try database.prepare("INSERT INTO t VALUES (?1, ?2)")
    for number in 1...3 {
      try insert.bind(1, number)
      try insert.bind(2, "row \(number)")
      try insert.run()
    }
    #expect(database.changes == 1)
    #expect(database.lastInsertRowID == 3)
    try insert.bind(1, 3)
    let error = #expect(throws: SQLiteError.self) { try insert.run() }
    #expect(error?.isConstraintViolation == true)
    #expect(error?.name == "SQLITE_CONSTRAINT_PRIMARYKEY")
    #expect(error?.isIOFailure == false)
    try insert.bind(1, 4)
    try insert.run()
    #expect(try database.integer("SELECT count(*) FROM t") == 4)
  }

  @Test("an error carries the statement and never its arguments")
  func redaction() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try database.execute("CREATE TABLE t (a TEXT UNIQUE, b INTEGER) STRICT")
    let insert = try database.prepare("INSERT INTO t VALUES (?1, ?2)")
    try insert.bind(1, "hunter2")
    try insert.run()
    let unique = #expect(throws: SQLiteError.self) { try insert.run() }
    #expect(unique.map { "\($0)".contains("INSERT INTO t") } == true)
    #expect(unique.map { "\($0)".contains("hunter2") } == false)
    try insert.bind(2, "correct horse")
    let type = #expect(throws: SQLiteError.self) { try insert.run() }
    #expect(type?.name == "SQLITE_CONSTRAINT_DATATYPE")
    #expect(type.map { "\($0)".contains("horse") } == false)
  }

  @Test("a misspelt column in double quotes is an error, not a text")
  func doubleQuotes() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try database.execute("CREATE TABLE t (a TEXT)")
    let error = #expect(throws: SQLiteError.self) { try database.prepare("SELECT \"b\" FROM t") }
    #expect(error?.operation == "prepare")
  }

  @Test("the cache gives one statement for one text, and another while the first is read")
  func cache() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    let first = try database.cached("SELECT ?1 UNION ALL SELECT 2")
    try first.bind(1, 1)
    #expect(try first.step())
    let second = try database.cached("SELECT ?1 UNION ALL SELECT 2")
    #expect(second !== first)
    first.reset()
    let third = try database.cached("SELECT ?1 UNION ALL SELECT 2")
    #expect(third === first)
    #expect(try third.step())
    #expect(third.isNull(0), "bindings of the user before are gone")
    for number in 0..<1_000 { _ = try database.cached("SELECT \(number)") }
    #expect(first.isBusy, "a statement pushed out of the cache goes on for who holds it")
  }
}
