import Platform
import SQLite
import Support
import Testing

@Suite("A faulty disk", .serialized)
struct FaultyDiskTests {
  @Test("a database that could not be made durable says so, and does not go on in another mode")
  func durability() throws {
    try withTemporaryDirectory { directory in
      let disk = FaultyDisk(directory: directory)
      defer { disk.format() }
      let path = directory + "/a.db"
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
}
