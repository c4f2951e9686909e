import Model
import Wire

// What the control plane knows of this journal, and of the calls in it. Until it has said so, nothing
// that was found in the journal begins, expires or is cancelled.

extension AgentMachine {
  /// The control plane gave the endpoint a new epoch, because this journal is not the one it knew.
  /// It has closed the calls of the old epoch: what was not started must not run any more. What this
  /// process took itself did not run for certain; what it found in the journal may have run in a life
  /// that the journal does not remember.
  mutating func memoryReplaced(_ now: Instant, _ effects: inout [AgentEffect]) {
    let report = awaitsProof ? Report.memoryReplaced : .cancelled
    for call in waiting { finish(call, report, now, &effects) }
    guard awaitsProof else { return }
    for call in heldBack { finish(call, report, now, &effects) }
    for call in calls.keys { calls[call]?.bar = .disowned }
  }

  /// Names calls that must not begin. One whose process runs all the same, which its spool will tell,
  /// goes on.
  mutating func bar(
    _ started: [CallID], _ closed: [CallID], _ now: Instant, _ effects: inout [AgentEffect]
  ) {
    bar(started, .startForgotten)
    bar(closed, .closed)
    for call in started + closed {
      guard let held = calls[call], held.phase == .received, let bar = held.bar else { continue }
      finish(call, bar.report, now, &effects)
    }
  }

  private mutating func bar(_ named: [CallID], _ bar: Bar) {
    for call in named where calls[call]?.bar == nil { calls[call]?.bar = bar }
  }

  /// The control plane knows this journal, or has closed what was in it.
  mutating func memoryProved(_ now: Instant, _ effects: inout [AgentEffect]) {
    guard awaitsProof else { return }
    // First, while an end releases nothing that waits: it may be one of these.
    for call in waiting where calls[call]?.cancelRequested == true {
      finish(call, .cancelled, now, &effects)
    }
    awaitsProof = false
    let released = heldBack
    heldBack.removeAll()
    for call in released { judge(.neverStarted, of: call, now, &effects) }
    releaseWaiting(now, &effects)
  }
}

/// Why a call that has not begun here must not begin any more.
enum Bar: Sendable {
  /// The control plane has closed it under an epoch that is over, and this journal may be older than
  /// its run.
  case disowned
  /// The control plane has heard that it began, and nothing here shows it.
  case startForgotten
  /// It is over at the control plane.
  case closed

  var report: Report {
    switch self {
    case .disowned: .memoryReplaced
    case .startForgotten: .startForgotten
    case .closed: .cancelled
    }
  }
}
