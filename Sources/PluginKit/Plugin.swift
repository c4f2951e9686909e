package import Model

/// What a plugin is, as it tells the agent in the handshake.
public struct Plugin: Sendable {
  /// A way for arguments to reach a tool.
  public enum Input: String, Sendable {
    case env
    case argv
    case stdin
  }

  public var name: String
  public var version: String
  /// What a tool can name in `with:`. One plugin may serve several.
  public var executors: [String]
  public var inputs: [Input]
  /// What it does with a call that asks for it. The agent refuses a call that asks for more.
  public var isolation: [Isolation]

  /// What a tool can ask for that not every executor can do. `ProcessRun` does `limits` and
  /// `privileges`, and `runAs` if the executor sees to it that the user can read what it is given.
  public enum Isolation: String, Sendable, CaseIterable {
    /// `PluginCall.limits` of memory, processes, files and processor time.
    case limits
    case runAs
    /// Set-user-id programs, which are without effect otherwise.
    case privileges
    /// The paths of the agent, its state and its plugins in the environment.
    case agent
  }

  public init(
    name: String, version: String, executors: [String], inputs: [Input] = [.env, .argv, .stdin],
    isolation: [Isolation] = []
  ) {
    self.name = name
    self.version = version
    self.executors = executors
    self.inputs = inputs
    self.isolation = isolation
  }
}

/// Why a call will not run: a rule that it meets or a thing that is missing, and what to do about
/// it. Nothing has run when this is thrown.
public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stable, for machines: `interpreter.missing`.
  public var reason: String
  public var message: String
  public var remedy: String

  public init(reason: String, message: String, remedy: String) {
    self.reason = reason
    self.message = message
    self.remedy = remedy
  }

  public var description: String { "\(reason): \(message); \(remedy)" }
}

/// What a plugin author writes: how calls are prepared, run and ended. All is called on the
/// server's one thread, so nothing here may block; several calls are under way at once.
public protocol CallExecutor: AnyObject {
  /// Checks and stages everything, so that `start` has little left to fail at. A refusal here
  /// becomes the call's outcome `rejected`.
  func prepare(_ call: PluginCall) throws(Refusal)

  /// Begins. It comes once, after the agent's journal has on disk that the call may run. Answer
  /// with `call.started` or `call.didNotStart`, then report output, then `call.ended`.
  func start(_ call: PluginCall)

  /// Ends a call that has been started and has not ended. It ends through `call.ended`.
  func cancel(_ call: PluginCall, because reason: CancelReason)

  /// A prepared call will not be started: remove what was staged.
  func discard(_ call: PluginCall)
}

/// Why the server asks for the end of a call.
public enum CancelReason: Sendable, Hashable {
  /// Someone asked for it.
  case requested
  /// The machine or the plugin is shutting down.
  case shutdown
}

/// How a call ended, for its execution record.
public enum CallEnd: Sendable, Hashable {
  case exit(code: Int)
  case signal(number: Int, coreDumped: Bool)
  /// The executor ended it because the named limit was met; with the signal that did it, if one.
  case limit(String, signal: Int?)
  case cancelled(signal: Int?)
}

/// What a call used and what ran it, as far as is known.
public struct CallUsage: Sendable, Hashable {
  public var processID: Int?
  public var cpuUser: Duration?
  public var cpuSystem: Duration?
  public var peakMemoryBytes: Int?
  /// Processes that had left the group, or had been left behind, and were killed.
  public var escapedKilled: Int
  public var interpreter: String?
  public var interpreterVersion: String?
  /// What its processes were held to; `ProcessRun` tells it.
  package var isolation: Model.Isolation?

  public init(
    processID: Int? = nil, cpuUser: Duration? = nil, cpuSystem: Duration? = nil,
    peakMemoryBytes: Int? = nil, escapedKilled: Int = 0, interpreter: String? = nil,
    interpreterVersion: String? = nil
  ) {
    self.processID = processID
    self.cpuUser = cpuUser
    self.cpuSystem = cpuSystem
    self.peakMemoryBytes = peakMemoryBytes
    self.escapedKilled = escapedKilled
    self.interpreter = interpreter
    self.interpreterVersion = interpreterVersion
  }
}

/// One of a call's two output streams.
public enum CallStream: Sendable, Hashable {
  case stdout
  case stderr
}

/// The limits that a tool sets to its calls.
public struct CallLimits: Sendable, Hashable {
  public let run: Duration
  /// Between the polite request to end and the kill.
  public let killGrace: Duration
  public let stdoutBytes: Int
  public let stderrBytes: Int
  /// What its processes may take; `nil` where the tool does not say. `ProcessRun` sees to them.
  public let memoryBytes: Int?
  public let processes: Int?
  public let openFiles: Int?
  public let fileSizeBytes: Int?
  public let cpu: Duration?

  /// Whether the tool says anything of what its processes may take.
  package var areSet: Bool {
    [memoryBytes, processes, openFiles, fileSizeBytes].contains { $0 != nil } || cpu != nil
  }
}
