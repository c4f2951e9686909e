import Glibc
import Platform

/// Breaks a site in one way and mends it again.
struct Breaker {
  private let site: Site
  private let snapshot: String
  private var hasSnapshot = false
  private var hasDamaged = false
  /// A line's fault may last into the next one.
  private var lineIsFaulty = false

  init(_ site: Site) {
    self.site = site
    snapshot = site.root + "/snapshot"
  }

  mutating func cause(_ fault: Fault, _ dice: inout Dice) throws {
    let mendsLine = lineIsFaulty
    switch fault {
    case .killAgent:
      site.agent?.kill()
      if dice.percent(10) { try takeSnapshot() }
      try site.startAgent()
    case .killControlPlane:
      site.controlPlane?.kill()
      rest(&dice, 0...100)
      try site.startControlPlane()
    case .killPlugin:
      let processes = site.pluginProcesses
      if let one = processes.randomElement(using: &dice) { kill(one, SIGKILL) }
    case .killAgentAndPlugins:
      site.agent?.kill()
      killPlugins()
      try site.startAgent()
    case .killBothEnds:
      site.agent?.kill()
      site.controlPlane?.kill()
      try site.startControlPlane()
      try site.startAgent()
    case .terminateAgent:
      site.agent?.terminate()
      try site.startAgent()
    case .terminateControlPlane:
      site.controlPlane?.terminate()
      try site.startControlPlane()
    case .stopAgent: paused(site.agent, &dice)
    case .stopControlPlane: paused(site.controlPlane, &dice)
    case .stopPlugins: pausePlugins(&dice)
    case .cut: site.line?.cut()
    case .delay, .stall, .halfOpenOutward, .halfOpenHomeward, .slowLine, .corruption:
      spoilLine(fault, &dice)
    case .fullDiskOfControlPlane: fill(site.data, &dice)
    case .fullDiskOfAgent: fill(site.state, &dice)
    case .journalDeleted, .journalDamaged: try spoilJournal(fault, &dice)
    case .snapshotRestored: try restoreSnapshot(&dice)
    case .clockShifted: try shiftClock(&dice)
    }
    if mendsLine { mendLine() }
  }

  mutating func mendLine() {
    site.line?.conditions = LineConditions()
    lineIsFaulty = false
  }

  /// Starts again what ended: a full disk and a lost journal are reasons for that, nothing else is.
  ///
  /// An agent refuses a journal that it finds damaged, sometimes long after the damage was done. Then
  /// this does what its message asks of an operator.
  mutating func restartEnded(mayEnd: Bool) throws -> [String] {
    var wrongs: [String] = []
    if site.controlPlane?.hasEnded == true {
      if !mayEnd { wrongs.append("the control plane ended by itself: \(site.tail("serve.log"))") }
      try site.startControlPlane()
    }
    if site.agent?.hasEnded == true {
      let isRefusal = hasDamaged && site.tail("agent.log").contains("it cannot prove what ran")
      if isRefusal {
        try removeJournal()
      } else if !mayEnd {
        wrongs.append("the agent ended by itself: \(site.tail("agent.log"))")
      }
      try site.startAgent()
    }
    return wrongs
  }

  // MARK: Processes

  private func rest(_ dice: inout Dice, _ range: ClosedRange<Int>) {
    Clock.sleep(for: dice.milliseconds(range))
  }

  /// Mostly for a moment, sometimes for longer than the other end waits.
  private func hold(_ dice: inout Dice) {
    rest(&dice, dice.percent(8) ? 1_500...4_000 : 20...400)
  }

  private func paused(_ process: SiteProcess?, _ dice: inout Dice) {
    process?.pause()
    hold(&dice)
    process?.resume()
  }

  private func pausePlugins(_ dice: inout Dice) {
    let processes = site.pluginProcesses
    for process in processes { kill(process, SIGSTOP) }
    hold(&dice)
    for process in processes { kill(process, SIGCONT) }
  }

  private func killPlugins() {
    for process in site.pluginProcesses { kill(process, SIGKILL) }
  }

  // MARK: The line

  private mutating func spoilLine(_ fault: Fault, _ dice: inout Dice) {
    var conditions = LineConditions()
    switch fault {
    case .delay: conditions.delay = dice.milliseconds(5...300)
    case .stall: conditions.isStalled = true
    case .halfOpenOutward: conditions.swallows = .outward
    case .halfOpenHomeward: conditions.swallows = .homeward
    case .slowLine: conditions.bytesPerSecond = Int.random(in: 2_000...200_000, using: &dice)
    case .corruption: conditions.bytesPerFlip = Int.random(in: 100...20_000, using: &dice)
    default: return
    }
    site.line?.conditions = conditions
    lineIsFaulty = true
    hold(&dice)
    if !dice.percent(20) { mendLine() }
  }

  // MARK: Disks

  private func fill(_ directory: String, _ dice: inout Dice) {
    SmallDisks.fill(directory)
    hold(&dice)
    SmallDisks.empty(directory)
  }

  private mutating func spoilJournal(_ fault: Fault, _ dice: inout Dice) throws {
    site.agent?.kill()
    if dice.percent(50) { killPlugins() }
    if fault == .journalDeleted {
      try removeJournal()
    } else if let name = try journal().randomElement(using: &dice) {
      hasDamaged = true
      try damage(site.state + "/" + name, &dice)
    }
    try site.startAgent()
  }

  private func journal() throws -> [String] {
    try Files.list(site.state).filter { $0.hasPrefix("journal") }.sorted()
  }

  private func removeJournal() throws {
    for name in try journal() { try Files.removeTree(site.state + "/" + name) }
  }

  /// Flips one bit, or cuts the file off.
  private func damage(_ path: String, _ dice: inout Dice) throws {
    let size = Int(try Files.status(path).size)
    guard size > 0 else { return }
    let place = Int(dice.next() % UInt64(size))
    if dice.percent(30) {
      truncate(path, off_t(place))
      return
    }
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError.last("open", path: path) }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    guard pread(descriptor, &byte, 1, off_t(place)) == 1 else { return }
    byte ^= 1 << UInt8(dice.next() % 8)
    pwrite(descriptor, &byte, 1, off_t(place))
  }

  private mutating func takeSnapshot() throws {
    try? Files.removeTree(snapshot)
    guard Programs.run("/bin/cp", ["-a", site.state, snapshot]) else {
      throw SiteError("cannot copy the agent's state")
    }
    hasSnapshot = true
  }

  private mutating func restoreSnapshot(_ dice: inout Dice) throws {
    site.agent?.kill()
    if dice.percent(70) { killPlugins() }
    if hasSnapshot {
      try Files.emptyDirectory(site.state)
      guard Programs.run("/bin/cp", ["-a", snapshot + "/.", site.state]) else {
        throw SiteError("cannot restore the agent's state")
      }
      // Each is a past that is left behind once.
      hasSnapshot = dice.percent(30)
    } else {
      try takeSnapshot()
    }
    try site.startAgent()
  }

  // MARK: The clock

  /// Starts one end with another wall clock, up to an hour off.
  private func shiftClock(_ dice: inout Dice) throws {
    site.clockShift = .seconds(Int.random(in: -3_600...3_600, using: &dice))
    if dice.percent(50) {
      site.controlPlane?.kill()
      try site.startControlPlane()
    } else {
      site.agent?.kill()
      try site.startAgent()
    }
    site.clockShift = .zero
  }
}
