import Glibc
import Platform
import SQLite
import Support
import Testing

/// Transactions of three rows each, numbered without a gap, so that a torn or a missing one shows.
struct NumberedWriter {
  let database: Database
  private let insert: Statement

  init(path: String) throws {
    database = try Database(path: path, mode: .readWriteCreate)
    try database.configureDurable()
    try database.execute(
      "CREATE TABLE IF NOT EXISTS t (number INTEGER, part INTEGER, body BLOB) STRICT")
    insert = try database.prepare("INSERT INTO t VALUES (?1, ?2, randomblob(?3))")
  }

  func write(_ number: Int) throws {
    try database.begin()
    for part in 0..<3 {
      try insert.bind(1, number)
      try insert.bind(2, part)
      try insert.bind(3, (number * 37 + part * 911) % 3_000)
      try insert.run()
    }
    try database.commit()
  }

  /// The number of the last transaction, where each of `1...last` is there whole.
  static func verifiedLast(path: String) throws -> Int {
    let database = try Database(path: path, mode: .readWriteCreate)
    try database.configureDurable()
    try #require(try database.integrityProblems(thorough: true) == [])
    guard try database.integer("SELECT count(*) FROM sqlite_schema") == 1 else { return 0 }
    let last = Int(try database.integer("SELECT max(number) FROM t") ?? 0)
    #expect(try database.integer("SELECT count(*) FROM t") == Int64(last * 3))
    let distinct = try database.integer("SELECT count(DISTINCT number * 3 + part) FROM t")
    #expect(distinct == Int64(last * 3))
    try database.close()
    return last
  }
}

@Suite struct CrashTests {
  @Test(
    "a writer killed at any moment leaves every acknowledged transaction, whole, and no torn one",
    arguments: 0..<12)
  func killed(round: Int) async throws {
    try await withTemporaryDirectory { directory in
      let delayMicroseconds = 500 + Int(Random.word() % 30_000)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [directory = directory as String, delayMicroseconds = delayMicroseconds as Int] in
        let writer = try NumberedWriter(path: directory + "/a.db")
        let acknowledged = try Files.open(directory + "/acknowledged", .readWrite)
        let killer = try WorkerThread(name: "killer") {
          usleep(UInt32(delayMicroseconds))
          kill(getpid(), SIGKILL)
        }
        for number in 1... {
          try writer.write(number)
          try withUnsafeBytes(of: number) { _ = try acknowledged.write($0, at: 0) }
          if number.isMultiple(of: 20) { try writer.database.checkpointIfNeeded(walBytesOver: 1) }
        }
        killer.join()
      }
      let bytes = try Files.read(directory + "/acknowledged")
      let acknowledged = bytes.isEmpty ? 0 : bytes.withUnsafeBytes { $0.load(as: Int.self) }
      let last = try NumberedWriter.verifiedLast(path: directory + "/a.db")
      #expect(last == acknowledged || last == acknowledged + 1, "after \(delayMicroseconds) us")
    }
  }

  @Test("a WAL cut short or with a flipped bit gives back a prefix of the transactions")
  func tornWAL() throws {
    try withTemporaryDirectory { directory in
      let writer = try NumberedWriter(path: directory + "/a.db")
      try writer.write(1)
      try writer.database.checkpoint(.truncate)
      for number in 2...30 { try writer.write(number) }
      let file = try Files.read(directory + "/a.db")
      let wal = try Files.read(directory + "/a.db-wal")
      var random = SeededRandom(seed: 7)
      var seen: Set<Int> = []
      for round in 0..<120 {
        var torn = wal
        let position = Int.random(in: 0..<wal.count, using: &random)
        if round.isMultiple(of: 2) {
          torn.removeSubrange(position...)
        } else {
          torn[position] ^= 1 << UInt8(round / 2 % 8)
        }
        let path = directory + "/b\(round).db"
        try put(file, at: path)
        try put(torn, at: path + "-wal")
        let last = try NumberedWriter.verifiedLast(path: path)
        #expect((1...30).contains(last))
        seen.insert(last)
      }
      #expect(seen.count > 15, "the cuts were spread out")
    }
  }
}

/// Writes a new file without waiting for the disk, as emptying the old one would.
func put(_ bytes: [UInt8], at path: String) throws {
  try Files.remove(path)
  let file = try Files.open(path, .createNew)
  try file.writeAll(bytes)
}

/// The same numbers from the same seed, always (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
