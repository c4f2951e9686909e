import Digest
import Model
import PluginProtocol

/// An executor plugin: it owns the processes of its calls and writes their spools, and it outlives its
/// agent while it has any.
final class PluginProcess: Process {
  enum Request {
    case initialize
    case prepare(CallID, directory: String, Behaviour)
    case start(CallID)
    case discard(CallID)
    case cancel(CallID)
    case shutdown
  }

  enum Reply {
    case hello
    case prepared(CallID)
    case refused(String, CallID, reason: String)
    case started(CallID, pid: Int)
    case progress(CallID)
    case ended(CallID)
    case died
  }

  private struct Held {
    enum State { case prepared, starting, running, ending }

    let spool: Spool
    let behaviour: Behaviour
    var state = State.prepared
    var pid = 0
    var startedAt = Instant(microseconds: 0)
    var cancelIsAsked = false
    var kept: [OutputStream: [UInt8]] = [:]
  }

  private let host: Host
  private weak var runner: PluginDesk?
  private var calls: [CallID: Held] = [:]
  private var lastRequest = World.beginning
  private var lastReply = World.beginning
  private var isLeaving = false
  private var isDetached = false

  init(host: Host, runner: PluginDesk, clockOffset: Duration) {
    self.host = host
    self.runner = runner
    super.init(
      world: host.world, name: "plugin of \(host.name)", clockOffset: clockOffset)
  }

  /// Whether anyone could still write to its input.
  private var hasWriter: Bool { runner.map { $0.agent.isAlive && $0.plugin === self } ?? false }

  var running: Int { calls.values.count { $0.state == .running } }
  /// Calls whose process may or may not exist, at this very moment.
  var starting: [CallID] { calls.filter { $0.value.state == .starting }.keys.sorted() }

  // MARK: The pipes

  func send(_ request: Request) {
    arrive(&lastRequest) { [self] in handle(request) }
  }

  /// The agent's end of the pipe is closed; what was written before is read first.
  func closeInput() {
    arrive(&lastRequest) { [self] in detach() }
  }

  private func arrive(_ last: inout Instant, _ action: @escaping () -> Void) {
    let due = max(last, world.now + world.dice.skewed(.microseconds(20), .milliseconds(1)))
    last = due
    after(due - world.now, action)
  }

  private func reply(_ reply: Reply) {
    let due = max(lastReply, world.now + world.dice.skewed(.microseconds(20), .milliseconds(1)))
    lastReply = due
    world.after(due - world.now) { [weak runner] in runner?.heard(reply, from: self) }
  }

  override func died() {
    for (call, held) in calls where held.state == .starting {
      host.site.checks.diedWhileStarting(call)
    }
    calls.removeAll()
    host.plugins.removeAll { $0 === self }
    reply(.died)
  }

  // MARK: Requests

  private func handle(_ request: Request) {
    switch request {
    case .initialize: reply(.hello)
    case .prepare(let call, let directory, let behaviour): prepare(call, directory, behaviour)
    case .start(let call): start(call)
    case .discard(let call): if calls[call]?.state == .prepared { drop(call) }
    case .cancel(let call): cancel(call)
    case .shutdown: leave()
    }
  }

  private func prepare(_ call: CallID, _ directory: String, _ behaviour: Behaviour) {
    guard !isLeaving, hasWriter else { return refuse("prepare", call, "plugin.leaving") }
    guard calls[call] == nil else { return refuse("prepare", call, "call.known") }
    if host.disk.spools[directory] != nil { return refuse("prepare", call, "spool.unwritable") }
    let spool = Spool(owner: self, call: call)
    host.disk.spools[directory] = spool
    if behaviour.refusal == .atPrepare {
      host.disk.spools[directory] = nil
      return refuse("prepare", call, "executor.refused")
    }
    calls[call] = Held(spool: spool, behaviour: behaviour)
    guard boundary() else { return }
    reply(.prepared(call))
  }

  private func refuse(_ method: String, _ call: CallID, _ reason: String) {
    reply(.refused(method, call, reason: reason))
  }

  private func start(_ call: CallID) {
    guard !isLeaving, hasWriter else { return refuse("start", call, "plugin.leaving") }
    guard calls[call]?.state == .prepared, let spool = calls[call]?.spool else {
      return refuse("start", call, "call.unknown")
    }
    spool.append(.starting)
    calls[call]?.state = .starting
    guard boundary() else { return }
    after(world.dice.skewed(.microseconds(200), .milliseconds(5))) { [self] in spawn(call) }
  }

  private func spawn(_ call: CallID) {
    guard let held = calls[call], boundary() else { return }
    if held.behaviour.refusal == .atStart {
      held.spool.dropLast()
      held.spool.unlock()
      calls[call] = nil
      refuse("start", call, "executor.refused")
      return leaveIfIdle()
    }
    let pid = host.site.checks.started(call, on: host)
    guard boundary() else { return }
    calls[call]?.state = .running
    calls[call]?.pid = pid
    calls[call]?.startedAt = now
    held.spool.append(.started(now, pid: pid))
    reply(.started(call, pid: pid))
    for piece in held.behaviour.pieces {
      after(piece.after) { [self] in write(piece, of: call) }
    }
    after(held.behaviour.runTime) { [self] in end(call, held.behaviour.ending) }
    if held.cancelIsAsked { stop(call) }
  }

  private func write(_ piece: Behaviour.Piece, of call: CallID) {
    guard let held = calls[call], held.state == .running, boundary() else { return }
    let offset = held.kept[piece.stream]?.count ?? 0
    held.spool.append(.output(piece.stream, offset: offset, at: now, piece.bytes))
    calls[call]?.kept[piece.stream, default: []] += piece.bytes
    if !isDetached { reply(.progress(call)) }
  }

  private func cancel(_ call: CallID) {
    guard let held = calls[call], !held.cancelIsAsked else { return }
    switch held.state {
    case .prepared, .ending: return
    case .starting: calls[call]?.cancelIsAsked = true
    case .running:
      calls[call]?.cancelIsAsked = true
      stop(call)
    }
  }

  private func stop(_ call: CallID) {
    guard let held = calls[call] else { return }
    after(held.behaviour.stubbornness) { [self] in end(call, .cancelled(signal: 15)) }
  }

  private func end(_ call: CallID, _ ending: Ending) {
    guard let held = calls[call], held.state == .running else { return }
    calls[call]?.state = .ending
    host.site.checks.ended(call, ending)
    let record = ExecutionRecord(
      ended: ending, startedAt: held.startedAt, endedAt: now, duration: now - held.startedAt,
      executor: Executor(name: "shell", version: "1"), process: ProcessUsage(pid: held.pid),
      stdout: Self.account(held.kept[.stdout] ?? []), stderr: Self.account(held.kept[.stderr] ?? [])
    )
    guard boundary() else { return }
    held.spool.append(.ended(record))
    guard boundary() else { return }
    after(host.site.syncTime()) { [self] in
      held.spool.sync()
      held.spool.unlock()
      host.site.checks.recorded(call)
      calls[call] = nil
      guard boundary() else { return }
      reply(.ended(call))
      leaveIfIdle()
    }
  }

  private static func account(_ bytes: [UInt8]) -> StreamAccount {
    StreamAccount(
      producedBytes: bytes.count, keptBytes: bytes.count, droppedBytes: 0, redactions: 0,
      sha256: SHA256.hex(of: bytes))
  }

  // MARK: Without an agent

  private func drop(_ call: CallID) {
    calls.removeValue(forKey: call)?.spool.unlock()
  }

  private func detach() {
    guard !isDetached else { return }
    isDetached = true
    leave()
    if isAlive { watchCancelFiles() }
  }

  private func leave() {
    isLeaving = true
    for call in calls.keys.sorted() where calls[call]?.state == .prepared { drop(call) }
    leaveIfIdle()
  }

  private func leaveIfIdle() {
    if isLeaving, calls.isEmpty { die("because nobody needs it") }
  }

  private func watchCancelFiles() {
    for call in calls.keys.sorted() where calls[call]?.spool.cancelIsRequested == true {
      cancel(call)
    }
    after(PluginProtocol.cancelPollInterval) { [self] in watchCancelFiles() }
  }
}

