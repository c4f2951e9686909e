import Model

/// A process with one loop: it takes a turn when something has come or is due, and while it waits for
/// the disk it takes none.
class LoopProcess: Process, @unchecked Sendable {
  private var busyUntil = World.beginning
  private var planned: Instant?
  private var generation = 0

  /// How long a wait for the disk takes.
  var syncTime: Duration { .zero }
  /// By the process's own clock.
  var nextDeadline: Instant? { nil }

  func turn() {}

  /// Something has come.
  final func nudge() { plan(at: world.now + .microseconds(5)) }

  override func thawed() { nudge() }

  final func noteSync() { busyUntil = world.now + syncTime }

  private func plan(at time: Instant) {
    let time = max(time, busyUntil)
    if let planned, planned <= time { return }
    planned = time
    generation += 1
    let mine = generation
    world.after(time - world.now) { [weak self] in
      self?.awake { [weak self] in self?.run(mine) }
    }
  }

  private func run(_ mine: Int) {
    guard isAlive, mine == generation else { return }
    planned = nil
    if world.now < busyUntil { return plan(at: busyUntil) }
    turn()
    // A clock that stands still makes nothing due.
    guard isAlive, !isFrozen, let due = nextDeadline else { return }
    plan(at: world.now + max(Self.shortestWait, clock.real(due - now)))
  }

  /// A loop that is due again at once still takes some time.
  private static let shortestWait: Duration = .microseconds(20)
}
