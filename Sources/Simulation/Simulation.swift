import Model

/// One seed, from an empty world to a healed one.
package struct Simulation {
  package struct Result: Sendable {
    package let seed: UInt64
    package let traceHash: String
    package let violations: [String]
    package let marks: [String: Int]
    /// Of virtual time.
    package let simulated: Duration
    package let events: Int
    package let calls: Int
  }

  /// After healing, everything is settled within this and the recovery horizon.
  static let recoveryLimit: Duration = .seconds(900)
  /// A world that does more in one run than this stands still in a loop.
  static let maxEvents = 3_000_000

  package static func run(
    seed: UInt64, isFaultFree: Bool = false, reader: ((String) -> Void)? = nil
  ) -> Result {
    let site = Site(seed: seed, isFaultFree: isFaultFree, reader: reader)
    let world = site.world
    site.begin()
    let isOver = { !world.violations.isEmpty || world.events > maxEvents }
    world.run(until: World.beginning + site.plan.active, isOver: isOver)
    site.heal()
    let limit = world.now + recoveryLimit + site.plan.horizon
    // What was asked for in the last moment has come to the control plane by then.
    let settled = world.now + .seconds(3)
    while !isOver(), world.now < limit || world.now < site.longestVainWait,
      world.now < settled || !site.isQuiet
    {
      world.run(until: world.now + .seconds(1), isOver: isOver)
    }
    if world.events > maxEvents { world.violate("the world goes round in circles") }
    if world.violations.isEmpty {
      if !site.isQuiet { world.violate("not settled in time: \(site.unrest)") }
      site.checks.finish()
    }
    defer { site.end() }
    return Result(
      seed: seed, traceHash: world.trace.text, violations: world.violations, marks: world.marks,
      simulated: world.now - World.beginning, events: world.events, calls: site.rows.calls.count)
  }
}
