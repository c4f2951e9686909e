import Model
import Testing
import Wire

@testable import Agent

/// A self-check with a hand-turned clock and no jitter.
private struct Checked {
  typealias Subject = AgentHealth.Subject
  typealias Effect = SelfCheckMachine.Effect

  var now = Instant(microseconds: 1_000_000_000)
  var machine: SelfCheckMachine
  var effects: [Effect] = []
  /// What the subjects are found to be.
  var findings: [Subject: SelfCheckMachine.Finding] = [:]
  /// Subjects whose checks are not answered.
  var mute: Set<Subject> = []
  var isIdle = true
  var random: UInt64 = 0

  init(_ settings: SelfCheckMachine.Settings = .init()) {
    machine = SelfCheckMachine(settings: settings, startedAt: now)
    step(.start)
  }

  mutating func step(_ event: SelfCheckMachine.Event) {
    let random = random
    let news = machine.step(event, at: now) { random }
    effects += news
    for case .check(let subject, let round) in news where !mute.contains(subject) {
      step(.found(subject, round: round, findings[subject] ?? .good))
    }
  }

  /// Turns the clock to each deadline on the way.
  mutating func pass(_ time: Duration) {
    let end = now + time
    while let due = machine.nextDeadline, due <= end {
      now = max(now, due)
      step(.tick(isIdle: isIdle))
    }
    now = end
  }

  mutating func take() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  /// Without the checks themselves.
  mutating func deeds() -> [Effect] {
    take().filter { if case .check = $0 { false } else { true } }
  }

  var degraded: [Subject] { machine.faults.map(\.subject) }
}

@Suite("How an agent looks after itself")
struct SelfCheckMachineTests {
  @Test("nothing is looked at before the start; then everything, once in an interval")
  func rounds() {
    let idle = SelfCheckMachine(startedAt: Instant(microseconds: 0))
    #expect(idle.nextDeadline == nil)
    var checked = Checked()
    #expect(checked.take().isEmpty)
    checked.pass(.seconds(44))
    #expect(checked.take().isEmpty)
    checked.pass(.seconds(2))
    #expect(
      checked.take() == AgentHealth.Subject.allCases.map { .check($0, round: 1) })
    checked.pass(.seconds(45))
    #expect(checked.take().count == 4)
    #expect(checked.machine.health(at: checked.now) == AgentHealth())
  }

  @Test("the interval is jittered by a quarter both ways")
  func jitter() {
    for (random, seconds) in [(UInt64(0), 45), (29_999_999, 74), (30_000_000, 45)] {
      var machine = SelfCheckMachine(startedAt: Instant(microseconds: 0))
      _ = machine.step(.start, at: Instant(microseconds: 0)) { random }
      #expect((machine.nextDeadline?.microseconds ?? 0) / 1_000_000 == seconds)
    }
  }

  @Test("a short interval shortens every wait")
  func shortInterval() {
    let settings = SelfCheckMachine.Settings(interval: .seconds(1))
    #expect(settings.answerWithin == .seconds(1))
    #expect(settings.retryAfter == .milliseconds(250))
    #expect(settings.settleAfter == .milliseconds(500))
  }

  @Test("the link: looked at again, opened anew, degraded, and opened anew with each later check")
  func linkSteps() {
    var checked = Checked()
    checked.findings[.controlPlane] = .bad(evidence: "gone")
    checked.pass(.seconds(45))
    #expect(checked.deeds() == [.log("self-check: controlPlane: gone; looks again")])
    checked.pass(.seconds(2))
    #expect(
      checked.deeds() == [
        .log("self-check: controlPlane: gone; opens the link anew"),
        .repair(.reconnect, .controlPlane, why: "gone"),
      ])
    #expect(checked.degraded.isEmpty)
    checked.pass(.seconds(5))
    let advice = AgentHealth.Subject.controlPlane.advice
    #expect(checked.deeds() == [.log("self-check: controlPlane: degraded: gone; \(advice)")])
    #expect(
      checked.machine.health(at: checked.now).faults == [
        AgentHealth.Fault(
          subject: .controlPlane, lasting: .seconds(7), evidence: "gone",
          tried: [.retry, .reconnect])
      ])
    checked.pass(.seconds(45))
    #expect(checked.deeds().contains(.repair(.reconnect, .controlPlane, why: "gone")))
    #expect(checked.machine.faults.first?.tried == [.retry, .reconnect])
  }

  @Test("plugins and spool are built anew; a journal is evidence, and never repaired")
  func repairs() {
    for (subject, repair) in [
      (AgentHealth.Subject.spool, true), (.plugins, true), (.journal, false),
    ] {
      var checked = Checked()
      checked.findings[subject] = .bad(evidence: "bad")
      checked.pass(.seconds(200))
      let repairs = checked.deeds().filter { if case .repair = $0 { true } else { false } }
      #expect(repairs.allSatisfy { $0 == .repair(.rebuild, subject, why: "bad") })
      #expect(repairs.isEmpty != repair)
      #expect(checked.degraded == [subject])
      #expect(checked.machine.faults.first?.tried == (repair ? [.retry, .rebuild] : [.retry]))
    }
  }

  @Test("good again at any step is told with how long it was not, and begins from the first step")
  func recovery() {
    for (time, was) in [(Duration.seconds(46), ""), (.seconds(60), "no longer degraded: ")] {
      var checked = Checked()
      checked.findings[.plugins] = .bad(evidence: "mute")
      checked.pass(time)
      _ = checked.take()
      checked.findings[.plugins] = nil
      checked.step(.changed(.plugins))
      checked.pass(.seconds(1))
      let told = checked.deeds().filter {
        if case .log(let line) = $0 { line.contains("plugins: \(was)good again") } else { false }
      }
      #expect(told.count == 1)
      #expect(checked.degraded.isEmpty)
      checked.findings[.plugins] = .bad(evidence: "mute")
      checked.pass(.seconds(45))
      #expect(checked.deeds() == [.log("self-check: plugins: mute; looks again")])
    }
  }

  @Test("a check without an answer has failed at its deadline, and its late answer does not count")
  func unanswered() {
    var checked = Checked()
    checked.mute = [.spool]
    checked.pass(.seconds(45))
    #expect(checked.machine.round(of: .spool) == 1)
    #expect(!checked.machine.isOverdue(.spool, at: checked.now))
    #expect(checked.machine.isOverdue(.spool, at: checked.now + .seconds(10)))
    #expect(checked.machine.round(of: .plugins) == nil)
    #expect(!checked.machine.isOverdue(.plugins, at: checked.now + .seconds(10)))
    // A tick for something else does not end it early.
    checked.step(.tick(isIdle: true))
    #expect(checked.machine.round(of: .spool) == 1)
    _ = checked.take()
    checked.pass(.seconds(10))
    #expect(
      checked.deeds() == [.log("self-check: spool: no answer within 10.0 seconds; looks again")])
    checked.step(.found(.spool, round: 1, .good))
    #expect(checked.take().isEmpty)
    checked.pass(.seconds(2))
    checked.step(.found(.spool, round: 1, .good))
    #expect(checked.machine.round(of: .spool) == 2)
    checked.step(.found(.spool, round: 2, .good))
    #expect(checked.deeds() == [.log("self-check: spool: good again after 2.0 seconds")])
  }

  @Test("a check in pieces goes on after a pause each, and ends with its last one")
  func pieces() {
    var checked = Checked()
    checked.findings[.journal] = .more
    checked.pass(.seconds(45))
    _ = checked.take()
    checked.pass(.milliseconds(100))
    #expect(checked.take() == (2...6).map { .check(.journal, round: $0) })
    checked.findings[.journal] = nil
    checked.pass(.milliseconds(20))
    #expect(checked.take().count == 1)
    checked.pass(.seconds(1))
    #expect(checked.take().isEmpty)
  }

  @Test("a change brings a check forward where something was bad, and nothing else")
  func changed() {
    var checked = Checked()
    checked.step(.changed(.controlPlane))
    checked.pass(.zero)
    #expect(checked.take().isEmpty)
    checked.mute = [.controlPlane]
    checked.findings[.controlPlane] = .bad(evidence: "gone")
    checked.pass(.seconds(60))
    checked.mute = []
    checked.pass(.seconds(10))
    checked.mute = [.controlPlane]
    checked.pass(.seconds(200))
    _ = checked.take()
    // Under way: its answer is waited for.
    if checked.machine.round(of: .controlPlane) != nil {
      checked.step(.changed(.controlPlane))
      #expect(checked.take().isEmpty)
    }
  }

  private func degraded(
    _ subject: AgentHealth.Subject, restarts: Bool, isIdle: Bool = true
  ) -> Checked {
    var settings = SelfCheckMachine.Settings()
    settings.restarts = restarts
    var checked = Checked(settings)
    checked.isIdle = isIdle
    checked.findings[subject] = .bad(evidence: "bad")
    return checked
  }

  private func restarts(_ checked: inout Checked) -> [SelfCheckMachine.Effect] {
    checked.take().filter { if case .restart = $0 { true } else { false } }
  }

  @Test("a restart is asked for after an hour of life, once, and only while nothing is active")
  func restart() {
    var checked = degraded(.plugins, restarts: true, isIdle: false)
    checked.pass(.seconds(7_200))
    let waiting = checked.take()
    #expect(!waiting.contains { if case .restart = $0 { true } else { false } })
    // That it waits is said once.
    #expect(
      waiting.count { if case .log(let line) = $0 { line.contains("will ask") } else { false } }
        == 1)
    checked.isIdle = true
    checked.pass(.seconds(60))
    #expect(restarts(&checked) == [.restart(why: "plugins: bad")])
    checked.pass(.seconds(36_000))
    #expect(restarts(&checked).isEmpty)
    var young = degraded(.controlPlane, restarts: true)
    young.pass(.seconds(3_500))
    #expect(restarts(&young).isEmpty)
    young.pass(.seconds(160))
    #expect(restarts(&young).count == 1)
  }

  @Test(
    "no restart without leave for it, for what it cannot heal, or before it is degraded long enough"
  )
  func noRestart() {
    for (subject, allowed) in [
      (AgentHealth.Subject.plugins, false), (.journal, true), (.spool, true),
    ] {
      var checked = degraded(subject, restarts: allowed)
      checked.pass(.seconds(36_000))
      #expect(restarts(&checked).isEmpty)
    }
    var late = degraded(.plugins, restarts: true)
    late.findings[.plugins] = nil
    late.pass(.seconds(7_200))
    late.findings[.plugins] = .bad(evidence: "bad")
    late.pass(.seconds(120))
    #expect(late.degraded == [.plugins])
    late.pass(.seconds(200))
    #expect(restarts(&late).isEmpty)
    late.pass(.seconds(120))
    #expect(restarts(&late).count == 1)
  }
}
