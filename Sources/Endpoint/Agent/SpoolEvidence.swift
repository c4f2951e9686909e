import Model
import Platform
import PluginProtocol

/// Reads a call's spool for an agent that was not there all the time; `SpoolFindings` has the rules.
enum SpoolEvidence {
  /// - Returns: `nil` where there is no spool.
  static func findings(of call: CallID, at path: String?) throws -> SpoolFindings? {
    guard let path, Files.exists(path) else { return nil }
    let reader = try SpoolReader(path: path)
    var findings = SpoolFindings()
    // The owner first: once it is dead, the file cannot grow any more.
    findings.ownerIsAlive = try reader.ownerIsAlive()
    reader.isVerifying = !findings.ownerIsAlive
    while let frame = try reader.next(maxPayload: Spool.journaledBytes) {
      guard findings.take(frame, of: call) else { break }
      if findings.output == nil { reader.resume(stdout: Int.max, stderr: Int.max) }
    }
    try findings.close(isTorn: reader.isTorn, isBlank: reader.isBlank)
    return findings
  }
}
