import Model
import Platform
import PluginProtocol

/// What a call's spool proves, read by an agent that was not there all the time. `SpoolFindings` has
/// the rules.
struct SpoolEvidence {
  let call: CallID
  /// `nil` for a call that never had a directory.
  let path: String?
  let isSameBoot: Bool
  let wasStarted: Bool
  var hung = false

  /// - Returns: `nil` while a living owner has not begun; look again.
  func read() throws -> Evidence? {
    SpoolFindings.evidence(
      try Self.findings(of: call, at: path),
      SpoolFindings.Circumstances(isSameBoot: isSameBoot, wasStarted: wasStarted, hung: hung))
  }

  /// - Returns: `nil` where there is no spool.
  static func findings(of call: CallID, at path: String?) throws -> SpoolFindings? {
    guard let path, Files.exists(path) else { return nil }
    let reader = try SpoolReader(path: path)
    var findings = SpoolFindings()
    // The owner first: once it is dead, the file cannot grow any more.
    findings.ownerIsAlive = try reader.ownerIsAlive()
    reader.isVerifying = !findings.ownerIsAlive
    reader.resume(stdout: Int.max, stderr: Int.max)
    var hasFrames = false
    reading: while let frame = try reader.next(maxPayload: Spool.maxPayloadBytes) {
      switch frame {
      // The directory belonged to another call, and this one never came to open its spool.
      case .opened(let opening):
        hasFrames = true
        if opening.call != call { break reading }
      case .output: break
      case .starting: findings.isStarting = true
      case .started(let at, let pid): findings.start = Start(at: at, pid: pid)
      case .ended(_, let record): findings.record = record
      }
    }
    findings.isReadable = try hasFrames && !reader.isTorn || reader.isBlank()
    return findings
  }
}
