import JSON
package import Model
import Mutants
package import Wire

/// What can happen to a call.
package enum CallEvent: Sendable, Hashable {
  case accepted
  /// Hand it to a runtime behind the link.
  case offer(LinkID, in: RuntimeName)
  /// The runtime says what its journal has of it; never `absent`.
  case known(HeldCall)
  /// The runtime proved that its journal, intact, has no trace of it.
  case absent
  /// The runtime does not take it; with what the endpoint is known to have beside it.
  case refused(RefusedOffer, among: RuntimeInfo?)
  case connectionLost(reason: String, horizon: Instant)
  /// The endpoint's journal is not the one that was handed the call.
  case memoryLost(reason: String)
  case released(startedAt: Instant?, pid: Int?)
  case output(OutputChunk)
  case finished(Report)
  case judged(Verdict)
  case cancel(by: String)
  /// The step of its batch that it waits for is over.
  case predecessorEnded(CallID, Int, Outcome)
  case endpointRemoved
  /// A deadline has come; `reachable` says whether the runtime's link is open.
  case deadline(reachable: Bool)

  package static func offer(_ link: LinkID) -> CallEvent { .offer(link, in: .service) }
}

/// What follows. Persisted before anything is sent.
package enum CallEffect: Sendable, Hashable {
  case transition(Transition)
  case attempt(Attempt)
  case execution(Report)
  case verdict(Verdict)
  case store(OutputChunk)
  case sendOffer(attempt: Int)
  case sendCancel(by: String)
  case sendProbe
  /// Judge the finished execution by the tool's rules and come back with `judged`.
  case judge(ExecutionRecord)
  /// It can be offered (again) from `notBefore` on.
  case queued
  /// The runtime does not answer: end the link.
  case linkIsSilent
  /// Output arrived with bytes missing before it: end the link, so that it is sent again.
  case outputGap
}

extension Call {
  package var isOpen: Bool { outcome == nil }

  /// Whether a runtime was handed the call and has not been proved to be without it.
  package var isHanded: Bool {
    outcome == nil && (delivery == .offered || delivery == .acknowledged)
  }

  /// Whether a runtime has told that its process began, by output or in words, or that it may have.
  package var startWasHeard: Bool {
    output != .none || execution == .started || execution == .ended
  }

  /// When `deadline` is due next.
  package var nextDeadline: Instant? {
    guard isOpen else { return nil }
    return switch delivery {
    case .held, .queued:
      if let notBefore { min(notBefore, request.expiresAt) } else { request.expiresAt }
    case .offered, .acknowledged: [ackDeadline, horizon].compactMap { $0 }.min()
    case .withdrawn, .expired, .undeliverable: nil
    }
  }

  package mutating func step(_ event: CallEvent, at now: Instant) -> [CallEffect] {
    var effects: [CallEffect] = []
    guard isOpen else { return effects }
    switch event {
    case .accepted:
      note(.accepted, ["by": .string(request.by), "tool": .string(request.tool)], now, &effects)
    case .offer(let link, let runtime): offer(over: link, in: runtime, now, &effects)
    case .known(let held): known(held, now, &effects)
    case .absent: absent(now, &effects)
    case .refused(let refusal, let info): refused(refusal, info, now, &effects)
    case .connectionLost(let reason, let horizon): lost(reason, horizon, now, &effects)
    case .memoryLost(let reason): memoryLost(reason, now, &effects)
    case .released(let startedAt, let pid): released(startedAt, pid, now, &effects)
    case .output(let chunk): output(chunk, now, &effects)
    case .finished(let report): finished(report, now, &effects)
    case .judged(let verdict): judged(verdict, now, &effects)
    case .cancel(let by): cancel(by, now, &effects)
    case .predecessorEnded(let call, let step, let outcome):
      predecessorEnded(call, step, outcome, now, &effects)
    case .endpointRemoved: removed(now, &effects)
    case .deadline(let reachable): deadline(reachable, now, &effects)
    }
    return effects
  }

  // MARK: Delivery

  private mutating func offer(
    over link: LinkID, in runtime: RuntimeName, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard delivery == .queued else { return }
    let last = attempts.last
    let attempt = Attempt(
      number: attempts.count + 1, link: link, runtime: runtime, offeredAt: now)
    attempts.append(attempt)
    delivery = .offered
    notBefore = nil
    ackDeadline = now + request.ackWithin
    probed = false
    probe = nil
    horizon = nil
    reason =
      "offered to \(runtime.isSession ? runtime.text : "the endpoint")"
      + " (attempt \(attempt.number) of \(request.maxAttempts))"
    effects.append(.attempt(attempt))
    note(.offered, evidence(of: attempt, after: last), now, &effects)
    effects.append(.sendOffer(attempt: attempt.number))
  }

  /// A late acknowledgement counts even for a call that waits in the queue again: the runtime has
  /// it, so it is not offered a second time.
  private mutating func known(
    _ held: HeldCall, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    let state = held.state
    if state == .tombstone {
      end(
        .unknown, execution: .lost,
        "the endpoint finished this call and was told so, but no record of its end is here", now,
        &effects, memoryLost: true)
      return
    }
    ackDeadline = nil
    horizon = nil
    let isNews = delivery != .acknowledged
    delivery = .acknowledged
    notBefore = nil
    answerAttempt(.acknowledged, now, &effects)
    let hasBegun = startWasHeard
    advance(to: held)
    if isNews {
      note(.acknowledged, ["state": .string(state.rawValue)], now, &effects)
    }
    // On disk, because it must not begin again.
    if startWasHeard, !hasBegun {
      note(.started, ["state": .string(state.rawValue)], now, &effects)
    }
    if let cancelledBy, state != .ended { effects.append(.sendCancel(by: cancelledBy)) }
  }

  private mutating func advance(to held: HeldCall) {
    switch (held.state, execution) {
    case (.released, .notStarted):
      execution = .released
      reason = "acknowledged and released; the process is about to begin"
    case (.started, .notStarted), (.started, .released):
      execution = .started
      reason = "running"
    case (.ended, _):
      if held.hasBegun, execution == .notStarted || execution == .released { execution = .started }
      reason = "ended on the endpoint; its output and record are on the way"
    case (.received, .notStarted):
      reason = "acknowledged; waits for a free slot on the endpoint"
    case (.absent, _), (.tombstone, _), (.received, _), (.released, _), (.started, _): break
    }
  }

  private mutating func absent(_ now: Instant, _ effects: inout [CallEffect]) {
    if Mutant.absenceAfterAcknowledgement.isPlanted, delivery == .acknowledged {
      delivery = .offered
    }
    switch delivery {
    case .offered where !startWasHeard:
      answerAttempt(.absent, now, &effects)
      note(.absent, ["attempt": .int(attempts.count)], now, &effects)
      ackDeadline = nil
      horizon = nil
      afterProvenAbsence(now, &effects)
    case .offered, .acknowledged:
      end(
        .unknown, execution: .lost,
        "the endpoint had acknowledged the call, and now its journal has no trace of it", now,
        &effects, memoryLost: true)
    case .held, .queued, .withdrawn, .expired, .undeliverable: break
    }
  }

  private mutating func afterProvenAbsence(_ now: Instant, _ effects: inout [CallEffect]) {
    if isUnwanted(now, &effects) { return }
    if attempts.count >= request.maxAttempts, !Mutant.attemptsUncounted.isPlanted {
      delivery = .undeliverable
      remedy = "look at the endpoint's connection, then call again: nothing ran"
      end(
        .undeliverable,
        "offered \(attempts.count) times and never received\(refusals); the limit of attempts is met",
        now, &effects)
    } else {
      let wait = probed ? Duration.seconds(1 << min(attempts.count - 1, 5)) : .zero
      queueAgain(
        "queued: attempt \(attempts.count) never reached the endpoint",
        notBefore: wait > .zero ? now + wait : nil, &effects)
    }
  }

  private var refusals: String {
    let count = attempts.count { $0.result == .refused }
    return count == 0 ? "" : ", \(count) of them refused"
  }

  /// Ends a call that no runtime has any more, and that nobody waits for either.
  mutating func isUnwanted(_ now: Instant, _ effects: inout [CallEffect]) -> Bool {
    if let cancelledBy {
      delivery = .withdrawn
      end(.cancelled, "cancelled by \(cancelledBy) before the endpoint had it", now, &effects)
    } else if now >= request.expiresAt {
      let fate =
        attempts.last.flatMap { last in
          last.refusal.map { "refused by \(last.runtime) (\($0.reason))" }
        }
        ?? "never received"
      expire("it was offered, \(fate), and its deadline passed", now, &effects)
    }
    return !isOpen
  }

  mutating func queueAgain(
    _ why: String, notBefore: Instant? = nil, _ effects: inout [CallEffect]
  ) {
    delivery = .queued
    self.notBefore = notBefore
    reason = why
    effects.append(.queued)
  }

  private mutating func lost(
    _ why: String, _ horizon: Instant, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard isHanded else { return }
    ackDeadline = nil
    self.horizon = Mutant.horizonTooShort.isPlanted ? now : max(horizon, request.expiresAt)
    if Mutant.undeliverableTooEarly.isPlanted, delivery == .offered {
      return afterProvenAbsence(now, &effects)
    }
    reason =
      execution == .notStarted
      ? "the connection was lost after the offer; the endpoint's journal will say"
      : "the connection was lost in mid-run; the endpoint's journal will say"
    note(.connectionLost, ["reason": .string(why)], now, &effects)
  }

  private mutating func memoryLost(
    _ why: String, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard isHanded else { return }
    remedy = "look at the endpoint itself before you call again: it may have run"
    end(.unknown, execution: .lost, why, now, &effects, memoryLost: true)
  }

  private mutating func removed(_ now: Instant, _ effects: inout [CallEffect]) {
    if isHanded {
      end(
        .unknown, execution: .lost,
        "the endpoint was removed while it had the call; what became of it is not known", now,
        &effects)
    } else {
      delivery = .undeliverable
      end(.undeliverable, "the endpoint was removed; nothing ran", now, &effects)
    }
  }

  private mutating func cancel(
    _ by: String, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard cancelledBy == nil else { return }
    cancelledBy = by
    note(.cancelRequested, ["by": .string(by)], now, &effects)
    if isHanded {
      reason = "cancel requested by \(by); waits for the endpoint's word"
      effects.append(.sendCancel(by: by))
    } else {
      delivery = .withdrawn
      end(.cancelled, "cancelled by \(by) before it was offered; nothing ran", now, &effects)
    }
  }

  private mutating func predecessorEnded(
    _ call: CallID, _ step: Int, _ outcome: Outcome, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard delivery == .held else { return }
    let outcome = Mutant.stepFreedByFailure.isPlanted ? .succeeded : outcome
    switch outcome {
    case .succeeded, .succeededEmpty:
      delivery = .queued
      reason = "waits for the endpoint"
      note(.freed, ["after": .string(call.text), "step": .int(step)], now, &effects)
      effects.append(.queued)
    case .failed, .malformed, .timedOut, .cancelled, .interrupted, .rejected, .denied, .expired,
      .undeliverable, .unknown:
      delivery = .withdrawn
      remedy = "see why step \(step) did not succeed: \"signalbox calls show \(call)\""
      end(
        .cancelled,
        "step \(step) of its batch ended as \(outcome.rawValue), and the batch stops there;"
          + " nothing ran", now, &effects)
    }
  }

  private mutating func deadline(
    _ reachable: Bool, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    switch delivery {
    case .held, .queued:
      if now >= request.expiresAt {
        expire(
          delivery == .held
            ? "it waited for the step before it until its deadline passed"
            : "it waited for the endpoint until its deadline passed", now, &effects)
      } else {
        // The wait is over, whether or not it can go now.
        notBefore = nil
        effects.append(.queued)
      }
    case .offered, .acknowledged:
      if Mutant.expiredWhileHanded.isPlanted, now >= request.expiresAt {
        return expire("planted", now, &effects)
      }
      if let horizon, now >= horizon {
        remedy = "look at the endpoint itself before you call again: it may have run"
        end(
          .unknown, execution: .lost,
          "the endpoint had the call and did not come back within the recovery horizon", now,
          &effects)
      } else if let due = ackDeadline, now >= due, reachable {
        unanswered(now, &effects)
      }
    case .withdrawn, .expired, .undeliverable: break
    }
  }

  /// The ack window passed: probe first; a probe without answer means that the link is dead.
  private mutating func unanswered(_ now: Instant, _ effects: inout [CallEffect]) {
    if probed {
      ackDeadline = nil
      effects.append(.linkIsSilent)
      return
    }
    probed = true
    ackDeadline = now + request.ackWithin
    note(.probed, ["after": .string("no acknowledgement in time")], now, &effects)
    effects.append(.sendProbe)
  }

  private mutating func expire(
    _ why: String, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    delivery = .expired
    remedy = "call again, with a later --expires if the endpoint is often away: nothing ran"
    end(.expired, why, now, &effects)
  }

  mutating func answerAttempt(
    _ result: Attempt.Result, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard let last = attempts.indices.last, attempts[last].result == .pending else { return }
    attempts[last].result = result
    attempts[last].answeredAt = now
    effects.append(.attempt(attempts[last]))
  }

  // MARK: Execution and output

  private mutating func released(
    _ startedAt: Instant?, _ pid: Int?, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    // The runtime's hello, or output, may have told before that it runs, but not since when.
    if let startedAt, self.startedAt == nil, execution != .ended {
      execution = .started
      self.startedAt = startedAt
      reason = "running"
      note(
        .started, ["pid": pid.map(JSON.int) ?? .null, "endpointAtUs": Self.json(startedAt)], now,
        &effects)
    } else if execution == .notStarted {
      execution = .released
      reason = "released; the process is about to begin"
      note(.released, [:], now, &effects)
    }
  }

  private mutating func output(
    _ chunk: OutputChunk, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    let committed = chunk.stream == .stdout ? stdoutBytes : stderrBytes
    guard chunk.offset == committed || Mutant.duplicateOutputStored.isPlanted else {
      // Sent again after a reconnect: already here. Bytes missing before it: have it sent again.
      if chunk.offset > committed { effects.append(.outputGap) }
      return
    }
    switch chunk.stream {
    case .stdout: stdoutBytes += chunk.bytes.count
    case .stderr: stderrBytes += chunk.bytes.count
    }
    if output == .none {
      output = .partial
      if execution == .notStarted || execution == .released { execution = .started }
      note(
        .outputBegan,
        ["stream": .string(chunk.stream.rawValue), "endpointAtUs": Self.json(chunk.at)], now,
        &effects)
    }
    effects.append(.store(chunk))
  }

  private mutating func finished(
    _ report: Report, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    answerAttempt(.acknowledged, now, &effects)
    if delivery != .acknowledged { delivery = .acknowledged }
    if report.isAbsence, startWasHeard { return denied(now, &effects) }
    effects.append(.execution(report))
    switch report {
    case .ended(let record): ended(record, now, &effects)
    case .interrupted(let why, let startedAt):
      self.startedAt = startedAt ?? self.startedAt
      remedy = "it may have changed something: look at the endpoint before you call again"
      end(.interrupted, execution: .lost, "it began and did not finish: \(why)", now, &effects)
    case .rejected where Mutant.requeueAfterRelease.isPlanted && !request.shape.isForServiceOnly:
      queueAgain("planted", &effects)
    case .rejected(_, let why, let remedy):
      self.remedy = remedy
      end(.rejected, why, now, &effects)
    case .cancelled:
      end(
        .cancelled, "cancelled\(cancelledBy.map { " by " + $0 } ?? "") before it was started", now,
        &effects)
    case .expired:
      expire("it waited on the endpoint for its release until its deadline passed", now, &effects)
    case .lost(let why):
      remedy = "look at the endpoint itself before you call again: it may have run"
      end(.unknown, execution: .lost, why, now, &effects)
    }
  }

  /// The endpoint says that nothing ran, and it was heard that it did: it does not know any more.
  private mutating func denied(_ now: Instant, _ effects: inout [CallEffect]) {
    let why =
      "the endpoint's journal has no trace of the call's start, which had been heard; how it ended is"
      + " not known"
    effects.append(.execution(.lost(reason: why)))
    remedy = "look at the endpoint itself before you call again: it has run"
    end(.unknown, execution: .lost, why, now, &effects, memoryLost: true)
  }

  private mutating func ended(
    _ record: ExecutionRecord, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    execution = .ended
    startedAt = record.startedAt
    let missing =
      record.stdout.keptBytes + record.stderr.keptBytes - stdoutBytes - stderrBytes
    if missing > 0 {
      output = .partial
    } else {
      output = record.stdout.keptBytes == 0 ? .empty : .complete
    }
    note(
      .finished,
      [
        "missingBytes": .int(max(0, missing)),
        "endpointAtUs": Self.json(record.endedAt),
      ], now, &effects)
    effects.append(.judge(record))
  }

  private mutating func judged(
    _ verdict: Verdict, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    guard execution == .ended else { return }
    validity = verdict.validity
    remedy = verdict.remedy
    effects.append(.verdict(verdict))
    end(verdict.outcome, execution: .ended, verdict.meaning, now, &effects)
  }

  private static func json(_ instant: Instant) -> JSON { .int(Int(instant.microseconds)) }

  // MARK: The end

  /// Writes the outcome, once.
  /// - Parameter memoryLost: the endpoint does not know any more what it knew; see
  ///   `Transition.contradictsAbsence`.
  mutating func end(
    _ outcome: Outcome, execution: Execution? = nil, _ why: String, _ now: Instant,
    _ effects: inout [CallEffect], memoryLost: Bool = false
  ) {
    precondition(self.outcome == nil, "an outcome is written once")
    self.outcome = outcome
    if let execution { self.execution = execution }
    reason = why
    endedAt = now
    var evidence = JSONObject([("outcome", .string(outcome.rawValue)), ("reason", .string(why))])
    if memoryLost { evidence[Transition.memoryLost] = true }
    note(.ended, .object(evidence), now, &effects)
  }

  mutating func note(
    _ kind: Transition.Kind, _ evidence: JSON, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    transitions += 1
    effects.append(
      .transition(
        Transition(
          sequence: transitions, at: now, kind: kind, delivery: delivery, execution: execution,
          output: output, evidence: evidence)))
  }
}
