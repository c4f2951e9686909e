import Model
import Platform
import PluginProtocol

/// What a call's spool proves, read by an agent that was not there all the time.
struct SpoolEvidence {
  let call: CallID
  /// `nil` for a call that never had a directory.
  let path: String?
  /// Whether the machine has run on since the release: only then does a missing frame prove
  /// anything, because a power cut takes what was not synced.
  let isSameBoot: Bool
  /// Whether the journal, or the executor itself, said that the process began.
  let wasStarted: Bool

  /// - Returns: `nil` while a living owner has not begun; look again.
  func read() throws -> Evidence? {
    guard let path, Files.exists(path) else { return withoutSpool }
    let reader = try SpoolReader(path: path)
    // The owner first: once it is dead, the file cannot grow any more.
    let isAlive = try reader.ownerIsAlive()
    let frames = try Frames(reader, of: call)
    return frames.findings.evidence(
      ownerIsAlive: isAlive, isSameBoot: isSameBoot, wasStarted: wasStarted)
  }

  private var withoutSpool: Evidence? {
    SpoolFindings().evidence(ownerIsAlive: false, isSameBoot: isSameBoot, wasStarted: wasStarted)
  }

  private struct Frames {
    var findings = SpoolFindings()

    init(_ reader: SpoolReader, of call: CallID) throws {
      reader.resume(stdout: Int.max, stderr: Int.max)
      while let frame = try reader.next(maxPayload: Spool.maxPayloadBytes) {
        switch frame {
        // The directory belonged to another call, and this one never came to open its spool.
        case .opened(let opening): if opening.call != call { return }
        case .output: break
        case .starting: findings.isStarting = true
        case .started(let at, _): findings.startedAt = at
        case .ended(_, let record): findings.record = record
        }
      }
    }
  }
}
