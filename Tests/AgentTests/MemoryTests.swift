import JSON
import Model
import Testing
import Wire

@testable import Agent

@Suite("Calls that must not begin")
struct MemoryTests {
  private let now = Instant(microseconds: 1_000_000_000)
  private let a = CallID("a")
  private let b = CallID("b")

  private func offer(_ call: CallID) -> Offer {
    Offer(
      call: call, attempt: 1, digest: "d", definition: "{}", arguments: [:],
      expiresIn: .seconds(60))
  }

  /// One that took up two calls from its journal: the first released, the second received.
  private func machine(slots: Int = 2) -> AgentMachine {
    var settings = AgentMachine.Settings()
    settings.slots = slots
    var machine = AgentMachine(settings: settings)
    machine.resume(a, phase: .released, expiresAt: now + .seconds(60))
    machine.resume(b, phase: .received, expiresAt: now + .seconds(60))
    return machine
  }

  private func starts(_ effects: [AgentEffect]) -> [CallID] {
    effects.compactMap { if case .start(let call) = $0 { call } else { nil } }
  }

  @Test("an end says whether the call began, or may have; that of a refused one does not")
  func endedBegun() {
    var machine = machine()
    _ = machine.step(.welcomed, at: now)
    _ = machine.step(.refused(a, .rejected(code: "x", reason: "y", remedy: "z")), at: now)
    _ = machine.step(.evidence(b, .lost(reason: "x")), at: now)
    #expect(
      machine.held == [
        HeldCall(call: a, state: .ended), HeldCall(call: b, state: .ended, hasBegun: true),
      ])
    #expect(
      machine.step(.probed(request: 3, b), at: now) == [
        .sendState(request: 3, HeldCall(call: b, state: .ended, hasBegun: true))
      ])
  }

  @Test("a call whose start was heard does not begin again: it is lost, released or only received")
  func startForgotten() {
    var machine = machine()
    #expect(machine.step(.evidence(a, .neverStarted), at: now).isEmpty)
    let named = machine.step(.mustNotBegin(started: [a, b], closed: []), at: now)
    #expect(
      named == [
        .journal(b, .abandoned(.startForgotten)), .report(b, .startForgotten),
      ])
    #expect(
      machine.step(.welcomed, at: now) == [
        .journal(a, .ended(.startForgotten)), .report(a, .startForgotten),
      ])
  }

  @Test("a call whose spool is looked at twice before the welcome begins once")
  func evidenceTwice() {
    var machine = machine()
    for _ in 0..<2 { #expect(machine.step(.evidence(a, .neverStarted), at: now).isEmpty) }
    let effects = machine.step(.welcomed, at: now)
    #expect(starts(effects).sorted() == [a, b])
    #expect(effects.count { $0 == .prepare(a) } == 1)
  }

  @Test("evidence that comes after the welcome does not begin such a call either")
  func evidenceLater() {
    var machine = machine()
    _ = machine.step(.mustNotBegin(started: [a], closed: []), at: now)
    #expect(starts(machine.step(.welcomed, at: now)) == [b])
    #expect(
      machine.step(.evidence(a, .neverStarted), at: now) == [
        .journal(a, .ended(.startForgotten)), .report(a, .startForgotten),
      ])
  }

  @Test("what the spool shows of a call counts, whether or not its start was heard")
  func spoolCounts() {
    var machine = machine()
    _ = machine.step(.mustNotBegin(started: [a], closed: []), at: now)
    _ = machine.step(.welcomed, at: now)
    let effects = machine.step(.evidence(a, .running(startedAt: now, pid: 3)), at: now)
    #expect(effects.contains(.sendReleased(a, startedAt: now, pid: 3)))
    #expect(machine.phase(of: a) == .started)
  }

  @Test("a call that is over at the control plane is cancelled unless it has begun")
  func closed() {
    var machine = machine()
    #expect(
      machine.step(.mustNotBegin(started: [], closed: [a, b]), at: now) == [
        .journal(b, .ended(.cancelled)), .report(b, .cancelled),
      ])
    #expect(machine.step(.welcomed, at: now).isEmpty)
    #expect(
      machine.step(.evidence(a, .neverStarted), at: now) == [
        .journal(a, .ended(.cancelled)), .report(a, .cancelled),
      ])
  }

  @Test("a journal that is not known proves nothing of what is over at the control plane")
  func disowned() {
    var machine = machine()
    _ = machine.step(.memoryReplaced, at: now)
    _ = machine.step(.mustNotBegin(started: [], closed: [a, b]), at: now)
    _ = machine.step(.welcomed, at: now)
    #expect(
      machine.step(.evidence(a, .neverStarted), at: now) == [
        .journal(a, .ended(.memoryReplaced)), .report(a, .memoryReplaced),
      ])
  }

  @Test("the executor of a live call that is over at the control plane is not asked a second time")
  func liveCall() {
    var settings = AgentMachine.Settings()
    settings.slots = 1
    var machine = AgentMachine(settings: settings)
    _ = machine.step(.offered(offer(a), .runnable), at: now)
    _ = machine.step(.offered(offer(b), .runnable), at: now)
    _ = machine.step(.mustNotBegin(started: [], closed: [a, b]), at: now)
    #expect(machine.phase(of: b) == .ended(.cancelled))
    #expect(starts(machine.step(.evidence(a, .neverStarted), at: now)).isEmpty)
    #expect(machine.phase(of: a) == .ended(.cancelled))
  }

  @Test("nothing that was found in the journal expires before the control plane knows the journal")
  func expiryWaits() {
    var machine = machine(slots: 1)
    let late = now + .seconds(61)
    #expect(machine.nextDeadline == nil)
    #expect(machine.step(.tick, at: late).isEmpty)
    _ = machine.step(.welcomed, at: late)
    #expect(machine.nextDeadline == now + .seconds(60))
    #expect(
      machine.step(.tick, at: late) == [.journal(b, .ended(.expired)), .report(b, .expired)])
  }

  @Test("a cancel that comes before the welcome waits for it")
  func cancelWaits() {
    var cancelled = machine()
    #expect(cancelled.step(.cancel(b), at: now).isEmpty)
    #expect(
      cancelled.step(.welcomed, at: now) == [
        .journal(b, .ended(.cancelled)), .report(b, .cancelled),
      ])
    var both = machine()
    let c = CallID("c")
    both.resume(c, phase: .received, expiresAt: now + .seconds(60))
    _ = both.step(.cancel(b), at: now)
    _ = both.step(.cancel(c), at: now)
    // The end of one must not let the other begin.
    #expect(starts(both.step(.welcomed, at: now)).isEmpty)
    #expect(both.phase(of: b) == .ended(.cancelled) && both.phase(of: c) == .ended(.cancelled))
    var forgotten = machine()
    _ = forgotten.step(.cancel(a), at: now)
    _ = forgotten.step(.cancel(b), at: now)
    _ = forgotten.step(.evidence(a, .neverStarted), at: now)
    _ = forgotten.step(.mustNotBegin(started: [a, b], closed: []), at: now)
    _ = forgotten.step(.welcomed, at: now)
    #expect(forgotten.phase(of: a) == .ended(.startForgotten))
    #expect(forgotten.phase(of: b) == .ended(.startForgotten))
  }
}
