package import Model
package import Wire

package enum AgentEvent: Sendable {
  /// The control plane offers a call; the driver has looked whether it could run here.
  case offered(Offer, Admission)
  /// The executor refused it, before or at the start; nothing ran.
  case refused(CallID, Report)
  case started(CallID, pid: Int?)
  case ended(CallID, ExecutionRecord)
  /// What the spool says of a call whose executor is gone.
  case evidence(CallID, Evidence)
  case cancel(CallID)
  case confirmed([CallID], lowWater: CallID?)
  case probed(request: Int, CallID)
  case memoryReplaced
  /// Of calls that the hello had not begun: those that the control plane has heard to have begun, and
  /// those that are over there. Before `welcomed`.
  case mustNotBegin(started: [CallID], closed: [CallID])
  /// A new link is open. What was told over the one before may not have arrived.
  case welcomed
  case tick
  /// Take nothing new.
  case stop
}

/// Whether an offered call could run here.
package enum Admission: Sendable, Hashable {
  case runnable
  case refused(Report)
  /// Not in the runtime that it was offered to; another one of this endpoint may take it.
  case elsewhere(RefusedOffer)
  /// It was finished and confirmed before.
  case tombstone
}

/// What a spool proves of a call that no executor answers for.
package enum Evidence: Sendable, Hashable {
  /// The executor gave the call up before its process could begin.
  case neverStarted
  /// It began, and its owner lives and writes on.
  case running(startedAt: Instant, pid: Int?)
  case ended(ExecutionRecord)
  /// It began, and its owner died.
  case interrupted(reason: String, startedAt: Instant?)
  /// Whether it began cannot be told.
  case lost(reason: String)
}

package enum AgentEffect: Sendable, Hashable {
  // Durable: committed before any other effect of the same step.
  case journal(CallID, JournalEntry)
  /// Forget a confirmed call; needs no commit of its own.
  case forget(CallID)
  case prune(before: CallID)
  /// Stage it: at once, because nothing of it shows.
  case prepare(CallID)
  // After the commit.
  case start(CallID)
  /// Drop it if it was not told to start; answered by `refused` then.
  case discard(CallID)
  case cancel(CallID)
  case acknowledge(CallID, attempt: Int, CallState)
  case refuse(RefusedOffer)
  case sendReleased(CallID, startedAt: Instant, pid: Int?)
  case sendState(request: Int, HeldCall)
  /// Send `finished`, once all the call's output is sent.
  case report(CallID, Report)

  package var startsCall: Bool {
    if case .start = self { true } else { false }
  }
}

package enum JournalEntry: Sendable, Hashable {
  case received(Offer)
  case released
  case started(at: Instant, pid: Int?)
  case ended(Report)
  /// The end of a call that this journal never released, with a report that proves nothing.
  case abandoned(Report)
}

extension Report {
  /// Nobody saw the end of the last of its processes.
  package var outlivedItsExecutor: Bool {
    switch self {
    case .interrupted, .lost: true
    case .ended, .rejected, .cancelled, .expired: false
    }
  }

  static func full(_ capacity: Int) -> Report {
    .rejected(
      code: "full", reason: "the endpoint holds \(capacity) calls, its capacity",
      remedy: "wait until some have ended, then call again")
  }

  package static let memoryReplaced = Report.lost(
    reason: "the endpoint's journal is not the one that the control plane knew, and may be older"
      + " than the call's run; whether the process began is not known")

  package static let startForgotten = Report.lost(
    reason:
      "the control plane has heard that it began, and the endpoint's disk has no trace of that;"
      + " how it ended is not known")

  package static let unreadable = Report.rejected(
    code: "journalCopy", reason: "the journal's copy of the call cannot be read",
    remedy: "call again; nothing ran")

  static func executorDied(times: Int) -> Report {
    .rejected(
      code: "executorDied",
      reason: "the executor died \(times) times between release and start; nothing ran",
      remedy: "look at the agent's log for what the executor said, then call again")
  }
}
