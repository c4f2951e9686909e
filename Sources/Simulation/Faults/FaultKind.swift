/// What can go wrong in the simulated world.
package enum FaultKind: String, Sendable, CaseIterable {
  // Network.
  case connectionLost, halfOpen, silentCut, partition, oneWayPartition, delayTail, duplicates,
    slowConsumer
  // Processes.
  case controlCrash, controlCrashAtBoundary, controlPause, agentCrash, agentCrashAtBoundary
  case agentCrashInRecovery, agentPause, agentRestart, pluginCrash, pluginCrashAtBoundary,
    pluginHang
  case longSleep, twoAgents, downgrade
  // Disks.
  case powerCut, journalDeleted, snapshotRestored, startForgotten, agentDiskError, controlDiskError,
    spoolDeleted
  case journalBitFlip, journalReadFlip, spoolBitFlip
  // Clocks.
  case clockJump, clockDrift, clockSkew, clockFrozen
  // Callers.
  case sameKey, cancelRace, expiryRace, endpointRemoved

  /// Drawn once for a whole run, not injected at times.
  var isCondition: Bool {
    switch self {
    case .delayTail, .duplicates, .agentCrashInRecovery, .clockDrift, .clockSkew, .sameKey,
      .cancelRace,
      .expiryRace:
      true
    case .connectionLost, .halfOpen, .silentCut, .partition, .oneWayPartition, .slowConsumer,
      .controlCrash, .controlCrashAtBoundary, .controlPause, .agentCrash, .agentCrashAtBoundary,
      .agentPause, .agentRestart, .pluginCrash, .pluginCrashAtBoundary, .pluginHang, .longSleep,
      .twoAgents, .powerCut, .journalDeleted, .snapshotRestored, .startForgotten, .agentDiskError,
      .controlDiskError, .spoolDeleted, .clockJump, .endpointRemoved, .downgrade,
      .journalBitFlip, .journalReadFlip, .spoolBitFlip, .clockFrozen:
      false
    }
  }

  /// So grave that one run seldom has more than a few.
  var isGrave: Bool {
    switch self {
    case .twoAgents, .journalDeleted, .snapshotRestored, .startForgotten, .endpointRemoved,
      .longSleep, .downgrade,
      .journalBitFlip:
      true
    default: false
    }
  }
}
