#if SIGNALBOX_MUTANTS && !DEBUG
  #error("planted bugs are for debug builds only: unset SIGNALBOX_MUTANTS")
#endif

/// A bug that can be planted, one at a time, to see whether the simulation finds it. Without the
/// compilation condition SIGNALBOX_MUTANTS, which release builds refuse, none can be, and the
/// optimiser leaves nothing of the places that ask.
package enum Mutant: String, Sendable, CaseIterable {
  /// A call is offered without end.
  case attemptsUncounted
  /// An acknowledged call that is gone from its journal is offered again. Alone it would do no harm:
  /// a journal from which it is gone was rewound, which is found out before; so that check goes too.
  case absenceAfterAcknowledgement
  /// The control plane lets its effects out before its commit.
  case confirmBeforeCommit
  /// A journal of another epoch is taken for the one that is known.
  case staleEpochAccepted
  /// A journal that ends before a row that was seen is taken for whole.
  case rewoundJournalAccepted
  /// A welcome does not name the calls whose start was heard and is not in the journal any more.
  case heardStartForgotten
  /// A welcome does not name the calls that are over, and that the journal would still begin.
  case closedCallForgotten
  /// A lost journal closes none of the calls that it had.
  case memoryLossIgnored
  /// Output that is sent again is stored again.
  case duplicateOutputStored
  /// An idempotency key that was used is not looked up.
  case keyIgnored
  /// The low-water mark passes calls that are still open.
  case lowWaterTooHigh
  /// A call is given up as soon as its connection is lost.
  case horizonTooShort
  /// A hello counts although its endpoint has gone on with a newer link.
  case olderHelloAccepted
  /// A call expires while an endpoint has it.
  case expiredWhileHanded
  /// A lost connection alone proves that a call never arrived.
  case undeliverableTooEarly
  /// Output is not compared with what the executor kept.
  case lostOutputUnnoticed
  /// A call is accepted and not written.
  case acceptedNotStored
  /// A waiting call is released after its deadline.
  case expiryUnchecked
  /// The agent acts before its journal is on disk.
  case acknowledgeBeforeSync
  /// A heartbeat is answered before the epoch that came with the welcome is on disk.
  case heartbeatBeforeSync
  /// An offer of a call that the agent has is taken for a new one.
  case deduplicationOff
  /// A call is started that no row released.
  case releaseNotJournaled
  /// The start is asked for before the release is on disk.
  case gateOpenedEarly
  /// A power cut is taken for a crash of the agent.
  case everyBootIsTheSame
  /// A call whose process may exist is taken for one that never began.
  case startingFrameIgnored
  /// A call whose process began is taken for one that never did.
  case startedTakenForNeverStarted
  /// A spool that is gone proves that nothing began.
  case missingSpoolProves
  /// The end of a call is told before all its output.
  case reportBeforeOutput
  /// A report that was sent once is not sent on the next link.
  case reportForgotten
  /// A small spool is not synced, and the journal does not keep its output.
  case outputNotJournaled
  /// A call is told to be cancelled before its executor has dropped it.
  case cancelTakenForDone
  /// More calls run at the same time than there are slots.
  case slotsUnbounded
  /// More calls are held than there is room for.
  case capacityIgnored
  /// What a journal holds begins before a control plane has looked at it.
  case restoredCallsRunAtOnce
  /// Nobody looks at the spools of an executor that died.
  case diedCallsNotWatched
  /// Rows are dropped before the control plane has seen a later one.
  case prunedBeforeSeen
  /// A link on which nothing is heard is kept.
  case silentLinkKept
  /// The next dial is put off for days.
  case backoffForever
  /// A plugin that failed is not started again.
  case pluginNeverRestarted
  /// A process that hangs is never ended.
  case runLimitIgnored

  /// A step of a batch does not wait for the one before it.
  case stepNotHeld
  /// A step of a batch goes on after one that failed.
  case stepFreedByFailure
  /// A control plane that starts again forgets which steps wait for which.
  case heldStepsForgotten
  /// A call is offered however many its endpoint has.
  case concurrencyIgnored
  /// Waiting calls are offered by age alone.
  case priorityIgnored
  /// A call that is held while its bridge is degraded is offered all the same.
  case degradationIgnored
  /// What waited for an endpoint goes to it all at once.
  case paceIgnored
  /// A call that ran is done again although nobody said that it may run twice.
  case retryUnguarded
  /// A runtime that speaks another protocol is welcomed.
  case otherProtocolAccepted
  /// What one runtime has rejected for good, with its journal, is offered to another.
  case requeueAfterRelease
  /// A runtime that has refused a call is offered it again.
  case refusedRuntimeOfferedAgain
  /// An agent that starts again runs a session's call in the service.
  case runtimeForgotten

  #if SIGNALBOX_MUTANTS
    // Set once, before the first simulation begins.
    nonisolated(unsafe) package static var planted: Mutant?

    package var isPlanted: Bool { Self.planted == self }
  #else
    // Inlinable, so that what depends on it is dropped where it is asked for.
    @inlinable package var isPlanted: Bool { false }
  #endif
}
