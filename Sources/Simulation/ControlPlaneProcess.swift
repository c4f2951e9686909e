import ControlPlane
import Digest
import Engine
import Model
import Wire

/// The control plane's driver, in the order of `Batch`: take all that waits, step, write, judge within
/// the batch, commit once, and only then show.
final class ControlPlaneProcess: Process {
  enum Input {
    case event(EngineEvent)
    case submit(Submission, (Result<CallID, EngineError>) -> Void)
    case cancel(CallID, by: String, (Result<CallID, EngineError>) -> Void)
  }

  private(set) var engine: Engine
  private unowned let site: Site
  private var inbox: [Input] = []
  private var isBusy = false
  private var isTurnPlanned = false
  private var connections: [UInt64: Connection] = [:]
  private var effects: [EngineEffect] = []
  private var persisted = 0
  private var definitions: [(digest: String, text: String)] = []
  private var keptDefinitions: Set<String> = []
  private var answers: [Ticket: (Result<CallID, EngineError>) -> Void] = [:]
  private var nextTicket: UInt64 = 1
  private var commitDue: Instant?
  private var alarm: Instant?

  init(site: Site, clockOffset: Duration) {
    self.site = site
    engine = Engine(
      settings: site.settings, joinTokenHash: Site.joinTokenHash, random: site.world.dice.fork())
    super.init(world: site.world, name: "control plane", clockOffset: clockOffset)
    site.rows.resume(&engine, at: now)
    planTurn()
  }

  override func died() {
    for number in connections.keys.sorted() {
      connections[number]?.closeFromControl("the control plane is gone")
    }
    connections.removeAll()
    site.controlPlaneDied()
  }

  // MARK: What comes in

  func post(_ input: Input) {
    inbox.append(input)
    planTurn()
  }

  func opened(_ connection: Connection) {
    connections[connection.number] = connection
    post(.event(.linkOpened(LinkID(connection.number))))
  }

  func received(_ message: Message, over number: UInt64) {
    post(.event(.message(LinkID(number), message)))
  }

  func closed(_ number: UInt64, _ reason: String) {
    connections[number] = nil
    post(.event(.linkClosed(LinkID(number), reason: reason)))
  }

  // MARK: The loop

  private func planTurn(after delay: Duration = .microseconds(5)) {
    guard !isTurnPlanned, !isBusy else { return }
    isTurnPlanned = true
    after(delay) { [self] in
      isTurnPlanned = false
      turn()
    }
  }

  private func planDeadline() {
    guard let due = [engine.nextDeadline, commitDue].compactMap({ $0 }).min() else { return }
    if let alarm, alarm <= due, alarm > now { return }
    alarm = due
    after(max(.microseconds(1), due - now)) { [self] in
      if alarm == due { alarm = nil }
      planTurn(after: .zero)
    }
  }

  private func turn() {
    guard isAlive, !isBusy else { return }
    let now = now
    let inputs = inbox
    inbox = []
    for input in inputs {
      guard boundary() else { return }
      take(input, now)
    }
    engine.step(.tick, at: now, into: &effects)
    persist(now)
    guard boundary() else { return }
    if canWait(at: now) { return planDeadline() }
    if site.mutant == .confirmBeforeCommit {
      show()
      guard isAlive else { return }
    }
    isBusy = true
    after(site.commitTime()) { [self] in
      commit()
      if isAlive, site.mutant != .confirmBeforeCommit { show() }
      guard isAlive else { return }
      clear()
      isBusy = false
      if !inbox.isEmpty { planTurn() }
      planDeadline()
    }
  }

  private func canWait(at now: Instant) -> Bool {
    if let commitDue, commitDue <= now { return false }
    let isAwaited = effects.contains { effect in
      switch effect {
      case .send, .close, .answer: true
      case .insertCall, .updateCall, .transition, .attempt, .execution, .verdict, .saveEndpoint,
        .deleteEndpoint, .storeOutput, .judge:
        false
      }
    }
    if isAwaited { return false }
    if commitDue == nil, !effects.isEmpty { commitDue = now + .milliseconds(2) }
    return true
  }

  private func take(_ input: Input, _ now: Instant) {
    switch input {
    case .event(let event): engine.step(event, at: now, into: &effects)
    case .submit(let submission, let answer): submit(submission, answer, now)
    case .cancel(let call, let by, let answer):
      engine.step(.cancel(call, by: by, ticket(for: answer)), at: now, into: &effects)
    }
  }

  private func ticket(for answer: @escaping (Result<CallID, EngineError>) -> Void) -> Ticket {
    let ticket = Ticket(nextTicket)
    nextTicket += 1
    answers[ticket] = answer
    return ticket
  }

  private func submit(
    _ submission: Submission, _ answer: @escaping (Result<CallID, EngineError>) -> Void,
    _ now: Instant
  ) {
    var submission = submission
    let request = submission.request
    if let key = request.idempotencyKey {
      persist(now)
      if let known = call(withKey: key) {
        submission.existing = (
          id: known.id,
          sameRequest: known.endpoint == submission.endpoint
            && known.request.digest == request.digest
            && known.request.shownArguments.compact == request.shownArguments.compact
        )
      }
    }
    if keptDefinitions.insert(request.digest).inserted {
      definitions.append((request.digest, submission.definition))
    }
    engine.step(.submit(submission, ticket(for: answer)), at: now, into: &effects)
  }

  private func call(withKey key: String) -> Call? {
    if let id = site.rows.keys[key] { return site.rows.calls[id] }
    for case .insertCall(let call) in effects where call.request.idempotencyKey == key {
      return call
    }
    return nil
  }

  // MARK: Persist, then act

  private func persist(_ now: Instant) {
    while persisted < effects.count {
      let effect = effects[persisted]
      persisted += 1
      if case .judge(let id, _, let record) = effect {
        engine.step(.judged(id, verdict(of: id, record)), at: now, into: &effects)
      }
    }
  }

  /// By the simplest of tools: 0 is success, and damaged output is malformed.
  private func verdict(of call: CallID, _ record: ExecutionRecord) -> Verdict {
    let isIntact = matches(record.stdout, call, .stdout) && matches(record.stderr, call, .stderr)
    var verdict = Verdict(outcome: .failed, validity: .valid, meaning: "judged")
    switch record.ended {
    case .exit(code: 0):
      verdict.outcome = record.stdout.keptBytes == 0 ? .succeededEmpty : .succeeded
    case .exit, .signal: verdict.outcome = .failed
    case .limit: verdict.outcome = .timedOut
    case .cancelled: verdict.outcome = .cancelled
    }
    if !isIntact {
      verdict.outcome = .malformed
      verdict.validity = .malformed
    }
    return verdict
  }

  private func matches(_ account: StreamAccount, _ call: CallID, _ stream: OutputStream) -> Bool {
    var bytes = site.rows.output[StoredRows.OutputKey(call: call, stream: stream)] ?? []
    for case .storeOutput(let chunk) in effects where chunk.call == call && chunk.stream == stream {
      bytes += chunk.bytes
    }
    return bytes.count == account.keptBytes && SHA256.hex(of: bytes) == account.sha256
  }

  private func commit() {
    guard boundary() else { return }
    for (digest, text) in definitions { site.rows.keep(definition: text, digest: digest) }
    site.checks.committing(effects, over: site.rows)
    site.rows.apply(effects)
    _ = boundary()
  }

  private func show() {
    var confirms = Confirms()
    var shown: [VisibleEffect] = []
    var told: [() -> Void] = []
    for effect in effects {
      switch effect {
      case .send(let link, .confirm(let confirm)): confirms.add(confirm, to: link)
      case .send(let link, let message): shown.append(.send(link, message))
      case .close(let link, let reason): shown.append(.close(link, reason: reason))
      case .answer(let ticket, let result):
        if let answer = answers.removeValue(forKey: ticket) { told.append { answer(result) } }
      case .insertCall, .updateCall, .transition, .attempt, .execution, .verdict, .storeOutput,
        .saveEndpoint, .deleteEndpoint, .judge:
        break
      }
    }
    for effect in shown + confirms.effects {
      guard boundary() else { return }
      carryOut(effect)
    }
    for tell in told {
      guard boundary() else { return }
      tell()
    }
  }

  private func clear() {
    effects.removeAll(keepingCapacity: true)
    definitions.removeAll()
    persisted = 0
    commitDue = nil
  }

  private func carryOut(_ effect: VisibleEffect) {
    switch effect {
    case .send(let link, let message): connections[link.number]?.sendFromControl(message)
    case .close(let link, let reason):
      connections.removeValue(forKey: link.number)?.closeFromControl(reason)
    }
  }
}
