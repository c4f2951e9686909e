import SQLite
import Support
import Testing

@Suite struct MigratorTests {
  private static let steps = [
    "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)",
    "ALTER TABLE a ADD COLUMN y TEXT; UPDATE a SET y = 'two'",
    "CREATE INDEX aByY ON a (y)",
  ]

  private func migrator(_ count: Int) -> Migrator {
    Migrator(name: "ledger", applicationID: 0x5342_0001, steps: Array(Self.steps.prefix(count)))
  }

  @Test("a new file takes every step, an older one those it lacks, a current one none")
  func steps() throws {
    try withTemporaryDirectory { directory in
      for known in [1, 1, 3, 3] {
        let database = try Database(path: directory + "/a.db", mode: .readWriteCreate)
        try database.configureDurable()
        try migrator(known).migrate(database)
        #expect(try database.integer("PRAGMA user_version") == Int64(known))
        #expect(try database.integer("PRAGMA application_id") == 0x5342_0001)
        #expect(try database.integer("SELECT sum(x) FROM a") == 1)
        try database.close()
      }
    }
  }

  @Test("a file of a later version is refused and left alone")
  func newer() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try migrator(3).migrate(database)
    let error = #expect(throws: MigrationError.self) { try migrator(2).migrate(database) }
    #expect(error?.code == "migration.newer")
    #expect(error?.reason == .newer(version: 3, known: 2))
    #expect(error.map { "\($0)".contains("start the later version") } == true)
    #expect(try database.integer("PRAGMA user_version") == 3)
  }

  @Test("a file of another program is refused, with or without its mark")
  func foreign() throws {
    let marked = try Database(path: ":memory:", mode: .readWriteCreate)
    try marked.execute("PRAGMA application_id = 77")
    let first = #expect(throws: MigrationError.self) { try migrator(1).migrate(marked) }
    #expect(first?.reason == .foreign(applicationID: 77))
    let unmarked = try Database(path: ":memory:", mode: .readWriteCreate)
    try unmarked.execute("CREATE TABLE z (a)")
    let second = #expect(throws: MigrationError.self) { try migrator(1).migrate(unmarked) }
    #expect(second?.reason == .foreign(applicationID: 0))
    #expect(second?.code == "migration.foreign")
    #expect(try unmarked.integer("PRAGMA user_version") == 0)
  }

  @Test("a step that fails leaves the version and the schema of the step before")
  func failing() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    let broken = Migrator(
      name: "ledger", applicationID: 1,
      steps: [Self.steps[0], "CREATE TABLE b (x); INSERT INTO b VALUES (1); INSERT INTO none"])
    let error = #expect(throws: MigrationError.self) { try broken.migrate(database) }
    #expect(error?.code == "migration.failed")
    #expect(!database.inTransaction)
    #expect(try database.integer("PRAGMA user_version") == 1)
    #expect(try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == 0)
  }

  @Test("a version below zero, as a flipped bit leaves it, is refused")
  func negative() throws {
    let database = try Database(path: ":memory:", mode: .readWriteCreate)
    try migrator(1).migrate(database)
    try database.execute("PRAGMA user_version = -5")
    let error = #expect(throws: MigrationError.self) { try migrator(1).migrate(database) }
    #expect(error?.code == "migration.newer")
  }
}
