import Glibc
import Journal
import Model
import Platform
import Support
import Testing

@Suite struct CrashTests {
  @Test(
    "an agent killed at any moment leaves every entry it was told is on disk",
    arguments: 0..<8)
  func killed(round: Int) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let delayMicroseconds = 500 + Int(Random.word() % 25_000)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, delayMicroseconds = delayMicroseconds as Int] in
        var limits = Journal.Limits()
        limits.walBytesMax = 60_000
        let journal = try Journal.open(path: path, limits: limits)
        let told = try Files.open(path + ".told", .readWrite)
        let killer = try WorkerThread(name: "killer") {
          usleep(UInt32(delayMicroseconds))
          kill(getpid(), SIGKILL)
        }
        for number in 1_100... {
          try journal.run("c\(number)", confirmed: true)
          if number.isMultiple(of: 7) { try journal.prune(before: "c\(number - 3)") }
          let head = [UInt8](String(journal.head.sequence).utf8)
          _ = try (head + journal.head.hash).withUnsafeBytes { try told.write($0, at: 0) }
        }
        killer.join()
      }
      let journal = try Journal.open(path: path)
      let told = try Files.read(path + ".told")
      guard told.count > 32 else { return }
      let sequence = Int(String(decoding: told.dropLast(32), as: UTF8.self)) ?? 0
      #expect(journal.head.sequence == sequence || journal.head.sequence == sequence + 5)
      #expect(try journal.hash(at: sequence) == Array(told.suffix(32)))
      #expect(journal.openCallCount == 0)
    }
  }

  @Test("a WAL cut at any byte gives an earlier head of the same chain, never another")
  func tornWAL() throws {
    try withMemoryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      try journal.run("c0")
      try journal.close()
      let writer = try Journal.open(path: path)
      for number in 1...9 { try writer.run("c\(number)", confirmed: number.isMultiple(of: 2)) }
      let file = try Files.read(path)
      let wal = try Files.read(path + "-wal")
      var heads: Set<Int> = []
      var random = SeededRandom(seed: 3)
      for round in 0..<150 {
        let copy = directory + "/copy\(round).db"
        let end = Int.random(in: 0...wal.count, using: &random)
        try put(file, at: copy)
        try put(Array(wal[..<end]), at: copy + "-wal")
        let torn = try Journal.open(path: copy)
        #expect(try torn.head.hash == writer.hash(at: torn.head.sequence))
        heads.insert(torn.head.sequence)
      }
      #expect(heads.count > 8)
      #expect(heads.isSubset(of: [4, 8, 13, 17, 22, 26, 31, 35, 40, 44]))
    }
  }
}
