internal import Model
package import Platform
internal import PluginProtocol

/// One call in the hands of a plugin: what was asked, and where its progress is reported.
///
/// Output goes through redaction and limits into the call's spool, which the agent reads; the books
/// of what came, was kept and was dropped are kept here.
public final class PluginCall {
  enum State: Equatable {
    case prepared
    case starting
    case running
    /// The record is being written; a full disk may keep it here for a while.
    case ending
    case over
  }

  public let id: String
  /// The one of the plugin's executors that the tool names.
  public let executor: String
  /// The call's own directory. Any name in it may be used but the spool's.
  public let directory: String
  public let script: String
  /// An absolute path, or `nil` for the executor's default.
  public let interpreter: String?
  public let environment: [(name: String, value: String)]
  public let arguments: [String]
  public let stdin: String?
  public let limits: CallLimits
  /// The user that the tool wants to run as; the plugin's own for `nil`.
  public let runAs: String?
  private let runAsID: Int?
  /// What the tool says that it needs.
  public let needs: [Plugin.Isolation]
  /// Whatever the executor wants to find again with the call.
  public var attachment: AnyObject?

  private(set) var state = State.prepared
  let spool: SpoolWriter
  private let unsyncedBytes: Int
  // The server outlives its calls.
  private unowned let server: PluginServer
  /// The id to answer `start` to.
  var startRequest: ReplyAddress?
  var cancelRequested = false
  /// When the agent was told last how far the spool has grown.
  var progressAt: Int64 = 0
  /// It has grown since then, and the agent will be told.
  var isProgressDue = false

  private var books: [CallStream: StreamBook]
  private var isSpoolFull = false
  private var startedAt = Instant(microseconds: 0)
  private var finishedAt: Instant?
  private var processID: Int?

  init(_ preparation: Preparation, spool: SpoolWriter, server: PluginServer) {
    self.server = server
    id = preparation.call.text
    executor = preparation.executor
    directory = preparation.directory
    script = preparation.script
    interpreter = preparation.interpreter
    environment = preparation.environment
    arguments = preparation.arguments
    stdin = preparation.stdin
    let asked = preparation.limits
    limits = CallLimits(
      run: asked.run, killGrace: asked.killGrace, stdoutBytes: asked.stdoutBytes,
      stderrBytes: asked.stderrBytes, memoryBytes: asked.memoryBytes,
      processes: asked.processes, openFiles: asked.openFiles,
      fileSizeBytes: asked.fileSizeBytes, cpu: asked.cpu)
    runAs = preparation.runAs
    runAsID = preparation.runAsID
    needs = preparation.needs.compactMap(Plugin.Isolation.init)
    unsyncedBytes = preparation.unsyncedBytes
    books = [
      .stdout: StreamBook(limit: asked.stdoutBytes, secrets: preparation.redact),
      .stderr: StreamBook(limit: asked.stderrBytes, secrets: preparation.redact),
    ]
    self.spool = spool
  }

  /// Whether it was started, and has not ended.
  package var isRunning: Bool { state == .running }

  /// Whom it is to run as, in the system's terms; `nil` where that is who the plugin is.
  package func account() throws(Refusal) -> Confinement.Account? {
    guard let runAs else { return nil }
    let account: Confinement.Account?
    do throws(SystemError) {
      account = try server.accounts.named(runAs)
    } catch {
      throw Refusal(
        reason: "runAs.unknown", message: "\(error)", remedy: "see why users cannot be looked up")
    }
    guard let account else {
      throw Refusal(
        reason: "runAs.unknown", message: "there is no user \(runAs) on this endpoint",
        remedy: "create the user there, or name another one in the tool")
    }
    if let runAsID, runAsID != Int(account.user) || account.user == Machine.effectiveUser {
      throw Refusal(
        reason: "runAs.changed",
        message: "\(runAs) was user \(runAsID) at the log-in, and is user \(account.user) now",
        remedy: "see who changed the users of this endpoint; have \(runAs) log in anew")
    }
    if account.user == Machine.effectiveUser { return nil }
    guard Machine.effectiveUser == 0 else {
      throw Refusal(
        reason: "runAs.notPermitted",
        message: "the tool runs as \(runAs), and the agent, user \(Machine.effectiveUser), may run"
          + " nothing as another user",
        remedy: "let the agent run as root, or take runAs out of the tool")
    }
    return account
  }

  /// The call runs from here on.
  public func started(processID: Int? = nil) {
    precondition(state == .starting, "a call is started once, after the server asked for it")
    state = .running
    startedAt = Instant(microseconds: Clock.now())
    self.processID = processID
    if !isSpoolFull { isSpoolFull = (try? spool.started(process: processID)) == nil }
    server.callStarted(self, processID: processID)
  }

  /// The call could not be started, and nothing of it ran.
  public func didNotStart(_ refusal: Refusal) {
    precondition(state == .starting, "only a call that is being started can fail to start")
    state = .over
    do throws(SystemError) {
      try spool.didNotStart()
      try spool.release()
    } catch {
      server.log("call \(id): \(error)")
    }
    server.callDidNotStart(self, refusal)
  }

  /// Takes output in, in the order in which it came.
  public func write(_ bytes: UnsafeRawBufferPointer, to stream: CallStream) {
    precondition(state == .running, "only a running call has output")
    if bytes.isEmpty { return }
    books[stream]?.take(bytes) { piece, offset in keep(piece, stream, at: offset) }
    server.callProgressed(self)
  }

  /// The work itself is done, though output of it may still be on its way: this is the end that the
  /// record tells. Without it, the end is when `ended` is called.
  public func finished() { finished(at: Clock.now()) }

  /// - Parameter time: by `Clock.now`.
  package func finished(at time: Int64) {
    // Of the start we may have heard late.
    if finishedAt == nil { finishedAt = max(Instant(microseconds: time), startedAt) }
  }

  /// The call is over: no output follows. Its record is on disk before the agent hears of it, unless it is
  /// so small that the agent keeps it.
  public func ended(_ end: CallEnd, _ usage: CallUsage = CallUsage()) {
    precondition(state == .running, "a call ends once, after it was started")
    state = .ending
    let endedAt = finishedAt ?? Instant(microseconds: Clock.now())
    for stream in [CallStream.stdout, .stderr] {
      books[stream]?.finish { piece, offset in keep(piece, stream, at: offset) }
    }
    let record = ExecutionRecord(
      ended: ending(end), startedAt: startedAt, endedAt: endedAt,
      duration: endedAt - startedAt,
      executor: Executor(
        name: executor, version: server.plugin.version, interpreter: usage.interpreter,
        interpreterVersion: usage.interpreterVersion),
      process: ProcessUsage(
        pid: usage.processID ?? processID, cpuUser: usage.cpuUser, cpuSystem: usage.cpuSystem,
        peakMemoryBytes: usage.peakMemoryBytes, escapedKilled: usage.escapedKilled),
      isolation: usage.isolation,
      stdout: account(.stdout), stderr: account(.stderr))
    complete(record)
  }

  /// The call began, and how it ended is not known: what ran it is gone. There is no record then; the
  /// spool, freed without one, is the proof, and the outcome is `interrupted`. Output up to there is
  /// kept.
  public func interrupted(_ why: String) {
    precondition(state == .running, "only a running call can be interrupted")
    state = .over
    for stream in [CallStream.stdout, .stderr] {
      books[stream]?.finish { piece, offset in keep(piece, stream, at: offset) }
    }
    server.log("call \(id) is interrupted: \(why)")
    do throws(SystemError) {
      try spool.sync()
      try spool.trim()
      try spool.release()
    } catch {
      server.log("call \(id): \(error)")
    }
    server.callEnded(self)
  }

  func beginStart() throws(SystemError) {
    try spool.starting()
    state = .starting
  }

  /// - Returns: `false` when the disk is full: from then on nothing more is kept, so that what was
  ///   kept stays a beginning of the output without holes.
  private func keep(_ piece: UnsafeRawBufferPointer, _ stream: CallStream, at offset: Int) -> Bool {
    if isSpoolFull { return false }
    do throws(SystemError) {
      try spool.output(stream == .stdout ? .stdout : .stderr, offset: offset, piece)
      return true
    } catch {
      isSpoolFull = true
      server.log("call \(id): its output is dropped from here on: \(error)")
      return false
    }
  }

  private func account(_ stream: CallStream) -> StreamAccount {
    guard let book = books[stream] else { preconditionFailure("a call has both streams") }
    return book.account()
  }

  private func ending(_ end: CallEnd) -> Ending {
    let ending: Ending =
      switch end {
      case .exit(let code): .exit(code: code)
      case .signal(let number, let coreDumped): .signal(number: number, coreDumped: coreDumped)
      case .limit(let name, let signal): .limit(name, signal: signal)
      case .cancelled(let signal): .cancelled(signal: signal)
      }
    return isSpoolFull ? ending.atLimit("spool") : ending
  }

  /// How often a record that does not fit on the disk is tried again.
  private static let recordRetry: Duration = .milliseconds(500)

  private func complete(_ record: ExecutionRecord) {
    // What somebody waits for does not wait for the disk.
    server.output.sendWaiting()
    // Without an agent nobody else would keep it.
    let unsyncedBytes = server.hasAgent ? unsyncedBytes : 0
    do throws(SystemError) {
      if let failure = try spool.complete(record, unsyncedBytes: unsyncedBytes) {
        server.log("call \(id): what is on disk of its spool is not known: \(failure)")
      }
    } catch {
      server.log("call \(id): its record could not be stored and is tried again: \(error)")
      server.loop.after(Self.recordRetry) { self.complete(record) }
      return
    }
    state = .over
    if unsyncedBytes >= spool.bytes { server.unsynced.note(spool.path) }
    server.callEnded(self)
  }
}
