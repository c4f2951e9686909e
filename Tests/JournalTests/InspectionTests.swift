import Model
import Platform
import SQLite
import Support
import Testing

@testable import Journal

@Suite("Verifying a journal that is in use")
struct InspectionTests {
  private func inspect(
    _ journal: Journal, rows: Int = 4, bytes: Int = 1 << 20
  ) -> (pieces: Int, Journal.Inspection) {
    for piece in 1...1_000 {
      let finding = journal.inspectNext(rowsMax: rows, bytesMax: bytes)
      if finding != .more { return (piece, finding) }
    }
    return (1_000, .more)
  }

  private func withJournal(_ body: (Journal) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      _ = try SampleJournal.write(to: directory + "/journal.db")
      let journal = try Journal.open(path: directory + "/journal.db")
      try body(journal)
      if journal.failure == nil { try journal.close() }
    }
  }

  @Test(
    "it is followed to its head piece by piece, again and again, also while it grows and is pruned")
  func whole() throws {
    try withJournal { journal in
      #expect(inspect(journal) == (5, .whole))
      #expect(inspect(journal, rows: 100) == (1, .whole))
      // A body that is over the limit ends its piece.
      #expect(inspect(journal, rows: 100, bytes: 1).pieces > 1)
      #expect(journal.inspectNext(rowsMax: 1, bytesMax: 1 << 20) == .more)
      try journal.write("c8", .received, "offer c8")
      journal.begin()
      try journal.confirm(CallID("c2"), at: Instant(microseconds: 1))
      try journal.prune(before: CallID("c3"))
      // Deferred: not on disk yet, and the pruned entries are gone already.
      try journal.commit(.deferrable)
      #expect(inspect(journal).1 == .whole)
    }
  }

  static let tampering = [
    "DELETE FROM entries WHERE sequence = 12",
    "UPDATE entries SET at = at + 1 WHERE sequence = 16",
    "UPDATE entries SET body = NULL WHERE sequence = 15",
    "DELETE FROM entries WHERE sequence >= 20",
    "UPDATE head SET sequence = 3",
  ]

  @Test("what was changed on disk since is found, and the journal goes on", arguments: tampering)
  func damaged(_ sql: String) throws {
    try withJournal { journal in
      #expect(inspect(journal).1 == .whole)
      try journal.database.execute(sql)
      guard case .damaged = inspect(journal).1 else {
        Issue.record("not found: \(sql)")
        return
      }
      // It takes what the calls that are open have to tell.
      try journal.write("c9", .received, "offer c9")
    }
  }

  @Test("one that has stopped says so")
  func stopped() throws {
    try withJournal { journal in
      try journal.close()
      guard case .damaged(let why) = inspect(journal).1 else {
        Issue.record("it goes on")
        return
      }
      #expect(why.contains("stopped"))
    }
  }
}
