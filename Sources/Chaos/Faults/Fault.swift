/// One way to break a site.
enum Fault: String, CaseIterable, Sendable {
  case killAgent, killControlPlane, killPlugin, killAgentAndPlugins, killBothEnds
  case terminateAgent, terminateControlPlane
  case stopAgent, stopControlPlane, stopPlugins
  case cut, delay, stall, halfOpenOutward, halfOpenHomeward, slowLine, corruption
  case fullDiskOfControlPlane, fullDiskOfAgent
  case journalDeleted, journalDamaged, snapshotRestored
  case clockShifted

  /// How often it is drawn, beside the others.
  var weight: Int {
    switch self {
    case .killAgent: 12
    case .killControlPlane, .cut: 10
    case .killPlugin, .killAgentAndPlugins: 6
    case .stopAgent, .stopControlPlane, .stopPlugins: 5
    case .delay, .stall, .slowLine, .corruption: 5
    case .halfOpenOutward, .halfOpenHomeward: 4
    case .terminateAgent, .terminateControlPlane, .killBothEnds, .clockShifted: 3
    case .fullDiskOfControlPlane, .fullDiskOfAgent: 2
    case .journalDeleted, .journalDamaged, .snapshotRestored: 2
    }
  }

  var needsDisks: Bool { self == .fullDiskOfControlPlane || self == .fullDiskOfAgent }
  var needsClock: Bool { self == .clockShifted }

  /// Whether calls may end `interrupted`, `unknown` or `rejected` because of it.
  var mayInterrupt: Bool {
    switch self {
    case .killPlugin, .killAgentAndPlugins, .stopPlugins, .journalDeleted, .journalDamaged,
      .snapshotRestored, .fullDiskOfAgent:
      true
    case .killAgent, .killControlPlane, .killBothEnds, .terminateAgent, .terminateControlPlane,
      .stopAgent, .stopControlPlane, .cut, .delay, .stall, .halfOpenOutward, .halfOpenHomeward,
      .slowLine, .corruption, .fullDiskOfControlPlane, .clockShifted:
      false
    }
  }

  static func drawn(from faults: [Fault], _ dice: inout Dice) -> Fault {
    var place = Int(dice.next() % UInt64(faults.reduce(0) { $0 + $1.weight }))
    for fault in faults {
      place -= fault.weight
      if place < 0 { return fault }
    }
    return faults[0]
  }
}
