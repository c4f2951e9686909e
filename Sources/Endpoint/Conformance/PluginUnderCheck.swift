package import JSON
package import Model
package import Platform
package import PluginProtocol

/// What a check found to be wrong.
package struct Flaw: Error, Sendable, Hashable, CustomStringConvertible {
  package let reason: String
  package init(_ reason: String) { self.reason = reason }
  package var description: String { reason }
}

/// What this machine, or who runs the check, does not have, so that it cannot be seen whether the
/// plugin is right.
struct Lack: Error, Sendable, Hashable {
  let reason: String
  let remedy: String

  init(_ reason: String, remedy: String = "") {
    self.reason = reason
    self.remedy = remedy
  }
}

/// A plugin's process, started and spoken to as the agent does it, by one who waits for answers.
package final class PluginUnderCheck {
  package enum Told {
    case reply(id: JSON, Result<JSON, PluginFault>)
    case progress(CallID)
    case ended(CallID, spoolBytes: Int)
  }

  /// How long an answer may take before the plugin is called silent.
  private let patience: Duration
  /// A reader that takes nothing leaves room for so many bytes of messages: the smallest pipe.
  static let smallestPipeBytes = 4_096

  package let process: Int
  private let child: ChildProcess
  private let poller: Poller
  private var input: Descriptor?
  private var output: Descriptor?
  private var unsent: [UInt8] = []
  /// Ends of calls that came while something else was waited for, with the bytes of their spools.
  private var passedEnds: [CallID: Int] = [:]
  private var lines = LineBuffer()
  private var nextID = 0
  private var exit: ProcessExit?
  private let log: String

  /// What a plugin has in its environment to hand on to tools that need the agent.
  static let agentPlaces: [(name: String, value: String)] = [
    ("SIGNALBOX_AGENT", "/signalbox-check/agent"), ("SIGNALBOX_STATE", "/signalbox-check/state"),
    ("SIGNALBOX_PLUGINS", "/signalbox-check/plugins"),
  ]

  /// - Parameter log: the file that its standard error goes to.
  package init(
    _ program: String, patience: Duration, log: String, smallPipe: Bool = false,
    environment: [(name: String, value: String)] = []
  ) throws(SystemError) {
    self.patience = patience
    self.log = log
    let errors = try Files.open(log, .append)
    var input = try Pipe()
    var output = try Pipe()
    let inputEnd = input.takeReadEnd()
    let outputEnd = output.takeWriteEnd()
    if smallPipe { outputEnd.growPipe(to: Self.smallestPipeBytes) }
    poller = try Poller()
    child = try ChildProcess.spawn(
      Launch(
        program,
        environment: [
          ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
          ("HOME", Machine.homeDirectory), ("LANG", "C.UTF-8"),
        ] + Self.agentPlaces + environment, directory: "/", group: .ownSession), stdin: inputEnd,
      stdout: outputEnd, stderr: errors)
    process = child.id
    let writing = input.takeWriteEnd()
    let reading = output.takeReadEnd()
    try writing.setNonblocking()
    try reading.setNonblocking()
    try poller.add(reading.number, .readable, token: 1)
    self.input = consume writing
    self.output = consume reading
  }

  deinit { end() }

  // MARK: Talking

  /// What it wrote to its log last, for whoever has to find out why.
  var lastWords: String {
    let text = String(decoding: (try? Files.read(log)) ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n").suffix(2).joined(separator: " / ")
    return lines.isEmpty ? "" : "; its log ends with: \(lines.suffix(300))"
  }

  package func send(line: [UInt8]) { unsent += line }

  @discardableResult
  package func send(_ request: PluginRequest) -> Int {
    nextID += 1
    send(line: request.line(id: nextID))
    return nextID
  }

  /// Sends, and waits for the answer. Nobody says what comes first, the end of a call or an answer: such
  /// ends are kept for `passedEnd`.
  package func ask(_ request: PluginRequest) throws -> Result<JSON, PluginFault> {
    let id = send(request)
    let deadline = Deadline(patience)
    while true {
      switch try next(request.method, deadline) {
      case .reply(.int(id), let answer): return answer
      case .ended(let call, let bytes): keepEnd(of: call, spoolBytes: bytes)
      case .reply, .progress: continue
      }
    }
  }

  func keepEnd(of call: CallID, spoolBytes: Int) { passedEnds[call] = spoolBytes }

  /// The spool's bytes, as its end told, of a call that ended while an answer was waited for.
  func passedEnd(of call: CallID) -> Int? { passedEnds.removeValue(forKey: call) }

  /// The next message of the plugin.
  package func next(_ waitingFor: String, _ deadline: Deadline) throws -> Told {
    while true {
      switch lines.next() {
      case .tooLong(let limit): throw Flaw("a line of it is over \(limit) bytes")
      case .line(let line):
        if let told = try understood(line) { return told }
      case nil:
        if try !turn(deadline) {
          throw Flaw("it did not answer \"\(waitingFor)\" in time\(lastWords)")
        }
      }
    }
  }

  /// Whether a message came within the time, without taking it.
  package func takeAnything(within time: Duration) throws -> Told? {
    let deadline = Deadline(time)
    while true {
      if case .line(let line)? = lines.next(), let told = try understood(line) { return told }
      if try !turn(deadline) { return nil }
    }
  }

  private func understood(_ line: [UInt8]) throws -> Told? {
    let message: PluginMessage?
    do throws(PluginFault) {
      message = try PluginMessage.parse(line: line)
    } catch {
      let text = Array(line.prefix(80))
      throw Flaw(
        "standard output has a line that is no message (\(error.message)):"
          + " \(String(decoding: text, as: UTF8.self))")
    }
    switch message {
    case .result(let id, let result): return .reply(id: id, .success(result))
    case .fault(let id, let fault): return .reply(id: id, .failure(fault))
    case .progress(let call, _): return .progress(call)
    case .ended(let call, let bytes): return .ended(call, spoolBytes: bytes)
    case nil: return nil
    }
  }

  /// Moves bytes both ways once.
  /// - Returns: `false` when the time is up and nothing came.
  private func turn(_ deadline: Deadline) throws -> Bool {
    try push()
    var events: [Poller.Event] = []
    let step = unsent.isEmpty ? deadline.rest : min(deadline.rest, .milliseconds(5))
    try poller.wait(upTo: step, into: &events)
    if events.isEmpty { return !deadline.isOver }
    try pull()
    return true
  }

  /// Waits until all that was sent is in the pipe, reading nothing.
  func flush() throws {
    let deadline = Deadline(patience)
    while !unsent.isEmpty {
      try push()
      if deadline.isOver { throw Flaw("it does not read its standard input") }
      Clock.sleep(for: .milliseconds(1))
    }
  }

  private func push() throws {
    while !unsent.isEmpty {
      let written: Int?
      do throws(SystemError) {
        written = try input?.writeIfReady(unsent)
      } catch {
        let gone = gone()
        // By now all that it said is in the pipe, and a line that is no message tells more.
        try pull()
        while case .line(let line)? = lines.next() { _ = try understood(line) }
        throw Flaw("it closed its standard input: \(gone)")
      }
      guard let written else { return }
      unsent.removeFirst(written)
    }
  }

  private func pull() throws {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = try chunk.withUnsafeMutableBytes { buffer in
      try output?.readIfReady(into: buffer)
    }
    guard let count else { return }
    if count == 0 { throw Flaw("it closed its standard output: \(gone())") }
    lines.append(Array(chunk[..<count]))
  }

  private func gone() -> String {
    guard let exit = try? waitForExit(.seconds(2)) else { return "it still runs\(lastWords)" }
    switch exit.how {
    case .exit(let code): return "it exited with \(code)\(lastWords)"
    case .signal(let number, _): return "it died of signal \(number)\(lastWords)"
    }
  }

  // MARK: Leaving

  /// As an agent that died: nobody writes, and nobody reads.
  package func abandon() {
    if let number = output?.number { try? poller.remove(number) }
    input = nil
    output = nil
    unsent = []
  }

  package func waitForExit(_ limit: Duration) throws -> ProcessExit? {
    if let exit { return exit }
    let deadline = Deadline(limit)
    while true {
      if let ended = try child.waitIfEnded() {
        exit = ended
        return ended
      }
      if deadline.isOver { return nil }
      Clock.sleep(for: .milliseconds(5))
    }
  }

  package func kill() { try? child.signal(Signals.kill) }

  /// It and all of its session, so that nothing of a check is left.
  package func end() {
    abandon()
    guard exit == nil else { return SessionCensus.kill(process) }
    kill()
    SessionCensus.kill(process)
    exit = try? child.wait()
  }
}

/// A moment by which something has to be there.
package struct Deadline {
  private let at: Int64
  package init(_ time: Duration) {
    let (seconds, attoseconds) = time.components
    at = Clock.now() + seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
  package var rest: Duration { .microseconds(max(0, at - Clock.now())) }
  package var isOver: Bool { Clock.now() >= at }
}

/// The processes of a plugin: it leads a session, and so all that it starts are in it, unless they
/// leave.
enum SessionCensus {
  static func members(of session: Int) -> Set<Int> {
    let ids = ((try? Files.list("/proc")) ?? []).compactMap { Int($0) }
    return Set(ids.filter { $0 != session && Self.session(of: $0) == session })
  }

  /// Waits for those that came since `before` to be gone.
  static func leftOver(_ session: Int, since before: Set<Int>, within time: Duration) -> Set<Int> {
    let deadline = Deadline(time)
    while true {
      let left = members(of: session).subtracting(before)
      if left.isEmpty || deadline.isOver { return left }
      Clock.sleep(for: .milliseconds(20))
    }
  }

  static func kill(_ session: Int) {
    for id in members(of: session) { ProcessTree.entry(id)?.signal(Signals.kill) }
  }

  /// `nil` for one that is gone, or a zombie.
  private static func session(of id: Int) -> Int? {
    guard let bytes = try? Files.read("/proc/\(id)/stat", limit: 4_096),
      // proc_pid_stat(5): the name may contain anything, and ends at the last parenthesis.
      let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[(nameEnd + 1)...].split(separator: 0x20)
    guard fields.count > 3, fields[0] != [UInt8(ascii: "Z")] else { return nil }
    return Int(String(decoding: fields[3], as: UTF8.self))
  }
}
