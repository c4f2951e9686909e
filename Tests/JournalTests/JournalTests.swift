import Digest
import Journal
import Model
import Platform
import Support
import Testing

@Suite struct JournalTests {
  @Test("a new journal has no entries, no epoch and a head of zeros")
  func empty() throws {
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      #expect(journal.head == Head.none)
      #expect(journal.epoch == nil)
      #expect(try journal.openCalls() == [])
      #expect(try journal.hash(at: 0) == Head.none.hash)
      #expect(try journal.hash(at: 1) == nil)
      #expect(journal.standing(of: CallID("a")) == .unknown)
      try journal.close()
      #expect(openingError(directory + "/journal.db") == nil)
    }
  }

  @Test("the hash is what the documentation says")
  func documentedHash() throws {
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      let first = try journal.write("01abc", .received, at: 0x0102_0304_0506_0708, "{\"a\":1}")
      let zeros = [UInt8](repeating: 0, count: 32)
      let message =
        zeros + [0, 0, 0, 0, 0, 0, 0, 1] + [1, 2, 3, 4, 5, 6, 7, 8] + Array("received".utf8) + [0]
        + Array("01abc".utf8) + [0] + SHA256.digest(of: Array("{\"a\":1}".utf8))
      #expect(first == Head(sequence: 1, hash: SHA256.digest(of: message)))
      let second = try journal.write("01abc", .released, at: -1)
      let next =
        first.hash + [0, 0, 0, 0, 0, 0, 0, 2] + [UInt8](repeating: 255, count: 8)
        + Array("released".utf8) + [0] + Array("01abc".utf8) + [0] + SHA256.digest(of: [])
      #expect(second.hash == SHA256.digest(of: next))
      #expect(try journal.hash(at: 1) == first.hash)
    }
  }

  @Test("open calls come back with their entries, in order, after closing and after a crash")
  func recovery() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      for closes in [true, false] {
        do {
          let journal = try Journal.open(path: path)
          let suffix = closes ? "1" : "2"
          try journal.run("a" + suffix)
          try journal.run("b" + suffix, confirmed: true)
          try journal.write("c" + suffix, .received, "offer c")
          if closes { try journal.close() }
        }
        let journal = try Journal.open(path: path)
        let open = try journal.openCalls()
        #expect(open.map(\.call.text) == (closes ? ["a1", "c1"] : ["a1", "c1", "a2", "c2"]))
        #expect(open[0].entries.map(\.kind) == [.received, .released, .started, .ended])
        #expect(open[0].lastKind == .ended)
        #expect(
          open[0].entry(.ended).map { String(decoding: $0.body, as: UTF8.self) } == "record a1")
        #expect(open[0].entries.map(\.at.microseconds) == [10, 11, 12, 13])
        #expect(open[1].entries.map(\.kind) == [.received])
        #expect(journal.standing(of: CallID("b1")) == .tombstone)
        #expect(journal.standing(of: CallID("c1")) == .open(last: .received, isReleased: false))
        #expect(journal.standing(of: CallID("a1")) == .open(last: .ended, isReleased: true))
        #expect(try journal.entries(of: CallID("b1")) == [])
        try journal.close()
      }
    }
  }

  @Test("the epoch and small facts outlive the process, and may be changed and dropped")
  func facts() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      for (epoch, note) in [("e1", [1, 2]), ("e2", []), ("e2", nil)] as [(String, [UInt8]?)] {
        let journal = try Journal.open(path: path)
        journal.begin()
        try journal.setEpoch(EpochID(epoch))
        try journal.setMeta("note", note)
        try journal.setMeta("journal.epoch", [UInt8(ascii: "x")])
        try journal.commit()
        try journal.close()
        let reopened = try Journal.open(path: path)
        #expect(reopened.epoch == EpochID(epoch))
        #expect(reopened.meta("note") == note)
        #expect(reopened.meta("journal.epoch") == [UInt8(ascii: "x")])
        try reopened.close()
      }
    }
  }

  @Test("what is not committed is not told and not there after a crash")
  func uncommitted() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      do {
        let journal = try Journal.open(path: path)
        try journal.write("a", .received)
        let told = journal.head
        journal.begin()
        let appended = try journal.append(call: CallID("a"), kind: .released, at: instant(1))
        #expect(appended.sequence == 2)
        #expect(journal.pendingHead == appended)
        #expect(journal.head == told)
        #expect(try journal.hash(at: 2) == nil)
      }
      let journal = try Journal.open(path: path)
      #expect(journal.head.sequence == 1)
      #expect(journal.standing(of: CallID("a")) == .open(last: .received, isReleased: false))
    }
  }

  @Test("confirmations may wait for the next commit, and closing waits for none")
  func deferred() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      do {
        let journal = try Journal.open(path: path)
        try journal.run("a")
        journal.begin()
        try journal.confirm(CallID("a"), at: instant(20))
        #expect(try journal.commit(.deferrable).sequence == 4)
        #expect(journal.hasDeferred)
        #expect(journal.standing(of: CallID("a")) == .tombstone)
      }
      do {
        let journal = try Journal.open(path: path)
        #expect(try journal.openCalls().count == 1, "the crash lost the confirmation")
        journal.begin()
        try journal.confirm(CallID("a"), at: instant(20))
        try journal.commit(.deferrable)
        #expect(try journal.write("b", .received).sequence == 6)
        #expect(!journal.hasDeferred)
        journal.begin()
        try journal.append(call: CallID("b"), kind: .cancelled, at: instant(21))
        try journal.commit(.deferrable)
        #expect(journal.head.sequence == 7, "an end does not wait")
        journal.begin()
        try journal.confirm(CallID("b"), at: instant(22))
        try journal.commit(.deferrable)
        try journal.close()
      }
      let journal = try Journal.open(path: path)
      #expect(journal.head.sequence == 8)
      #expect(journal.tombstoneCount == 2)
    }
  }

  @Test("an empty batch commits nothing and costs nothing")
  func emptyBatch() throws {
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      journal.begin()
      #expect(try journal.commit() == Head.none)
      #expect(!journal.hasDeferred)
    }
  }

  @Test("limits are refused by name, and the journal goes on")
  func limits() throws {
    try withTemporaryDirectory { directory in
      var limits = Journal.Limits()
      limits.bodyBytesMax = 10
      limits.entriesMax = 3
      limits.metaKeysMax = 2
      limits.metaValueBytesMax = 20
      let journal = try Journal.open(path: directory + "/journal.db", limits: limits)
      let big = #expect(throws: JournalError.self) {
        try journal.write("a", .received, "12345678901")
      }
      #expect(big == .overLimit(limit: "bytes of a body", maximum: 10, actual: 11))
      #expect(big?.isFatal == false)
      try journal.write("a", .received, "1234567890")
      try journal.write("b", .received)
      try journal.write("a", .released)
      let full = #expect(throws: JournalError.self) { try journal.write("c", .received) }
      #expect(full?.code == "journal.overLimit")
      try journal.write("a", .ended)
      try journal.write("b", .expired)
      journal.begin()
      try journal.setMeta("1", [1])
      try journal.setMeta("2", [1])
      #expect(throws: JournalError.self) { try journal.setMeta("3", [1]) }
      #expect(throws: JournalError.self) {
        try journal.setMeta("1", Array(repeating: 0, count: 20))
      }
      try journal.setMeta("1", [2])
      try journal.commit()
      #expect(journal.head.sequence == 5)
    }
  }

  @Test("big bodies and a WAL over its limit come back")
  func big() throws {
    try withTemporaryDirectory { directory in
      var limits = Journal.Limits()
      limits.walBytesMax = 100_000
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path, limits: limits)
      let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
      for number in 0..<5 {
        journal.begin()
        try journal.append(
          call: CallID("c\(number)"), kind: .received, at: instant(1), body: body)
        try journal.commit()
      }
      #expect(try Files.status(path).size > 1_000_000, "the WAL was moved")
      try journal.close()
      let reopened = try Journal.open(path: path)
      #expect(
        try reopened.openCalls().map { $0.entries[0].body == body } == [
          true, true, true, true, true,
        ])
    }
  }

  @Test("a confirmed call's bodies are gone from the file")
  func bodiesGo() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      try journal.run("a", confirmed: true)
      try journal.run("b")
      try journal.close()
      let file = String(decoding: try Files.read(path), as: UTF8.self)
      #expect(file.contains("record b"))
      try tamper(path, "SELECT 1; VACUUM")
      #expect(!String(decoding: try Files.read(path), as: UTF8.self).contains("record a"))
      #expect(openingError(path) == nil)
    }
  }
}
