import Journal
import Model
import Platform
import SQLite
import Support
import Testing

/// Longer than a page, so that it has pages of its own.
private let zeros = String(repeating: "\0", count: 6_000)

/// A journal of every shape of entry, closed: 3 calls open, 2 confirmed, a pruned beginning.
enum SampleJournal {
  static let calls = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"].map { CallID($0) }

  static func write(to path: String) throws -> Snapshot {
    let journal = try Journal.open(path: path)
    journal.begin()
    try journal.setEpoch(EpochID("epoch-1"))
    try journal.setMeta("note", Array("a note".utf8))
    try journal.commit()
    try journal.run("c0", confirmed: true)
    try journal.run("c1", confirmed: true)
    try journal.run("c2")
    try journal.write("c3", .received, "offer c3")
    try journal.run("c4", confirmed: true)
    try journal.write("c3", .released)
    try journal.write("c5", .received, String(repeating: "a long offer\0\0\0\0", count: 8) + zeros)
    try journal.prune(before: "c1")
    let snapshot = try Snapshot(journal, calls: calls)
    try journal.close()
    return snapshot
  }
}

@Suite struct DamageTests {
  /// Entries 6...10 are c1's, 11...14 c2's, 15 and 21 c3's, 16...20 c4's, 22 c5's.
  static let tampering: [(String, Int?)] = [
    ("DELETE FROM entries WHERE sequence = 12", 12),
    ("DELETE FROM entries WHERE sequence = 6", 6),
    ("DELETE FROM entries WHERE sequence = 22", 22),
    ("DELETE FROM entries WHERE sequence >= 20", 20),
    ("DELETE FROM entries", 6),
    ("UPDATE entries SET sequence = 99 WHERE sequence = 22", 22),
    (
      """
      UPDATE entries SET sequence = 0 WHERE sequence = 12;
      UPDATE entries SET sequence = 12 WHERE sequence = 13;
      UPDATE entries SET sequence = 13 WHERE sequence = 0
      """, 12
    ),
    ("UPDATE entries SET at = at + 1 WHERE sequence = 16", 16),
    ("UPDATE entries SET kind = 'rejected' WHERE sequence = 14", 14),
    ("UPDATE entries SET call = 'c9' WHERE sequence = 15", 15),
    ("UPDATE entries SET body = 'offer cX' WHERE sequence = 15", nil),
    ("UPDATE entries SET body = CAST('offer cX' AS BLOB) WHERE sequence = 15", 15),
    ("UPDATE entries SET body = NULL WHERE sequence = 15", 15),
    ("UPDATE entries SET digest = zeroblob(32) WHERE sequence = 18", 18),
    ("UPDATE entries SET hash = zeroblob(32) WHERE sequence = 18", 18),
    ("UPDATE entries SET hash = zeroblob(31) WHERE sequence = 22", 22),
    (
      """
      UPDATE entries SET (hash, digest) = (SELECT hash, digest FROM entries WHERE sequence = 17)
      WHERE sequence = 18
      """, 18
    ),
    ("INSERT INTO entries SELECT 23, call, kind, at, digest, hash, body FROM entries LIMIT 1", 23),
    ("UPDATE head SET sequence = 21", 22),
    ("UPDATE head SET hash = zeroblob(32)", 23),
    ("DELETE FROM head", nil),
    ("UPDATE meta SET value = zeroblob(3) WHERE key = 'journal.epoch'", nil),
    ("DELETE FROM meta WHERE key = 'journal.epoch'", nil),
    ("DELETE FROM meta WHERE key = 'digest'", nil),
    ("DELETE FROM meta WHERE key LIKE 'journal.base%'", nil),
    ("UPDATE meta SET value = CAST('c9' AS BLOB) WHERE key = 'journal.lowWater'", nil),
    ("INSERT INTO meta VALUES ('caller.other', zeroblob(1))", nil),
    ("DELETE FROM meta", 1),
    ("DROP TABLE head", nil),
    ("ALTER TABLE entries RENAME COLUMN at TO then_at", nil),
  ]

  @Test("a row that is changed, missing, moved or added is found", arguments: tampering)
  func tampered(sql: String, sequence: Int?) throws {
    try withMemoryDirectory { directory in
      let path = directory + "/journal.db"
      _ = try SampleJournal.write(to: path)
      #expect(openingError(path) == nil)
      try? tamper(path, sql)
      let error = openingError(path)
      if sql.contains("SET body = 'offer") {
        #expect(error == nil, "STRICT did not let it happen")
        return
      }
      guard case .damaged(_, let found, let why) = error else {
        Issue.record("\(sql): \(String(describing: error))")
        return
      }
      #expect(found == sequence, "\(why)")
      #expect(error.map { "\($0)".contains("Move it aside") } == true)
      #expect(error?.isFatal == true)
    }
  }

  @Test("two journals' rows that are each sound do not make one")
  func grafted() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      _ = try SampleJournal.write(to: path)
      let other = try Journal.open(path: directory + "/other.db")
      for number in 0..<6 { try other.run("x\(number)") }
      try other.close()
      try tamper(
        path,
        """
        ATTACH '\(directory)/other.db' AS other;
        INSERT INTO entries SELECT * FROM other.entries WHERE sequence > 22;
        UPDATE head SET (sequence, hash) = (SELECT sequence, hash FROM other.head)
        """)
      guard case .damaged(_, 23, _) = openingError(path) else {
        Issue.record("the graft took")
        return
      }
    }
  }

  @Test("a file of zeros, of noise, of another program or of a later version is refused")
  func foreign() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      _ = try SampleJournal.write(to: path)
      let file = try Files.read(path)
      try put(Array(repeating: 0x2A, count: 9_000), at: path)
      #expect(openingError(path)?.code == "journal.damaged")
      try put(Array(file[..<(file.count / 2)]), at: path)
      #expect(openingError(path)?.code == "journal.damaged")
      try put(file, at: path)
      try tamper(path, "PRAGMA user_version = 99")
      #expect(openingError(path)?.code == "journal.unusable")
      try put(file, at: path)
      try tamper(path, "PRAGMA application_id = 2")
      #expect(openingError(path)?.code == "journal.unusable")
      try put(file, at: path)
      #expect(openingError(path) == nil)
    }
  }

  @Test(
    "a journal of an older version is taken over, and refused by what knows only that one",
    arguments: [1, 2])
  func versions(_ older: Int) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let expected = try SampleJournal.write(to: path)
      try tamper(path, "PRAGMA user_version = \(older)")
      let journal = try Journal.open(path: path)
      #expect(journal.head == expected.head)
      try journal.close()
      let database = try Database(path: path, mode: .readWriteCreate)
      #expect(try database.integer("PRAGMA user_version") == 3)
      let old = Migrator(
        name: "journal", applicationID: 0x5342_4A31,
        steps: Array(repeating: "SELECT 1", count: older))
      let error = #expect(throws: MigrationError.self) { try old.migrate(database) }
      #expect(error?.code == "migration.newer")
      try database.close()
    }
  }

  /// One bit of each byte; the low bits of a byte's address pick which, so that all of them occur.
  @Test("a flipped bit anywhere in the file is found, or changes nothing that is read")
  func flippedBits() throws {
    try withMemoryDirectory { directory in
      let path = directory + "/journal.db"
      let expected = try SampleJournal.write(to: path)
      let file = try Files.read(path)
      var found = 0
      var harmless = 0
      for position in file.indices where isWorthFlipping(file, position) {
        var flipped = file
        flipped[position] ^= 1 << UInt8((position &* 31 >> 3) & 7)
        let flippedPath = directory + "/flipped.db"
        try put(flipped, at: flippedPath)
        do {
          let journal = try Journal.open(path: flippedPath)
          harmless += 1
          let snapshot = try Snapshot(journal, calls: SampleJournal.calls)
          #expect(snapshot == expected, "byte \(position)")
        } catch {
          #expect((error as? JournalError)?.isFatal == true, "byte \(position)")
          found += 1
        }
        for suffix in ["-wal", "-shm"] { try Files.remove(flippedPath + suffix) }
      }
      #expect(found > 1_500)
      #expect(harmless < found, "most of what is harmless is empty space")
    }
  }

  /// Pages are mostly empty; of the zero bytes one in sixteen will do.
  private func isWorthFlipping(_ file: [UInt8], _ position: Int) -> Bool {
    file[position] != 0 || position % 4_096 < 16 || position.isMultiple(of: 16)
  }

  @Test("an entry that changes on disk while the journal is open is found when it is read")
  func changedLater() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      _ = try SampleJournal.write(to: path)
      let journal = try Journal.open(path: path)
      try tamper(path, "UPDATE entries SET body = CAST('offer cX' AS BLOB) WHERE sequence = 15")
      let error = #expect(throws: JournalError.self) { try journal.entries(of: CallID("c3")) }
      guard case .damaged(_, 15, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      let stopped = #expect(throws: JournalError.self) { try journal.write("c7", .received) }
      #expect(stopped?.code == "journal.stopped")
    }
  }
}
