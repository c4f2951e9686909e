import API
import Catalog
import ControlPlane
import Digest
import Engine
import JSON
import Model
import Store
import Wire

/// One call on a stage, as far as it has come.
struct Run {
  let tool: Tool
  let hear: @Sendable (Happening) -> Void
  var report: Report?
  var verdict: Verdict?
  private var evaluation: Evaluation?
  private var stdout = Stream()
  private var stderr = Stream()

  init(_ tool: Tool, hear: @escaping @Sendable (Happening) -> Void) {
    self.tool = tool
    self.hear = hear
  }

  mutating func take(_ chunk: OutputChunk) {
    switch chunk.stream {
    case .stdout: stdout.take(chunk.bytes)
    case .stderr: stderr.take(chunk.bytes)
    }
    hear(.output(chunk.stream, chunk.bytes))
  }

  mutating func judge(_ record: ExecutionRecord) -> Verdict {
    evaluation = tool.evaluate(
      ended: record.ended, stdout: stdout.kept, stdoutAccount: record.stdout)
    return Verdict(
      of: FinishedExecution(
        record: record, stdout: stdout.isWhole ? stdout.kept : [],
        isIntact: stdout.matches(record.stdout) && stderr.matches(record.stderr),
        isTooLong: !stdout.isWhole), by: tool)
  }

  func end(_ call: Call) {
    guard let outcome = call.outcome else { return }
    let document = StoredCall(
      call, endpointName: Stage.endpointName, report: report, verdict: verdict)
    hear(
      .ended(
        Performance(
          call: document.json(waitsFor: nil), outcome: outcome, report: report,
          evaluation: evaluation, stdout: stdout.kept, stderr: stderr.kept)))
  }

  /// What arrived of one output stream.
  private struct Stream {
    private(set) var kept: [UInt8] = []
    private var bytes = 0
    private let hash = SHA256()

    var isWhole: Bool { bytes == kept.count }

    mutating func take(_ piece: [UInt8]) {
      hash.update(piece)
      bytes += piece.count
      kept += piece.prefix(Stage.maxKeptBytes - kept.count)
    }

    func matches(_ account: StreamAccount) -> Bool {
      bytes == account.keptBytes && hash.copy().finishHex() == account.sha256
    }
  }
}
