import JSON
package import Model
import Mutants
package import Wire

// In which of its endpoint's runtimes a call is offered. A new attempt at the same one is a retry, one
// at another is a requeue; what the attempts so far came to decides which of the two it is.

extension Call {
  /// Where it is to be offered next.
  /// - Parameter info: of the endpoint, with the runtimes that it has now.
  /// - Returns: `nil` while there is no runtime for it.
  package func nextRuntime(among info: RuntimeInfo?) -> RuntimeName? {
    let shape = request.shape
    if shape.isForServiceOnly { return .service }
    var possible: [RuntimeName] = []
    for runtime in info?.runtimes ?? [Runtime(name: .service, executors: [])]
    where shape.allows(runtime.name) && !hasRefused(runtime.name) {
      possible.append(runtime.name)
    }
    if let last = attempts.last?.runtime, possible.contains(last) { return last }
    return possible.first(where: \.isSession) ?? possible.first
  }

  private func hasRefused(_ runtime: RuntimeName) -> Bool {
    if Mutant.refusedRuntimeOfferedAgain.isPlanted { return false }
    return attempts.contains { attempt in
      // What one session cannot execute, none can: they share the agent's plugins.
      attempt.result == .refused
        && (attempt.runtime == runtime
          || attempt.refusal?.cause == .noExecutor && attempt.runtime.isSession
            && runtime.isSession)
    }
  }

  /// What the transcript tells of an offer: where, and why there when it was offered elsewhere before.
  func evidence(of attempt: Attempt, after last: Attempt?) -> JSON {
    var evidence = JSONObject([
      ("attempt", .int(attempt.number)), ("link", .string("\(attempt.link)")),
      ("runtime", .string(attempt.runtime.text)),
    ])
    if let last, last.runtime != attempt.runtime {
      evidence["insteadOf"] = .string(last.runtime.text)
      evidence["because"] = .string(
        last.refusal.map { "\(last.runtime) refused: \($0.reason)" }
          ?? "\(last.runtime) is not there any more")
    }
    return .object(evidence)
  }

  /// The runtime that it was offered to does not take it, and nothing of it is in the journal.
  mutating func refused(
    _ refusal: RefusedOffer, _ info: RuntimeInfo?, _ now: Instant, _ effects: inout [CallEffect]
  ) {
    // What is acknowledged is with the journal, and an older attempt was answered before.
    guard delivery == .offered, execution == .notStarted, let last = attempts.last,
      last.number == refusal.attempt, last.result == .pending
    else { return }
    attempts[attempts.count - 1].refusal = Attempt.Refusal(refusal.cause, refusal.reason)
    answerAttempt(.refused, now, &effects)
    note(
      .refused,
      [
        "attempt": .int(last.number), "runtime": .string(last.runtime.text),
        "cause": .string(refusal.cause.rawValue), "reason": .string(refusal.reason),
      ], now, &effects)
    ackDeadline = nil
    horizon = nil
    if isUnwanted(now, &effects) { return }
    let hasAnother = nextRuntime(among: info) != nil
    if hasAnother, attempts.count < request.maxAttempts {
      queueAgain(
        "queued: \(last.runtime) refused attempt \(last.number), and another runtime may take it",
        &effects)
    } else {
      delivery = .acknowledged
      effects.append(.execution(refusal.report))
      remedy = refusal.remedy
      let limit = hasAnother ? "; the limit of attempts is met" : ""
      end(.rejected, "\(last.runtime) refused it: \(refusal.reason)\(limit)", now, &effects)
    }
  }
}

extension CallShape {
  /// As most calls are: there is nothing to choose, and what the service refuses is refused for good.
  package var isForServiceOnly: Bool { placement == .service }

  package func allows(_ runtime: RuntimeName) -> Bool {
    placement.allows(runtime) && (self.runtime.map { $0 == runtime } ?? true)
  }
}
