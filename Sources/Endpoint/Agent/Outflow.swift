import Model
import Mutants
import PluginProtocol
import Wire

/// The output of one call on its way to the control plane, read from its spool as credit allows, so
/// that a slow reader costs no memory here; or the little that the journal keeps of it.
struct Outflow {
  /// The name of the call's directory.
  private let directory: String?
  /// Whether somebody else may have written it, or an earlier life of the machine.
  private let isForeign: Bool
  private var reader: (any SpoolFrames)?
  /// All of it, where the journal has or will have it with the end; then the spool is not needed.
  private(set) var journaled: [SpoolOutput]?
  /// Bytes of each stream that the control plane has, or that were read here since.
  private var sent: (stdout: Int, stderr: Int) = (0, 0)
  /// The spool may have more than was read.
  var hasMore = true
  /// Sent when all output is.
  var report: Report?
  var isReported = false
  /// The journal's head that the report was sent with.
  var reportedHead = 0

  /// - Parameters:
  ///   - directory: of the call; `nil` for one that never had any.
  ///   - isForeign: the writer is not one of this agent.
  init(directory: String?, isForeign: Bool = false) {
    self.directory = directory
    self.isForeign = isForeign
    hasMore = directory != nil
  }

  /// The call has ended, and this is all its output.
  mutating func keep(_ output: [SpoolOutput]) {
    journaled = output
    reader = nil
  }

  var wantsToSend: Bool { hasMore || (report != nil && !isReported) }

  /// A new link begins where the control plane's store ends.
  mutating func restart(stdout: Int, stderr: Int) {
    reader = nil
    sent = (stdout, stderr)
    hasMore = directory != nil
    if !Mutant.reportForgotten.isPlanted { isReported = false }
  }

  /// The call is over: `report` follows the output that is left.
  mutating func end(with report: Report) {
    self.report = report
    isReported = false
    if case .ended(let record) = report, sent.stdout == record.stdout.keptBytes,
      sent.stderr == record.stderr.keptBytes
    {
      hasMore = false
    }
  }

  /// The next piece of output; `nil` when the spool has no more for now.
  mutating func next(from surroundings: any Surroundings) throws -> SpoolOutput? {
    if let journaled {
      for piece in journaled {
        if let rest = unsent(of: piece) { return note(rest) }
      }
      hasMore = false
      return nil
    }
    if reader == nil, let directory {
      reader = try surroundings.frames(
        in: directory, stdout: sent.stdout, stderr: sent.stderr, isForeign: isForeign)
    }
    while let frame = try reader?.next(maxPayload: WireLimits.outputChunkBytes) {
      guard case .output(let output) = frame else { continue }
      return note(output)
    }
    hasMore = false
    return nil
  }

  private func unsent(of piece: SpoolOutput) -> SpoolOutput? {
    let done = (piece.stream == .stdout ? sent.stdout : sent.stderr) - piece.offset
    guard done < piece.bytes.count else { return nil }
    var rest = piece
    rest.offset += max(0, done)
    rest.bytes.removeFirst(max(0, done))
    return rest
  }

  private mutating func note(_ output: SpoolOutput) -> SpoolOutput {
    switch output.stream {
    case .stdout: sent.stdout = output.offset + output.bytes.count
    case .stderr: sent.stderr = output.offset + output.bytes.count
    }
    return output
  }
}
