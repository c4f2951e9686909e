import Model
import Store
import Support
import Testing

@testable import Catalog
@testable import Notifications

@Suite("The machine of notifications")
struct MachineTests {
  private var machine = NotificationMachine()
  private var random = SeededGenerator(state: 7)
  private let start = Instant(microseconds: 1_000_000_000_000)

  private static func hook(
    _ name: String = "ops", attempts: Int = 4, concurrency: Int = 2
  ) -> PolicyBook.Hook {
    var retry = PolicyBook.Hook.Retry()
    retry.attempts = attempts
    retry.first = .seconds(10)
    retry.longest = .seconds(60)
    return PolicyBook.Hook(
      name: name, calls: .all, waitedLongerThan: .seconds(1), groups: [], outcomes: [], tools: [],
      action: .command(["/bin/true"]), timeout: .seconds(5), retry: retry,
      concurrency: concurrency)
  }

  private func row(
    _ number: Int, hook: String = "ops", attempts: Int = 0, giveUpAfter: Duration = .seconds(3_600)
  ) -> StoredNotification {
    var row = StoredNotification(
      id: "\(number)-\(hook)", call: CallID("\(number)"), hook: hook, createdAt: start,
      giveUpAt: start + giveUpAfter, body: "{}")
    row.attempts = attempts
    return row
  }

  private mutating func step(
    _ event: NotificationMachine.Event, after: Duration = .zero
  ) -> [NotificationMachine.Effect] {
    machine.step(event, at: start + after, random: &random)
  }

  private mutating func policy(_ hooks: [PolicyBook.Hook], concurrency: Int = 8) {
    var outbox = PolicyBook.Outbox()
    outbox.concurrency = concurrency
    #expect(step(.policy(hooks, outbox)).isEmpty)
  }

  /// The change that the result of an attempt leads to.
  private mutating func change(
    _ row: StoredNotification, _ result: AttemptResult, after: Duration = .zero
  ) throws -> NotificationChange {
    #expect(step(.due([row]), after: after).count == 1)
    let effects = step(.tried(row.id, result), after: after)
    guard case .write(let change)? = effects.first, effects.count == 1 else {
      throw Unexpected()
    }
    _ = step(.written(row.id), after: after)
    return change
  }

  private struct Unexpected: Error {}

  @Test("what is due is tried once, until its change is on disk")
  mutating func once() {
    policy([Self.hook()])
    #expect(step(.due([row(1)])) == [.attempt(row(1), Self.hook())])
    #expect(step(.due([row(1)])).isEmpty)
    #expect(step(.tried("1-ops", .delivered)).count == 1)
    #expect(step(.due([row(1)])).isEmpty, "what the outbox says of it is old")
    #expect(!machine.isIdle)
    #expect(step(.written("1-ops")).isEmpty)
    #expect(machine.isIdle)
    #expect(step(.due([row(1)])).count == 1)
  }

  @Test("what is not due yet is left alone, and so is what has no hook")
  mutating func notDue() {
    policy([Self.hook()])
    var later = row(1)
    later.nextAt = start + .seconds(1)
    #expect(step(.due([later, row(2, hook: "gone")])).isEmpty)
    #expect(step(.due([later]), after: .seconds(1)).count == 1)
  }

  @Test("no hook has more attempts than its own limit, nor all hooks together than theirs")
  mutating func concurrency() {
    policy([Self.hook(), Self.hook("b"), Self.hook("c")], concurrency: 3)
    #expect(step(.due([row(1), row(2), row(3)])).count == 2)
    #expect(machine.wanted.map(\.hook) == ["b", "c"])
    #expect(step(.due([row(4, hook: "b"), row(5, hook: "c")])).count == 1)
    #expect(machine.wanted.isEmpty)
    _ = step(.tried("1-ops", .delivered))
    #expect(machine.wanted.map(\.hook) == ["b", "c", "ops"])
    // Enough rows to find some behind those that are under way.
    #expect(machine.wanted.allSatisfy { $0.limit >= 2 + 2 + 1 })
  }

  @Test("a failed attempt is made again after a pause that doubles, up to the longest")
  mutating func backoff() throws {
    policy([Self.hook(attempts: 100)])
    for (attempts, whole) in [(0, 10), (1, 20), (2, 40), (3, 60), (60, 60)] {
      let change = try change(row(1, attempts: attempts), .failed("no"))
      guard case .retry(let at, let error) = change.what else { throw Unexpected() }
      #expect(error == "no" && change.wasAttempted)
      #expect(at >= start + .milliseconds(whole * 500) && at <= start + .seconds(whole))
    }
  }

  @Test("a receiver may ask for a longer pause, but not for more than the longest")
  mutating func retryAfter() throws {
    policy([Self.hook()])
    for (asked, least, most) in [(45, 45, 45), (9_999, 60, 60), (0, 5, 10)] {
      let change = try change(row(1), .failed("no", retryAfter: .seconds(asked)))
      guard case .retry(let at, _) = change.what else { throw Unexpected() }
      #expect(at >= start + .seconds(least) && at <= start + .seconds(most))
    }
  }

  @Test("the last attempt is the last")
  mutating func attempts() throws {
    policy([Self.hook(attempts: 4)])
    guard case .retry = try change(row(1, attempts: 2), .failed("no")).what else {
      throw Unexpected()
    }
    guard case .givenUp(let error) = try change(row(1, attempts: 3), .failed("no")).what else {
      throw Unexpected()
    }
    #expect(error.contains("no; that was attempt 4"))
  }

  @Test("no pause goes beyond the time for it, at which it is tried for the last time")
  mutating func age() throws {
    policy([Self.hook()])
    let short = row(1, giveUpAfter: .seconds(2))
    guard case .retry(let at, _) = try change(short, .failed("no")).what else {
      throw Unexpected()
    }
    #expect(at == start + .seconds(2))
    // Also when the control plane was away for long.
    let late = try change(short, .failed("no"), after: .seconds(9_999))
    guard case .givenUp(let error) = late.what else { throw Unexpected() }
    #expect(error.contains("the time for it is over"))
    #expect(try change(short, .delivered, after: .seconds(9_999)).what == .delivered)
  }

  @Test("a receiver that wants no more is not asked again")
  mutating func refused() throws {
    policy([Self.hook()])
    #expect(try change(row(1), .refused("gone")).what == .givenUp(error: "gone"))
  }

  @Test("without its hook a notification waits for it, and is given up when its time is over")
  mutating func hookGone() {
    policy([Self.hook()])
    #expect(step(.overdue([row(1, hook: "gone")])).isEmpty)
    let effects = step(.overdue([row(1, hook: "gone"), row(2)]), after: .seconds(3_600))
    #expect(effects.count == 1)
    guard case .write(let change)? = effects.first, case .givenUp(let why) = change.what else {
      Issue.record("\(effects)")
      return
    }
    #expect(change.id == "1-gone" && !change.wasAttempted && why.contains("gone"))
    #expect(step(.overdue([row(1, hook: "gone")]), after: .seconds(3_601)).isEmpty)
  }

  @Test("the rules of a new policy hold for what is under way, and no rules but the old without it")
  mutating func newPolicy() throws {
    policy([Self.hook(attempts: 9)])
    #expect(step(.due([row(1, attempts: 3), row(2, attempts: 3)])).count == 2)
    policy([Self.hook(attempts: 4)])
    guard case .write(let first)? = step(.tried("1-ops", .failed("no"))).first,
      case .givenUp = first.what
    else { throw Unexpected() }
    policy([])
    guard case .write(let second)? = step(.tried("2-ops", .failed("no"))).first,
      case .retry = second.what
    else { throw Unexpected() }
    #expect(machine.wanted.isEmpty && machine.hookNames.isEmpty)
    #expect(step(.tried("3-ops", .delivered)).isEmpty, "of nothing that it began")
  }
}
