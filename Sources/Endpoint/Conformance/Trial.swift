internal import Digest
internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

/// One check under way: processes and directories of its own.
final class Trial {
  var subject: Subject
  private let directory: String
  private var plugins: [PluginUnderCheck] = []
  private var isMade = false

  init(_ subject: Subject, name: String) {
    self.subject = subject
    directory = subject.settings.scratch + "/" + name
  }

  func close() {
    for plugin in plugins { plugin.end() }
    try? Files.removeTree(directory)
  }

  // MARK: Plugins

  func launch(smallPipe: Bool = false) throws -> PluginUnderCheck {
    if !isMade { try Files.makeDirectories(directory) }
    isMade = true
    let plugin: PluginUnderCheck
    do throws(SystemError) {
      plugin = try PluginUnderCheck(
        subject.settings.program, patience: subject.settings.patience, log: directory + "/log",
        smallPipe: smallPipe, environment: subject.settings.environment)
    } catch {
      // execve(2): ENOENT is told for the interpreter of a script and of a program too.
      if error.isNotFound, Files.exists(subject.settings.program) {
        throw Flaw(
          "it cannot be started: its interpreter, or what it is linked with, is not there")
      }
      throw Flaw("it cannot be started: \(error)")
    }
    plugins.append(plugin)
    return plugin
  }

  /// One that has said what it is.
  func open(smallPipe: Bool = false) throws -> PluginUnderCheck {
    let plugin = try launch(smallPipe: smallPipe)
    _ = try plugin.hello()
    return plugin
  }

  func patience(times factor: Int) -> Duration { subject.settings.patience * factor }

  // MARK: Calls

  func preparation(
    _ call: String, _ script: CheckScript, _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> Preparation {
    let bytes = subject.settings.largeBytes
    guard let text = subject.scripts?.text(script, bytes: bytes) else {
      preconditionFailure("a check needs the script that it runs")
    }
    var preparation = Preparation(
      call: CallID(call), executor: subject.executor ?? "", directory: "\(directory)/\(call)",
      spool: spool(call), script: text,
      limits: .init(
        run: .seconds(600), killGrace: .milliseconds(500), stdoutBytes: 1 << 20,
        stderrBytes: 1 << 20))
    change(&preparation)
    // As the agent leaves it: the directory is there, and an empty spool.
    try Files.makeDirectories(preparation.directory)
    try Files.open(preparation.spool, .readWrite, permissions: 0o600).close()
    return preparation
  }

  func spool(_ call: String) -> String { "\(directory)/\(call)/spool" }

  func prepare(
    _ plugin: PluginUnderCheck, _ call: String, _ script: CheckScript,
    _ change: (inout Preparation) -> Void = { _ in }
  ) throws {
    try plugin.expect(.prepare(preparation(call, script, change)), "prepared")
  }

  func start(
    _ plugin: PluginUnderCheck, _ call: String, _ script: CheckScript,
    _ change: (inout Preparation) -> Void = { _ in }
  ) throws {
    try prepare(plugin, call, script, change)
    try plugin.expect(.start(CallID(call)), "started")
  }

  /// Runs a call to its end.
  func run(
    _ plugin: PluginUnderCheck, _ call: String, _ script: CheckScript,
    _ change: (inout Preparation) -> Void = { _ in }
  ) throws -> SpoolFacts {
    try start(plugin, call, script, change)
    return try end(plugin, call)
  }

  /// Waits for the end of a call, and reads its spool.
  func end(
    _ plugin: PluginUnderCheck, _ call: String, within time: Duration? = nil
  ) throws -> SpoolFacts {
    if let bytes = plugin.passedEnd(of: CallID(call)) { return try finished(call, told: bytes) }
    let deadline = Deadline(time ?? patience(times: 4))
    while true {
      guard case .ended(let ended, let bytes) = try plugin.next("the end of a call", deadline)
      else { continue }
      if ended == CallID(call) { return try finished(call, told: bytes) }
      plugin.keepEnd(of: ended, spoolBytes: bytes)
    }
  }

  func finished(_ call: String, told: Int) throws -> SpoolFacts {
    let facts = try SpoolFacts(spool(call), call: call)
    guard facts.isOver else {
      throw Flaw("it told \"ended\", and the spool has no \"ended\" frame")
    }
    guard facts.size == told else {
      throw Flaw("\"ended\" told \(told) bytes of spool, and its frames are \(facts.size) bytes")
    }
    return facts
  }

  /// Waits until the script has printed something.
  func waitForOutput(_ call: String) throws {
    let deadline = Deadline(patience(times: 1))
    while true {
      let facts = try SpoolFacts(spool(call), call: call)
      if facts.stdoutBytes > 0 { return }
      if facts.isOver { throw Flaw("call \(call) ended before it printed: \(facts.endWords)") }
      if deadline.isOver { throw Flaw("nothing that the script printed came into the spool") }
      Clock.sleep(for: .milliseconds(10))
    }
  }

  /// Waits until the spool says that it is over.
  func waitForSpool(_ call: String, within time: Duration) throws -> SpoolFacts {
    let deadline = Deadline(time)
    while true {
      let facts = try SpoolFacts(spool(call), call: call)
      if facts.isOver { return facts }
      if deadline.isOver { throw Flaw("after \(time) the spool has no \"ended\" frame") }
      Clock.sleep(for: .milliseconds(20))
    }
  }

  /// Waits for the lock, which says that the plugin has let go of the call.
  func waitForLock(_ call: String, within time: Duration) throws -> Bool {
    let deadline = Deadline(time)
    while try isLocked(call) {
      if deadline.isOver { return false }
      Clock.sleep(for: .milliseconds(20))
    }
    return true
  }

  func isLocked(_ call: String) throws -> Bool {
    try SpoolReader(path: spool(call)).ownerIsAlive()
  }
}

extension PluginUnderCheck {
  /// The handshake, as the agent does it.
  func hello(version: Int = PluginProtocol.version) throws -> PluginDescription {
    let answer = try ask(
      .initialize(agentName: "signalbox-check", agentVersion: "1", protocolVersion: version))
    switch answer {
    case .failure(let fault): throw Flaw("it refused the handshake: \(fault)")
    case .success(let result):
      do throws(ShapeError) {
        return try PluginDescription(result)
      } catch {
        throw Flaw("its answer to initialize is wrong: \(error)")
      }
    }
  }

  /// Asks, and wants `{member: true}`.
  func expect(_ request: PluginRequest, _ member: String) throws {
    try ask(request).isTrue(member, of: request.method)
  }

  /// Asks, and wants a refusal.
  func expectRefusal(_ request: PluginRequest, _ why: String) throws {
    switch try ask(request) {
    case .success: throw Flaw("\(why) was not refused")
    case .failure(let fault):
      guard fault.reason != "plugin.refused" else {
        throw Flaw("\(why) was refused without data.reason")
      }
    }
  }
}

extension Result<JSON, PluginFault> {
  func isTrue(_ member: String, of method: String) throws {
    switch self {
    case .failure(let fault): throw Flaw("\(method) was refused: \(fault)")
    case .success(let result):
      guard result[member] == true else {
        throw Flaw("\(method) was answered \(result.compact), not {\"\(member)\":true}")
      }
    }
  }
}
