import Digest
import JSON
import Model
import PluginKit
import PluginProtocol

/// An executor plugin in the order of `PluginServer` and `PluginCall`, with the real `RunMachine` for
/// each call: it owns the processes of its calls and writes their spools, and it outlives its agent
/// while it has any.
final class PluginProcess: Process, @unchecked Sendable {
  private struct Held {
    enum State { case prepared, starting, running, ending }

    let spool: Spool
    let behaviour: Behaviour
    let runtime: RuntimeName
    let unsyncedBytes: Int
    var machine: RunMachine
    var timers: [RunMachine.Timer: Int] = [:]
    var state = State.prepared
    var startRequest = 0
    var pid = 0
    var startedAt = Instant(microseconds: 0)
    var cancelIsAsked = false
    /// How the process itself ended.
    var how: Ending?
    var kept: [OutputStream: [UInt8]] = [:]
  }

  private let host: Host
  private weak var agent: AgentProcess?
  weak var channel: SimulatedChannel?
  private var calls: [CallID: Held] = [:]
  private var lastRequest = World.beginning
  private var lastReply = World.beginning
  private var isClosed = false
  private var isLeaving = false
  private var isDetached = false
  private var lastTimer = 0

  init(host: Host, agent: AgentProcess) {
    self.host = host
    self.agent = agent
    super.init(world: host.world, name: "plugin of \(host.name)", clock: host.newClock())
  }

  /// Whether anyone could still write to its input.
  private var hasWriter: Bool { !isClosed && agent?.isAlive ?? false }

  var runningCalls: Int { calls.values.count { $0.state == .running } }

  // MARK: The pipes

  func receive(_ request: PluginRequest, id: Int) {
    arrive { [weak self] in self?.take(request, id) }
  }

  /// The agent's end of the pipe is closed; what was written before is read first.
  func inputCloses() {
    isClosed = true
    arrive { [weak self] in self?.detach() }
  }

  private func arrive(_ action: @escaping () -> Void) {
    let due = max(lastRequest, world.now + host.site.pipeTime())
    lastRequest = due
    world.after(due - world.now) { [weak self] in self?.awake(action) }
  }

  private func reply(_ word: SimulatedChannel.Word) {
    let due = max(lastReply, world.now + host.site.pipeTime())
    lastReply = due
    world.after(due - world.now) { [weak channel] in channel?.hear(word) }
  }

  private func answer(_ id: Int, _ result: JSON = [:]) { reply(.answer(id: id, .success(result))) }

  private func refuse(_ id: Int, _ reason: String) {
    reply(
      .answer(
        id: id, .failure(PluginFault(message: reason, reason: reason, remedy: "call again"))))
  }

  override func died() {
    for (call, held) in calls.sorted(by: { $0.key < $1.key }) {
      host.site.checks.executorDied(
        call, isStarting: held.state == .starting, isRunning: held.state == .running, on: host)
    }
    if !calls.isEmpty { host.spoolFaults += 1 }
    calls.removeAll()
    host.plugins.removeAll { $0 === self }
    reply(.gone)
  }

  // MARK: Requests

  private func take(_ request: PluginRequest, _ id: Int) {
    switch request {
    case .initialize:
      answer(
        id,
        PluginDescription(
          name: "shell", version: "1", executors: ["shell"], isolation: [Preparation.asOther],
          platform: "linux"
        ).json)
    case .prepare(let preparation): prepare(preparation, id)
    case .start(let call): start(call, id)
    case .discard(let call):
      if calls[call]?.state == .prepared { drop(call) }
      answer(id)
    case .cancel(let call):
      cancel(call)
      answer(id)
    case .ping: answer(id)
    case .shutdown:
      answer(id)
      leave()
    }
  }

  private func prepare(_ preparation: Preparation, _ id: Int) {
    let call = preparation.call
    guard !isLeaving, hasWriter else { return refuse(id, "plugin.leaving") }
    guard calls[call] == nil else { return refuse(id, "call.known") }
    let name = Host.directoryName(of: preparation.directory)
    guard let spool = host.disk.spools[name], spool.isBlank, !spool.isLocked else {
      return refuse(id, "spool.unwritable")
    }
    let behaviour = Behaviour(stdin: preparation.stdin ?? "")
    spool.open(
      by: self,
      SpoolOpening(
        call: call, plugin: "shell", bootID: "boot-\(host.index)-\(host.boot)", at: now, owner: nil)
    )
    if behaviour.refusal == .atPrepare {
      spool.unlock()
      return refuse(id, "executor.refused")
    }
    calls[call] = Held(
      spool: spool, behaviour: behaviour,
      runtime: preparation.runAs.map { .session(of: $0) } ?? .service,
      unsyncedBytes: preparation.unsyncedBytes,
      machine: RunMachine(
        runLimit: preparation.limits.run, killGrace: preparation.limits.killGrace))
    guard boundary() else { return }
    answer(id)
  }

  private func start(_ call: CallID, _ id: Int) {
    guard !isLeaving, hasWriter else { return refuse(id, "plugin.leaving") }
    guard let held = calls[call] else { return refuse(id, "call.unknown") }
    guard held.state == .prepared else { return refuse(id, "call.alreadyStarted") }
    host.startsCall()
    held.spool.append(.starting(at: now))
    calls[call]?.state = .starting
    calls[call]?.startRequest = id
    guard boundary() else { return }
    later(host.site.spawnTime()) { [weak self] in self?.spawn(call) }
  }

  private func spawn(_ call: CallID) {
    guard let held = calls[call], boundary() else { return }
    if held.behaviour.refusal == .atStart {
      held.spool.dropLast()
      held.spool.unlock()
      calls[call] = nil
      refuse(held.startRequest, "executor.refused")
      return leaveIfIdle()
    }
    let pid = host.site.checks.started(
      call, in: held.runtime, on: host, askedSince: agent?.clock.start)
    guard boundary() else { return }
    calls[call]?.state = .running
    calls[call]?.pid = pid
    calls[call]?.startedAt = now
    held.spool.append(.started(at: now, process: pid))
    answer(held.startRequest, ["pid": .int(pid)])
    for piece in held.behaviour.pieces {
      later(piece.after) { [weak self] in self?.write(piece, of: call) }
    }
    if let runTime = held.behaviour.runTime {
      later(runTime) { [weak self] in self?.exits(call, held.behaviour.ending) }
    }
    step(call, .started)
  }

  private func write(_ piece: Behaviour.Piece, of call: CallID) {
    guard let held = calls[call], held.state == .running, held.how == nil, boundary() else {
      return
    }
    let offset = held.kept[piece.stream]?.count ?? 0
    held.spool.append(
      .output(SpoolOutput(stream: piece.stream, offset: offset, at: now, bytes: piece.bytes)))
    calls[call]?.kept[piece.stream, default: []] += piece.bytes
    if !isDetached { reply(.progress(call)) }
  }

  private func cancel(_ call: CallID) {
    guard let held = calls[call], !held.cancelIsAsked,
      held.state == .starting || held.state == .running
    else { return }
    calls[call]?.cancelIsAsked = true
    step(call, .stop(.cancel))
  }

  // MARK: The process of a call

  private func step(_ call: CallID, _ event: RunMachine.Event) {
    guard let effects = calls[call]?.machine.step(event) else { return }
    for effect in effects { carryOut(effect, call) }
  }

  private func carryOut(_ effect: RunMachine.Effect, _ call: CallID) {
    switch effect {
    case .arm(let timer, let delay):
      lastTimer += 1
      let mine = lastTimer
      calls[call]?.timers[timer] = mine
      later(delay) { [weak self] in
        guard let self, calls[call]?.timers[timer] == mine else { return }
        step(call, .fired(timer))
      }
    case .disarm(let timer): calls[call]?.timers[timer] = nil
    case .terminate:
      guard let stubbornness = calls[call]?.behaviour.stubbornness else { return }
      later(stubbornness) { [weak self] in
        self?.exits(call, .signal(number: 15, coreDumped: false))
      }
    case .kill:
      later(.milliseconds(2)) { [weak self] in
        self?.exits(call, .signal(number: 9, coreDumped: false))
        self?.step(call, .treeGone)
      }
    case .finish(let stop): finish(call, stop)
    }
  }

  private func exits(_ call: CallID, _ how: Ending) {
    guard let held = calls[call], held.state == .running, held.how == nil else { return }
    calls[call]?.how = how
    step(call, .ended)
    step(call, .treeGone)
    step(call, .outputClosed)
  }

  private func finish(_ call: CallID, _ stop: RunMachine.Stop?) {
    guard let held = calls[call], held.state == .running else { return }
    calls[call]?.state = .ending
    let ending = Self.ending(held.how, stop)
    let record = ExecutionRecord(
      ended: ending, startedAt: held.startedAt, endedAt: now, duration: now - held.startedAt,
      executor: Executor(name: "shell", version: "1"), process: ProcessUsage(pid: held.pid),
      stdout: Self.account(held.kept[.stdout] ?? []), stderr: Self.account(held.kept[.stderr] ?? [])
    )
    host.site.checks.ended(call, record, held.kept)
    guard boundary() else { return }
    held.spool.append(.ended(at: now, record))
    guard boundary() else { return }
    let unsyncedBytes = isDetached || !hasWriter ? 0 : held.unsyncedBytes
    if held.spool.bytes <= unsyncedBytes {
      world.mark("spool left to the journal")
      return tellEnd(call, held.spool)
    }
    later(host.site.syncTime()) { [weak self] in
      held.spool.sync()
      self?.tellEnd(call, held.spool)
    }
  }

  private func tellEnd(_ call: CallID, _ spool: Spool) {
    spool.unlock()
    calls[call] = nil
    guard boundary() else { return }
    reply(.ended(call))
    leaveIfIdle()
  }

  /// As `ProcessRun`.
  private static func ending(_ how: Ending?, _ stop: RunMachine.Stop?) -> Ending {
    let signal: Int? = if case .signal(let number, _) = how { number } else { nil }
    return switch stop {
    case nil: how ?? .signal(number: 9, coreDumped: false)
    case .limit(let name): .limit(name, signal: signal)
    case .cancel: .cancelled(signal: signal)
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
    leaveIfIdle()
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
    later(PluginProtocol.cancelPollInterval) { [weak self] in self?.watchCancelFiles() }
  }
}
