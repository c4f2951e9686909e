import Engine
import Model
import Wire

/// What is on the control plane's disk: the rows that `Store` keeps, and nothing that it does not.
struct StoredRows {
  private(set) var calls: [CallID: Call] = [:]
  private(set) var endpoints: [EndpointID: Endpoint] = [:]
  private(set) var reports: [CallID: Report] = [:]
  private(set) var output: [OutputKey: [UInt8]] = [:]
  private(set) var keys: [String: CallID] = [:]
  private var attempts: [CallID: [Int: Attempt]] = [:]
  private var definitions: [String: String] = [:]

  struct OutputKey: Hashable {
    let call: CallID
    let stream: OutputStream
  }

  /// One transaction, whole.
  mutating func apply(_ effects: [EngineEffect]) {
    for effect in effects { apply(effect) }
  }

  private mutating func apply(_ effect: EngineEffect) {
    switch effect {
    case .insertCall(let call):
      calls[call.id] = call
      if let key = call.request.idempotencyKey { keys[key] = call.id }
    // The statement has "outcome IS NULL", as the store's has.
    case .updateCall(let call): if calls[call.id]?.outcome == nil { calls[call.id] = call }
    case .attempt(let id, let attempt): attempts[id, default: [:]][attempt.number] = attempt
    case .execution(let id, let report): if reports[id] == nil { reports[id] = report }
    case .storeOutput(let chunk):
      output[OutputKey(call: chunk.call, stream: chunk.stream), default: []] += chunk.bytes
    case .saveEndpoint(let endpoint): endpoints[endpoint.id] = endpoint
    case .deleteEndpoint(let id): endpoints[id] = nil
    case .transition, .verdict, .judge, .send, .close, .answer: break
    }
  }

  mutating func keep(definition: String, digest: String) { definitions[digest] = definition }

  /// A new engine takes up what the rows say, as `ControlPlane` does with `Store.resume`.
  func resume(_ engine: inout Engine, at now: Instant) {
    let open = calls.values.filter(\.isOpen).sorted { $0.id < $1.id }.map(reread)
    let needed = Set(open.map(\.request.digest))
    engine.resume(
      endpoints: endpoints.values.sorted { $0.id < $1.id }.map(Self.reread), calls: open,
      definitions: definitions.filter { needed.contains($0.key) },
      newestCall: calls.keys.max(), at: now)
  }

  /// Only what has a column survives.
  private func reread(_ call: Call) -> Call {
    var read = Call(
      id: call.id, endpoint: call.endpoint, request: call.request, delivery: call.delivery,
      execution: call.execution, output: call.output, validity: call.validity, outcome: nil,
      reason: call.reason, remedy: call.remedy, attempts: [], cancelledBy: call.cancelledBy,
      stdoutBytes: 0, stderrBytes: 0, startedAt: call.startedAt, endedAt: nil,
      transitions: call.transitions)
    read.complete(
      attempts: (attempts[call.id] ?? [:]).values.sorted { $0.number < $1.number },
      stdoutBytes: output[OutputKey(call: call.id, stream: .stdout)]?.count ?? 0,
      stderrBytes: output[OutputKey(call: call.id, stream: .stderr)]?.count ?? 0)
    return read
  }

  private static func reread(_ endpoint: Endpoint) -> Endpoint {
    Endpoint(
      id: endpoint.id, name: endpoint.name, joinedAt: endpoint.joinedAt,
      credentialHash: endpoint.credentialHash, epoch: endpoint.epoch, seen: endpoint.seen,
      runtime: endpoint.runtime, lastContact: endpoint.lastContact)
  }
}
