import Engine
import JSON
import Model
import Platform
import SQLite
import Store
import Support
import Testing
import Wire

@Suite("The outbox of notifications")
struct OutboxTests {
  private static let limits = OutboxLimits(maxPending: 3, keep: 2)
  private static let start = Instant(microseconds: 1_700_000_000_000_000)

  private func row(_ call: CallID, _ hook: String = "ops") -> StoredNotification {
    StoredNotification(
      id: "\(call)-\(hook)", call: call, hook: hook, createdAt: Self.start,
      giveUpAt: Self.start + .seconds(60), body: "{}")
  }

  private func with(_ body: (String, Store, [CallID]) throws -> Void) throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let store = try Store(path: path)
      var desk = Desk()
      let web = desk.join()
      for effect in desk.effects { try store.write(effect) }
      let calls = try (0..<5).map { _ in
        let id = desk.submit(to: web.endpoint)
        for effect in desk.effects { try store.write(effect) }
        return id
      }
      try store.commit()
      try body(path, store, calls)
    }
  }

  private func change(
    _ store: Store, _ id: String, _ what: NotificationChange.What, after: Duration = .zero
  ) throws -> Bool {
    let isDone = try store.apply(
      NotificationChange(id, what, at: Self.start + after), Self.limits)
    try store.commit()
    return isDone
  }

  @Test("a row is there once its batch is committed, once, and not before")
  func committed() throws {
    try with { path, store, calls in
      try store.add(row(calls[0]), Self.limits)
      try store.add(row(calls[0]), Self.limits)
      let reader = try Reader(path: path)
      #expect(try reader.notifications(NotificationFilter()).isEmpty)
      try store.commit()
      #expect(try reader.notifications(NotificationFilter()) == [row(calls[0])])
      #expect(try reader.pendingNotifications() == (1, Self.start))
      // As a process that was killed leaves it.
      #expect(try Reader(path: path).notification("\(calls[0])-ops") == row(calls[0]))
    }
  }

  @Test("a store of the version before gets an outbox, and keeps its calls")
  func migrated() throws {
    try with { path, store, calls in
      try store.close()
      let old = try Database(path: path, mode: .readWriteCreate)
      for table in ["notifications", "sessions", "session_calls"] {
        try old.execute("DROP TABLE \(table)")
      }
      for column in ["runtime", "refusal"] {
        try old.execute("ALTER TABLE attempts DROP COLUMN \(column)")
      }
      try old.execute("PRAGMA user_version = 3")
      try old.close()
      let store = try Store(path: path)
      #expect(try store.resume().calls.map(\.id) == calls)
      try store.add(row(calls[0]), Self.limits)
      try store.commit()
      #expect(try Reader(path: path).pendingNotifications().count == 1)
    }
  }

  @Test("attempts are counted, and what got through says so in the transcript of its call")
  func delivered() throws {
    try with { path, store, calls in
      let id = "\(calls[0])-ops"
      try store.add(row(calls[0]), Self.limits)
      let next = Self.start + .seconds(5)
      #expect(try change(store, id, .retry(at: next, error: "no")))
      let reader = try Reader(path: path)
      #expect(try reader.dueNotifications(of: "ops", at: Self.start, limit: 9).isEmpty)
      #expect(try reader.dueNotifications(of: "other", at: next, limit: 9).isEmpty)
      let due = try #require(try reader.dueNotifications(of: "ops", at: next, limit: 9).first)
      #expect(due.attempts == 1 && due.error == "no" && due.attemptedAt == Self.start)
      #expect(try reader.nextNotification(of: ["ops"], after: Self.start) == next)
      let before = try #require(try reader.call(calls[0])).transitions
      #expect(try change(store, id, .delivered, after: .seconds(6)))
      #expect(try !change(store, id, .delivered, after: .seconds(7)), "it is over")
      let over = try #require(try reader.notification(id))
      #expect(over.state == .delivered && over.attempts == 2 && over.error == nil)
      let last = try #require(try reader.transitions(of: calls[0]).last)
      #expect(last.kind == StoredNotification.transcriptKind && last.sequence == before + 1)
      #expect(last.evidence["attempts"] == 2 && last.evidence["state"] == "delivered")
      #expect(try reader.call(calls[0])?.transitions == before + 1)
      #expect(try !change(store, id, .again(giveUpAfter: .seconds(9))), "it was delivered")
      #expect(try !change(store, "nothing", .delivered))
    }
  }

  @Test("what was given up can be tried again, from its first attempt")
  func again() throws {
    try with { path, store, calls in
      let id = "\(calls[0])-ops"
      try store.add(row(calls[0]), Self.limits)
      #expect(try change(store, id, .givenUp(error: "gone")))
      let reader = try Reader(path: path)
      #expect(try reader.pendingNotifications().count == 0)
      #expect(try reader.transitions(of: calls[0]).last?.evidence["error"] == "gone")
      #expect(try change(store, id, .again(giveUpAfter: .seconds(9)), after: .seconds(100)))
      let row = try #require(try reader.notification(id))
      #expect(row.state == .pending && row.attempts == 0 && row.endedAt == nil)
      #expect(row.giveUpAt == Self.start + .seconds(109))
      #expect(try reader.nextNotification(of: [], after: Self.start) == row.giveUpAt)
      #expect(try reader.overdueNotifications(at: row.giveUpAt, limit: 9) == [row])
    }
  }

  @Test("beyond the limit of those pending a row says that it met it, and is not lost")
  func full() throws {
    try with { path, store, calls in
      for call in calls { try store.add(row(call), Self.limits) }
      try store.commit()
      let reader = try Reader(path: path)
      #expect(try reader.pendingNotifications().count == 3)
      var filter = NotificationFilter()
      filter.state = .givenUp
      let refused = try reader.notifications(filter)
      #expect(refused.map(\.call) == [calls[4], calls[3]])
      #expect(refused.allSatisfy { $0.error?.hasPrefix("limit.maxPending: 3 ") == true })
      // One less, and there is room: also after a new start, which counts anew.
      #expect(try change(store, "\(calls[0])-ops", .delivered))
      try store.close()
      let second = try Store(path: path)
      #expect(
        try second.apply(
          NotificationChange(
            "\(calls[3])-ops", .again(giveUpAfter: .seconds(9)), at: Self.start), Self.limits))
      try second.add(row(calls[4], "late"), Self.limits)
      try second.commit()
      #expect(try reader.notification("\(calls[4])-late")?.state == .givenUp)
    }
  }

  @Test("of those that are over only the newest are kept, and none that is pending goes")
  func pruned() throws {
    try with { path, store, calls in
      try store.add(row(calls[0]), Self.limits)
      for number in 0..<200 {
        let hook = "h\(number)"
        try store.add(row(calls[1], hook), Self.limits)
        _ = try change(store, "\(calls[1])-\(hook)", .delivered, after: .seconds(number))
      }
      let reader = try Reader(path: path)
      var filter = NotificationFilter()
      filter.limit = 500
      let left = try reader.notifications(filter)
      #expect(left.count <= 1 + 2 + 64, "\(left.count)")
      #expect(left.contains { $0.id == "\(calls[0])-ops" })
      #expect(left.contains { $0.hook == "h199" } && left.contains { $0.hook == "h198" })
    }
  }
}
