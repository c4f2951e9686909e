package import Model
import Mutants
package import PluginProtocol

/// What stands in the spool of a call, and what that proves. Pure; `SpoolEvidence` reads the file.
///
/// That a released call never started is proved by a spool that is there, and by nothing else: one
/// that is blank, as the agent made it before the release could be followed by a start; one that its
/// plugin opened and wrote no `starting` to, which comes before the process; or one of another call,
/// which nobody has cleaned for this one yet. A spool that is missing or unreadable proves nothing,
/// because a tool can remove its own. (Where the agent died before it could make the directory, that
/// costs a call its second try, and the promise holds.) All of it within one life of the machine: a
/// power cut takes what was not synced.
package struct SpoolFindings: Sendable {
  /// What is known of the call beside its spool.
  package struct Circumstances: Sendable {
    /// Whether the machine has run on since the release: only then does a missing frame prove
    /// anything, because a power cut takes what was not synced.
    package var isSameBoot: Bool
    /// Whether the journal, or the executor itself, said that the process began.
    package var wasStarted: Bool
    /// Its executor was ended because it did not end the call.
    package var hung: Bool

    package init(isSameBoot: Bool, wasStarted: Bool, hung: Bool = false) {
      self.isSameBoot = isSameBoot
      self.wasStarted = wasStarted
      self.hung = hung
    }
  }

  /// Looked at before the frames were read: once the owner is dead, the file cannot grow.
  package var ownerIsAlive = false
  private var isStarting = false
  private var start: Start?
  private var record: ExecutionRecord?
  /// There are frames, and nothing behind them that is none; or nobody has written to it.
  private var isReadable = false

  private var hasFrames = false
  /// All output so far; `nil` once it is more than the journal keeps.
  package private(set) var output: [SpoolOutput]? = []
  private var outputBytes = 0

  package init() {}

  /// Takes in the frames in their order.
  /// - Returns: `false` when what follows is not the call's: the directory belonged to another, and
  ///   this one never came to open its spool.
  package mutating func take(_ frame: SpoolFrame, of call: CallID) -> Bool {
    switch frame {
    case .opened(let opening):
      hasFrames = true
      return opening.call == call
    case .output(let piece):
      outputBytes += Spool.minHeaderBytes + piece.bytes.count
      if outputBytes <= Spool.journaledBytes { output?.append(piece) } else { output = nil }
    case .starting: isStarting = true
    case .started(let at, let pid): start = Start(at: at, pid: pid)
    case .ended(_, let record): self.record = record
    }
    return true
  }

  /// After the last frame. Only a dead owner's file without a start is judged by whether it can be
  /// read at all.
  package mutating func close(isTorn: Bool, isBlank: () throws -> Bool) rethrows {
    if ownerIsAlive || start != nil || record != nil { return }
    isReadable = try hasFrames && !isTorn || isBlank()
  }

  /// - Parameter findings: `nil` where there is no spool.
  /// - Returns: `nil` while a living owner has not begun; look again.
  package static func evidence(
    _ findings: SpoolFindings?, _ call: Circumstances
  ) -> Evidence? {
    guard let findings else {
      return Mutant.missingSpoolProves.isPlanted
        ? .neverStarted : call.withoutProof("its spool is gone")
    }
    return findings.evidence(call)
  }

  private func evidence(_ call: Circumstances) -> Evidence? {
    if let record { return .ended(record) }
    if ownerIsAlive { return start.map { .running(startedAt: $0.at, pid: $0.pid) } }
    let end = call.hung ? "hung" : "died"
    if let start, !Mutant.startedTakenForNeverStarted.isPlanted {
      let how =
        call.hung
        ? "its executor hung, and was ended with its processes" : "its executor died in mid-run"
      return .interrupted(reason: how + "; output up to there is kept", startedAt: start.at)
    }
    // A power cut may have taken the frame that the journal, or the executor, had told of.
    if isStarting, !call.wasStarted, !Mutant.startingFrameIgnored.isPlanted {
      return .lost(
        reason: "the executor \(end) in the moment of the start; whether the process began is not"
          + " known")
    }
    guard isReadable else { return call.withoutProof("its spool cannot be read") }
    if call.wasStarted { return call.withoutProof("its spool does not show it") }
    return call.isSameBoot || Mutant.everyBootIsTheSame.isPlanted
      ? .neverStarted
      : .lost(
        reason: "it was released, and the machine went down before the start was on disk; whether"
          + " the process began is not known")
  }
}

extension SpoolFindings.Circumstances {
  fileprivate func withoutProof(_ why: String) -> Evidence {
    wasStarted
      ? .interrupted(reason: "it began, and \(why)", startedAt: nil)
      : .lost(reason: "it was released, and \(why); whether the process began is not known")
  }
}
