import Model
import Platform
import Wire

// The agent looks after itself: `SelfCheckMachine` decides, this looks and acts.

extension Core {
  mutating func stepSelfCheck(_ event: SelfCheckMachine.Event) {
    for effect in selfCheck.step(event, at: now, random: surroundings.randomWord) {
      switch effect {
      case .check(let subject, let round): check(subject, round)
      case .repair(let step, let subject, let why): repair(step, subject, why)
      case .log(let line): configuration.log(line)
      case .restart(let why):
        configuration.log(
          "asks to be started anew, because it is degraded, and no session and no call is active: \(why)"
        )
        restartAsked = true
      }
    }
  }

  mutating func lookAtItself() {
    // Who leaves repairs nothing.
    guard !machine.isStopping, let due = selfCheck.nextDeadline, due <= now else { return }
    if selfCheck.isOverdue(.plugins, at: now) { lookAtExecutors() }
    stepSelfCheck(.tick(isIdle: !machine.hasActiveCalls && !hasSession))
  }

  /// An executor has answered.
  mutating func executorAnswered() {
    if executing.silent.isEmpty { lookAtExecutors() }
  }

  private mutating func check(_ subject: AgentHealth.Subject, _ round: Int) {
    switch subject {
    case .controlPlane: stepSelfCheck(.found(subject, round: round, linkFinding))
    case .journal: stepSelfCheck(.found(subject, round: round, journal.inspect()))
    case .spool: surroundings.examineSpool(round: round, room: SpoolExamination.room)
    case .plugins:
      lookForSessions()
      executing.ask()
      executorAnswered()
    }
  }

  private mutating func lookAtExecutors() {
    guard let round = selfCheck.round(of: .plugins) else { return }
    let silent = executing.silent
    let finding: SelfCheckMachine.Finding =
      silent.isEmpty ? .good : .bad(evidence: silent.joined(separator: "; "))
    stepSelfCheck(.found(.plugins, round: round, finding))
  }

  /// Two heartbeats without a word: the round trip is not proved any more.
  private var linkFinding: SelfCheckMachine.Finding {
    let place = configuration.controlPlane
    switch link.state {
    case .open where now - link.lastHeard <= link.settings.heartbeat * 2: return .good
    case .open: return .bad(evidence: "\(place) was last heard \(now - link.lastHeard) ago")
    case .waiting(_, _, let reason): return .bad(evidence: "no link to \(place): \(reason)")
    case .connecting, .greeting, .idle: return .bad(evidence: "no link to \(place) yet")
    }
  }

  private mutating func repair(
    _ step: AgentHealth.Step, _ subject: AgentHealth.Subject, _ why: String
  ) {
    switch (step, subject) {
    case (.reconnect, _): stepLink(.reconnect(reason: why))
    case (.rebuild, .spool):
      do {
        try surroundings.remakeCallsDirectory()
      } catch {
        configuration.log("self-check: spool: \(error)")
      }
    case (.rebuild, _):
      for done in executing.rebuild() { configuration.log("self-check: plugins: \(done)") }
    case (.retry, _): break
    }
  }
}
