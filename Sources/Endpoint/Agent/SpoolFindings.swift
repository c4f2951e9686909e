package import Model

/// What stands in a spool of the life of its call, and what that proves.
package struct SpoolFindings: Sendable {
  package var isStarting = false
  package var startedAt: Instant?
  package var record: ExecutionRecord?

  package init() {}

  /// - Parameters:
  ///   - ownerIsAlive: looked at before the frames were read; once it is dead, the file cannot grow.
  ///   - isSameBoot: whether the machine has run on since the release.
  ///   - wasStarted: whether the journal, or the executor itself, said that the process began.
  /// - Returns: `nil` while a living owner has not begun; look again.
  package func evidence(
    ownerIsAlive: Bool, isSameBoot: Bool, wasStarted: Bool
  ) -> Evidence? {
    if let record { return .ended(record) }
    if ownerIsAlive { return startedAt == nil ? nil : .running }
    if let startedAt {
      return .interrupted(
        reason: "its executor died in mid-run; output up to there is kept", startedAt: startedAt)
    }
    if isStarting {
      return .lost(
        reason: "the executor died in the moment of the start; whether the process began is not"
          + " known")
    }
    if wasStarted {
      return .interrupted(reason: "it began, and its spool is gone", startedAt: nil)
    }
    return isSameBoot
      ? .neverStarted
      : .lost(
        reason: "it was released, and the machine went down before the start was on disk; whether"
          + " the process began is not known")
  }
}
