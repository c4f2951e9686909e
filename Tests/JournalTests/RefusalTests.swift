import Journal
import Model
import Support
import Testing

@Suite struct RefusalTests {
  private func refusal(_ journal: Journal, _ call: String, _ kind: EntryKind) -> Refusal.Reason? {
    let before = journal.head
    do {
      try journal.write(call, kind)
      return nil
    } catch {
      guard case .refused(let refusal) = error as? JournalError else { return nil }
      #expect(journal.head == before)
      #expect(refusal.call == CallID(call) && refusal.kind == kind)
      return refusal.reason
    }
  }

  @Test("a call is released once: not in the same batch, not later, not after a restart")
  func releasedOnce() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/journal.db"
      let journal = try Journal.open(path: path)
      journal.begin()
      try journal.append(call: CallID("a"), kind: .received, at: instant(1))
      try journal.append(call: CallID("a"), kind: .released, at: instant(1))
      let error = #expect(throws: JournalError.self) {
        try journal.append(call: CallID("a"), kind: .released, at: instant(1))
      }
      #expect(error?.code == "journal.alreadyReleased")
      #expect(error?.isFatal == false)
      try journal.commit()
      #expect(journal.head.sequence == 2)
      #expect(refusal(journal, "a", .released) == .alreadyReleased)
      try journal.close()
      let reopened = try Journal.open(path: path)
      #expect(refusal(reopened, "a", .released) == .alreadyReleased)
      try reopened.write("a", .ended)
      #expect(refusal(reopened, "a", .released) == .alreadyEnded)
      try reopened.write("a", .confirmed)
      #expect(refusal(reopened, "a", .received) == .alreadyConfirmed)
      #expect(refusal(reopened, "a", .released) == .alreadyConfirmed)
      try reopened.prune(before: "b")
      #expect(refusal(reopened, "a", .received) == .belowLowWater)
      try reopened.close()
      let last = try Journal.open(path: path)
      #expect(refusal(last, "a", .received) == .belowLowWater)
      #expect(last.isTombstone(CallID("a")))
      #expect(!last.isTombstone(CallID("b")))
    }
  }

  @Test("every entry that must not follow is refused, every other one is taken")
  func order() throws {
    // What may come after each history; everything else must not.
    let allowed: [([EntryKind], [EntryKind])] = [
      ([], [.received, .rejected, .cancelled, .expired]),
      ([.received], [.released, .rejected, .cancelled, .expired]),
      ([.received, .released], [.started, .ended, .rejected, .cancelled]),
      ([.received, .released, .started], [.ended]),
      ([.received, .released, .ended], [.confirmed]),
      ([.received, .released, .started, .ended], [.confirmed]),
      ([.received, .released, .rejected], [.confirmed]),
      ([.received, .expired], [.confirmed]),
      ([.rejected], [.confirmed]),
      ([.cancelled], [.confirmed]),
      ([.received, .cancelled, .confirmed], []),
    ]
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      var number = 0
      for (history, next) in allowed {
        for kind in EntryKind.allCases {
          number += 1
          let call = "call\(number)"
          for kind in history { try journal.write(call, kind) }
          let reason = refusal(journal, call, kind)
          #expect((reason == nil) == next.contains(kind), "\(history) then \(kind)")
        }
      }
    }
  }

  @Test(
    "a name that is no call id is refused",
    arguments: ["", "a\0b", String(repeating: "x", count: 129)])
  func names(call: String) throws {
    try withTemporaryDirectory { directory in
      let journal = try Journal.open(path: directory + "/journal.db")
      #expect(refusal(journal, call, .received) == .invalidCall)
      try journal.write("fine", .received)
    }
  }
}
