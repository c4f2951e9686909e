import Platform
import SQLite
import Support
import Testing

@Suite struct DatabaseTests {
  @Test("a new file is readable by its owner alone, and so is its WAL")
  func permissions() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      let database = try Database(path: path, mode: .readWriteCreate)
      try database.configureDurable()
      try database.execute("CREATE TABLE t (a)")
      for file in [path, path + "-wal", path + "-shm"] {
        #expect(try Files.status(file).permissions & 0o777 == 0o600, "\(file)")
      }
      try database.close()
    }
  }

  @Test("durable means WAL, full sync, foreign keys, no automatic checkpoint")
  func durable() throws {
    try withTemporaryDirectory { directory in
      let database = try Database(path: directory + "/a.db", mode: .readWriteCreate)
      try database.configureDurable()
      #expect(try database.text("PRAGMA journal_mode") == "wal")
      #expect(try database.integer("PRAGMA synchronous") == 2)
      #expect(try database.integer("PRAGMA foreign_keys") == 1)
      #expect(try database.integer("PRAGMA secure_delete") == 0)
      #expect(try database.integer("PRAGMA cell_size_check") == 1)
      #expect(try database.integer("PRAGMA trusted_schema") == 0)
      #expect(try database.integer("PRAGMA mmap_size") == 0)
      try database.execute("CREATE TABLE t (a)")
      // Far more pages than the 1000 of SQLite's own checkpoint.
      for _ in 0..<1_200 { try database.execute("INSERT INTO t VALUES (zeroblob(5000))") }
      #expect(database.walBytes > 2_000 * 4_096)
      #expect(try Files.status(directory + "/a.db-wal").size == database.walBytes)
      try database.close()
    }
  }

  @Test("a database in memory cannot be made durable")
  func memory() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    let error = #expect(throws: SQLiteError.self) { try database.configureDurable() }
    #expect(error?.message == "journal_mode is memory, it must be wal")
  }

  @Test("a name that looks like an URI is a name, and one with a NUL is refused")
  func names() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/file:a.db?mode=memory"
      let database = try Database(path: path, mode: .readWriteCreate)
      try database.execute("CREATE TABLE t (a)")
      try database.close()
      #expect(try Files.status(path).size > 0)
      let error = #expect(throws: SQLiteError.self) {
        try Database(path: directory + "/b\0c", mode: .readWriteCreate)
      }
      #expect(error?.name == "SQLITE_CANTOPEN")
      #expect(try Files.list(directory) == [Files.name(of: path)])
    }
  }

  @Test("a transaction is there whole or not at all")
  func transactions() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try database.transaction {
        try database.execute("INSERT INTO t VALUES (1)")
        throw Stop()
      }
    }
    #expect(!database.inTransaction)
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    let count = try database.transaction {
      try database.execute("INSERT INTO t VALUES (1), (2)")
      return try database.integer("SELECT count(*) FROM t")
    }
    #expect(count == 2)
  }

  @Test("a deferred constraint fails the commit and leaves nothing behind")
  func commitFailure() throws {
    try withTemporaryDirectory { directory in
      let database = try Database(path: directory + "/a.db", mode: .readWriteCreate)
      try database.configureDurable()
      try database.execute(
        """
        CREATE TABLE p (a INTEGER PRIMARY KEY);
        CREATE TABLE c (a INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)
        """)
      try database.begin()
      try database.execute("INSERT INTO c VALUES (1)")
      let error = #expect(throws: SQLiteError.self) { try database.commit() }
      #expect(error?.operation == "commit")
      #expect(!database.inTransaction)
      #expect(try database.integer("SELECT count(*) FROM c") == 0)
      try database.begin()
      try database.commit()
      try database.close()
    }
  }

  @Test("after SQLite itself rolled a transaction back, nothing runs outside it")
  func lostTransaction() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    let insert = try database.prepare("INSERT INTO t VALUES (?1, zeroblob(?2))")
    try database.begin()
    try insert.bind(1, 1)
    try insert.bind(2, 10)
    try insert.run()
    // OR ROLLBACK is the sure way to have SQLite end the transaction on an error.
    let error = #expect(throws: SQLiteError.self) {
      try database.execute("INSERT OR ROLLBACK INTO t VALUES (1, 'again')")
    }
    #expect(error?.isConstraintViolation == true)
    let refused = #expect(throws: SQLiteError.self) { try insert.run() }
    #expect(refused?.name == "SQLITE_ABORT")
    #expect(throws: SQLiteError.self) { try database.commit() }
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    try insert.bind(1, 2)
    try insert.bind(2, 10)
    try insert.run()
    #expect(try database.integer("SELECT count(*) FROM t") == 1)
  }

  @Test("a reader sees each commit whole, cannot write, and does not stop the writer")
  func reader() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      let writer = try Database(path: path, mode: .readWriteCreate)
      try writer.configureDurable()
      try writer.execute("CREATE TABLE t (a)")
      let reader = try Database(path: path, mode: .readOnly)
      let count = try reader.prepare("SELECT count(*) FROM t")
      try writer.begin()
      try writer.execute("INSERT INTO t VALUES (1), (2)")
      #expect(try count.step())
      #expect(count.int(0) == 0)
      count.reset()
      try writer.commit()
      #expect(try count.step())
      #expect(count.int(0) == 2)
      try writer.execute("INSERT INTO t VALUES (3)")
      #expect(try !writer.checkpoint().isComplete, "the reader holds on to the WAL")
      count.reset()
      #expect(try writer.checkpoint(.truncate).isComplete)
      #expect(try Files.status(path + "-wal").size == 0)
      let error = #expect(throws: SQLiteError.self) {
        try reader.execute("INSERT INTO t VALUES (4)")
      }
      #expect(error?.name == "SQLITE_READONLY")
      #expect(error?.isIOFailure == false)
      try reader.close()
      try writer.close()
    }
  }

  @Test("a reader of a file that is not there is told so")
  func missing() throws {
    try withTemporaryDirectory { directory in
      let error = #expect(throws: SQLiteError.self) {
        try Database(path: directory + "/none.db", mode: .readOnly)
      }
      #expect(error?.code == 14)
      #expect(error.map { "\($0)".contains("none.db") } == true)
    }
  }

  @Test("the WAL is moved once it is over the limit, and not before")
  func checkpoints() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      let database = try Database(path: path, mode: .readWriteCreate)
      try database.configureDurable()
      try database.execute("CREATE TABLE t (a)")
      #expect(try !database.checkpointIfNeeded(walBytesOver: 100_000))
      try database.execute("INSERT INTO t VALUES (zeroblob(200000))")
      let walBytes = database.walBytes
      #expect(walBytes > 200_000)
      #expect(try database.checkpointIfNeeded(walBytesOver: 100_000))
      #expect(database.walBytes == 0)
      try database.execute("INSERT INTO t VALUES (1)")
      #expect(database.walBytes < 20_000, "it is written from its start again")
      #expect(try Files.status(path).size > 200_000)
      try database.close()
      #expect(try Files.list(directory) == ["a.db"])
    }
  }

  @Test("a reader that stays does not stop the writer, however big the WAL has become")
  func stayingReader() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      let writer = try Database(path: path, mode: .readWriteCreate)
      try writer.configureDurable()
      try writer.execute("CREATE TABLE t (a)")
      let reader = try Database(path: path, mode: .readOnly)
      let select = try reader.prepare("SELECT count(*) FROM t")
      #expect(try select.step())
      for _ in 0..<30 {
        try writer.execute("INSERT INTO t VALUES (zeroblob(20000))")
        try writer.checkpointIfNeeded(walBytesOver: 50_000)
      }
      #expect(writer.walBytes > 600_000)
      #expect(select.int(0) == 0)
      select.reset()
      #expect(try writer.checkpointIfNeeded(walBytesOver: 50_000))
      #expect(writer.walBytes == 0)
    }
  }

  @Test("what another connection left in the WAL is known at opening")
  func leftWAL() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      do {
        // Let go of without a close, as a process that dies does.
        let abandoned = try Database(path: path, mode: .readWriteCreate)
        try abandoned.configureDurable()
        try abandoned.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
      }
      #expect(try Files.status(path + "-wal").size > 0)
      let database = try Database(path: path, mode: .readWriteCreate)
      #expect(try database.integer("SELECT a FROM t") == 1)
      try database.configureDurable()
      #expect(try database.integer("SELECT a FROM t") == 1)
      try database.close()
      try database.close()
    }
  }

  @Test("a second writer waits for the first, and then says that it is busy")
  func busy() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/a.db"
      let first = try Database(path: path, mode: .readWriteCreate)
      try first.configureDurable()
      let second = try Database(path: path, mode: .readWriteCreate)
      try second.configureDurable(busyTimeout: .zero)
      try first.begin()
      let error = #expect(throws: SQLiteError.self) { try second.begin() }
      #expect(error?.isBusy == true)
      #expect(error?.isIOFailure == false)
      #expect(!second.inTransaction)
      try first.commit()
      try second.begin()
      try second.commit()
    }
  }

  @Test("a snapshot shows one state, whatever is committed meanwhile, and holds nothing afterwards")
  func snapshot() throws {
    try withTemporaryDirectory { directory in
      let writer = try Database(path: directory + "/a.db", mode: .readWriteCreate)
      try writer.configureDurable()
      try writer.execute("CREATE TABLE t (v INTEGER) STRICT; INSERT INTO t VALUES (1)")
      let reader = try Database(path: directory + "/a.db", mode: .readOnly)
      func sum() throws -> Int64? { try reader.integer("SELECT sum(v) FROM t") }
      try reader.snapshot {
        #expect(try sum() == 1)
        try writer.execute("INSERT INTO t VALUES (10)")
        #expect(try sum() == 1)
      }
      #expect(try sum() == 11)
      #expect(throws: CancellationError.self) { try reader.snapshot { throw CancellationError() } }
      #expect(!reader.inTransaction)
      #expect(try sum() == 11)
    }
  }
}
