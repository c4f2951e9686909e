import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

/// A plugin, spoken to as the agent speaks to it.
final class ExecutorSession {
  let directory: String
  let executor: String
  private var input: Descriptor?
  private let output: Descriptor
  private let child: ChildProcess
  private let poller: Poller
  private var lines = LineBuffer()
  private var nextID = 1
  private(set) var offered: [String] = []
  private(set) var isolation: [String] = []
  /// Long enough for a machine that is busy with other things; a test that meets it has failed.
  private static let patience: Duration = .seconds(60)

  init(
    _ directory: String, _ executor: String, _ arguments: [String],
    environment: [(name: String, value: String)] = []
  ) throws {
    self.directory = directory
    self.executor = executor
    let log = try Files.open(directory + "/plugin.log", .append)
    var input = try Pipe()
    var output = try Pipe()
    let inputEnd = input.takeReadEnd()
    let outputEnd = output.takeWriteEnd()
    let program = try builtProgram("signalbox-plugin-\(executor)")
    child = try ChildProcess.spawn(
      Launch(
        program, arguments: [program] + arguments,
        environment: [("HOME", "/home/test")] + environment,
        group: .ownSession), stdin: inputEnd, stdout: outputEnd, stderr: log)
    self.input = input.takeWriteEnd()
    self.output = output.takeReadEnd()
    poller = try Poller()
    try poller.add(self.output.number, .readable, token: 1)
    let reply = try answer(
      to: .initialize(agentName: "test", agentVersion: "1", protocolVersion: 1))
    guard case .result(_, let description) = reply else { throw Unexpected(what: "\(reply)") }
    let described = try PluginDescription(description)
    (offered, isolation) = (described.executors, described.isolation)
  }

  deinit {
    input = nil
    // Asked, not killed: a plugin that leaves by itself takes its hosts and its files along.
    try? child.signal(Signals.terminate)
    _ = try? child.wait()
  }

  var processID: Int { child.id }

  func kill() throws { try child.signal(Signals.kill) }

  func log() throws -> String {
    String(decoding: try Files.read(directory + "/plugin.log"), as: UTF8.self)
  }

  // MARK: Talking

  @discardableResult
  func send(_ request: PluginRequest) throws -> Int {
    nextID += 1
    try input?.writeAll(request.line(id: nextID))
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

  func next() throws -> PluginMessage {
    while true {
      if case .line(let line)? = lines.next() {
        guard let message = try PluginMessage.parse(line: line) else { continue }
        return message
      }
      var events: [Poller.Event] = []
      try poller.wait(upTo: Self.patience, into: &events)
      if events.isEmpty { throw Unexpected(what: "the plugin said nothing for a minute") }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = try chunk.withUnsafeMutableBytes { try output.read(into: $0) }
      if count == 0 { throw Unexpected(what: "the plugin closed its output: \(try log())") }
      lines.append(Array(chunk[..<count]))
    }
  }

  // MARK: Calls

  func preparation(_ call: String, _ script: String) -> Preparation {
    Preparation(
      call: CallID(call), executor: executor, directory: "\(directory)/\(call)",
      spool: spool(call), script: script,
      limits: .init(
        run: .seconds(30), killGrace: .seconds(5), stdoutBytes: 1 << 20, stderrBytes: 1 << 20))
  }

  func spool(_ call: String) -> String { "\(directory)/\(call)/spool" }

  /// Runs a call to its end.
  func run(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> CallContent {
    try begin(call, script, change)
    return try ended(call)
  }

  func begin(
    _ call: String, _ script: String, _ change: (inout Preparation) -> Void = { _ in }
  ) throws {
    var preparation = preparation(call, script)
    change(&preparation)
    try send(.prepare(preparation))
    try send(.start(CallID(call)))
  }

  func ended(_ call: String) throws -> CallContent {
    while true {
      switch try next() {
      case .ended(CallID(call), _): return try CallContent(spool(call))
      case .fault(_, let fault): throw fault
      case .result, .progress, .ended: continue
      }
    }
  }

  /// The refusal of a call that must not run.
  func refusal(
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
      case .progress, .ended: continue
      }
    }
    return try #require(faults.first, "the call was not refused")
  }

  /// Waits until the script has printed `text`.
  func waitForOutput(_ call: String, _ text: String) throws {
    // Before the answer to `prepare` there is no spool.
    repeat {
      if case .ended = try next() { throw Unexpected(what: "the call ended") }
    } while (try? CallContent(spool(call)))?.stdout.contains(text) != true
  }
}

struct Unexpected: Error, CustomStringConvertible {
  let what: String
  var description: String { what }
}

/// All that a spool holds.
struct CallContent {
  var record: ExecutionRecord?
  var wasStarting = false
  var isFree = false
  private var bytes: [OutputStream: [UInt8]] = [.stdout: [], .stderr: []]

  init(_ path: String) throws {
    let reader = try SpoolReader(path: path)
    isFree = try !reader.ownerIsAlive()
    while let frame = try reader.next() {
      switch frame {
      case .output(let output): bytes[output.stream]? += output.bytes
      case .ended(_, let record): self.record = record
      case .starting: wasStarting = true
      case .opened, .started: break
      }
    }
  }

  var stdout: String { String(decoding: bytes[.stdout] ?? [], as: UTF8.self) }
  var stderr: String { String(decoding: bytes[.stderr] ?? [], as: UTF8.self) }
}

/// The stand-ins of this directory, which are programs for Python.
enum FakePrograms {
  static let python = "/usr/bin/python3"
  static var canRun: Bool { Files.isExecutable(python) }

  static func path(_ name: String) -> String {
    Files.directory(of: #filePath) + "/FakePrograms/" + name
  }
}

func waitUntil(_ isSo: () throws -> Bool) throws {
  let end = Clock.now() + 30_000_000
  while try !isSo() {
    guard Clock.now() < end else { throw Unexpected(what: "it did not come to that in 30 s") }
    Clock.sleep(for: .milliseconds(10))
  }
}
