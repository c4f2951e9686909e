import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

/// A plugin, the shell's if no other is named, spoken to as the agent speaks to it.
final class PluginSession {
  let directory: String
  private let executor: String
  private var input: Descriptor?
  private var output: Descriptor?
  private let child: ChildProcess
  private let poller: Poller
  private var lines = LineBuffer()
  private var nextID = 1
  private var exit: ProcessExit?
  /// Long enough for a machine that is busy with other things; a test that meets it has failed.
  private static let patience: Duration = .seconds(60)

  init(
    _ directory: String, executor: String = "shell", handshake: Bool = true,
    environment: [(name: String, value: String)] = [], through wrapper: [String] = []
  ) throws {
    self.directory = directory
    self.executor = executor
    let log = try Files.open(directory + "/plugin.log", .append)
    let command = wrapper + [try builtProgram("signalbox-plugin-\(executor)")]
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
      guard case .result = reply else { throw Unexpected(what: "\(reply)") }
    }
  }

  deinit {
    closeInput()
    try? child.signal(Signals.kill)
    if exit == nil { _ = try? child.wait() }
  }

  var processID: Int { child.id }

  // MARK: Talking

  func send(_ bytes: [UInt8]) throws { try input?.writeAll(bytes) }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  @discardableResult
  func send(_ request: PluginRequest) throws -> Int {
    nextID += 1
    try send(request.line(id: nextID))
    return nextID
  }

  /// Sends and waits for the answer, dropping notifications.
  func answer(to request: PluginRequest) throws -> PluginMessage {
    let id = try send(request)
    while true {
      let message = try next()
      switch message {
      case .result(.int(id), _), .fault(.int(id), _): return message
      case .result, .fault, .progress, .ended: continue
      }
    }
  }

  /// The next message, whatever it is.
  func next() throws -> PluginMessage {
    while true {
      if case .line(let line)? = lines.next() {
        guard let message = try PluginMessage.parse(line: line) else { continue }
        return message
      }
      guard try read() > 0 else { throw Unexpected(what: "the plugin closed its output") }
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

  func closeInput() { input = nil }

  /// As an agent that is gone: nobody writes and nobody reads.
  func detach() {
    closeInput()
    if let number = output?.number { try? poller.remove(number) }
    output = nil
  }

  func kill() throws {
    try child.signal(Signals.kill)
    _ = try wait()
  }

  func terminate() throws { try child.signal(Signals.terminate) }

  func wait() throws -> ProcessExit {
    if let exit { return exit }
    let ended = try child.wait()
    exit = ended
    return ended
  }

  // MARK: Calls

  func preparation(_ call: String, _ script: String) -> Preparation {
    Preparation(
      call: CallID(call), executor: executor, directory: "\(directory)/\(call)",
      spool: spool(call), script: script,
      limits: .init(
        run: .seconds(30), killGrace: .milliseconds(300), stdoutBytes: 1 << 20,
        stderrBytes: 1 << 20))
  }

  func spool(_ call: String) -> String { "\(directory)/\(call)/spool" }

  /// Prepares and starts, and returns when the process runs.
  func start(
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
  func run(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> SpoolContent {
    var preparation = preparation(call, script)
    change(&preparation)
    try send(.prepare(preparation))
    try send(.start(CallID(call)))
    return try ended(call)
  }

  /// Waits for the end of a call and reads its spool.
  func ended(_ call: String) throws -> SpoolContent {
    while true {
      switch try next() {
      case .ended(CallID(call), let bytes):
        let content = try SpoolContent(spool(call))
        #expect(content.size == bytes)
        return content
      case .fault(_, let fault): throw fault
      case .result, .progress, .ended: continue
      }
    }
  }

  /// Waits until the script has printed `text`.
  func waitForOutput(_ call: String, _ text: String) throws {
    while try !SpoolContent(spool(call)).stdout.contains(text) {
      guard case .progress = try next() else { continue }
    }
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let what: String
  var description: String { what }
}

/// All that a spool holds.
struct SpoolContent {
  var frames: [SpoolFrame] = []
  var size: Int
  var record: ExecutionRecord?
  private var bytes: [OutputStream: [UInt8]] = [.stdout: [], .stderr: []]

  init(_ path: String) throws {
    let reader = try SpoolReader(path: path)
    while let frame = try reader.next() {
      frames.append(frame)
      switch frame {
      case .output(let output):
        // Frames of a stream follow one another without a hole.
        #expect(bytes[output.stream]?.count == output.offset)
        bytes[output.stream]? += output.bytes
      case .ended(_, let record): self.record = record
      case .opened, .starting, .started: break
      }
    }
    size = reader.position
  }

  var stdoutBytes: [UInt8] { bytes[.stdout] ?? [] }
  var stdout: String { String(decoding: stdoutBytes, as: UTF8.self) }
  var stderr: String { String(decoding: bytes[.stderr] ?? [], as: UTF8.self) }
  var wasStarting: Bool { frames.contains { if case .starting = $0 { true } else { false } } }
}

/// Stops a process with SIGSTOP, and waits until it has stopped.
func hold(_ process: Int) throws {
  ProcessTree.entry(process)?.signal(19)
  let deadline = Clock.now() + 60_000_000
  while Clock.now() < deadline {
    let status = String(decoding: try Files.read("/proc/\(process)/stat"), as: UTF8.self)
    if status.contains(") T ") { return }
  }
  throw Unexpected(what: "process \(process) does not stop")
}

/// Runs `body` with a plugin in a directory of its own.
func withPlugin<Result>(_ body: (PluginSession) throws -> Result) throws -> Result {
  try withTemporaryDirectory { directory in try body(try PluginSession(directory)) }
}
