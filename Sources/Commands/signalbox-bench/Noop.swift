import Agent
import Model
import PluginProtocol

/// An executor that runs nothing, so that only the path to it and back is measured.
final class Noop: Executing {
  let executors = ["noop"]
  private let deliver: @Sendable (ExecutionEvent) -> Void

  init(_ deliver: @escaping @Sendable (ExecutionEvent) -> Void) {
    self.deliver = deliver
    deliver(.ready)
  }

  func prepare(_ preparation: Preparation) {}
  func start(_ call: CallID) { deliver(.endedWithoutSpool(call, Self.record)) }
  func discard(_ call: CallID) {}
  func cancel(_ call: CallID) {}
  func giveUp(_ call: CallID) -> Bool { false }
  func takeDirectory() -> String { "none" }
  func giveBack(directory: String, isSuspect: Bool) {}
  func ask() {}
  var silent: [String] { [] }
  func rebuild() -> [String] { [] }
  func shutdown() {}

  private static let record: ExecutionRecord = {
    let nothing = StreamAccount(
      producedBytes: 0, keptBytes: 0, droppedBytes: 0, redactions: 0,
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let instant = Instant(microseconds: 1)
    return ExecutionRecord(
      ended: .exit(code: 0), startedAt: instant, endedAt: instant, duration: .zero,
      executor: Executor(name: "noop", version: "1"), process: ProcessUsage(), stdout: nothing,
      stderr: nothing)
  }()
}
