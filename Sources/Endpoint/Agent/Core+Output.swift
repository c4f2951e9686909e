import Bridge
import Model
import Mutants
import PluginProtocol
import Wire

extension Core {
  mutating func reportAfterOutput(_ call: CallID, _ report: Report) {
    if outflows[call] == nil { outflows[call] = Outflow(directory: nil) }
    outflows[call]?.end(with: report)
    patience.ended(call)
  }

  /// A new link: every call's output goes on where the control plane's store ends.
  mutating func restartOutput(_ committed: [CommittedOutput]) {
    for call in outflows.keys {
      outflows[call]?.restart(stdout: 0, stderr: 0)
    }
    for known in committed {
      outflows[known.call]?.restart(stdout: known.stdoutBytes, stderr: known.stderrBytes)
    }
  }

  /// Sends what credit allows, one piece of each call in turn, and each report after its output.
  mutating func sendOutput() {
    guard case .open = link.state else { return }
    var isMoving = true
    while isMoving {
      isMoving = false
      for call in outflows.keys.sorted() where outflows[call]?.wantsToSend == true {
        if sendPiece(of: call) { isMoving = true }
      }
    }
  }

  /// - Returns: whether there may be more to send of this call at once.
  private mutating func sendPiece(of call: CallID) -> Bool {
    guard var outflow = outflows[call] else { return false }
    defer { outflows[call] = outflow }
    if outflow.hasMore, outflow.report == nil || !Mutant.reportBeforeOutput.isPlanted {
      guard credit >= WireLimits.outputChunkBytes else { return false }
      do {
        if let piece = try outflow.next(from: surroundings) {
          credit -= piece.bytes.count
          send(
            .output(
              OutputChunk(
                call: call, stream: piece.stream, offset: piece.offset, at: piece.at,
                bytes: piece.bytes)))
          return true
        }
      } catch {
        // The report's byte counts will show what is missing.
        configuration.log("spool of \(call): \(error)")
        outflow.hasMore = false
      }
    }
    if let report = outflow.report, !outflow.isReported {
      outflow.isReported = true
      outflow.reportedHead = journal.head.sequence
      send(.finished(Finished(call: call, report: report, head: journal.head)))
    }
    return false
  }
}
