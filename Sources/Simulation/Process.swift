import Model

/// A process of the simulated world: it lives, may be paused, and may die at any boundary between two
/// of its effects.
class Process {
  let world: World
  let name: String
  private(set) var isAlive = true
  private var isPaused = false
  private var asleep: [() -> Void] = []
  /// Boundaries until it dies; `nil` lets it live.
  var boundariesLeft: Int?
  /// Set once at the start, like the clock of a real process: later steps of the wall clock do not
  /// reach it.
  private let clockOffset: Duration

  init(world: World, name: String, clockOffset: Duration) {
    self.world = world
    self.name = name
    self.clockOffset = clockOffset
  }

  var now: Instant { world.now + clockOffset }

  /// Runs `action` later, unless the process is dead by then; a paused one runs it when it wakes.
  func after(_ delay: Duration, _ action: @escaping () -> Void) {
    world.after(delay) { [weak self] in self?.awake(action) }
  }

  private func awake(_ action: @escaping () -> Void) {
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
    world.note("\(name) dies \(why)")
    died()
  }

  /// What the kernel and the supervisor do then.
  func died() {}
}
