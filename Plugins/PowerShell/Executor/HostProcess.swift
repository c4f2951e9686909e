internal import Platform
internal import PluginKit
internal import PluginProtocol

#if os(Linux)
  /// A PowerShell process that runs our host script: started, spoken to, read, and gone to its last
  /// descendant before it counts as gone. `HostMachine` decides; this carries out.
  final class HostProcess {
    /// What to start, with which files, and what it is held to.
    struct Setup {
      var program: String
      /// The directory of our scripts, and of the channels. Nobody else may enter it.
      var directory: String
      /// An installed copy of `host.ps1`, with `call.ps1` beside it; `nil` for ours.
      var hostScript: String?
      /// A host that serves calls of many tools is held to no limits of one.
      var held = CallConfinement.standard(
        lacksControlGroup: "a PowerShell host serves one call after another")
      /// It is held to what one call may take.
      var isForOneCall = false
      /// What it needs to start so held.
      var environment: [(name: String, value: String)] = []
    }

    /// What a host sees of the agent's environment, and what keeps PowerShell to itself.
    private static let surroundings: [(name: String, value: String)] = [
      ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
      ("LANG", "C.UTF-8"), ("NO_COLOR", "1"), ("POWERSHELL_TELEMETRY_OPTOUT", "1"),
      ("POWERSHELL_UPDATECHECK", "Off"),
    ]

    private var setup: Setup
    /// Of a host that runs as another user, who may not enter the directory of all.
    private var ownDirectory: OwnDirectory?
    private let server: PluginServer
    private let name: String
    private let token: String
    private let onChange: (HostProcess) -> Void
    private var machine: HostMachine
    private var timers: Timers<HostMachine.Timer>
    private var process: SupervisedProcess?
    private var isProcessGone = false
    /// By the supervisor's word.
    private var isTreeGone = false
    /// The server stays for what this leaves behind.
    private var isHeld = false
    /// Why it could not be held to what the call asks for.
    private var unheld: SystemError?

    private var listener: LocalListener?
    private var sender: LineSender?
    private var channel: Descriptor?
    private var isChannelClosed = false
    private var lines = LineBuffer()

    private var console: [CallStream: OutputPipe] = [:]
    private var consoleErrors = SerializedErrors()
    /// What the process said on its console without a call: why it did not come up, for example.
    private var complaint: [UInt8] = []
    private static let maxComplaintBytes = 2_048

    private var call: PluginCall?
    private var request: HostRequest?
    private var facts: HostFacts?
    private var calls = 0
    private var isContinued = false

    /// - Parameter onChange: called when the host is free, and when it is gone.
    init(
      _ setup: Setup, named name: String, on server: PluginServer,
      rule: Retirement, onChange: @escaping (HostProcess) -> Void
    ) {
      self.setup = setup
      self.name = name
      self.server = server
      timers = Timers(server)
      self.onChange = onChange
      token = Random.bytes(16).map { String($0, radix: 16) }.joined(separator: "-")
      machine = HostMachine(token: token, rule: rule, isForOneCall: setup.isForOneCall)
    }

    deinit { giveBack() }

    var program: String { setup.program }
    /// For whatever call of its program comes next.
    var isFree: Bool { machine.isFree && !setup.isForOneCall }
    var isIdle: Bool { isFree && machine.state == .idle }
    var isGone: Bool { machine.state == .gone }
    var isRetiring: Bool { machine.isRetiring }

    private var directory: String { ownDirectory?.path ?? setup.directory }

    func start() throws {
      let account = setup.held.confinement.account
      if let account { ownDirectory = try OwnDirectory(of: account) }
      let path = directory + "/" + name
      let listener = try LocalListener(path: path)
      if let account {
        // To connect takes the right to write; until the owner changes, only root has it.
        try Files.setPermissions(path, 0o600)
        try Files.setOwner(path, user: account.user, group: account.group)
      }
      let null = try Files.open("/dev/null", .read)
      var output = try Pipe()
      var errors = try Pipe()
      let outputEnd = output.takeWriteEnd()
      let errorsEnd = errors.takeWriteEnd()
      let process = try SupervisedProcess(
        Launch(
          setup.program, arguments: [setup.program] + arguments,
          environment: Self.surroundings + setup.environment
            + (account?.variables ?? [("HOME", Machine.homeDirectory)])
            + [("SIGNALBOX_CHANNEL", path), ("SIGNALBOX_TOKEN", token)],
          directory: directory),
        stdin: null, stdout: outputEnd, stderr: errorsEnd,
        confinement: setup.held.confinement, cgroup: setup.held.group?.descriptor.number)
      console = [
        .stdout: try Self.reading(output.takeReadEnd()),
        .stderr: try Self.reading(errors.takeReadEnd()),
      ]
      try server.watch(listener.descriptor.number) { self.accept() }
      self.listener = consume listener
      for (stream, pipe) in console {
        try server.watch(pipe.number) { self.readConsole(stream) }
      }
      try server.watch(process.report.number) { self.readReport() }
      if setup.isForOneCall {
        server.hold()
        isHeld = true
      }
      self.process = process
      process.start()
      carryOut(machine.start())
    }

    /// Nothing of the user's or the machine's profiles, nobody to ask, no CLIXML, and our own script,
    /// whatever the policy for others is. Neither the script nor an argument of a call is among it.
    private var arguments: [String] {
      [
        "-NoLogo", "-NoProfile", "-NonInteractive", "-OutputFormat", "Text",
        "-ExecutionPolicy", "Bypass", "-File", setup.hostScript ?? HostFiles.host(in: directory),
      ]
    }

    private static func reading(_ end: consuming Descriptor) throws(SystemError) -> OutputPipe {
      try end.setNonblocking()
      return OutputPipe(end)
    }

    // MARK: Calls

    func take(_ call: PluginCall, _ request: HostRequest) {
      calls += 1
      self.call = call
      self.request = request
      if let ownDirectory { self.request?.directory = ownDirectory.work }
      (consoleErrors, isContinued) = (SerializedErrors(), false)
      let nonce = Random.bytes(12).map { String($0, radix: 16) }.joined(separator: "-")
      step(
        .take(
          HostMachine.Work(
            call: String(calls), nonce: nonce, runLimit: call.limits.run,
            killGrace: call.limits.killGrace)))
    }

    /// Ends a call, unless it has ended by itself, whichever is heard of first.
    func stop(_ call: PluginCall, _ reason: HostMachine.Stop) {
      readAllOfChannel()
      // By now it may serve another one.
      if self.call === call { step(.stop(reason)) }
    }

    func dismiss() { carryOut(machine.dismiss()) }

    private func step(_ event: HostMachine.Event) { carryOut(machine.step(event)) }

    private func carryOut(_ effects: [HostMachine.Effect]) {
      for effect in effects { carryOut(effect) }
    }

    private func carryOut(_ effect: HostMachine.Effect) {
      switch effect {
      case .arm(let timer, let delay):
        timers.arm(timer, delay) { self.step(.fired(timer)) }
      case .disarm(let timer): timers.disarm(timer)
      case .ask(let work):
        if let line = request?.line(call: work.call, nonce: work.nonce) { sender?.send(line) }
        request = nil
      case .askToStop(let work): sender?.send(HostRequest.stopLine(call: work.call))
      case .askToLeave: sender?.send(HostRequest.leaveLine)
      case .began: call?.started(processID: process?.id)
      case .write(let record): write(record)
      case .refuse(let refusal): release()?.didNotStart(explained(refusal))
      case .end(let end, let sentinel):
        call?.finished()
        finish(end, sentinel)
      case .endByForce(let end): finish(end, nil)
      case .interrupt(let why):
        readConsoleRest()
        release()?.interrupted(explained(why))
      case .kill: kill()
      case .free: onChange(self)
      case .gone: close()
      }
    }

    private func release() -> PluginCall? {
      defer { (call, request) = (nil, nil) }
      return call
    }

    private func finish(_ end: CallEnd, _ sentinel: Sentinel?) {
      // What is known of the whole process is this call's only where the process is.
      let own = setup.isForOneCall ? process : nil
      // Without a sentinel the tree is gone, and its supervisor has counted.
      let killed = sentinel == nil ? own?.escapedKilled ?? 0 : killLeftovers()
      readConsoleRest()
      var rest: [UInt8] = []
      consoleErrors.finish(into: &rest)
      rest.withUnsafeBytes { call?.write($0, to: .stderr) }
      let exit = own?.exit
      var usage = CallUsage(
        processID: process?.id, cpuUser: sentinel?.cpuUser ?? exit?.cpuUser,
        cpuSystem: sentinel?.cpuSystem ?? exit?.cpuSystem,
        peakMemoryBytes: exit?.peakMemoryBytes, escapedKilled: killed, interpreter: setup.program,
        interpreterVersion: facts.map { "\($0.version) \($0.edition)" })
      usage.isolation = setup.held.told(exit?.how ?? end.asExit)
      release()?.ended(end, usage)
    }

    /// Processes that the script left running. They would go on in the next call.
    private func killLeftovers() -> Int {
      guard let process else { return 0 }
      let leftovers = ProcessTree.descendants(of: process.supervisorID)
        .filter { $0.id != process.id && !$0.isDead }
      for leftover in leftovers { leftover.signal(Signals.kill) }
      return leftovers.count
    }

    private func write(_ record: ScriptRecord) {
      let text = StreamText.text(of: record, isContinued: isContinued)
      isContinued = record.isPart
      Array(text.utf8).withUnsafeBytes { call?.write($0, to: StreamText.stream(of: record)) }
    }

    // MARK: The console

    private func readConsole(_ stream: CallStream) {
      // What the host said before it began comes first.
      if machine.state == .asked { readChannel() }
      guard let pipe = console[stream] else { return }
      if !pipe.read({ takeConsole($0, stream) }) {
        server.unwatch(pipe.number)
        console[stream] = nil
      }
    }

    private func readConsoleRest() {
      for (stream, pipe) in console { pipe.readRest { takeConsole($0, stream) } }
    }

    private func takeConsole(_ bytes: UnsafeRawBufferPointer, _ stream: CallStream) {
      guard machine.state == .running || machine.state == .cleaning || machine.state == .gone,
        let call, call.isRunning
      else {
        complaint = (complaint + bytes).suffix(Self.maxComplaintBytes)
        return
      }
      guard stream == .stderr else { return call.write(bytes, to: stream) }
      var text: [UInt8] = []
      consoleErrors.take(bytes, into: &text)
      text.withUnsafeBytes { call.write($0, to: stream) }
    }

    private func explained(_ why: String) -> String {
      readConsoleRest()
      let text = String(decoding: complaint, as: UTF8.self)
      let words = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
      return words.isEmpty ? why : "\(why); it said: \(words)"
    }

    private func explained(_ refusal: Refusal) -> Refusal {
      guard refusal.reason == "powershell.host" else { return refusal }
      if let unheld { return .unconfined(unheld) }
      var refusal = refusal
      refusal.message = explained(refusal.message)
      return refusal
    }

    // MARK: The channel

    private func accept() {
      guard let connection = (try? listener?.accept()) ?? nil, isOurs(connection) else { return }
      closeListener()
      do {
        sender = try LineSender(try connection.duplicate(), server.loop)
        try server.watch(connection.number) { self.readChannel() }
        channel = consume connection
      } catch {
        isChannelClosed = true
        step(.garbage("the channel cannot be read: \(error)"))
      }
    }

    /// Whoever runs as the host's user can read where the channel is, and its token, and be there first.
    private func isOurs(_ connection: borrowing Descriptor) -> Bool {
      guard let process, let peer = connection.peerProcess else { return false }
      return peer == process.id
        || ProcessTree.descendants(of: process.supervisorID).contains { $0.id == peer }
    }

    private func closeListener() {
      if let number = listener?.descriptor.number { server.unwatch(number) }
      listener = nil
      try? Files.remove(directory + "/" + name)
    }

    private static let readBytes = 256 << 10

    /// Reads once: one that says much must not hold up deadlines and other calls.
    /// - Returns: `false` when there was nothing.
    @discardableResult
    private func readChannel() -> Bool {
      if isChannelClosed || channel == nil { return false }
      var isMore = false
      withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 16) { buffer in
        do throws(SystemError) {
          guard let count = try channel?.readIfReady(into: buffer) else { return }
          lines.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
          if count == 0 { isChannelClosed = true }
        } catch {
          isChannelClosed = true
        }
        isMore = true
      }
      takeLines()
      if isChannelClosed {
        closeChannel()
        step(.hungUp)
        noteDeath()
      }
      return isMore
    }

    /// What a socket holds at most is read with so many reads.
    private static let lastReads = 64

    /// Nobody of the host's tree is left, so what was sent is all there is, whoever else may have the
    /// other end by now.
    private func readChannelRest() {
      readAllOfChannel()
      isChannelClosed = true
      closeChannel()
    }

    private func readAllOfChannel() {
      var reads = 0
      while reads < Self.lastReads, readChannel() { reads += 1 }
    }

    private func closeChannel() {
      if let number = channel?.number { server.unwatch(number) }
      channel = nil
      sender?.close()
      sender = nil
    }

    private func takeLines() {
      while let line = lines.next() {
        switch line {
        case .tooLong(let limit): step(.garbage("a line is over \(limit) bytes"))
        case .line(let bytes):
          do throws(HostMessageError) {
            let message = try HostMessage(line: bytes)
            if case .hello(let facts) = message { self.facts = facts }
            step(.message(message))
          } catch {
            step(.garbage("\(error)"))
          }
        }
      }
    }

    // MARK: The process

    /// Longer than this nobody waits for a process that the kernel does not let go.
    private static let killLimit: Duration = .seconds(5)

    private func kill() {
      process?.kill()
      server.after(Self.killLimit) {
        guard !self.isGone else { return }
        self.isProcessGone = true
        self.readChannelRest()
        self.noteDeath()
      }
    }

    private func readReport() {
      guard let process else { return }
      let phase = (try? process.phase()) ?? .orphaned
      switch phase {
      case .starting, .started: return
      case .failed(let error):
        complaint = Array("\(error)".utf8)
        if process.isConfinementRefused { unheld = error }
      // What it started goes with it.
      case .ended: return process.kill()
      case .gone: isTreeGone = true
      case .orphaned:
        guard process.killAdopted() else {
          server.after(.milliseconds(20)) { self.readReport() }
          return
        }
      }
      if process.isReaped { server.unwatch(process.report.number) }
      guard !isProcessGone else { return }
      isProcessGone = true
      accept()
      readChannelRest()
      noteDeath()
    }

    private func noteDeath() {
      guard isProcessGone, isChannelClosed, !isGone else { return }
      step(.died(ending, of: signal))
    }

    /// By the supervisor's word: of an end that nobody saw nothing is known.
    private var signal: CallEnd? {
      guard isTreeGone, case .signal(let number, let core)? = process?.exit?.how else { return nil }
      return .signal(number: number, coreDumped: core)
    }

    private var ending: String {
      switch process?.exit?.how {
      case .exit(let code)?: "its process ended with \(code)"
      case .signal(let number, _)?: "signal \(number) ended its process"
      case nil: "its process is gone"
      }
    }

    private func close() {
      closeListener()
      closeChannel()
      for pipe in console.values { server.unwatch(pipe.number) }
      console = [:]
      giveBack()
      onChange(self)
    }

    private func giveBack() {
      if let group = setup.held.releaseGroup() {
        let isClean = process.map { isTreeGone && !$0.hasKilledControlGroup } ?? true
        server.controlGroups.giveBack(group, isClean: isClean)
      }
      // A script may have left more than can be removed in a moment.
      if let directory = ownDirectory.take()?.directory {
        server.aside { directory.remove() }
      }
      if isHeld { server.release() }
      isHeld = false
    }
  }
#endif

extension CallEnd {
  /// As a process that ended so by itself.
  fileprivate var asExit: ProcessExit.How? {
    if case .exit(let code) = self { .exit(code: code) } else { nil }
  }
}
