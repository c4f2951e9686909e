import Journal
import Model
import Support
import Testing

@Suite struct PruningTests {
  @Test("after pruning and reopening, the chain verifies from where it now begins")
  func reopen() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      for call in ["c1", "c2", "c3"] { try journal.run(call, confirmed: true) }
      let hash10 = try #require(try journal.hash(at: 10))
      #expect(journal.tombstoneCount == 3)
      try journal.prune(before: "c3")
      #expect(journal.tombstoneCount == 1)
      #expect(journal.entryCount == 5)
      #expect(try journal.hash(at: 9) == nil)
      #expect(try journal.hash(at: 10) == hash10)
      #expect(try journal.hash(at: 11) != nil)
      let head = journal.head
      try journal.close()
      let reopened = try Journal.open(path: path)
      #expect(reopened.head == head)
      #expect(try reopened.hash(at: 10) == hash10)
      #expect(reopened.standing(of: CallID("c1")) == .tombstone)
      #expect(reopened.standing(of: CallID("c3")) == .tombstone)
      #expect(reopened.standing(of: CallID("c4")) == .unknown)
      try reopened.run("c4", confirmed: true)
      try reopened.prune(before: "c5")
      #expect(reopened.entryCount == 0)
      #expect(reopened.head.sequence == 20)
      try reopened.close()
      let empty = try Journal.open(path: path)
      #expect(empty.head.sequence == 20)
      #expect(empty.tombstoneCount == 0)
      #expect(empty.isTombstone(CallID("c4")))
      #expect(try empty.write("c6", .received).sequence == 21)
    }
  }

  @Test("an open call keeps its entries and what came after it, however old it is")
  func openCallStays() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      try journal.write("c1", .received)
      try journal.write("c2", .received, "the long one")
      for kind in [.released, .ended, .confirmed] as [EntryKind] { try journal.write("c1", kind) }
      try journal.run("c3", confirmed: true)
      try journal.prune(before: "c9")
      // c1's first entry is gone, its later ones stand behind c2's and stay.
      #expect(journal.entryCount == 9)
      try journal.write("c2", .released)
      try journal.close()
      let reopened = try Journal.open(path: path)
      #expect(try reopened.openCalls().map(\.call.text) == ["c2"])
      #expect(reopened.standing(of: CallID("c1")) == .tombstone)
      try reopened.write("c2", .ended)
      try reopened.write("c2", .confirmed)
      try reopened.prune(before: "c9")
      #expect(reopened.entryCount == 0, "the same low water prunes what has become prunable")
      try reopened.close()
      #expect(openingError(path) == nil)
    }
  }

  @Test("nothing goes behind the last entry that may, until the next time")
  func limited() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      for call in ["c1", "c2"] { try journal.run(call, confirmed: true) }
      journal.begin()
      try journal.prune(before: CallID("c9"), through: 7)
      try journal.commit()
      #expect(journal.entryCount == 3)
      #expect(try journal.hash(at: 8) != nil)
      #expect(journal.isTombstone(CallID("c2")))
      try journal.close()
      let reopened = try Journal.open(path: path)
      #expect(reopened.entryCount == 3)
      #expect(reopened.standing(of: CallID("c2")) == .tombstone)
      try reopened.prune(before: "c9")
      #expect(reopened.entryCount == 0)
      try reopened.close()
      #expect(openingError(path) == nil)
    }
  }

  @Test("very many entries go in pieces, and what is left is forgotten all the same")
  func pieces() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      var limits = Journal.Limits()
      limits.prunedEntriesMax = 7
      let journal = try Journal.open(path: path, limits: limits)
      for call in ["c1", "c2", "c3"] { try journal.run(call, confirmed: true) }
      try journal.prune(before: "c9")
      #expect(journal.entryCount == 8)
      #expect(journal.tombstoneCount == 0)
      #expect(journal.isTombstone(CallID("c2")))
      let head = journal.head
      try journal.close()
      let reopened = try Journal.open(path: path, limits: limits)
      #expect(reopened.head == head)
      #expect(reopened.standing(of: CallID("c2")) == .tombstone)
      #expect(reopened.standing(of: CallID("c3")) == .tombstone)
      try reopened.prune(before: "d1")
      #expect(reopened.entryCount == 1)
      try reopened.prune(before: "d2")
      #expect(reopened.entryCount == 0)
      try reopened.close()
      #expect(openingError(path) == nil)
    }
  }

  @Test("a low water that goes back changes nothing")
  func back() throws {
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      try journal.prune(before: "c5")
      try journal.prune(before: "c2")
      #expect(journal.isTombstone(CallID("c4")))
      #expect(!journal.isTombstone(CallID("c5")))
    }
  }

  @Test("pruning may be deferred, and is lost whole or kept whole")
  func deferred() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      do {
        let journal = try Journal.open(path: path)
        try journal.run("c1", confirmed: true)
        journal.begin()
        try journal.prune(before: CallID("c2"))
        try journal.commit(.deferrable)
        #expect(journal.entryCount == 0)
      }
      let journal = try Journal.open(path: path)
      #expect(journal.entryCount == 5)
      #expect(journal.tombstoneCount == 1)
    }
  }
}
