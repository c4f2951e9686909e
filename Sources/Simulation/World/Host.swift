import Agent
import Engine
import Journal
import Model
import Wire

/// An endpoint's machine: its disk, its clock, its processes and its road to the control plane.
final class Host: @unchecked Sendable {
  enum DiskFault { case failsBefore, failsAfter }

  unowned let site: Site
  let index: Int
  let name: String
  let road: Road
  var disk = Disk()
  private(set) var agent: AgentProcess?
  var plugins: [PluginProcess] = []
  private(set) var boot: Int
  private(set) var isUp = true
  /// Removed at the control plane, or a copy that was shut down: nothing more is asked of it.
  var isRetired = false
  var wallOffset: Duration
  private let driftPPM: Int64
  private var diskFault: DiskFault?
  /// How often its memory was changed behind its back, and how often executors or spools were.
  var memoryFaults = 0 { didSet { memoryFaultAt = world.now } }
  private(set) var memoryFaultAt: Instant?
  /// When its disk last went back to an earlier state.
  private(set) var setBackAt: Instant?
  /// When it last did so within one epoch: another epoch tells the control plane that memory was lost.
  private(set) var setBackInEpochAt: Instant?
  /// When it last did so and nobody can tell: the control plane had seen nothing of what it lost.
  private(set) var unseenSetBackAt: Instant?
  var hasJumped = false
  var spoolFaults = 0
  /// How many of them took what a spool held.
  private(set) var spoolLosses = 0
  /// The release of the agent that is installed.
  enum Release { case current, olderProtocol, olderJournal }
  private(set) var release = Release.current
  /// Its disk is set back to the moment before the next start of a call.
  var forgetsNextStart = false
  /// The next reading of the journal goes wrong, once.
  var misreadsJournal = false
  private var isFrozen = false
  private(set) var powerCuts = 0
  /// Who has a session there.
  private(set) var loggedIn: Set<String> = []

  init(site: Site, index: Int, name: String, disk: Disk = Disk(), boot: Int = 1) {
    self.site = site
    self.index = index
    self.name = name
    self.disk = disk
    self.boot = boot
    road = Road(index: index)
    let plan = site.plan
    wallOffset = plan.has(.clockSkew) ? .seconds(site.world.dice.int(-600...600)) : .zero
    driftPPM = plan.has(.clockDrift) ? Int64(site.world.dice.int(-500...500)) : 0
  }

  var world: World { site.world }

  func newClock() -> ProcessClock {
    ProcessClock(start: world.now, offset: wallOffset, driftPPM: driftPPM)
  }

  static func directoryName(of path: String) -> String {
    String(path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...])
  }

  // MARK: Sessions

  func beginSessions() {
    for user in site.plan.users {
      if world.dice.chance(0.5) { loggedIn.insert(user) }
      planSession(of: user)
    }
  }

  private func planSession(of user: String) {
    world.after(world.dice.skewed(.milliseconds(200), .seconds(200))) { [weak self] in
      guard let self, !site.isHealing, !isRetired else { return }
      if isUp {
        let logsOut = loggedIn.remove(user) != nil
        if !logsOut { loggedIn.insert(user) }
        world.note("\(user) logs \(logsOut ? "out of" : "in to") \(name)")
      }
      planSession(of: user)
    }
  }

  // MARK: Processes

  func startAgent() {
    guard isUp, agent == nil else { return }
    let agent = AgentProcess(host: self)
    self.agent = agent
    if isFrozen { agent.freeze() }
    if site.plan.has(.agentCrashInRecovery), !site.isHealing, world.dice.chance(0.4) {
      agent.boundariesLeft = world.dice.int(0...8)
    }
    agent.begin()
  }

  func agentDied(_ dead: AgentProcess) {
    guard agent === dead else { return }
    agent = nil
    // Its plugins read the end of their input.
    for plugin in plugins { plugin.inputCloses() }
    world.after(.microseconds(1)) { dead.end() }
    let wait = world.dice.skewed(.milliseconds(20), .seconds(site.isHealing ? 1 : 20))
    world.after(wait) { [weak self] in self?.startAgent() }
  }

  // MARK: Faults

  func armDiskFault(_ fault: DiskFault) { diskFault = fault }

  func takeDiskFault(_ dice: inout Dice) -> DiskFault? {
    defer { diskFault = nil }
    return diskFault
  }

  func sleep(for time: Duration) {
    agent?.pause(for: time)
    for plugin in plugins { plugin.pause(for: time) }
  }

  func losePower(for time: Duration) {
    guard isUp else { return }
    isUp = false
    isFrozen = false
    powerCuts += 1
    world.note("\(name) loses its power")
    let agent = agent
    self.agent = nil
    agent?.vanish()
    agent?.end()
    for plugin in plugins { plugin.die("with its machine") }
    plugins = []
    for name in disk.spools.keys.sorted() { disk.spools[name]?.losePower(&world.dice) }
    boot += 1
    loggedIn = []
    world.after(time) { [weak self] in self?.powerOn() }
  }

  func powerOn() {
    guard !isUp, !isRetired else { return }
    isUp = true
    startAgent()
  }

  /// - Parameter backupReturns: the disk as it was is put back later.
  func loseJournal(backupReturns: Bool) {
    let backup = disk.copy()
    beginJournalAnew(because: "its journal is deleted")
    if backupReturns { putBack(backup) }
  }

  private func beginJournalAnew(because reason: String) {
    memoryFaults += 1
    setBackAt = world.now
    agent?.die("because \(reason)")
    disk.journal = JournalFile()
  }

  /// Once the control plane took the new journal for one. What begins from then on is not heard, so that
  /// nothing but the epoch tells the older journal from it.
  private func putBack(_ backup: Disk) {
    world.after(.milliseconds(100)) { [weak self] in
      guard let self, !site.isHealing, isUp, !isRetired else { return }
      guard disk.journal.epoch != nil else { return putBack(backup) }
      world.note("the road from \(name) is blocked")
      road.isBlockedToControl = true
      let time = world.dice.skewed(.milliseconds(100), .seconds(30))
      restore(backup, after: time)
      world.after(time) { [road] in road.heal() }
    }
  }

  /// A bit on its disk is another one. Whoever reads it is told so, and somebody puts it aside.
  func damageJournal() {
    disk.journal.isDamaged = true
  }

  /// The agent does not start on a damaged journal.
  func journalIsRefused() {
    world.mark("damaged journal refused")
    world.after(world.dice.skewed(.seconds(1), .seconds(site.isHealing ? 2 : 60))) { [weak self] in
      guard let self, disk.journal.isDamaged else { return }
      world.note("the journal of \(name) is put aside")
      beginJournalAnew(because: "its journal is put aside")
    }
  }

  func damageSpool(_ dice: inout Dice) -> Bool {
    let names = disk.spools.keys.sorted().filter { disk.spools[$0]?.isBlank == false }
    guard !names.isEmpty else { return false }
    spoolFaults += 1
    spoolLosses += 1
    disk.spools[dice.pick(names)]?.damage(&dice)
    return true
  }

  /// Whether its disk shows that a process of the call began.
  func knowsStart(of call: CallID) -> Bool {
    if disk.journal.entries(of: call).contains(where: { $0.kind == .started }) { return true }
    return disk.spools.values.contains { $0.showsStart(of: call) }
  }

  /// The release before is installed for a while.
  func downgrade(to older: Release, for time: Duration) {
    guard release == .current else { return }
    install(older)
    world.after(time) { [weak self] in self?.install(.current) }
  }

  private func install(_ next: Release) {
    guard release != next else { return }
    world.note("\(name) gets the release \(next)")
    release = next
    agent?.stop()
  }

  func freeze(for time: Duration) {
    guard !isFrozen else { return }
    isFrozen = true
    hasJumped = true
    agent?.freeze()
    for plugin in plugins { plugin.freeze() }
    world.after(time) { [weak self] in self?.thaw() }
  }

  private func thaw() {
    guard isFrozen else { return }
    isFrozen = false
    agent?.thaw()
    for plugin in plugins { plugin.thaw() }
  }

  func newPlugin(of agent: AgentProcess) -> PluginProcess {
    let plugin = PluginProcess(host: self, agent: agent)
    if isFrozen { plugin.freeze() }
    plugins.append(plugin)
    return plugin
  }

  func takeSnapshot(restoreAfter time: Duration) {
    restore(disk.copy(), after: time)
  }

  private func restore(_ snapshot: Disk, after time: Duration) {
    world.after(time) { [weak self] in
      guard let self, !site.isHealing, isUp else { return }
      memoryFaults += 1
      setBackAt = world.now
      world.note("\(name) is restored from its snapshot")
      // Often with a new start of the machine, sometimes only the files.
      if world.dice.chance(0.5) {
        losePower(for: .seconds(2))
      } else {
        agent?.die("because its files are restored")
        for plugin in plugins { plugin.die("because its files are restored") }
      }
      note(setBackTo: snapshot.journal)
      let identity = disk.identity
      disk = snapshot
      disk.identity = identity ?? snapshot.identity
    }
  }

  private func note(setBackTo journal: JournalFile) {
    let known = site.rows.endpoints.values.first { $0.name == name }
    if let known, known.epoch != journal.epoch { return }
    setBackInEpochAt = world.now
    if known?.seen.sequence ?? 0 <= journal.head.sequence { unseenSetBackAt = world.now }
  }

  /// Right before a process begins.
  func startsCall() {
    guard forgetsNextStart else { return }
    forgetsNextStart = false
    // Long enough for its output to be heard, and often too short for a row of the start to be.
    takeSnapshot(restoreAfter: world.dice.skewed(.milliseconds(1), .milliseconds(200)))
  }

  func loseSpool(_ dice: inout Dice) -> Bool {
    let names = disk.spools.keys.sorted()
    guard !names.isEmpty else { return false }
    spoolFaults += 1
    spoolLosses += 1
    disk.spools[dice.pick(names)] = nil
    return true
  }

  // MARK: The end

  func heal() {
    diskFault = nil
    forgetsNextStart = false
    misreadsJournal = false
    road.heal()
    thaw()
    install(.current)
    agent?.boundariesLeft = nil
    agent?.wake()
    for plugin in plugins {
      plugin.boundariesLeft = nil
      plugin.wake()
    }
    if !isUp { powerOn() }
    // What waits for a session can go.
    loggedIn = Set(site.plan.users)
  }

  /// For good.
  func retire() {
    isRetired = true
    losePower(for: .zero)
  }

  func end() {
    agent?.end()
    agent = nil
    plugins = []
    road.connections = []
    disk = Disk()
  }
}
