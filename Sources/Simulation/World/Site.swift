import Digest
import Engine
import Model
import Wire

/// Everything that one seed simulates.
final class Site: @unchecked Sendable {
  static let joinToken = "simulated-join-token"
  static let joinTokenHash = SHA256.digest(of: Array(joinToken.utf8))

  let world: World
  let plan: FaultPlan
  let settings: EngineSettings
  var rows = StoredRows()
  private(set) var control: ControlPlaneProcess?
  private(set) var hosts: [Host] = []
  private(set) var healingSince: Instant?
  var isHealing: Bool { healingSince != nil }
  private(set) lazy var checks = Checks(self)
  private(set) lazy var client = Client(self)
  private lazy var injector = Injector(self)
  private var lastConnection: UInt64 = 0
  private var controlDiskFault = false
  /// Its clock stood still once.
  var controlHasJumped = false

  init(seed: UInt64, isFaultFree: Bool, reader: ((String) -> Void)?) {
    var dice = Dice(seed: seed)
    plan = FaultPlan(isFaultFree: isFaultFree, &dice)
    world = World(dice: dice, reader: reader)
    var settings = EngineSettings()
    settings.recoveryHorizon = plan.horizon
    settings.sessionIdle = .seconds(60)
    if let pace = plan.pace {
      settings.paceAfterAway = pace.afterAway
      settings.paceBurst = pace.burst
      settings.pacePerSecond = pace.perSecond
    }
    self.settings = settings
  }

  func begin() {
    startControl()
    for index in 0..<plan.hosts {
      let host = Host(site: self, index: index, name: "host-\(index)")
      hosts.append(host)
      host.beginSessions()
      host.startAgent()
    }
    client.begin()
    injector.begin()
  }

  // MARK: The control plane

  private func startControl() {
    guard control == nil else { return }
    checks.contacts.forgetReturns()
    control = ControlPlaneProcess(
      site: self, clock: ProcessClock(start: world.now, offset: .zero, driftPPM: 0))
  }

  func controlPlaneDied() {
    let dead = control
    control = nil
    // It may be in the middle of a turn.
    world.after(.microseconds(1)) { _ = dead }
    let wait = world.dice.skewed(.milliseconds(50), .seconds(isHealing ? 1 : 20))
    world.after(wait) { [weak self] in self?.startControl() }
  }

  func armControlDiskFault() { controlDiskFault = true }

  func controlDiskFails() -> Bool {
    defer { controlDiskFault = false }
    return controlDiskFault
  }

  func connect(_ agent: AgentProcess, dial: UInt64) -> Connection? {
    guard let control else { return nil }
    lastConnection += 1
    let road = agent.host.road
    road.connections.removeAll(where: \.isOver)
    let connection = Connection(
      number: lastConnection, dial: dial, road: road, world: world, agent: agent, control: control,
      tail: plan.has(.delayTail) ? 0.05 : 0, duplicates: plan.has(.duplicates) ? 0.1 : 0)
    road.connections.append(connection)
    return connection
  }

  // MARK: How long things take

  func syncTime() -> Duration { world.dice.skewed(.microseconds(100), .milliseconds(20)) }
  func pipeTime() -> Duration { world.dice.skewed(.microseconds(20), .milliseconds(1)) }
  func spawnTime() -> Duration { world.dice.skewed(.microseconds(200), .milliseconds(5)) }

  // MARK: Faults

  /// A second machine with the same disk, and so the same identity.
  func clone(_ host: Host, _ isSameBoot: Bool) -> Bool {
    guard host.disk.identity != nil, !checks.cloned.contains(host.name) else { return false }
    checks.cloned.insert(host.name)
    host.memoryFaults += 1
    let copy = Host(
      site: self, index: hosts.count, name: host.name, disk: host.disk.copy(), boot: 1)
    copy.memoryFaults += 1
    hosts.append(copy)
    copy.startAgent()
    // Both push each other off the bridge, several times a second, until somebody notices.
    world.after(world.dice.skewed(.milliseconds(500), .seconds(20))) { copy.retire() }
    return true
  }

  func heal() {
    healingSince = world.now
    world.note("everything heals")
    controlDiskFault = false
    control?.boundariesLeft = nil
    control?.wake()
    control?.thaw()
    for host in hosts { if host.index >= plan.hosts { host.retire() } else { host.heal() } }
  }

  /// Whether all that was asked for is done, and everybody knows.
  var isQuiet: Bool {
    guard control != nil, rows.openCalls.isEmpty else { return false }
    return hosts.allSatisfy { host in
      host.isRetired || (host.agent.map { $0.held.isEmpty } ?? false)
    }
  }

  /// When the last call is over that waits for an endpoint that nobody is any more: a join that was late
  /// on its way brings one back that was removed.
  var longestVainWait: Instant {
    let vain = rows.openCalls.compactMap { rows.calls[$0] }.filter { call in
      let name = rows.endpoints[call.endpoint]?.name
      return call.delivery == .queued && hosts.allSatisfy { $0.name != name || $0.isRetired }
    }
    return vain.map { $0.request.expiresAt + .seconds(3) }.max() ?? World.beginning
  }

  /// Why it is not.
  var unrest: String {
    let open = rows.openCalls.compactMap { rows.calls[$0] }.prefix(3).map {
      "\($0.id.text.suffix(6)) \($0.delivery.rawValue) (\($0.reason))"
    }
    let held = hosts.filter { !$0.isRetired }.map { host in
      "\(host.name): "
        + (host.agent?.held.map { "\($0.call.text.suffix(6)):\($0.state.rawValue)" }
          .joined(separator: " ") ?? "no agent")
    }
    return "open: \(open.joined(separator: ", ")); held: \(held.joined(separator: "; "))"
  }

  func end() {
    world.end()
    for host in hosts { host.end() }
    control?.end()
    control = nil
    client.end()
  }
}
