import JSON
import Model
import Testing
import Wire

@testable import Agent

@Suite("Rare events of the runtime")
struct RareEventTests {
  private let now = Instant(microseconds: 1_000_000_000)
  private let a = CallID("a")
  private let b = CallID("b")

  private func offer(_ call: CallID, expiresIn: Duration = .seconds(60)) -> Offer {
    Offer(
      call: call, attempt: 1, digest: "d", definition: "{}", arguments: [:], expiresIn: expiresIn)
  }

  private func machine(slots: Int = 2) -> AgentMachine {
    var settings = AgentMachine.Settings()
    settings.slots = slots
    return AgentMachine(settings: settings)
  }

  @Test("a probe is answered with what the journal has, also of a call that it does not know")
  func probes() {
    var machine = machine()
    _ = machine.step(.offered(offer(a), .runnable), at: now)
    #expect(
      machine.step(.probed(request: 3, a), at: now) == [
        .sendState(request: 3, HeldCall(call: a, state: .released))
      ])
    #expect(
      machine.step(.probed(request: 4, b), at: now) == [
        .sendState(request: 4, HeldCall(call: b, state: .absent))
      ])
    #expect(machine.isBusy && !machine.isToBeCancelled(a))
  }

  @Test("an offer that could not run here is ended at once, and no executor hears of it")
  func refusedOffer() {
    var machine = machine()
    let report = Report.rejected(code: "noExecutor", reason: "none", remedy: "install it")
    #expect(
      machine.step(.offered(offer(a), .refused(report)), at: now)
        == [.journal(a, .ended(report)), .report(a, report)])
    #expect(!machine.isBusy)
  }

  @Test("a call that expired while it waited is not released by the slot that becomes free")
  func expiredBeforeRelease() {
    var machine = machine(slots: 1)
    _ = machine.step(.offered(offer(a), .runnable), at: now)
    _ = machine.step(.offered(offer(b, expiresIn: .seconds(1)), .runnable), at: now)
    let later = now + .seconds(2)
    let effects = machine.step(.evidence(a, .lost(reason: "x")), at: later)
    #expect(effects.contains(.report(b, .expired)))
    #expect(!effects.contains(.start(b)))
  }

  @Test("a cancelled call whose executor died before the start is cancelled, not staged again")
  func cancelledNeverStarted() {
    var machine = machine()
    _ = machine.step(.offered(offer(a), .runnable), at: now)
    #expect(machine.step(.cancel(a), at: now) == [.discard(a)])
    #expect(machine.isToBeCancelled(a))
    #expect(
      machine.step(.evidence(a, .neverStarted), at: now)
        == [.journal(a, .ended(.cancelled)), .report(a, .cancelled)])
  }

  @Test("a started call is cancelled through its executor, and an ended one not at all")
  func cancelledStarted() {
    var machine = machine()
    _ = machine.step(.offered(offer(a), .runnable), at: now)
    _ = machine.step(.started(a, pid: 1), at: now)
    #expect(machine.step(.cancel(a), at: now) == [.cancel(a)])
    let effects = machine.step(
      .evidence(a, .interrupted(reason: "died", startedAt: now)), at: now)
    #expect(effects.last == .report(a, .interrupted(reason: "died", startedAt: now)))
    #expect(machine.step(.cancel(a), at: now).isEmpty)
    #expect(machine.step(.cancel(b), at: now).isEmpty)
  }

  @Test("only a start is let out before the other effects of its step")
  func startsFirst() {
    #expect(AgentEffect.start(a).startsCall)
    #expect(!AgentEffect.prepare(a).startsCall)
  }

  @Test("a call whose end nobody saw may have processes that live on")
  func outlived() {
    let open: [Report] = [.interrupted(reason: "", startedAt: nil), .lost(reason: "")]
    let closed: [Report] = [
      .cancelled, .expired, .rejected(code: "", reason: "", remedy: ""),
    ]
    for report in open { #expect(report.outlivedItsExecutor, "\(report)") }
    for report in closed { #expect(!report.outlivedItsExecutor, "\(report)") }
  }

  @Test("the journal drops rows only once a later one was seen by the control plane")
  func retirement() throws {
    var retirement = Retirement()
    #expect(retirement.take() == nil)
    retirement.propose(a, at: 10)
    // The first proposal stands until it is taken.
    retirement.propose(b, at: 20)
    retirement.seen(10)
    #expect(retirement.take() == nil)
    retirement.seen(11)
    retirement.seen(5)
    let taken = retirement.take()
    let ready = try #require(taken)
    #expect(ready.mark == a)
    // A call below the mark may have got rows since: the one that was seen last has to stay.
    #expect(ready.through == 10)
    #expect(retirement.take() == nil)
  }

  @Test("words about a call that is over, or was never taken, change nothing")
  func tooLate() {
    var machine = machine(slots: 1)
    let report = Report.rejected(code: "x", reason: "x", remedy: "x")
    let words: [AgentEvent] = [
      .refused(b, report), .started(b, pid: 1), .evidence(b, .neverStarted),
    ]
    for word in words { #expect(machine.step(word, at: now).isEmpty) }
    _ = machine.step(.offered(offer(a), .runnable), at: now)
    _ = machine.step(.offered(offer(b), .runnable), at: now)
    // It waits for a slot: no executor can know of it.
    for word in words { #expect(machine.step(word, at: now).isEmpty) }
    #expect(machine.step(.cancel(a), at: now) == [.discard(a)])
    let refused = machine.step(.refused(a, report), at: now)
    #expect(refused.contains(.report(a, .cancelled)))
    for word: AgentEvent in [.refused(a, report), .started(a, pid: 1), .evidence(a, .neverStarted)]
    {
      #expect(machine.step(word, at: now).isEmpty)
    }
  }
}
