import Model

/// What one seed has in store: how much work, which faults, and how often each. Every seed has another
/// subset, so that faults also come without those that would hide what they do.
struct FaultPlan {
  let hosts: Int
  let calls: Int
  /// How long calls are made and faults happen; then everything heals.
  let active: Duration
  let slots: Int
  let capacity: Int
  let horizon: Duration
  let rates: [(kind: FaultKind, every: Duration)]
  let conditions: Set<FaultKind>
  /// Of what is asked for, how much is a batch.
  let batchShare: Double
  /// How often somebody asks for an ended call again.
  let retryShare: Double
  /// Whether calls are shaped by a policy.
  let hasPolicy: Bool
  /// Users of each machine, who log in and out.
  let users: [String]
  /// How an endpoint that was away is handed what waited: `nil` for the usual pace.
  let pace: (afterAway: Duration, burst: Int, perSecond: Int)?

  init(isFaultFree: Bool, _ dice: inout Dice) {
    hosts = dice.int(1...3)
    calls = dice.int(3...30)
    active = .seconds(dice.int(20...400))
    slots = dice.int(1...8)
    capacity = dice.chance(0.2) ? dice.int(2...6) : 256
    horizon = dice.skewed(.seconds(10), .seconds(1_200))
    let share = dice.pick([0.06, 0.15, 0.3, 0.6])
    var rates: [(kind: FaultKind, every: Duration)] = []
    var conditions: Set<FaultKind> = []
    for kind in FaultKind.allCases {
      let isDrawn = dice.chance(share)
      let every = dice.skewed(.seconds(4), active)
      guard isDrawn, !isFaultFree else { continue }
      if kind.isCondition {
        conditions.insert(kind)
      } else {
        rates.append((kind, kind.isGrave ? max(every, active * 0.4) : every))
      }
    }
    self.rates = rates
    self.conditions = conditions
    batchShare = dice.pick([0, 0, 0.15, 0.4])
    retryShare = dice.pick([0, 0, 0.2, 0.6])
    hasPolicy = dice.chance(0.4)
    users = Array(["ann", "ben"].prefix(dice.pick([0, 0, 1, 2])))
    let pace = (Duration.seconds(dice.int(5...60)), dice.int(1...4), dice.int(1...4))
    self.pace = hasPolicy ? pace : nil
  }

  func has(_ condition: FaultKind) -> Bool { conditions.contains(condition) }
}
