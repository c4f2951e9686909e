import Model
import Platform
import PluginProtocol

/// What a call's spool proves, read by an agent that was not there all the time.
///
/// That a released call never started is proved by a spool that is there, and by nothing else: one
/// that is blank, as the agent made it before the release could be followed by a start; one that its
/// plugin opened and wrote no `starting` to, which comes before the process; or one of another call,
/// which nobody has cleaned for this one yet. A spool that is missing or unreadable proves nothing,
/// because a tool can remove its own. (Where the agent died before it could make the directory, that
/// costs a call its second try, and the promise holds.) All of it within one life of the machine: a
/// power cut takes what was not synced.
struct SpoolEvidence {
  let call: CallID
  /// `nil` for a call that never had a directory.
  let path: String?
  /// Whether the machine has run on since the release: only then does a missing frame prove
  /// anything, because a power cut takes what was not synced.
  let isSameBoot: Bool
  /// Whether the journal, or the executor itself, said that the process began.
  let wasStarted: Bool
  /// Its executor was ended because it did not end the call.
  var hung = false

  /// - Returns: `nil` while a living owner has not begun; look again.
  func read() throws -> Evidence? {
    guard let path, Files.exists(path) else { return withoutProof("its spool is gone") }
    let reader = try SpoolReader(path: path)
    // The owner first: once it is dead, the file cannot grow any more.
    let isAlive = try reader.ownerIsAlive()
    reader.isVerifying = !isAlive
    let frames = try Frames(reader, of: call)
    if let record = frames.record { return .ended(record) }
    if isAlive { return frames.start.map { .running(startedAt: $0.at, pid: $0.pid) } }
    let died =
      hung ? "its executor hung, and was ended with its processes" : "its executor died in mid-run"
    if let start = frames.start {
      return .interrupted(reason: died + "; output up to there is kept", startedAt: start.at)
    }
    if frames.isStarting {
      return .lost(
        reason: "the executor \(hung ? "hung" : "died") in the moment of the start; whether the"
          + " process began is not known")
    }
    guard try frames.isWhole || reader.isBlank() else {
      return withoutProof("its spool cannot be read")
    }
    if wasStarted { return withoutProof("its spool does not show it") }
    return isSameBoot
      ? .neverStarted
      : .lost(
        reason: "it was released, and the machine went down before the start was on disk; whether"
          + " the process began is not known")
  }

  private func withoutProof(_ why: String) -> Evidence {
    wasStarted
      ? .interrupted(reason: "it began, and \(why)", startedAt: nil)
      : .lost(reason: "it was released, and \(why); whether the process began is not known")
  }

  private struct Frames {
    var isStarting = false
    var start: (at: Instant, pid: Int?)?
    var record: ExecutionRecord?
    /// There are frames, and nothing behind them that is none.
    var isWhole = false

    init(_ reader: SpoolReader, of call: CallID) throws {
      reader.resume(stdout: Int.max, stderr: Int.max)
      while let frame = try reader.next(maxPayload: Spool.maxPayloadBytes) {
        switch frame {
        // The directory belonged to another call, and this one never came to open its spool.
        case .opened(let opening):
          isWhole = true
          if opening.call != call { return }
        case .output: break
        case .starting: isStarting = true
        case .started(let at, let pid): start = (at, pid)
        case .ended(_, let record): self.record = record
        }
      }
      if reader.isTorn { isWhole = false }
    }
  }
}
