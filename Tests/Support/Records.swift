package import Model

/// Execution records of processes that never were.
package enum Records {
  /// - Parameters:
  ///   - stdout: bytes that were produced, and kept.
  ///   - stderr: the same.
  package static func ended(
    _ ending: Ending = .exit(code: 0), stdout: Int = 0, stderr: Int = 0
  ) -> ExecutionRecord {
    let start = Instant(microseconds: 1_700_000_000_000_000)
    return ExecutionRecord(
      ended: ending, startedAt: start, endedAt: start + .seconds(1), duration: .seconds(1),
      executor: Executor(name: "shell", version: "1"), process: ProcessUsage(pid: 1),
      stdout: account(stdout), stderr: account(stderr))
  }

  private static func account(_ bytes: Int) -> StreamAccount {
    StreamAccount(
      producedBytes: bytes, keptBytes: bytes, droppedBytes: 0, redactions: 0,
      sha256: String(repeating: "0", count: 64))
  }
}
