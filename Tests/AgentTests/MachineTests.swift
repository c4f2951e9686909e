import Agent
import JSON
import Model
import Testing
import Wire

@Suite("The runtime's rules")
struct AgentMachineTests {
  var now = Instant(microseconds: 1_000_000_000)

  private func offer(_ id: String, attempt: Int = 1, expiresIn: Duration = .seconds(60)) -> Offer {
    Offer(
      call: CallID(id), attempt: attempt, digest: "d", definition: "{}", arguments: [:],
      expiresIn: expiresIn)
  }

  private func machine(slots: Int = 2, capacity: Int = 4) -> AgentMachine {
    var settings = AgentMachine.Settings()
    settings.slots = slots
    settings.capacity = capacity
    return AgentMachine(settings: settings)
  }

  private func journaled(_ effects: [AgentEffect]) -> [JournalEntry] {
    effects.compactMap { if case .journal(_, let entry) = $0 { entry } else { nil } }
  }

  private func reports(_ effects: [AgentEffect]) -> [Report] {
    effects.compactMap { if case .report(_, let report) = $0 { report } else { nil } }
  }

  @Test("an offer with a free slot is received and released in one commit, then acknowledged")
  func receivesAndReleases() {
    var machine = machine()
    let effects = machine.step(.offered(offer("a"), .runnable), at: now)
    #expect(
      effects == [
        .journal(CallID("a"), .received(offer("a"))), .journal(CallID("a"), .released),
        .prepare(CallID("a")), .start(CallID("a")),
        .acknowledge(CallID("a"), attempt: 1, .released),
      ])
  }

  @Test("a duplicate offer is answered with the call's state and never runs again")
  func duplicateOffer() {
    var machine = machine()
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    let again = machine.step(.offered(offer("a", attempt: 2), .runnable), at: now)
    #expect(again == [.acknowledge(CallID("a"), attempt: 2, .released)])
    _ = machine.step(.started(CallID("a"), pid: 1), at: now)
    #expect(
      machine.step(.offered(offer("a"), .runnable), at: now)
        == [.acknowledge(CallID("a"), attempt: 1, .started)])
  }

  @Test("a start is journaled and told a moment later, and not at all when the end comes first")
  func startTold() {
    var machine = machine()
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.offered(offer("b"), .runnable), at: now)
    #expect(machine.step(.started(CallID("a"), pid: 1), at: now).isEmpty)
    #expect(machine.step(.started(CallID("b"), pid: 2), at: now + .milliseconds(1)).isEmpty)
    #expect(machine.held.map(\.state) == [.started, .started])
    let ended = machine.step(.evidence(CallID("a"), .lost(reason: "x")), at: now)
    #expect(journaled(ended).count == 1)
    let due = now + .milliseconds(1) + machine.settings.startToldAfter
    #expect(machine.nextDeadline == due)
    #expect(machine.step(.tick, at: now + .milliseconds(20)).isEmpty)
    #expect(
      machine.step(.tick, at: due) == [
        .journal(CallID("b"), .started(at: now + .milliseconds(1), pid: 2)),
        .sendReleased(CallID("b"), startedAt: now + .milliseconds(1), pid: 2),
      ])
    #expect(machine.nextDeadline == nil)
  }

  @Test("a call that was finished and confirmed is never run again")
  func tombstone() {
    var machine = machine()
    let effects = machine.step(.offered(offer("a"), .tombstone), at: now)
    #expect(effects == [.acknowledge(CallID("a"), attempt: 1, .tombstone)])
  }

  @Test("an id below the low-water mark is never run, even without a tombstone")
  func belowLowWater() {
    var machine = machine()
    _ = machine.step(.confirmed([], lowWater: CallID("m")), at: now)
    #expect(
      machine.step(.offered(offer("a"), .runnable), at: now)
        == [.acknowledge(CallID("a"), attempt: 1, .tombstone)])
    #expect(!journaled(machine.step(.offered(offer("z"), .runnable), at: now)).isEmpty)
  }

  @Test("no more calls run than there are slots; the next is released when one ends")
  func slots() {
    var machine = machine(slots: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    let second = machine.step(.offered(offer("b"), .runnable), at: now)
    #expect(second.last == .acknowledge(CallID("b"), attempt: 1, .received))
    _ = machine.step(.started(CallID("a"), pid: 1), at: now)
    let ended = machine.step(.evidence(CallID("a"), .lost(reason: "x")), at: now)
    #expect(ended.contains(.journal(CallID("b"), .released)))
    #expect(ended.contains(.prepare(CallID("b"))))
  }

  @Test("a call that waits past its deadline expires on the endpoint and does not run")
  func expires() {
    var machine = machine(slots: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.offered(offer("b", expiresIn: .seconds(5)), .runnable), at: now)
    #expect(machine.nextDeadline == now + .seconds(5))
    #expect(reports(machine.step(.tick, at: now + .seconds(6))) == [.expired])
    let freed = machine.step(.evidence(CallID("a"), .lost(reason: "x")), at: now + .seconds(7))
    #expect(!freed.contains(.prepare(CallID("b"))))
  }

  @Test("a full endpoint rejects, and says so")
  func full() {
    var machine = machine(slots: 1, capacity: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    guard
      case .rejected(code: "full", _, _)? = reports(
        machine.step(.offered(offer("b"), .runnable), at: now)
      ).first
    else {
      Issue.record("not rejected as full")
      return
    }
  }

  @Test("calls that ended and wait for their confirmation take no room")
  func endedTakesNoRoom() {
    var machine = machine(slots: 1, capacity: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.evidence(CallID("a"), .lost(reason: "x")), at: now)
    let effects = machine.step(.offered(offer("b"), .runnable), at: now)
    #expect(effects.contains(.prepare(CallID("b"))))
  }

  @Test("a call cancelled before start is cancelled; one cancelled while staged is dropped first")
  func cancelBeforeStart() {
    var machine = machine(slots: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.offered(offer("b"), .runnable), at: now)
    #expect(reports(machine.step(.cancel(CallID("b")), at: now)) == [.cancelled])
    #expect(machine.step(.cancel(CallID("a")), at: now) == [.discard(CallID("a"))])
    #expect(reports(machine.step(.refused(CallID("a"), .cancelled), at: now)) == [.cancelled])
  }

  @Test("a call cancelled while it starts is stopped as soon as it has started")
  func cancelWhileStarting() {
    var machine = machine()
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.cancel(CallID("a")), at: now)
    let effects = machine.step(.started(CallID("a"), pid: 7), at: now)
    #expect(effects.last == .cancel(CallID("a")))
  }

  @Test("a call whose executor was lost while it started is stopped once its spool shows it")
  func cancelWhileUnheard() {
    var machine = machine()
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.cancel(CallID("a")), at: now)
    let effects = machine.step(
      .evidence(CallID("a"), .running(startedAt: now, pid: 3)), at: now)
    #expect(effects.last == .cancel(CallID("a")))
  }

  @Test("a start that only the spool shows is journaled and told, once")
  func startFromSpool() {
    var machine = machine()
    machine.resume(CallID("a"), phase: .released, expiresAt: now)
    let evidence = AgentEvent.evidence(CallID("a"), .running(startedAt: now, pid: 3))
    #expect(
      machine.step(evidence, at: now + .seconds(1)) == [
        .journal(CallID("a"), .started(at: now, pid: 3)),
        .sendReleased(CallID("a"), startedAt: now, pid: 3),
      ])
    #expect(machine.held.map(\.state) == [.started])
    #expect(machine.step(evidence, at: now + .seconds(2)).isEmpty)
    #expect(machine.nextDeadline == nil)
  }

  @Test("a new link hears since when its calls run, except what is not journaled yet")
  func startsOverNewLink() {
    var machine = machine()
    machine.resume(
      CallID("a"), phase: .started, expiresAt: now, start: Start(at: now, pid: 3))
    _ = machine.step(.welcomed, at: now)
    _ = machine.step(.offered(offer("b"), .runnable), at: now)
    _ = machine.step(.started(CallID("b"), pid: 4), at: now)
    #expect(
      machine.step(.welcomed, at: now) == [
        .sendReleased(CallID("a"), startedAt: now, pid: 3)
      ])
  }

  @Test("an executor that dies before the start is asked again, three times at most")
  func preparationRetries() {
    var machine = machine()
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    for _ in 0..<2 {
      #expect(
        machine.step(.evidence(CallID("a"), .neverStarted), at: now)
          == [.prepare(CallID("a")), .start(CallID("a"))])
    }
    guard
      case .rejected(code: "executorDied", _, _)? = reports(
        machine.step(.evidence(CallID("a"), .neverStarted), at: now)
      ).first
    else {
      Issue.record("not rejected")
      return
    }
  }

  @Test("an ended call is kept until it is confirmed, then forgotten")
  func confirm() {
    var machine = machine()
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    #expect(machine.step(.confirmed([CallID("a")], lowWater: nil), at: now).isEmpty)
    _ = machine.step(.evidence(CallID("a"), .lost(reason: "x")), at: now)
    #expect(machine.held == [HeldCall(call: CallID("a"), state: .ended, hasBegun: true)])
    #expect(
      machine.step(.confirmed([CallID("a")], lowWater: CallID("b")), at: now)
        == [.forget(CallID("a")), .prune(before: CallID("b"))])
    #expect(machine.held.isEmpty)
  }

  @Test("a new epoch drops what was not released")
  func memoryReplaced() {
    var machine = machine(slots: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.offered(offer("b"), .runnable), at: now)
    let effects = machine.step(.memoryReplaced, at: now)
    #expect(reports(effects) == [.cancelled])
    #expect(machine.phase(of: CallID("a")) == .released)
  }

  @Test("a stopping runtime takes no offer and releases nothing more")
  func stopping() {
    var machine = machine(slots: 1)
    _ = machine.step(.offered(offer("a"), .runnable), at: now)
    _ = machine.step(.offered(offer("b"), .runnable), at: now)
    _ = machine.step(.stop, at: now)
    #expect(machine.step(.offered(offer("c"), .runnable), at: now).isEmpty)
    let effects = machine.step(.evidence(CallID("a"), .lost(reason: "x")), at: now)
    #expect(!effects.contains(.prepare(CallID("b"))))
  }

  @Test("what waits in the journal is released once the control plane knows it, and in free slots")
  func resumes() {
    var machine = machine(slots: 2)
    machine.resume(CallID("b"), phase: .received, expiresAt: now + .seconds(60))
    machine.resume(CallID("a"), phase: .started, expiresAt: now)
    machine.resume(CallID("c"), phase: .received, expiresAt: now + .seconds(60))
    #expect(machine.step(.tick, at: now).isEmpty)
    #expect(
      machine.step(.welcomed, at: now) == [
        .journal(CallID("b"), .released), .prepare(CallID("b")), .start(CallID("b")),
      ])
    #expect(machine.step(.welcomed, at: now).isEmpty)
  }

  @Test("a journal that the control plane does not know runs nothing, and proves nothing")
  func restoredSnapshot() {
    var machine = machine(slots: 2)
    machine.resume(CallID("a"), phase: .released, expiresAt: now + .seconds(60))
    machine.resume(CallID("b"), phase: .released, expiresAt: now + .seconds(60))
    machine.resume(CallID("c"), phase: .received, expiresAt: now + .seconds(60))
    #expect(machine.step(.evidence(CallID("a"), .neverStarted), at: now).isEmpty)
    let effects = machine.step(.memoryReplaced, at: now)
    #expect(
      effects == [
        .journal(CallID("c"), .abandoned(.memoryReplaced)), .report(CallID("c"), .memoryReplaced),
        .journal(CallID("a"), .ended(.memoryReplaced)), .report(CallID("a"), .memoryReplaced),
      ])
    #expect(machine.step(.welcomed, at: now).isEmpty)
    // Its executor was found dead only later.
    #expect(
      reports(machine.step(.evidence(CallID("b"), .neverStarted), at: now)) == [.memoryReplaced])
  }

  @Test("a released call that never started is staged again once the journal is proved")
  func heldBack() {
    var machine = machine(slots: 1)
    machine.resume(CallID("a"), phase: .released, expiresAt: now + .seconds(60))
    #expect(machine.step(.evidence(CallID("a"), .neverStarted), at: now).isEmpty)
    #expect(
      machine.step(.welcomed, at: now) == [.prepare(CallID("a")), .start(CallID("a"))])
    #expect(machine.step(.welcomed, at: now).isEmpty)
  }
}
