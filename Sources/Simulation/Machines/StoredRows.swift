import Engine
import JSON
import Model
import Store
import Wire

/// What is on the control plane's disk: the rows that `Store` keeps, and nothing that it does not.
struct StoredRows {
  private(set) var calls: [CallID: Call] = [:]
  private(set) var endpoints: [EndpointID: Endpoint] = [:]
  private(set) var reports: [CallID: Report] = [:]
  private(set) var resolved: [CallID: Report] = [:]
  private(set) var output: [OutputKey: [UInt8]] = [:]
  private(set) var keys: [String: CallID] = [:]
  private(set) var batches: [BatchID: CallBatch] = [:]
  private(set) var sessions: [SessionID: Session] = [:]
  private var attempts: [CallID: [Int: Attempt]] = [:]
  private var definitions: [String: String] = [:]
  private var open: Set<CallID> = []
  /// The calls of a batch, by position, and which call waits for which.
  private var batchCalls: [BatchID: [CallID]] = [:]
  private(set) var followers: [CallID: CallID] = [:]
  /// Calls that an endpoint may have.
  private(set) var handed: [EndpointID: Set<CallID>] = [:]

  /// Calls of which it is not believed any more that they did not run.
  private var contradicted: Set<CallID> = []

  struct OutputKey: Hashable {
    let call: CallID
    let stream: OutputStream
  }

  var openCalls: [CallID] { open.sorted() }
  func calls(of batch: BatchID) -> [CallID] { batchCalls[batch] ?? [] }

  func waiting(for endpoint: EndpointID) -> [Call] {
    openCalls.compactMap { calls[$0] }.filter { $0.endpoint == endpoint && $0.delivery == .queued }
  }

  mutating func apply(_ effect: EngineEffect) {
    switch effect {
    case .insertCall(let call):
      calls[call.id] = call
      open.insert(call.id)
      if let key = call.request.idempotencyKey { keys[key] = call.id }
      if let place = call.request.batch { batchCalls[place.batch, default: []].append(call.id) }
      if let before = call.request.batch?.after { followers[before] = call.id }
    // The statement has "outcome IS NULL", as the store's has.
    case .updateCall(let call):
      guard calls[call.id]?.outcome == nil else { return }
      calls[call.id] = call
      if !call.isOpen { open.remove(call.id) }
      if call.isHanded {
        handed[call.endpoint, default: []].insert(call.id)
      } else {
        handed[call.endpoint]?.remove(call.id)
      }
    case .attempt(let id, let attempt): attempts[id, default: [:]][attempt.number] = attempt
    case .execution(let id, let report): if reports[id] == nil { reports[id] = report }
    case .storeOutput(let chunk):
      output[OutputKey(call: chunk.call, stream: chunk.stream), default: []] += chunk.bytes
    case .lateReport(let endpoint, let id, let report, _): resolve(id, of: endpoint, by: report)
    case .saveEndpoint(let endpoint): endpoints[endpoint.id] = endpoint
    case .deleteEndpoint(let id): endpoints[id] = nil
    case .insertBatch(let batch): batches[batch.id] = batch
    case .saveSession(let session): sessions[session.id] = session
    case .transition(let id, let transition):
      if transition.contradictsAbsence { contradicted.insert(id) }
    case .lateOutput, .verdict, .judge, .send, .close, .answer: break
    }
  }

  /// As `Store.resolve`.
  private mutating func resolve(_ id: CallID, of endpoint: EndpointID, by report: Report) {
    if case .lost = report { return }
    guard let call = calls[id], call.endpoint == endpoint, call.outcome == .unknown,
      resolved[id] == nil, !report.isAbsence || !contradicted.contains(id)
    else { return }
    resolved[id] = report
  }

  mutating func keep(definition: String, digest: String) { definitions[digest] = definition }

  /// A new engine takes up what the rows say, as `ControlPlane` does with `Store.resume`.
  func resume(_ engine: inout Engine, at now: Instant) {
    let open = openCalls.compactMap { calls[$0] }.map(reread)
    let needed = Set(open.map(\.request.digest))
    engine.resume(
      endpoints: endpoints.values.sorted { $0.id < $1.id }.map(Self.reread), calls: open,
      definitions: definitions.filter { needed.contains($0.key) },
      newestCall: calls.keys.max(), newestSession: sessions.keys.max(),
      sessions: sessions.values.filter { $0.closing == nil }.sorted { $0.id < $1.id }, at: now)
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
      shape: call.request.shape, batch: call.request.batch, session: call.request.session)
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

/// The store as the control plane's process has it: what is not committed dies with it.
final class SimulatedStore: Storing {
  private unowned let process: ControlPlaneProcess
  private let site: Site
  private var pending: [EngineEffect] = []
  private var definitions: [(digest: String, text: String)] = []

  init(process: ControlPlaneProcess, site: Site) {
    self.process = process
    self.site = site
  }

  func write(_ effect: EngineEffect) throws {
    guard process.isAlive else { throw Crash() }
    pending.append(effect)
  }

  func write(definition text: String, digest: String) throws {
    definitions.append((digest, text))
  }

  func flush() throws {}

  func call(withKey key: String) throws -> KeyedCall? {
    guard let call = call(of: key) else { return nil }
    return KeyedCall(
      id: call.id, endpoint: call.endpoint, digest: call.request.digest,
      shownArguments: call.request.shownArguments.compact,
      runtime: call.request.shape.runtime?.text, session: call.request.session,
      batch: (call.request.batch?.batch).flatMap(batch).map {
        KeyedCall.Batch(id: $0.id, requestDigest: $0.requestDigest)
      })
  }

  private func batch(_ id: BatchID) -> CallBatch? {
    if let batch = site.rows.batches[id] { return batch }
    for case .insertBatch(let batch) in pending where batch.id == id { return batch }
    return nil
  }

  private func call(of key: String) -> Call? {
    if let id = site.rows.keys[key] { return site.rows.calls[id] }
    for case .insertCall(let call) in pending where call.request.idempotencyKey == key {
      return call
    }
    return nil
  }

  func readOutput(
    of call: CallID, _ stream: OutputStream, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws {
    site.rows.output[StoredRows.OutputKey(call: call, stream: stream)]?.withUnsafeBytes(body)
    for case .storeOutput(let chunk) in pending where chunk.call == call && chunk.stream == stream {
      chunk.bytes.withUnsafeBytes(body)
    }
  }

  func commit() throws {
    guard process.boundary() else { throw Crash() }
    if pending.isEmpty && definitions.isEmpty { return }
    if site.controlDiskFails() {
      process.die("because its disk failed")
      throw Crash()
    }
    process.noteSync()
    for (digest, text) in definitions { site.rows.keep(definition: text, digest: digest) }
    for effect in pending {
      site.checks.committing(effect)
      site.rows.apply(effect)
    }
    site.checks.committed(pending)
    pending.removeAll(keepingCapacity: true)
    definitions.removeAll()
    guard process.boundary() else { throw Crash() }
  }

  func close() throws {}
}
