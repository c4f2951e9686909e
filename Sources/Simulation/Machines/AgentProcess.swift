import Agent
import Bridge
import Model
import Platform
import PluginHost
import PluginProtocol
import Wire

/// The agent: its real rules in its real driver (`Core`), with its real plugin host, on a simulated
/// machine.
final class AgentProcess: LoopProcess, @unchecked Sendable {
  let host: Host
  private var core: Core?
  private var inbox: [Core.Input] = []
  /// What the loop calls before it takes the inbox: deadlines and words of plugins.
  private var onTurn: [() -> Void] = []
  private var deadlines: Set<UInt64> = []
  private var lastDeadline: UInt64 = 0
  private var connections: [UInt64: Connection] = [:]
  private var dice: Dice
  private(set) var pluginsStarted = 0
  private(set) var newestDial: UInt64 = 0

  init(host: Host) {
    self.host = host
    dice = host.world.dice.fork()
    super.init(world: host.world, name: "agent of \(host.name)", clock: host.newClock())
  }

  /// What the program does first. Apart from `init`, because a crash may come anywhere in it.
  func begin() {
    if host.release == .olderJournal, host.disk.journal.head.sequence > 0 {
      return die("because the journal is of a later version than its own")
    }
    if host.misreadsJournal || host.disk.journal.isDamaged {
      if host.disk.journal.isDamaged { host.journalIsRefused() }
      host.misreadsJournal = false
      return die("because its journal is damaged")
    }
    let executing = Plugins(
      directories: SimulatedDirectories(self), log: { [unowned self] in log($0) },
      deliver: { [weak self] in self?.post(.execution($0)) },
      makeSet: { deliver in
        PluginSet(
          PluginHost.Settings(directory: "/plugins", agentVersion: "1"), timers: self,
          find: { PluginFiles(found: [(name: "shell", path: "/plugins/shell")]) },
          open: { [unowned self] path throws(SystemError) in try channel(path) }, deliver: deliver)
      })
    var configuration = AgentConfiguration(
      stateDirectory: "", controlPlane: "simulated", name: host.name, joinTokenFile: nil,
      version: "1", log: { [unowned self] in log($0) })
    configuration.machine.slots = host.site.plan.slots
    configuration.machine.capacity = host.site.plan.capacity
    configuration.watchInterval = .milliseconds(200)
    do {
      core = try Core(
        configuration: configuration, surroundings: self,
        journal: SimulatedJournal(process: self, host: host), dialer: self, executing: executing)
      try core?.recover()
    } catch is Crash {
      return die("in its recovery")
    } catch {
      world.violate("\(name) cannot recover: \(error)")
    }
    nudge()
  }

  var held: [HeldCall] { core?.machine.held ?? [] }
  override var syncTime: Duration { host.site.syncTime() }
  override var nextDeadline: Instant? { core?.nextDeadline }

  private func log(_ line: String) { world.note("\(name) says: \(line)") }

  // MARK: The loop

  func post(_ input: Core.Input) {
    guard isAlive else { return }
    if case .bridge(.closed(newestDial, _)) = input { host.site.checks.linkLost(self) }
    inbox.append(input)
    nudge()
  }

  /// Has `action` called on the loop.
  func onLoop(_ action: @escaping () -> Void) {
    guard isAlive else { return }
    onTurn.append(action)
    nudge()
  }

  override func turn() {
    let actions = onTurn
    onTurn = []
    for action in actions { action() }
    guard isAlive else { return }
    let inputs = inbox
    inbox = []
    do {
      try core?.turn(inputs)
      host.site.checks.looked(at: self)
      if core?.isDone == true { leave() }
    } catch is Crash {
      die("because its disk failed")
    } catch {
      world.violate("\(name) stops: \(error)")
      die("because of a fault of its own")
    }
  }

  /// As it was asked to.
  private func leave() {
    core?.leave()
    die("because it was asked to")
  }

  private(set) var isStopping = false

  func stop() {
    isStopping = true
    post(.stop)
  }

  override func died() {
    for number in connections.keys.sorted() { connections[number]?.closeFromAgent("gone") }
    connections.removeAll()
    inbox = []
    onTurn = []
    host.agentDied(self)
  }

  /// Breaks the rings, so that a world can be freed.
  func end() {
    forgetWaiting()
    core = nil
    connections = [:]
    onTurn = []
  }

  /// The machine lost its power: nobody is told.
  func vanish() {
    for number in connections.keys.sorted() { connections[number]?.vanishFromAgent() }
    connections.removeAll()
    die("with its machine")
  }

  private func channel(_ path: String) throws(SystemError) -> any PluginChannel {
    guard boundary() else { throw SystemError.busy("spawn", path: path) }
    pluginsStarted += 1
    return SimulatedChannel(agent: self, plugin: host.newPlugin(of: self))
  }
}

extension AgentProcess: Timers {
  func after(_ delay: Duration, _ onTime: @escaping () -> Void) -> EventLoop.Deadline {
    lastDeadline += 1
    let number = lastDeadline
    deadlines.insert(number)
    later(delay) { [weak self] in
      self?.onLoop { [weak self] in
        if self?.deadlines.remove(number) != nil { onTime() }
      }
    }
    return EventLoop.Deadline(number: number)
  }

  /// No machine sleeps here.
  func afterAwake(_ delay: Duration, _ onTime: @escaping () -> Void) -> EventLoop.Deadline {
    after(delay, onTime)
  }

  func cancel(_ deadline: EventLoop.Deadline) { deadlines.remove(deadline.number) }
}

extension AgentProcess: Dialing {
  func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void) {}

  func dial(_ number: UInt64) {
    guard boundary() else { return }
    newestDial = number
    if let connection = host.site.connect(self, dial: number) {
      connections[number] = connection
    } else {
      later(.milliseconds(1)) { [weak self] in
        self?.post(.bridge(.closed(number, reason: "connection refused")))
      }
    }
  }

  func send(_ messages: [Message], on number: UInt64) {
    for message in messages {
      guard boundary() else { return }
      host.site.checks.agentSends(message, from: host)
      connections[number]?.sendFromAgent(spoken(message))
    }
  }

  /// An older release tells its own protocol.
  private func spoken(_ message: Message) -> Message {
    guard host.release == .olderProtocol, case .hello(let id, var hello) = message else {
      return message
    }
    hello.protocolVersion = Hello.currentProtocol - 1
    return .hello(id: id, hello)
  }

  func close(_ number: UInt64, reason: String) {
    if number == newestDial { host.site.checks.linkLost(self) }
    connections.removeValue(forKey: number)?.closeFromAgent(reason)
  }
}

extension AgentProcess: Surroundings {
  var bootID: String { "boot-\(host.index)-\(host.boot)" }
  var platform: String { "linux" }
  var architecture: String { "simulated" }
  func randomWord() -> UInt64 { dice.next() }
  func hasCommand(_ name: String) -> Bool { true }

  func sessions() -> UserSessions {
    UserSessions(
      seen: host.loggedIn.sorted().map {
        UserSession(user: $0, userID: 1_000, home: "/home/\($0)", runtimeDirectory: nil)
      })
  }

  func identity() throws -> Identity? { host.disk.identity }

  func keep(_ identity: Identity) throws {
    guard boundary() else { throw Crash() }
    host.disk.identity = identity
    guard boundary() else { throw Crash() }
  }

  func joinToken() throws -> String? { Site.joinToken }

  func callDirectories() throws -> [String] {
    guard boundary() else { throw Crash() }
    return host.disk.spools.keys.sorted()
  }

  func findings(of call: CallID, in directory: String?) throws -> SpoolFindings? {
    directory.flatMap { host.disk.spools[$0] }?.findings(of: call)
  }

  func frames(
    in directory: String, stdout: Int, stderr: Int, isForeign: Bool
  ) throws -> (any SpoolFrames)? {
    host.disk.spools[directory].map {
      SimulatedSpoolFrames($0, stdout: stdout, stderr: stderr)
    }
  }

  func requestCancel(in directory: String) throws {
    host.disk.spools[directory]?.cancelIsRequested = true
  }

  func killOwner(of call: CallID, in directory: String) throws -> (any FallenProcesses)? {
    guard let spool = host.disk.spools[directory], let owner = spool.owner, owner.isAlive else {
      return nil
    }
    world.mark("executor killed because it hung")
    if !owner.wasPaused { world.violate("an executor was killed that did not hang") }
    host.spoolFaults += 1
    owner.die("because it hung")
    return NothingLeft()
  }

  private struct NothingLeft: FallenProcesses {
    mutating func killRest() -> Bool { true }
  }
}
