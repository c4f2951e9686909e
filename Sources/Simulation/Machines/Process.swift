import Model

/// A process of the simulated world: it lives, may be paused, and may die at any boundary between two
/// of its effects.
class Process: @unchecked Sendable {
  // Safe because one thread runs the whole world.
  unowned let world: World
  let name: String
  private(set) var isAlive = true
  private var isPaused = false
  private(set) var wasPaused = false
  private var asleep: [() -> Void] = []
  /// Boundaries until it dies; `nil` lets it live.
  var boundariesLeft: Int?
  let clock: ProcessClock

  init(world: World, name: String, clock: ProcessClock) {
    self.world = world
    self.name = name
    self.clock = clock
  }

  /// Since when its clock stands still.
  private var frozenAt: Instant?
  /// For how long it stood still before.
  private var lost: Duration = .zero
  private var stopped: [(due: Instant, action: () -> Void)] = []

  var isFrozen: Bool { frozenAt != nil }
  /// What its crystal has counted, as if it were exact.
  private var counted: Instant { (frozenAt ?? world.now) + (.zero - lost) }
  var now: Instant { clock.local(counted) }

  /// Runs `action` later by the process's own clock, unless it is dead by then; a paused one runs it
  /// when it wakes.
  func later(_ delay: Duration, _ action: @escaping () -> Void) {
    wait(until: counted + max(.zero, clock.real(delay)), action)
  }

  private func wait(until due: Instant, _ action: @escaping () -> Void) {
    if isFrozen, due > counted { return stopped.append((due, action)) }
    world.after(due - counted) { [weak self] in
      guard let self, isAlive else { return }
      if counted < due { wait(until: due, action) } else { awake(action) }
    }
  }

  /// Its clock stands still, and what comes in is worked on all the same.
  func freeze() {
    guard isAlive, !isFrozen else { return }
    world.note("the clock of \(name) stands still")
    frozenAt = world.now
  }

  func thaw() {
    guard let since = frozenAt else { return }
    lost += world.now - since
    frozenAt = nil
    let waiting = stopped
    stopped = []
    for (due, action) in waiting { wait(until: due, action) }
    if isAlive { thawed() }
  }

  func thawed() {}

  /// For a world that is over.
  func forgetWaiting() { (asleep, stopped) = ([], []) }

  func awake(_ action: @escaping () -> Void) {
    guard isAlive else { return }
    if isPaused { asleep.append(action) } else { action() }
  }

  /// Between two effects. `false` when the process died here.
  func boundary() -> Bool {
    guard isAlive else { return false }
    guard let left = boundariesLeft else { return true }
    boundariesLeft = left - 1
    if left > 0 { return true }
    die("at an effect boundary")
    return false
  }

  func pause(for time: Duration) {
    guard isAlive, !isPaused else { return }
    world.note("\(name) is paused for \(time.wholeMilliseconds) ms")
    isPaused = true
    wasPaused = true
    world.after(time) { [weak self] in self?.wake() }
  }

  func wake() {
    guard isAlive, isPaused else { return }
    isPaused = false
    let actions = asleep
    asleep = []
    for action in actions { awake(action) }
  }

  func die(_ why: String) {
    guard isAlive else { return }
    isAlive = false
    asleep = []
    stopped = []
    world.note("\(name) dies \(why)")
    died()
  }

  /// What the kernel and the supervisor do then.
  func died() {}
}

/// The clock of a process: set once from the wall clock, then monotonic, and as exact as its crystal.
struct ProcessClock {
  let start: Instant
  /// Of the wall clock at the start.
  let offset: Duration
  let driftPPM: Int64

  func local(_ real: Instant) -> Instant {
    let elapsed = (real - start).wholeMicroseconds
    return real + offset + .microseconds(elapsed * driftPPM / 1_000_000)
  }

  /// How long a local duration takes; never shorter, so that what is due is due.
  func real(_ local: Duration) -> Duration {
    guard driftPPM != 0 else { return local }
    let wanted = local.wholeMicroseconds
    return .microseconds(wanted - wanted * driftPPM / 1_000_000 + 1)
  }
}

/// The process died in the middle of what it was asked to do.
struct Crash: Error {}
