/// What can go wrong in the simulated world.
package enum FaultKind: String, Sendable, CaseIterable {
  // Network.
  case connectionLost, halfOpen, silentCut, partition, oneWayPartition, delayTail, slowConsumer
  // Processes.
  case controlCrash, controlCrashAtBoundary, controlPause, agentCrash, agentCrashAtBoundary
  case agentCrashInRecovery, agentPause, agentRestart, pluginCrash, pluginCrashAtBoundary,
    pluginHang
  case longSleep, twoAgents
  // Disks.
  case powerCut, journalDeleted, snapshotRestored, agentDiskError, controlDiskError, spoolDeleted
  // Clocks.
  case clockJump, clockDrift, clockSkew
  // Callers.
  case sameKey, cancelRace, expiryRace, endpointRemoved

  /// Drawn once for a whole run, not injected at times.
  var isCondition: Bool {
    switch self {
    case .delayTail, .agentCrashInRecovery, .clockDrift, .clockSkew, .sameKey, .cancelRace,
      .expiryRace:
      true
    case .connectionLost, .halfOpen, .silentCut, .partition, .oneWayPartition, .slowConsumer,
      .controlCrash, .controlCrashAtBoundary, .controlPause, .agentCrash, .agentCrashAtBoundary,
      .agentPause, .agentRestart, .pluginCrash, .pluginCrashAtBoundary, .pluginHang, .longSleep,
      .twoAgents, .powerCut, .journalDeleted, .snapshotRestored, .agentDiskError,
      .controlDiskError, .spoolDeleted, .clockJump, .endpointRemoved:
      false
    }
  }

  /// So grave that one run seldom has more than a few.
  var isGrave: Bool {
    switch self {
    case .twoAgents, .journalDeleted, .snapshotRestored, .endpointRemoved, .longSleep: true
    default: false
    }
  }
}
