import Model

/// Makes the faults of the plan happen, until everything heals.
final class Injector {
  private unowned let site: Site
  private var dice: Dice

  init(_ site: Site) {
    self.site = site
    dice = site.world.dice.fork()
  }

  private var world: World { site.world }

  func begin() {
    for rate in site.plan.rates { plan(rate.kind, rate.every) }
    for condition in FaultKind.allCases where site.plan.has(condition) { mark(condition) }
  }

  private func plan(_ kind: FaultKind, _ every: Duration) {
    let wait = dice.skewed(.milliseconds(50), every * 2)
    world.after(wait) { [weak self] in
      guard let self, !site.isHealing else { return }
      inject(kind)
      plan(kind, every)
    }
  }

  private func mark(_ kind: FaultKind) { world.mark("fault \(kind.rawValue)") }

  private func inject(_ kind: FaultKind) {
    world.note("fault: \(kind.rawValue)")
    guard let host = anyHost() else { return }
    if strike(kind, host) { mark(kind) }
  }

  private func anyHost() -> Host? {
    let up = site.hosts.filter(\.isUp)
    return up.isEmpty ? nil : dice.pick(up)
  }

  /// - Returns: whether there was anything to strike.
  private func strike(_ kind: FaultKind, _ host: Host) -> Bool {
    switch kind {
    case .connectionLost, .halfOpen, .silentCut: return cut(kind, host)
    case .partition, .oneWayPartition, .slowConsumer: return block(kind, host)
    case .controlCrash:
      guard let control = site.control else { return false }
      control.die("because it is killed")
    case .controlCrashAtBoundary:
      guard let control = site.control else { return false }
      control.boundariesLeft = dice.int(0...60)
    case .controlPause: site.control?.pause(for: dice.skewed(.milliseconds(50), .seconds(40)))
    case .controlDiskError: site.armControlDiskFault()
    case .agentCrash, .agentCrashAtBoundary, .agentPause, .agentRestart, .agentDiskError:
      return strikeAgent(kind, host)
    case .pluginCrash, .pluginCrashAtBoundary, .pluginHang: return strikePlugin(kind, host)
    case .longSleep: host.sleep(for: dice.skewed(.seconds(20), .seconds(7_200)))
    case .twoAgents: return site.clone(host, dice.int(0...1) == 0)
    case .powerCut: host.losePower(for: dice.skewed(.milliseconds(500), .seconds(120)))
    case .journalDeleted: host.loseJournal(backupReturns: dice.chance(0.3))
    case .snapshotRestored: host.takeSnapshot(restoreAfter: dice.skewed(.seconds(1), .seconds(90)))
    case .startForgotten: host.forgetsNextStart = true
    case .spoolDeleted: return host.loseSpool(&dice)
    case .journalBitFlip: host.damageJournal()
    case .journalReadFlip: host.misreadsJournal = true
    case .spoolBitFlip: return host.damageSpool(&dice)
    case .downgrade:
      host.downgrade(
        to: dice.chance(0.5) ? .olderProtocol : .olderJournal,
        for: dice.skewed(.seconds(2), .seconds(120)))
    case .clockFrozen: freeze(host)
    case .clockJump:
      host.wallOffset += .seconds(dice.int(-3_600...3_600))
      host.hasJumped = true
    case .endpointRemoved: return site.client.remove(host)
    case .delayTail, .duplicates, .agentCrashInRecovery, .clockDrift, .clockSkew, .sameKey,
      .cancelRace,
      .expiryRace:
      return false
    }
    return true
  }

  private func freeze(_ host: Host) {
    let time = dice.skewed(.milliseconds(100), .seconds(90))
    guard dice.chance(0.3), let control = site.control else { return host.freeze(for: time) }
    control.freeze()
    world.after(time) { [weak control] in control?.thaw() }
  }

  private func cut(_ kind: FaultKind, _ host: Host) -> Bool {
    let open = host.road.connections.filter { !$0.isOver }
    guard !open.isEmpty else { return false }
    for connection in open {
      let soon = dice.skewed(.milliseconds(1), .seconds(2))
      switch kind {
      case .halfOpen:
        let agentKnows = dice.chance(0.5)
        connection.cut(tellsAgent: agentKnows ? soon : nil, tellsControl: agentKnows ? nil : soon)
      case .silentCut: connection.cut(tellsAgent: nil, tellsControl: nil)
      default: connection.cut(tellsAgent: soon, tellsControl: soon)
      }
    }
    return true
  }

  private func block(_ kind: FaultKind, _ host: Host) -> Bool {
    let road = host.road
    let time = dice.skewed(.milliseconds(100), .seconds(90))
    switch kind {
    case .slowConsumer: road.slowness = dice.int(20...400)
    case .oneWayPartition:
      if dice.chance(0.5) { road.isBlockedToAgent = true } else { road.isBlockedToControl = true }
    default:
      road.isBlockedToAgent = true
      road.isBlockedToControl = true
    }
    world.after(time) { road.heal() }
    return true
  }

  private func strikeAgent(_ kind: FaultKind, _ host: Host) -> Bool {
    guard let agent = host.agent else { return false }
    switch kind {
    case .agentCrash: agent.die("because it is killed")
    case .agentCrashAtBoundary: agent.boundariesLeft = dice.int(0...40)
    case .agentPause: agent.pause(for: dice.skewed(.milliseconds(50), .seconds(60)))
    case .agentRestart: agent.stop()
    default: host.armDiskFault(dice.chance(0.5) ? .failsBefore : .failsAfter)
    }
    return true
  }

  private func strikePlugin(_ kind: FaultKind, _ host: Host) -> Bool {
    guard !host.plugins.isEmpty else { return false }
    let plugin = dice.pick(host.plugins)
    switch kind {
    case .pluginCrash: plugin.die("because it is killed")
    case .pluginCrashAtBoundary: plugin.boundariesLeft = dice.int(0...30)
    default: plugin.pause(for: dice.skewed(.seconds(1), .seconds(200)))
    }
    return true
  }
}
