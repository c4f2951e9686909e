import API
import Bridge
import Catalog
import ControlPlane
import Engine
import JSON
import Model
import Platform
import Tools
import Wire

/// What the stage's thread owns: the engine, which knows every rule, and the runs in memory. It
/// does what the control plane's driver does, but has no store to commit to.
struct StageLoop {
  enum Input: Sendable {
    case order(Order, @Sendable (Happening) -> Void)
    case bridge(LocalBridge.Event)
    case cancelAll(by: String)
    case agentEnded(isHealthy: Bool)
  }

  private struct Waiting {
    let order: Order
    let hear: @Sendable (Happening) -> Void
  }

  private var engine: Engine
  private let bridge: LocalBridge
  private let directories: StubDirectories
  private let scratch: String
  private var runs: [CallID: Run] = [:]
  /// Until the agent has joined.
  private var waiting: [Waiting] = []
  private var effects: [EngineEffect] = []
  private var submitted: CallID?
  private var tickets: UInt64 = 0

  init(
    engine: Engine, bridge: LocalBridge, directories: StubDirectories, scratch: String
  ) {
    self.engine = engine
    self.bridge = bridge
    self.directories = directories
    self.scratch = scratch
  }

  mutating func run(_ mailbox: Mailbox<Input>) {
    var inputs: [Input] = []
    while true {
      inputs.removeAll(keepingCapacity: true)
      let isOpen = mailbox.drain(into: &inputs, waitUpTo: untilDeadline())
      for input in inputs { take(input) }
      step(.tick)
      if !isOpen { return }
    }
  }

  private var now: Instant { Instant(microseconds: Clock.now()) }

  private func untilDeadline() -> Duration? {
    engine.nextDeadline.map { max(.zero, $0 - now) }
  }

  private mutating func take(_ input: Input) {
    switch input {
    case .order(let order, let hear):
      waiting.append(Waiting(order: order, hear: hear))
      submitWaiting()
    case .bridge(.dialed(let number)):
      step(.linkOpened(LinkID(number)))
      bridge.tell(.opened(number))
    case .bridge(.message(let number, let message)):
      step(.message(LinkID(number), message))
      submitWaiting()
    case .bridge(.closed(let number, let reason)):
      step(.linkClosed(LinkID(number), reason: reason))
    case .cancelAll(let by): cancelAll(by)
    case .agentEnded(let isHealthy):
      failAll(isHealthy ? "the agent was stopped" : "the agent failed; its log says why")
    }
  }

  // MARK: Runs

  private mutating func submitWaiting() {
    guard let endpoint = engine.endpoint(named: Stage.endpointName) else { return }
    let orders = waiting
    waiting = []
    for waiting in orders { submit(waiting, endpoint) }
  }

  private mutating func submit(_ waiting: Waiting, _ endpoint: Endpoint) {
    let order = waiting.order
    let definition = order.stubs.satisfying(order.tool.definition)
    let digest = ExecutionPlan.digest(of: definition)
    let now = now
    let request = CallRequest(
      tool: order.tool.name, toolVersion: order.tool.version, digest: digest,
      arguments: order.arguments, shownArguments: order.tool.masked(order.arguments),
      idempotencyKey: nil, by: order.by, acceptedAt: now,
      expiresAt: now + order.tool.delivery.expiresAfter, ackWithin: order.tool.delivery.ackWithin,
      maxAttempts: order.tool.delivery.attempts, idempotent: order.tool.effects.idempotent)
    let submission = Submission(
      endpoint: endpoint.id, request: request,
      definition: String(decoding: definition.canonical, as: UTF8.self))
    engine.step(.submit(submission, ticket()), at: now, into: &effects)
    adopt(waiting)
    settle()
  }

  /// Before anything of the call is sent: its stubs are there when it is prepared.
  private mutating func adopt(_ waiting: Waiting) {
    for effect in effects {
      guard case .insertCall(let call) = effect else { continue }
      runs[call.id] = Run(waiting.order.tool, hear: waiting.hear)
      guard !waiting.order.stubs.programs.isEmpty else { return }
      let directory = "\(scratch)/stubs/\(call.id.text)"
      do {
        try waiting.order.stubs.write(to: directory)
        directories[call.id] = directory
      } catch {
        runs[call.id] = nil
        waiting.hear(.failed("the stubs cannot be written: \(error)"))
        effects.removeAll()
      }
      return
    }
    waiting.hear(.failed("the engine refused the call"))
  }

  private mutating func cancelAll(_ by: String) {
    for waiting in waiting { waiting.hear(.failed("cancelled by \(by) before it began")) }
    waiting = []
    for id in runs.keys.sorted() { step(.cancel(id, by: by, ticket())) }
  }

  private mutating func failAll(_ why: String) {
    for waiting in waiting { waiting.hear(.failed(why)) }
    for id in runs.keys.sorted() { runs[id]?.hear(.failed(why)) }
    waiting = []
    runs = [:]
  }

  private mutating func ticket() -> Ticket {
    tickets += 1
    return Ticket(tickets)
  }

  // MARK: Effects

  private mutating func step(_ event: EngineEvent) {
    engine.step(event, at: now, into: &effects)
    settle()
  }

  private mutating func settle() {
    var ended: [Call] = []
    var index = 0
    while index < effects.count {
      let effect = effects[index]
      index += 1
      switch effect {
      case .updateCall(let call):
        if call.isOpen {
          runs[call.id]?.hear(.state(call.execution, call.reason))
        } else {
          ended.append(call)
        }
      case .execution(let id, let report): runs[id]?.report = report
      case .verdict(let id, let verdict): runs[id]?.verdict = verdict
      case .storeOutput(let chunk): runs[chunk.call]?.take(chunk)
      case .judge(let id, _, let record):
        guard let verdict = runs[id]?.judge(record) else { continue }
        engine.step(.judged(id, verdict), at: now, into: &effects)
      case .send(let link, let message): bridge.tell(.message(link.number, message))
      case .close(let link, let reason): bridge.tell(.closed(link.number, reason: reason))
      case .insertBatch, .insertCall, .transition, .attempt, .saveEndpoint, .deleteEndpoint,
        .saveSession, .answer, .lateOutput, .lateReport:
        break
      }
    }
    effects.removeAll(keepingCapacity: true)
    for call in ended { runs.removeValue(forKey: call.id)?.end(call) }
  }
}
