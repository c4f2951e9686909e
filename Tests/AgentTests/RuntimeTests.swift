import Agent
import JSON
import Model
import Testing
import Wire

/// Offers that a runtime does not take, and that another one of the endpoint may.
@Suite("An agent with several runtimes")
struct RefusedOfferTests {
  private let now = Instant(microseconds: 1_000_000_000)

  private func offer(_ attempt: Int, _ id: String = "a") -> Offer {
    Offer(
      call: CallID(id), attempt: attempt, digest: "d", definition: "{}", arguments: [:],
      expiresIn: .seconds(60), runtime: .session(of: "ann"))
  }

  private func refusal(_ attempt: Int, _ id: String = "a") -> RefusedOffer {
    RefusedOffer(
      call: CallID(id), attempt: attempt, cause: .noRuntime, reason: "gone", remedy: "wait")
  }

  @Test("an offer that another runtime may take is refused, and nothing of it is kept")
  func refused() {
    var machine = AgentMachine()
    let effects = machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now)
    #expect(effects == [.refuse(refusal(1))])
    #expect(machine.held.isEmpty)
    #expect(
      machine.step(.probed(request: 1, CallID("a")), at: now)
        == [.sendState(request: 1, HeldCall(call: CallID("a"), state: .absent))])
  }

  @Test("an offer that was refused and is said again is refused again, whatever has changed")
  func refusedAgain() {
    var machine = AgentMachine()
    _ = machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now)
    #expect(machine.step(.offered(offer(1), .runnable), at: now) == [.refuse(refusal(1))])
    #expect(machine.held.isEmpty)
  }

  @Test("the next attempt, in another runtime, is taken")
  func nextAttempt() {
    var machine = AgentMachine()
    _ = machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now)
    let effects = machine.step(.offered(offer(2), .runnable), at: now)
    #expect(effects.contains(.journal(CallID("a"), .received(offer(2)))))
    // What was said twice on the way finds the call.
    #expect(
      machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now)
        == [.acknowledge(CallID("a"), attempt: 1, .released)])
  }

  @Test("a new link has nothing of the old one's offers")
  func newLink() {
    var machine = AgentMachine()
    _ = machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now)
    _ = machine.step(.welcomed, at: now)
    #expect(
      machine.step(.offered(offer(1), .runnable), at: now)
        .contains(.journal(CallID("a"), .released)))
  }

  @Test("an agent that stops does not refuse either: a probe will say that it has nothing")
  func stopping() {
    var machine = AgentMachine()
    _ = machine.step(.stop, at: now)
    #expect(machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now).isEmpty)
  }

  @Test("beyond the limit of refusals on one link, a call is rejected with a row of its own")
  func limit() {
    var settings = AgentMachine.Settings()
    settings.maxRefusedOffers = 1
    var machine = AgentMachine(settings: settings)
    _ = machine.step(.offered(offer(1), .elsewhere(refusal(1))), at: now)
    let effects = machine.step(.offered(offer(1, "b"), .elsewhere(refusal(1, "b"))), at: now)
    #expect(effects.contains(.journal(CallID("b"), .ended(refusal(1, "b").report))))
  }
}
