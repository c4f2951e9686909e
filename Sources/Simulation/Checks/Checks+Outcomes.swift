import Engine
import Model
import Wire

/// Whether an outcome says what happened, by the ledger.
extension Checks {
  func ended(_ call: Call) {
    guard let outcome = call.outcome else { return }
    if overSince[call.id] == nil { overSince[call.id] = world.now }
    site.world.mark("outcome \(outcome.rawValue)")
    site.world.note("\(call.id.text.suffix(6)) is \(outcome.rawValue): \(call.reason)")
    switch outcome {
    case .succeeded, .succeededEmpty, .failed, .malformed, .timedOut: ran(call, outcome)
    case .cancelled:
      if call.cancelledBy == nil, !isTampered(call), !isStopped(call) {
        violate("cancelled, and nobody asked for it", call.id)
      }
      if case .ended = site.rows.reports[call.id] { ran(call, outcome) } else { didNotRun(call) }
    case .interrupted:
      if ledger.starts(of: call.id) == 0, !isTampered(call) {
        violate("interrupted, and it never began", call.id)
      }
      if !hasSpoolFault(call) { violate("interrupted without a cause", call.id) }
    case .rejected:
      didNotRun(call)
      rejected(call)
    case .denied, .undeliverable: didNotRun(call)
    case .expired:
      didNotRun(call)
      expired(call)
    case .unknown: unknown(call)
    }
  }

  private func hosts(_ call: Call) -> [Host] {
    let name = site.rows.endpoints[call.endpoint]?.name
    return site.hosts.filter { $0.name == name || name == nil }
  }

  private func isTampered(_ call: Call) -> Bool { hosts(call).contains { $0.memoryFaults > 0 } }

  private func hasSpoolFault(_ call: Call) -> Bool {
    hosts(call).contains { $0.spoolFaults + $0.powerCuts + $0.memoryFaults > 0 }
  }

  private func ran(_ call: Call, _ outcome: Outcome) {
    guard case .ended(let record) = site.rows.reports[call.id] else {
      return violate("\(outcome.rawValue) without a record", call.id)
    }
    guard let run = ledger.runs[call.id]?.first(where: { $0.record == record }) else {
      return violate("\(outcome.rawValue) with a record that no executor wrote", call.id)
    }
    let isIntact = OutputStream.allCases.allSatisfy { stream in
      site.rows.output[StoredRows.OutputKey(call: call.id, stream: stream)] ?? []
        == run.kept[stream] ?? []
    }
    // The record is told when all that it speaks of is on disk, so a power cut is no excuse.
    if !isIntact, !hosts(call).contains(where: { $0.spoolLosses + $0.memoryFaults > 0 }) {
      violate("output was lost or changed", call.id)
    }
    let expected = Self.outcome(of: record, run, isIntact: isIntact)
    if expected != outcome {
      violate("\(outcome.rawValue), and it was \(expected.rawValue)", call.id)
    }
  }

  private static func outcome(
    of record: ExecutionRecord, _ run: Ledger.Run, isIntact: Bool
  ) -> Outcome {
    switch record.ended {
    case .exit(code: 0):
      let printed = run.kept[.stdout] ?? []
      if !isIntact || printed.contains(where: { $0 > 127 }) { return .malformed }
      return printed.isEmpty ? .succeededEmpty : .succeeded
    case .exit, .signal: return .failed
    case .limit: return .timedOut
    case .cancelled: return .cancelled
    }
  }

  private func didNotRun(_ call: Call) {
    if ledger.starts(of: call.id) > 0, !couldNotBeKnown(call.id), !ranUnheard(call.id) {
      violate("\(call.outcome?.rawValue ?? "") as if it had not run, and it ran", call.id)
    }
  }

  /// What was told of a call that had ended as `unknown`.
  func resolved(_ id: CallID, by report: Report) {
    world.mark("resolved")
    switch report {
    case .ended(let record):
      if ledger.runs[id]?.contains(where: { $0.record == record }) != true {
        violate("resolved by a record that no executor wrote", id)
      }
    case .cancelled, .expired, .rejected:
      if ledger.starts(of: id) > 0, !couldNotBeKnown(id), !ranUnheard(id) {
        violate("resolved as if it had not run, and it ran", id)
      }
    case .interrupted, .lost: break
    }
  }

  /// Clocks drift, so an endpoint's word may be a little early.
  private func expired(_ call: Call) {
    guard let endedAt = call.endedAt else { return }
    let left = call.request.expiresAt - endedAt
    let life = call.request.expiresAt - call.request.acceptedAt
    // An agent that starts again reads the wall clock anew.
    if site.controlHasJumped || hosts(call).contains(where: \.hasJumped) { return }
    // Two machines with one disk may have two clocks.
    if hosts(call).contains(where: { cloned.contains($0.name) }) { return }
    // What is left is told in whole milliseconds.
    if left > life * 0.01 + .milliseconds(2) {
      violate("expired \(left) before its deadline", call.id)
    }
  }

  /// `unknown` needs a cause that is listed here.
  private func unknown(_ call: Call) {
    let here = hosts(call)
    if removedEndpoints.contains(call.endpoint) || here.contains(where: \.isRetired) {
      return site.world.mark("unknown because the endpoint was removed")
    }
    if case .lost = site.rows.reports[call.id] {
      if !hasSpoolFault(call) { violate("lost without a cause", call.id) }
      return site.world.mark("unknown because the executor or its spool is gone")
    }
    if call.reason.hasPrefix("the endpoint's journal")
      || call.reason.contains("acknowledged the call")
      || call.reason.contains("no record of its end")
    {
      if !isTampered(call) { violate("unknown without a cause: \(call.reason)", call.id) }
      return site.world.mark("unknown because the journal was tampered with")
    }
    if call.reason.contains("recovery horizon") {
      if let end = call.endedAt, end - call.request.acceptedAt < site.plan.horizon {
        violate("given up before the recovery horizon", call.id)
      }
      // A horizon that was passed in bad times may be noticed a moment after them.
      if let since = site.healingSince, world.now - since > .seconds(60),
        site.plan.horizon > .seconds(120), !isTampered(call)
      {
        violate("given up although its endpoint is back", call.id)
      }
      return site.world.mark("unknown because of the recovery horizon")
    }
    violate("unknown without a listed cause: \(call.reason)", call.id)
  }
}
