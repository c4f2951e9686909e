import Platform
import SQLite
import Support
import Testing

@Suite("A faulty disk", .serialized)
struct FaultyDiskTests {
  @Test("a database that could not be made durable says so, and does not go on in another mode")
  func durability() throws {
    try withFaultyDisk("a.db") { disk, path in
      var refused = 0
      for operation in 1...12 {
        disk.format()
        disk.plan(.error, at: operation)
        do {
          let database = try Database(path: path, mode: .readWriteCreate)
          try database.configureDurable()
          #expect(try database.text("PRAGMA journal_mode") == "wal", "operation \(operation)")
          try database.close()
        } catch {
          #expect(error is SQLiteError)
          refused += 1
        }
      }
      #expect(refused >= 6)
    }
  }

  @Test("the pages of a commit come to the log as one write, and are there after a power cut")
  func gathering() throws {
    try withFaultyDisk("a.db") { disk, path in
      let writer = try NumberedWriter(path: path)
      for number in 1...3 { try writer.write(number) }
      disk.plan(nil)
      try writer.write(4)
      #expect(disk.operations == 2, "a write, and a sync")
      disk.cutPower(leaving: .nothing, seed: 1)
      #expect(try NumberedWriter.verifiedLast(path: path) == 4)
    }
  }

  @Test(
    "a transaction larger than the cache and than what is gathered writes nothing before its commit"
  )
  func larger() throws {
    try withFaultyDisk("a.db") { disk, path in
      let database = try Database(path: path, mode: .readWriteCreate)
      try database.configureDurable(cacheKiB: 32)
      try database.execute("CREATE TABLE t (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
      disk.plan(nil)
      try database.begin()
      for number in 1...300 {
        // The largest row alone is larger than what is gathered.
        let bytes = number == 150 ? 200_000 : number * 37 % 3_000
        try database.execute("INSERT INTO t VALUES (\(number), zeroblob(\(bytes)))")
      }
      try database.execute(
        "SAVEPOINT s; UPDATE t SET body = zeroblob(1); ROLLBACK TO s; RELEASE s")
      #expect(disk.operations == 0)
      try database.commit()
      // From the log alone: nothing was moved into the file.
      disk.cutPower(leaving: .nothing, seed: 2)
      let reopened = try Database(path: path, mode: .readWriteCreate)
      #expect(try reopened.integrityProblems(thorough: true) == [])
      let expected = 200_000 + (1...300).filter { $0 != 150 }.reduce(0) { $0 + $1 * 37 % 3_000 }
      #expect(try reopened.integer("SELECT sum(length(body)) FROM t") == Int64(expected))
      #expect(try reopened.integer("SELECT count(*) FROM t") == 300)
    }
  }

  @Test("a write that fails when it is handed on fails its commit, and none after the rollback")
  func failedWrite() throws {
    try withFaultyDisk("a.db") { disk, path in
      let writer = try NumberedWriter(path: path)
      try writer.write(1)
      for (fault, name) in [(FaultyDisk.Fault.error, "SQLITE_IOERR_WRITE"), (.full, "SQLITE_FULL")]
      {
        disk.plan(fault, at: 1)
        let error = #expect(throws: SQLiteError.self) { try writer.write(2) }
        #expect(error?.name == name)
        try writer.database.rollback()
      }
      disk.plan(nil)
      try writer.write(2)
      disk.cutPower(leaving: .nothing, seed: 3)
      #expect(try NumberedWriter.verifiedLast(path: path) == 2)
    }
  }
}
