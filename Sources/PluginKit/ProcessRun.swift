package import Platform

/// A call that is one process with its descendants: started, read, limited, and gone to the last
/// descendant before the call ends.
///
/// A process that left the group, the session or its parent is still a descendant here, and is
/// killed with the rest. Work that is handed to another service, as `systemctl start` does, is not
/// a descendant and stays.
public final class ProcessRun {
  /// What to execute.
  public struct Command: Sendable {
    public var executable: String
    /// All of `argv`, the program's name first.
    public var arguments: [String]
    public var environment: [(name: String, value: String)]
    public var directory: String
    /// What the process reads; nothing for `nil`.
    public var stdin: String?

    public init(
      executable: String, arguments: [String], environment: [(name: String, value: String)],
      directory: String, stdin: String? = nil
    ) {
      self.executable = executable
      self.arguments = arguments
      self.environment = environment
      self.directory = directory
      self.stdin = stdin
    }
  }

  private let call: PluginCall
  private let loop: EventLoop
  private let command: Command
  private let describe: () -> (interpreter: String?, version: String?)
  private var machine: RunMachine
  private var timers: Timers<RunMachine.Timer>
  private let server: PluginServer
  private var held: CallConfinement?
  private var process: SupervisedProcess?
  private var staged: Staged?
  private var pipes: [CallStream: OutputPipe] = [:]
  private var hasReportedEnd = false
  /// By the supervisor's word.
  private var isTreeGone = false
  /// The supervisor was killed by someone else: it tells nothing more.
  private var isOrphaned = false
  /// Takes output instead of the call, for an executor that has to look at it.
  public var receive: ((UnsafeRawBufferPointer, CallStream) -> Void)?
  /// The executor's view of an end. It may write last words to the call.
  public var conclude: (CallEnd) -> CallEnd = { $0 }

  /// - Parameter describe: what interpreter ran, for the record; asked at the end.
  public init(
    _ command: Command, for call: PluginCall, on server: PluginServer,
    describe: @escaping () -> (interpreter: String?, version: String?) = { (nil, nil) }
  ) {
    self.call = call
    self.command = command
    self.describe = describe
    self.server = server
    loop = server.loop
    timers = Timers(server)
    machine = RunMachine(runLimit: call.limits.run, killGrace: call.limits.killGrace)
  }

  /// Opens what the process will be given, so that the start is left with less to do. Runs nothing,
  /// and need not be called.
  public func stage() throws(Refusal) {
    let held = try CallConfinement(call, server.controlGroups)
    self.held = held
    do throws(SystemError) {
      staged = try Staged(command, held)
    } catch {
      throw Self.refusal(error)
    }
  }

  deinit { giveBackGroup(isClean: true) }

  private func giveBackGroup(isClean: Bool) {
    if let group = held?.releaseGroup() { server.controlGroups.giveBack(group, isClean: isClean) }
  }

  /// Starts the process; the call is told when it runs, or that it did not start.
  public func start() {
    do {
      try launch()
    } catch {
      closePipes()
      call.didNotStart(error as? Refusal ?? Self.refusal(error))
    }
  }

  /// Ends the process and all its descendants, politely first.
  public func cancel(because reason: CancelReason) {
    hear {
      switch reason {
      case .requested: self.step(.stop(.cancel))
      case .shutdown: self.step(.stop(.limit("shutdown")))
      }
    }
  }

  private static let reportPause: Duration = .milliseconds(2)
  private static let maxReportPauses = 2_500

  /// What has ended by itself was not ended by us, whichever is heard of first: does `then` when the
  /// supervisor has told of an end that there is, or does not tell in five seconds.
  private func hear(_ pauses: Int = maxReportPauses, then: @escaping () -> Void) {
    readReport()
    guard pauses > 0, !hasReportedEnd, !isOrphaned, let process, process.id > 0,
      ProcessTree.entry(process.id)?.isDead ?? true
    else { return then() }
    loop.after(Self.reportPause) { self.hear(pauses - 1, then: then) }
  }

  // MARK: Start

  private func launch() throws {
    if staged == nil { try stage() }
    guard let staged else { preconditionFailure("what was staged is there") }
    self.staged = nil
    let process = staged.process
    // First: what is not watched must not run.
    try loop.watch(process.report.number) { self.readReport() }
    self.process = process
    // Not watched before the process is known to run, so that the spool is in order.
    pipes = [.stdout: staged.stdout, .stderr: staged.stderr]
    process.start()
  }

  /// A process that waits to be started, and our ends of what it is given.
  private struct Staged {
    let process: SupervisedProcess
    let stdout: OutputPipe
    let stderr: OutputPipe

    init(_ command: Command, _ held: CallConfinement) throws(SystemError) {
      let stdin =
        if let text = command.stdin {
          try Files.inMemory(name: "stdin", Array(text.utf8))
        } else {
          try Files.open("/dev/null", .read)
        }
      var output = try Pipe()
      var errors = try Pipe()
      let stdoutEnd = output.takeWriteEnd()
      let stderrEnd = errors.takeWriteEnd()
      stdout = try Self.reading(output.takeReadEnd())
      stderr = try Self.reading(errors.takeReadEnd())
      process = try SupervisedProcess(
        Launch(
          command.executable, arguments: command.arguments, environment: command.environment,
          directory: command.directory),
        stdin: stdin, stdout: stdoutEnd, stderr: stderrEnd, confinement: held.confinement,
        cgroup: held.group?.descriptor.number)
    }

    private static func reading(_ end: consuming Descriptor) throws(SystemError) -> OutputPipe {
      try end.setNonblocking()
      return OutputPipe(end)
    }
  }

  private static func refusal(_ error: any Error) -> Refusal {
    Refusal(
      reason: "process.notStarted", message: "\(error)",
      remedy: "see the message; nothing has run")
  }

  // MARK: Reports

  private func readReport() {
    guard let process, !isOrphaned else { return }
    let phase: SupervisedProcess.Phase
    do throws(SystemError) {
      phase = try process.phase()
    } catch {
      phase = .orphaned
    }
    switch phase {
    case .starting: break
    case .failed(let error):
      closePipes()
      letGo(of: process)
      self.process = nil
      call.didNotStart(
        process.isConfinementRefused ? .unconfined(error) : Self.refusal(error))
    case .started: noteStart(process)
    case .ended:
      noteStart(process)
      noteEnd()
    case .gone:
      noteStart(process)
      isTreeGone = true
      step(.treeGone)
      noteEnd()
    case .orphaned:
      isOrphaned = true
      loop.unwatch(process.report.number)
      noteStart(process)
      step(.stop(.limit("supervisor")))
      killAdopted()
    }
  }

  private func noteStart(_ process: SupervisedProcess) {
    guard call.state == .starting else { return }
    call.started(processID: process.id > 0 ? process.id : nil)
    for (stream, pipe) in pipes {
      // It fails only when the kernel is out of memory; then the stream is over for us.
      do { try loop.watch(pipe.number) { self.readOutput(stream) } } catch { close(stream) }
    }
    step(.started)
  }

  private func noteEnd() {
    guard !hasReportedEnd else { return }
    hasReportedEnd = true
    call.finished(at: process?.endedAt ?? Clock.now())
    step(.ended)
  }

  /// The supervisor was killed by someone else, and its children are ours now: kill them.
  private func killAdopted() {
    guard let process else { return }
    if process.killAdopted() {
      noteEnd()
      return step(.treeGone)
    }
    loop.after(.milliseconds(20)) { self.killAdopted() }
  }

  // MARK: Output

  private func readOutput(_ stream: CallStream) {
    guard let pipe = pipes[stream] else { return }
    let isOpen = pipe.read { take($0, stream) }
    if !isOpen { close(stream) }
  }

  private func take(_ bytes: UnsafeRawBufferPointer, _ stream: CallStream) {
    if let receive { receive(bytes, stream) } else { call.write(bytes, to: stream) }
  }

  private func close(_ stream: CallStream) {
    guard let pipe = pipes.removeValue(forKey: stream) else { return }
    loop.unwatch(pipe.number)
    if pipes.isEmpty { step(.outputClosed) }
  }

  private func closePipes() {
    for pipe in pipes.values { loop.unwatch(pipe.number) }
    pipes = [:]
  }

  // MARK: Machine

  private func step(_ event: RunMachine.Event) {
    for effect in machine.step(event) { carryOut(effect) }
  }

  private func carryOut(_ effect: RunMachine.Effect) {
    switch effect {
    case .arm(let timer, let delay):
      timers.arm(timer, delay) {
        guard timer == .run else { return self.step(.fired(timer)) }
        // One that was in time leaves what it started the time that follows the end.
        self.hear { if !self.hasReportedEnd { self.step(.fired(timer)) } }
      }
    case .disarm(let timer): timers.disarm(timer)
    case .terminate: process?.terminate()
    case .kill: process?.kill()
    case .finish(let stop): finish(stop)
    }
  }

  private func finish(_ stop: RunMachine.Stop?) {
    guard let process else { return }
    // Given up on with output still open: what is there already is taken in.
    for (stream, pipe) in pipes { pipe.readRest { take($0, stream) } }
    let exit = process.exit
    let described = describe()
    var usage = CallUsage(
      processID: process.id, cpuUser: exit?.cpuUser, cpuSystem: exit?.cpuSystem,
      peakMemoryBytes: exit?.peakMemoryBytes, escapedKilled: process.escapedKilled,
      interpreter: described.interpreter, interpreterVersion: described.version)
    usage.isolation = held?.told(exit?.how)
    call.ended(conclude(Self.end(exit?.how, stop)), usage)
    // The agent has been told: nobody waits for what follows.
    timers.disarmAll()
    closePipes()
    letGo(of: process)
    giveBackGroup(isClean: isTreeGone && !process.hasKilledControlGroup)
    self.process = nil
  }

  /// Listens to it no longer. The supervisor is reaped when it goes, which may be long after, if it has
  /// a process that could not be killed.
  private func letGo(of process: SupervisedProcess) {
    let number = process.report.number
    loop.unwatch(number)
    if process.isReaped { return }
    let loop = loop
    try? loop.watch(number) {
      _ = try? process.phase()
      if process.isReaped { loop.unwatch(number) }
    }
  }

  /// - Parameter how: `nil` for a process that could not be killed.
  package static func end(_ how: ProcessExit.How?, _ stop: RunMachine.Stop?) -> CallEnd {
    switch (how, stop) {
    case (.exit(let code), nil): .exit(code: code)
    case (.signal(let number, let core), nil): .signal(number: number, coreDumped: core)
    case (.signal(let number, _), .limit(let name)): .limit(name, signal: number)
    case (_, .limit(let name)): .limit(name, signal: nil)
    case (.signal(let number, _), .cancel): .cancelled(signal: number)
    case (_, .cancel): .cancelled(signal: nil)
    case (nil, nil): preconditionFailure("only a process that we ended can outlast its call")
    }
  }
}
