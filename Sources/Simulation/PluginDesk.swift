import Agent
import Model
import PluginHost
import PluginProtocol

/// The agent's end of its plugin, in the order of `PluginRunner`, around the real `PluginMachine`; and
/// the directories of calls.
final class PluginDesk {
  unowned let agent: AgentProcess
  private let host: Host
  private(set) var plugin: PluginProcess?
  private var machine = PluginMachine()
  private var alarm = 0
  private var isKnown = false
  private var told: [String]?
  private var waiting: [Preparation] = []
  private var calls: [CallID: Stage] = [:]
  private var freeDirectories: [String] = []
  private var untouched: Set<String> = []
  private var lastDirectory: Int

  struct Preparation {
    let call: CallID
    var directory: String
    let behaviour: Behaviour
  }

  private enum Stage {
    case waiting, waitingToStart, preparing, startedAhead, prepared, started

    var isTold: Bool { self == .startedAhead || self == .started }
  }

  init(agent: AgentProcess, host: Host) {
    self.agent = agent
    self.host = host
    lastDirectory = host.disk.spools.keys.compactMap { Int($0) }.max() ?? 0
  }

  var executors: [String] { isKnown ? ["shell"] : [] }

  func begin() { step(.wanted) }

  // MARK: Requests

  func prepare(_ preparation: Preparation) {
    let call = preparation.call
    guard makeReady(preparation.directory) else { return refuse(call, "stateDirectory") }
    guard calls[call] == nil else { return refuse(call, "call.known") }
    calls[call] = .waiting
    waiting.append(preparation)
    step(.wanted)
  }

  func start(_ call: CallID) {
    switch calls[call] {
    case .waiting: calls[call] = .waitingToStart
    case .preparing, .prepared:
      calls[call] = calls[call] == .preparing ? .startedAhead : .started
      plugin?.send(.start(call))
    case .waitingToStart, .startedAhead, .started: refuse(call, "call.notPrepared")
    case nil: refuse(call, "call.unknown")
    }
  }

  func discard(_ call: CallID) {
    switch calls[call] {
    case .waiting, .waitingToStart: waiting.removeAll { $0.call == call }
    case .preparing, .prepared: plugin?.send(.discard(call))
    case .startedAhead, .started, nil: return
    }
    refuse(call, "call.discarded")
  }

  func cancel(_ call: CallID) {
    if calls[call]?.isTold ?? false { plugin?.send(.cancel(call)) }
  }

  func leave() {
    if calls.values.contains(where: \.isTold) {
      plugin?.closeInput()
    } else {
      plugin?.die("because the agent leaves")
    }
    plugin = nil
  }

  private func refuse(_ call: CallID, _ reason: String) {
    if reason != "call.known" { calls[call] = nil }
    agent.post(.execution(.refused(call, reason: reason, message: reason, remedy: "call again")))
  }

  // MARK: The machine

  private func step(_ event: PluginMachine.Event) {
    for effect in machine.step(event, at: agent.now) { carryOut(effect) }
  }

  private func carryOut(_ effect: PluginMachine.Effect) {
    switch effect {
    case .spawn:
      let plugin = PluginProcess(host: host, runner: self, clockOffset: host.wallOffset)
      self.plugin = plugin
      host.plugins.append(plugin)
      agent.after(host.world.dice.skewed(.milliseconds(1), .milliseconds(50))) { [weak plugin] in
        plugin?.send(.initialize)
      }
    case .arm(let delay):
      alarm += 1
      let mine = alarm
      agent.after(delay) { [weak self] in
        guard let self, alarm == mine else { return }
        agent.onLoop { self.step(.timeUp) }
      }
    case .disarm: alarm += 1
    case .announce:
      tell()
      sendWaiting()
    case .abandon(let why): abandon(why)
    case .refuseWaiting:
      let refused = waiting
      waiting = []
      for preparation in refused { refuse(preparation.call, "plugin.unavailable") }
      tell()
    case .dismiss:
      plugin?.send(.shutdown)
      plugin?.closeInput()
      plugin = nil
    }
  }

  private func tell() {
    guard told != executors else { return }
    told = executors
    agent.post(.execution(.ready))
  }

  private func abandon(_ why: String) {
    let mayRun = calls.values.contains(.started)
    let running = calls.filter { $0.value.isTold }.map(\.key).sorted()
    let unstarted = calls.filter { $0.value == .preparing || $0.value == .prepared }.map(\.key)
    for call in running { calls[call] = nil }
    if mayRun { plugin?.closeInput() } else { plugin?.die("because it failed") }
    plugin = nil
    agent.post(.execution(.died(running, why: why)))
    for call in unstarted.sorted() { refuse(call, "plugin.died") }
  }

  private func sendWaiting() {
    guard let plugin else { return }
    let ready = waiting
    waiting = []
    for preparation in ready {
      let call = preparation.call
      let mayStart = calls[call] == .waitingToStart
      calls[call] = .preparing
      plugin.send(.prepare(call, directory: preparation.directory, preparation.behaviour))
      if mayStart { start(call) }
    }
  }

  // MARK: Answers

  func heard(_ reply: PluginProcess.Reply, from plugin: PluginProcess) {
    guard agent.isAlive else { return }
    agent.onLoop { [self] in
      if self.plugin === plugin { take(reply) }
    }
  }

  private func take(_ reply: PluginProcess.Reply) {
    switch reply {
    case .hello:
      isKnown = true
      step(.hello(PluginDescription(
        name: "shell", version: "1", executors: ["shell"], platform: "linux")))
    case .prepared(let call):
      if calls[call] == .preparing { calls[call] = .prepared }
      if calls[call] == .startedAhead { calls[call] = .started }
    case .refused(_, let call, let reason):
      if calls[call] != nil { refuse(call, reason) }
    case .started(let call, let pid):
      if calls[call]?.isTold ?? false { agent.post(.execution(.started(call, pid: pid))) }
    case .progress(let call):
      if calls[call]?.isTold ?? false { agent.post(.execution(.progress(call))) }
    case .ended(let call):
      guard calls[call]?.isTold ?? false else { return }
      calls[call] = nil
      agent.post(.execution(.ended(call)))
    case .died: step(.failed(why: "it is gone"))
    }
  }

  // MARK: Directories

  func takeDirectory() -> String {
    if let name = freeDirectories.popLast() {
      untouched.insert(name)
      return name
    }
    lastDirectory += 1
    return String(lastDirectory)
  }

  /// - Returns: whether it could be made so.
  private func makeReady(_ name: String) -> Bool {
    if untouched.remove(name) != nil { return true }
    if host.disk.spools[name]?.isLocked ?? false { return false }
    host.disk.spools[name] = nil
    return true
  }

  func giveBack(_ name: String, isSuspect: Bool) {
    if let number = Int(name) { lastDirectory = max(lastDirectory, number) }
    agent.after(.milliseconds(30)) { [weak self] in
      guard let self else { return }
      let isLocked = host.disk.spools[name]?.isLocked ?? false
      host.disk.spools[name] = nil
      if !isSuspect, !isLocked, Int(name) != nil { freeDirectories.append(name) }
    }
  }
}
