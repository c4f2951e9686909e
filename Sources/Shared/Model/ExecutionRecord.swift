/// The metadata of an execution: when, by what, how it ended. Never contains output.
package struct ExecutionRecord: Sendable, Hashable {
  package var ended: Ending
  package var startedAt: Instant
  package var endedAt: Instant
  /// By the monotonic clock of the endpoint, so that a clock step does not bend it.
  package var duration: Duration
  package var executor: Executor
  package var process: ProcessUsage
  /// `nil` where the executor does not tell.
  package var isolation: Isolation?
  package var stdout: StreamAccount
  package var stderr: StreamAccount

  package init(
    ended: Ending, startedAt: Instant, endedAt: Instant, duration: Duration, executor: Executor,
    process: ProcessUsage, isolation: Isolation? = nil, stdout: StreamAccount,
    stderr: StreamAccount
  ) {
    self.ended = ended
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.duration = duration
    self.executor = executor
    self.process = process
    self.isolation = isolation
    self.stdout = stdout
    self.stderr = stderr
  }
}

/// How a process ended.
package enum Ending: Sendable, Hashable {
  case exit(code: Int)
  case signal(number: Int, coreDumped: Bool)
  /// The executor ended it because a limit was met; `limit` names it, such as `run`.
  case limit(String, signal: Int?)
  /// The executor ended it because a cancel was asked for.
  case cancelled(signal: Int?)
}

/// What executed the tool.
package struct Executor: Sendable, Hashable {
  package var name: String
  package var version: String
  /// The path of the interpreter, such as `/bin/sh`, where there is one.
  package var interpreter: String?
  package var interpreterVersion: String?

  package init(
    name: String, version: String, interpreter: String? = nil, interpreterVersion: String? = nil
  ) {
    self.name = name
    self.version = version
    self.interpreter = interpreter
    self.interpreterVersion = interpreterVersion
  }
}

/// What the process tree used, as far as the platform tells.
package struct ProcessUsage: Sendable, Hashable {
  package var pid: Int?
  package var cpuUser: Duration?
  package var cpuSystem: Duration?
  package var peakMemoryBytes: Int?
  /// Processes outside the process group (such as `setsid` grandchildren) that were killed too.
  package var escapedKilled: Int

  package init(
    pid: Int? = nil, cpuUser: Duration? = nil, cpuSystem: Duration? = nil,
    peakMemoryBytes: Int? = nil, escapedKilled: Int = 0
  ) {
    self.pid = pid
    self.cpuUser = cpuUser
    self.cpuSystem = cpuSystem
    self.peakMemoryBytes = peakMemoryBytes
    self.escapedKilled = escapedKilled
  }
}

package enum OutputStream: String, Sendable, CaseIterable {
  case stdout
  case stderr
}

/// The books of one output stream.
package struct StreamAccount: Sendable, Hashable {
  /// Bytes that the process wrote.
  package var producedBytes: Int
  /// Bytes in the spool, after redaction.
  package var keptBytes: Int
  /// Bytes dropped, because the stream's limit was met.
  package var droppedBytes: Int
  /// How many secrets were replaced.
  package var redactions: Int
  /// SHA-256 of the kept bytes, in lower-case hexadecimal.
  package var sha256: String

  package init(
    producedBytes: Int, keptBytes: Int, droppedBytes: Int, redactions: Int, sha256: String
  ) {
    self.producedBytes = producedBytes
    self.keptBytes = keptBytes
    self.droppedBytes = droppedBytes
    self.redactions = redactions
    self.sha256 = sha256
  }
}
