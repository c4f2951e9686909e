import PluginKit
import PowerShell
import Testing

@Suite("PowerShell host machine: what a host says, and does not say, decides a call")
struct HostMachineTests {
  private typealias Effect = HostMachine.Effect
  private let work = HostMachine.Work(
    call: "1", nonce: "n1", runLimit: .seconds(30), killGrace: .seconds(5))

  private func hello(_ bytes: Int = 40 << 20) -> HostMachine.Event {
    .message(.hello(HostFacts(token: "t", version: "7.4", workingSetBytes: bytes)))
  }

  private func idle() -> HostMachine {
    var machine = HostMachine(token: "t")
    _ = machine.start()
    _ = machine.step(hello())
    return machine
  }

  private func running(_ work: HostMachine.Work? = nil) -> HostMachine {
    var machine = idle()
    _ = machine.step(.take(work ?? self.work))
    _ = machine.step(.message(.running(call: "1")))
    return machine
  }

  private func sentinel(
    _ how: Sentinel.How = .end, code: Int? = nil, errors: Int = 0, records: Int = 0,
    nonce: String = "n1"
  ) -> Sentinel {
    Sentinel(
      call: "1", nonce: nonce, how: how, code: code, errors: errors, records: records)
  }

  private func ends(_ effects: [Effect]) -> [CallEnd] {
    effects.compactMap { if case .end(let end, _) = $0 { end } else { nil } }
  }

  @Test("a host that is starting takes a call, and is asked when it has introduced itself")
  func early() {
    var machine = HostMachine(token: "t")
    #expect(machine.start() == [.arm(.launch, HostMachine.launchLimit)])
    #expect(machine.step(.take(work)) == [])
    #expect(!machine.isFree)
    #expect(
      machine.step(hello()) == [
        .disarm(.launch), .ask(work), .arm(.begin, HostMachine.beginLimit),
      ])
  }

  @Test("a call begins with the host's word, and ends with the sentinel")
  func whole() {
    var machine = idle()
    #expect(machine.step(.take(work)) == [.ask(work), .arm(.begin, HostMachine.beginLimit)])
    #expect(
      machine.step(.message(.running(call: "1"))) == [
        .disarm(.begin), .began, .arm(.run, .seconds(30)),
      ])
    let record = ScriptRecord(number: 1, stream: .output, text: "x")
    #expect(machine.step(.message(.record(record))) == [.write(record)])
    let last = sentinel(records: 1)
    #expect(
      machine.step(.message(.ended(last))) == [
        .disarm(.run), .disarm(.grace), .end(.exit(code: 0), last),
        .arm(.tidy, HostMachine.tidyLimit),
      ])
    // Not before it has cleared away does another call get it.
    #expect(!machine.isFree)
    #expect(
      machine.step(.message(.idle(workingSetBytes: 50 << 20))) == [.disarm(.tidy), .free])
    #expect(machine.isFree)
  }

  @Test("what a script ends with: exit, a program's code, errors, in this order")
  func codes() {
    let cases: [(Sentinel, Int)] = [
      (sentinel(), 0), (sentinel(code: 0), 0), (sentinel(.exit, code: 3), 3),
      (sentinel(.exit, code: 0, errors: 4), 0), (sentinel(.error, errors: 1), 1),
      (sentinel(.error, code: 7), 1), (sentinel(errors: 2), 2), (sentinel(code: 5), 5),
      (sentinel(code: 5, errors: 2), 5), (sentinel(code: 0, errors: 1), 2),
      (sentinel(.exit), 0), (sentinel(.exit, code: 3_221_225_786), 3_221_225_786),
    ]
    for (last, code) in cases {
      var machine = running()
      #expect(ends(machine.step(.message(.ended(last)))) == [.exit(code: code)])
    }
  }

  @Test("a syntax error refuses the call with its place, and the host stays")
  func syntax() throws {
    var machine = idle()
    _ = machine.step(.take(work))
    let effects = machine.step(
      .message(
        .refused(
          ScriptRefusal(
            call: "1", reason: "script.syntax", line: 3, column: 14, text: "Missing '}'"))))
    guard case .refuse(let refusal) = effects[1] else {
      Issue.record("\(effects)")
      return
    }
    #expect(refusal.reason == "script.syntax")
    #expect(refusal.message.contains("line 3, column 14: Missing '}'"))
    #expect(machine.isFree)
  }

  @Test("a signal is the end of a call that has the host for itself, and of no other")
  func signal() {
    let end = CallEnd.signal(number: 25, coreDumped: false)
    func alone(_ events: [HostMachine.Event]) -> [Effect] {
      var machine = HostMachine(token: "t", isForOneCall: true)
      _ = machine.start()
      _ = machine.step(.take(work))
      var effects: [Effect] = []
      for event in [hello()] + events { effects = machine.step(event) }
      return effects
    }
    let began = HostMachine.Event.message(.running(call: "1"))
    let death = HostMachine.Event.died("signal 25", of: end)
    #expect(alone([began, death]).contains(.endByForce(end)))
    #expect(
      alone([began, .stop(.limit("run")), death]).contains(.endByForce(.limit("run", signal: 25))))
    #expect(
      alone([began, .stop(.cancel), death]).contains(.endByForce(.cancelled(signal: 25))))
    // Before it began nothing has run; and what we killed for its lies proves nothing.
    for events in [[death], [began, .garbage("x"), death]] {
      #expect(!alone(events).contains { if case .endByForce = $0 { true } else { false } })
    }
    var shared = running()
    #expect(!shared.step(death).contains(.endByForce(end)))
  }

  @Test("a host without a channel gets no call, and a moment to end by itself")
  func hungUp() {
    var machine = idle()
    #expect(machine.step(.hungUp) == [.arm(.tidy, HostMachine.endLimit)])
    #expect(!machine.isFree && machine.step(.hungUp) == [])
    #expect(machine.step(.fired(.tidy)) == [.kill])
    var alone = HostMachine(token: "t", isForOneCall: true)
    _ = alone.start()
    _ = alone.step(.take(work))
    _ = alone.step(hello())
    _ = alone.step(.message(.running(call: "1")))
    _ = alone.step(.hungUp)
    let end = CallEnd.signal(number: 24, coreDumped: false)
    func late(_ end: CallEnd) -> [Effect] {
      var machine = alone
      _ = machine.step(.fired(.tidy))
      return machine.step(.died("it died", of: end))
    }
    var prompt = alone
    #expect(prompt.step(.died("signal 24", of: end)).contains(.endByForce(end)))
    // The news of that end may take longer than the moment.
    #expect(late(.signal(number: 24, coreDumped: false)).contains(.endByForce(end)))
    #expect(
      late(.signal(number: 9, coreDumped: false)).contains(
        .interrupt("the PowerShell host is gone: it closed its channel; it died")))
    var waiting = running()
    _ = waiting.step(.hungUp)
    // What it says after that is not heard, so a stop that comes now has ended nothing.
    #expect(waiting.step(.stop(.cancel)) == [] && waiting.step(.fired(.run)) == [])
    #expect(waiting.step(.fired(.tidy)) == [.kill])
    #expect(
      waiting.step(.died("signal 9", of: nil)).contains(
        .interrupt("the PowerShell host is gone: it closed its channel; signal 9")))
  }

  @Test("a host of one call leaves when that is over")
  func leaves() {
    var machine = HostMachine(token: "t", isForOneCall: true)
    _ = machine.start()
    _ = machine.step(.take(work))
    _ = machine.step(hello())
    _ = machine.step(.message(.running(call: "1")))
    #expect(ends(machine.step(.message(.ended(sentinel())))) == [.exit(code: 0)])
    let effects = machine.step(.message(.idle(workingSetBytes: 40 << 20)))
    #expect(effects.contains(.askToLeave) && machine.state == .leaving && machine.isRetiring)
    var refused = HostMachine(token: "t", isForOneCall: true)
    _ = refused.start()
    _ = refused.step(.take(work))
    _ = refused.step(hello())
    let answer = refused.step(
      .message(
        .refused(
          ScriptRefusal(call: "1", reason: "script.syntax", line: 1, column: 1, text: "x"))))
    #expect(answer.contains(.askToLeave) && !answer.contains(.free) && refused.isRetiring)
  }

  @Test("a host that dies before the script began has run nothing; behind that it interrupted it")
  func death() throws {
    var asked = idle()
    _ = asked.step(.take(work))
    let refused = asked.step(.died("signal 9", of: nil))
    #expect(refused.contains { if case .refuse = $0 { true } else { false } })
    #expect(refused.last == .gone)
    var machine = running()
    let interrupted = machine.step(.died("signal 9", of: nil))
    #expect(interrupted.contains { if case .interrupt = $0 { true } else { false } })
    #expect(ends(interrupted).isEmpty)
    var starting = HostMachine(token: "t")
    _ = starting.step(.take(work))
    #expect(
      starting.step(.died("x", of: nil)).contains { if case .refuse = $0 { true } else { false } })
  }

  @Test("a host without a call dies without a word about one")
  func idleDeath() {
    var machine = idle()
    let effects = machine.step(.died("gone", of: nil))
    #expect(effects.last == .gone)
    #expect(effects.dropLast().allSatisfy { if case .disarm = $0 { true } else { false } })
  }

  @Test("a missing record, a wrong nonce and another call's end prove nothing: interrupted")
  func broken() {
    let wrong: [HostMessage] = [
      .ended(sentinel(records: 1)), .ended(sentinel(nonce: "guess")),
      .ended(Sentinel(call: "2", nonce: "n1", how: .end)),
      .record(ScriptRecord(number: 2, stream: .output, text: "")),
      .idle(workingSetBytes: 1), .running(call: "1"),
    ]
    for message in wrong {
      var machine = running()
      #expect(machine.step(.message(message)) == [.kill], "\(message)")
      let effects = machine.step(.died("signal 9", of: nil))
      #expect(effects.contains { if case .interrupt = $0 { true } else { false } })
    }
  }

  @Test("garbage kills the host, once")
  func garbage() {
    var machine = running()
    #expect(machine.step(.garbage("no message")) == [.kill])
    #expect(machine.step(.garbage("more")) == [])
  }

  @Test("an impostor on the channel is not taken for the host")
  func impostor() {
    var machine = HostMachine(token: "t")
    let facts = HostFacts(token: "guess", version: "7")
    #expect(machine.step(.message(.hello(facts))) == [.kill])
    var old = HostMachine(token: "t")
    let other = HostFacts(protocolVersion: 2, token: "t", version: "7")
    #expect(old.step(.message(.hello(other))) == [.kill])
  }

  @Test("the run limit asks, then kills; the end says which")
  func limits() {
    var polite = running()
    #expect(polite.step(.fired(.run)) == [.askToStop(work), .arm(.grace, .seconds(5))])
    #expect(
      ends(polite.step(.message(.ended(sentinel(.stopped))))) == [.limit("run", signal: nil)])
    var deaf = running()
    _ = deaf.step(.fired(.run))
    #expect(deaf.step(.fired(.grace)) == [.kill])
    #expect(deaf.step(.died("signal 9", of: nil)).contains(.endByForce(.limit("run", signal: 9))))
  }

  @Test("without a grace the host is killed at once")
  func noGrace() {
    var work = work
    work.killGrace = .zero
    var machine = running(work)
    #expect(machine.step(.stop(.cancel)) == [.kill])
    #expect(machine.step(.died("signal 9", of: nil)).contains(.endByForce(.cancelled(signal: 9))))
  }

  @Test("a cancel before the script began waits for that, and ends it then")
  func earlyCancel() {
    var machine = idle()
    _ = machine.step(.take(work))
    #expect(machine.step(.stop(.cancel)) == [])
    #expect(machine.step(.message(.running(call: "1"))).contains(.askToStop(work)))
    #expect(
      ends(machine.step(.message(.ended(sentinel(.stopped))))) == [.cancelled(signal: nil)])
  }

  @Test("a script that began just before it was given up on is interrupted, not refused")
  func lateBeginning() {
    var machine = idle()
    _ = machine.step(.take(work))
    #expect(machine.step(.fired(.begin)) == [.kill])
    #expect(machine.step(.message(.running(call: "1"))).contains(.began))
    #expect(
      machine.step(.died("signal 9", of: nil)).contains {
        if case .interrupt = $0 { true } else { false }
      })
  }

  @Test("a host retires after its calls, by size, by growth, and after a script was stopped")
  func retirement() {
    let rule = Retirement(maxCalls: 3, maxBytes: 300, maxGrowthBytes: 100)
    func reason(_ served: Int, _ stopped: Bool, _ bytes: Int) -> Retirement.Reason? {
      rule.reason(served: served, wasStopped: stopped, bytes: bytes, firstBytes: 150)
    }
    #expect(reason(1, false, 250) == nil)
    #expect(reason(3, false, 150) == .calls)
    #expect(reason(1, false, 301) == .size)
    #expect(reason(1, false, 251) == .growth)
    #expect(reason(1, true, 150) == .stopped)
    var machine = running()
    _ = machine.step(.message(.ended(sentinel())))
    #expect(
      machine.step(.message(.idle(workingSetBytes: 2 << 30))) == [
        .askToLeave, .arm(.tidy, HostMachine.tidyLimit),
      ])
    #expect(!machine.isFree && machine.retirement == .size)
    #expect(machine.step(.died("exit 0", of: nil)).last == .gone)
  }

  @Test("a host that does not clear away is killed, and its call stays what it was")
  func untidy() {
    var machine = running()
    #expect(ends(machine.step(.message(.ended(sentinel())))) == [.exit(code: 0)])
    #expect(machine.step(.fired(.tidy)) == [.kill])
    #expect(machine.step(.died("signal 9", of: nil)).last == .gone)
  }

  @Test("a host that never introduces itself is given up, and its call refused")
  func silent() {
    var machine = HostMachine(token: "t")
    _ = machine.step(.take(work))
    #expect(machine.step(.fired(.launch)) == [.kill])
    #expect(
      machine.step(.died("x", of: nil)).contains { if case .refuse = $0 { true } else { false } })
  }

  @Test("an idle host is dismissed, a busy one is not")
  func dismissal() {
    var free = idle()
    #expect(free.dismiss().first == .askToLeave)
    var busy = running()
    #expect(busy.dismiss() == [])
  }
}
