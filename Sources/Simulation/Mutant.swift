/// A driver that is wrong on purpose. The checkers are worth something only if they catch these. It
/// exists in the simulated drivers alone; no product code knows of it.
package enum Mutant: String, Sendable, CaseIterable {
  /// The agent acts before its journal is on disk.
  case acknowledgeBeforeSync
  /// The agent's journal forgets which calls it had, so that each offer is a new one.
  case deduplicationOff
  /// The control plane lets its effects out before its commit.
  case confirmBeforeCommit
  /// The agent takes every call without a start in its spool for one that may start again.
  case everyBootIsTheSame
  /// The journal's released row is left out: a start that nobody wrote down.
  case releaseNotJournaled
}
