package import Engine
package import Model
package import Store
import Wire

/// The calls that end in a batch, as the store shows them once it is committed: so that nobody who
/// waits for the end of a call has to read it back.
package struct Endings {
  /// In the order of their ends.
  private(set) var calls: [Call] = []
  private var reports: [CallID: Report] = [:]
  private var verdicts: [CallID: Verdict] = [:]

  mutating func note(_ effect: EngineEffect) {
    switch effect {
    case .updateCall(let call) where !call.isOpen: calls.append(call)
    case .execution(let id, let report): reports[id] = report
    case .verdict(let id, let verdict): verdicts[id] = verdict
    case .insertBatch, .insertCall, .updateCall, .transition, .attempt, .saveEndpoint,
      .deleteEndpoint, .saveSession, .storeOutput, .judge, .send, .close, .answer, .lateOutput,
      .lateReport:
      break
    }
  }

  func stored(_ call: Call, endpointName: String) -> StoredCall {
    StoredCall(
      call, endpointName: endpointName, report: reports[call.id], verdict: verdicts[call.id])
  }

  /// - Returns: `nil` for a call that did not end in this batch, or whose endpoint is no more.
  package func stored(_ id: CallID, in engine: Engine) -> StoredCall? {
    guard let call = calls.last(where: { $0.id == id }) else { return nil }
    return engine.endpoints[call.endpoint].map { stored(call, endpointName: $0.name) }
  }

  /// The batch is on disk, and was told of.
  mutating func removeAll() {
    calls.removeAll(keepingCapacity: true)
    reports.removeAll(keepingCapacity: true)
    verdicts.removeAll(keepingCapacity: true)
  }
}
