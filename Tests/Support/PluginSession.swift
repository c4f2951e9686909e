import JSON
package import Model
package import Platform
package import PluginProtocol

/// A plugin, the shell's if no other is named, spoken to as the agent speaks to it.
package final class PluginSession {
  package let directory: String
  private let executor: String
  private let lastSignal: Int32
  /// Of the calls that nobody has said more of.
  private let killGrace: Duration
  /// What it answered to `initialize`; not without a handshake.
  package private(set) var description: PluginDescription?
  private var input: Descriptor?
  private var output: Descriptor?
  private let child: ChildProcess
  private let poller: Poller
  private var lines = LineBuffer()
  private var nextID = 1
  private var exit: ProcessExit?
  /// The bytes of the spools of calls whose end came while something else was waited for.
  private var endsPassed: [CallID: Int] = [:]
  /// Long enough for a machine that is busy with other things; a test that meets it has failed.
  private static let patience: Duration = .seconds(60)

  /// - Parameters:
  ///   - wrapper: what it is started with, such as `prlimit` and its options.
  ///   - lastSignal: for when the session is over. One that is asked takes what it started along.
  package init(
    _ directory: String, executor: String = "shell", arguments: [String] = [],
    handshake: Bool = true, environment: [(name: String, value: String)] = [],
    through wrapper: [String] = [], killGrace: Duration = .milliseconds(300),
    lastSignal: Int32 = Signals.kill
  ) throws {
    self.directory = directory
    self.executor = executor
    self.killGrace = killGrace
    self.lastSignal = lastSignal
    // A plugin that is gone fails its test, and does not end all of them.
    Signals.ignoreBrokenPipe()
    let log = try Files.open(directory + "/plugin.log", .append)
    let command = wrapper + [try builtProgram("signalbox-plugin-\(executor)")] + arguments
    var input = try Pipe()
    var output = try Pipe()
    let inputEnd = input.takeReadEnd()
    let outputEnd = output.takeWriteEnd()
    child = try ChildProcess.spawn(
      Launch(
        command[0], arguments: command, environment: [("HOME", "/home/test")] + environment,
        group: .ownSession), stdin: inputEnd, stdout: outputEnd, stderr: log)
    self.input = input.takeWriteEnd()
    let readEnd = output.takeReadEnd()
    poller = try Poller()
    try poller.add(readEnd.number, .readable, token: 1)
    self.output = consume readEnd
    if handshake {
      let reply = try answer(
        to: .initialize(agentName: "test", agentVersion: "1", protocolVersion: 1))
      guard case .result(_, let answer) = reply else { throw Unexpected(what: "\(reply)") }
      description = try PluginDescription(answer)
    }
  }

  deinit {
    closeInput()
    try? child.signal(lastSignal)
    if exit == nil { _ = try? child.wait() }
  }

  package var processID: Int { child.id }

  package func log() throws -> String {
    String(decoding: try Files.read(directory + "/plugin.log"), as: UTF8.self)
  }

  // MARK: Talking

  package func send(_ bytes: [UInt8]) throws { try input?.writeAll(bytes) }

  package func send(_ text: String) throws { try send(Array(text.utf8)) }

  @discardableResult
  package func send(_ request: PluginRequest) throws -> Int {
    nextID += 1
    try send(request.line(id: nextID))
    return nextID
  }

  /// Sends and waits for the answer. The ends of calls that come before it are kept for `ended`.
  package func answer(to request: PluginRequest) throws -> PluginMessage {
    let id = try send(request)
    while true {
      let message = try next()
      switch message {
      case .result(.int(id), _), .fault(.int(id), _): return message
      case .ended(let call, let bytes): endsPassed[call] = bytes
      case .result, .fault, .progress: continue
      }
    }
  }

  /// The next message, whatever it is.
  package func next() throws -> PluginMessage {
    while true {
      if case .line(let line)? = lines.next() {
        guard let message = try PluginMessage.parse(line: line) else { continue }
        return message
      }
      guard try read() > 0 else {
        throw Unexpected(what: "the plugin closed its output: \(try log())")
      }
    }
  }

  private func read() throws -> Int {
    var events: [Poller.Event] = []
    try poller.wait(upTo: Self.patience, into: &events)
    if events.isEmpty { throw Unexpected(what: "the plugin said nothing for a minute") }
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = try chunk.withUnsafeMutableBytes { try output?.read(into: $0) ?? 0 }
    lines.append(Array(chunk[..<count]))
    return count
  }

  // MARK: Leaving

  package func closeInput() { input = nil }

  /// As an agent that is gone: nobody writes and nobody reads.
  package func detach() {
    closeInput()
    if let number = output?.number { try? poller.remove(number) }
    output = nil
  }

  package func kill() throws {
    try child.signal(Signals.kill)
    _ = try wait()
  }

  package func terminate() throws { try child.signal(Signals.terminate) }

  package func wait() throws -> ProcessExit {
    if let exit { return exit }
    let ended = try child.wait()
    exit = ended
    return ended
  }

  // MARK: Calls

  package func preparation(_ call: String, _ script: String) -> Preparation {
    Preparation(
      call: CallID(call), executor: executor, directory: "\(directory)/\(call)",
      spool: spool(call), script: script,
      limits: .init(
        run: .seconds(30), killGrace: killGrace, stdoutBytes: 1 << 20, stderrBytes: 1 << 20))
  }

  package func spool(_ call: String) -> String { "\(directory)/\(call)/spool" }

  /// Prepares and starts, and returns when the process runs.
  package func start(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws {
    var preparation = preparation(call, script)
    change(&preparation)
    let prepared = try answer(to: .prepare(preparation))
    guard case .result(_, ["prepared": true]) = prepared else {
      throw Unexpected(what: "\(prepared)")
    }
    let started = try answer(to: .start(CallID(call)))
    guard case .result(_, let result) = started, result["started"] == true else {
      throw Unexpected(what: "\(started)")
    }
  }

  /// Runs a call to its end.
  package func run(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> SpoolContent {
    try begin(call, script, change)
    return try ended(call)
  }

  /// Prepares and starts, and waits for nothing.
  package func begin(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws {
    var preparation = preparation(call, script)
    change(&preparation)
    try send(.prepare(preparation))
    try send(.start(CallID(call)))
  }

  /// Waits for the end of a call and reads its spool.
  package func ended(_ call: String) throws -> SpoolContent {
    while true {
      if let bytes = endsPassed.removeValue(forKey: CallID(call)) {
        let content = try SpoolContent(spool(call))
        guard content.size == bytes else {
          throw Unexpected(what: "\(bytes) bytes were told, and there are \(content.size)")
        }
        return content
      }
      switch try next() {
      case .ended(let call, let bytes): endsPassed[call] = bytes
      case .fault(_, let fault): throw fault
      case .result, .progress: continue
      }
    }
  }

  /// The refusal of a call that must not run.
  package func refusal(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> PluginFault {
    try begin(call, script, change)
    var faults: [PluginFault] = []
    // Both are answered; what was refused at its preparation is not known at its start.
    var answers = 0
    while answers < 2 {
      switch try next() {
      case .fault(_, let fault):
        faults.append(fault)
        answers += 1
      case .result: answers += 1
      case .ended(let call, let bytes): endsPassed[call] = bytes
      case .progress: continue
      }
    }
    guard let first = faults.first else { throw Unexpected(what: "the call was not refused") }
    return first
  }

  /// Waits until the script has printed `text`.
  package func waitForOutput(_ call: String, _ text: String) throws {
    // Before the answer to `prepare` there is no spool.
    while true {
      let isOver = endsPassed[CallID(call)] != nil
      if (try? SpoolContent(spool(call)))?.stdout.contains(text) == true { return }
      if isOver { throw Unexpected(what: "the call ended without \(text)") }
      if case .ended(let call, let bytes) = try next() { endsPassed[call] = bytes }
    }
  }
}

package struct Unexpected: Error, CustomStringConvertible {
  package let what: String

  package init(what: String) { self.what = what }

  package var description: String { what }
}

/// All that a spool holds.
package struct SpoolContent {
  package var frames: [SpoolFrame] = []
  package var size: Int
  package var record: ExecutionRecord?
  /// Whoever opened it still has it.
  package var hasOwner: Bool
  private var bytes: [OutputStream: [UInt8]] = [.stdout: [], .stderr: []]

  /// - Throws: an error, too, if the frames of a stream do not follow one another without a hole.
  package init(_ path: String) throws {
    let reader = try SpoolReader(path: path)
    hasOwner = try reader.ownerIsAlive()
    while let frame = try reader.next() {
      frames.append(frame)
      switch frame {
      case .output(let output):
        guard bytes[output.stream]?.count == output.offset else {
          throw Unexpected(what: "a hole before \(output.offset) of \(output.stream)")
        }
        bytes[output.stream]? += output.bytes
      case .ended(_, let record): self.record = record
      case .opened, .starting, .started: break
      }
    }
    size = reader.position
  }

  package var stdoutBytes: [UInt8] { bytes[.stdout] ?? [] }
  package var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }
  package var stderr: String { String(decoding: bytes[.stderr] ?? [], as: UTF8.self) }
  package var wasStarting: Bool {
    frames.contains { if case .starting = $0 { true } else { false } }
  }
}

/// Stops a process with SIGSTOP, and waits until it has stopped.
package func hold(_ process: Int) throws {
  ProcessTree.entry(process)?.signal(19)
  let deadline = Clock.now() + 60_000_000
  while Clock.now() < deadline {
    let status = String(decoding: try Files.read("/proc/\(process)/stat"), as: UTF8.self)
    if status.contains(") T ") { return }
  }
  throw Unexpected(what: "process \(process) does not stop")
}
