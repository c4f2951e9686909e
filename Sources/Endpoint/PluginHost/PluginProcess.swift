internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

/// The process of a plugin and the pipes to it. It is in a session of its own: what is sent to the
/// agent's group does not reach it, and it outlives the agent with the calls that it runs.
final class PluginProcess: PluginChannel {
  var onMessage: (PluginAnswer) -> Void = { _ in }
  var onFailure: (String) -> Void = { _ in }
  var onLog: (String) -> Void = { _ in }

  private struct Pending {
    let method: String
    let call: CallID?
    let askedAt: Int64
  }

  private let child: ChildProcess
  private let loop: EventLoop
  private let replyLimit: Duration
  /// Gone when the process has been let go: then the plugin sees the end of its input.
  private var pipes: PluginPipes?
  private var lines = LineBuffer()
  private var logLines = LineBuffer(limit: 4 << 10)
  private var pending: [Int: Pending] = [:]
  private var nextID = 1
  private var isOver = false
  private var isReaped = false
  private var replyDeadline: EventLoop.Deadline?

  private static let readBytes = 64 << 10
  /// A pipe has 64 KiB unless someone made it longer, up to 1 MiB.
  private static let lastReads = 16

  init(path: String, settings: PluginHost.Settings, loop: EventLoop) throws(SystemError) {
    self.loop = loop
    replyLimit = settings.replyLimit
    var input = try Pipe()
    var output = try Pipe()
    var log = try Pipe()
    let inputEnd = input.takeReadEnd()
    let outputEnd = output.takeWriteEnd()
    let logEnd = log.takeWriteEnd()
    child = try ChildProcess.spawn(
      Launch(path, environment: settings.environment, directory: "/", group: .ownSession),
      stdin: inputEnd, stdout: outputEnd, stderr: logEnd)
    let pipes = PluginPipes(
      sender: try LineSender(input.takeWriteEnd(), loop), output: output.takeReadEnd(),
      log: log.takeReadEnd())
    self.pipes = pipes
    try pipes.output.setNonblocking()
    try pipes.log.setNonblocking()
    try loop.watch(pipes.output.number) { [weak self] in self?.readOutput() }
    try loop.watch(pipes.log.number) { [weak self] in self?.readLog() }
    // A process that was let go still wants to be waited for, so its object stays until then.
    try loop.watch(child.handle.number) { self.reap() }
  }

  var id: Int { child.id }

  func request(_ request: PluginRequest, about call: CallID?) {
    let line = request.line(id: nextID)
    guard line.count <= PluginProtocol.maxLineBytes else {
      let fault = PluginFault(
        message: "the request has \(line.count) bytes, over \(PluginProtocol.maxLineBytes)",
        reason: "plugin.lineTooLong", remedy: "send less input with one call")
      onMessage(.reply(method: request.method, call, .failure(fault)))
      return
    }
    pending[nextID] = Pending(method: request.method, call: call, askedAt: Clock.now())
    nextID += 1
    pipes?.sender.send(line)
    if replyDeadline == nil, request.method != PluginRequest.ping.method { watchReplies() }
  }

  func close() {
    stopReading()
    pipes = nil
  }

  func close(killAfter limit: Duration) {
    close()
    loop.after(limit) { [weak self] in self?.kill() }
  }

  func kill() {
    close()
    // The group as well: a plugin may be a script. It fails only for processes that are gone.
    if !isReaped { try? child.signalGroup(Signals.kill) }
  }

  private func reap() {
    let exit: ProcessExit?
    do throws(SystemError) {
      exit = try child.waitIfEnded()
    } catch {
      exit = nil
    }
    guard let exit else { return }
    isReaped = true
    loop.unwatch(child.handle.number)
    // What it said last is still in the pipes, and no pipe holds more than this.
    for _ in 0..<Self.lastReads {
      readLog()
      readOutput()
    }
    let why =
      switch exit.how {
      case .exit(let code): "it exited with \(code)"
      case .signal(let number, _): "it was ended by signal \(number)"
      }
    fail(why)
  }

  private func fail(_ why: String) {
    if isOver { return }
    stopReading()
    onFailure(why)
  }

  private func stopReading() {
    isOver = true
    if let pipes {
      pipes.sender.close()
      loop.unwatch(pipes.output.number)
      loop.unwatch(pipes.log.number)
    }
    if let replyDeadline { loop.cancel(replyDeadline) }
  }

  // MARK: Reading

  // Once for each wake: one who writes without end must not hold up the others on this thread.
  private func readOutput() {
    guard !isOver, let pipes else { return }
    read(pipes.output, into: &lines)
    while !isOver, let line = lines.next() { take(line) }
  }

  private func readLog() {
    guard !isOver, let pipes else { return }
    read(pipes.log, into: &logLines)
    while let line = logLines.next() {
      switch line {
      case .line(let bytes): onLog(String(decoding: bytes, as: UTF8.self))
      case .tooLong(let limit): onLog("(a line over \(limit) bytes was dropped)")
      }
    }
  }

  /// At the end of the pipe it is not watched any more.
  private func read(_ pipe: borrowing Descriptor, into lines: inout LineBuffer) {
    withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 16) { buffer in
      do throws(SystemError) {
        guard let count = try pipe.readIfReady(into: buffer) else { return }
        // The end of the process tells more than the end of its pipe, and follows.
        if count == 0 { loop.unwatch(pipe.number) }
        lines.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } catch {
        loop.unwatch(pipe.number)
      }
    }
  }

  private func take(_ line: LineBuffer.Line) {
    do throws(PluginFault) {
      switch line {
      case .tooLong(let limit): fail("it wrote a line over \(limit) bytes")
      case .line(let bytes):
        guard let message = try PluginMessage.parse(line: bytes) else { return }
        try take(message)
      }
    } catch {
      fail("\(error)")
    }
  }

  private func take(_ message: PluginMessage) throws(PluginFault) {
    switch message {
    case .result(let id, let result): answer(try request(id), .success(result))
    case .fault(let id, let fault): answer(try request(id), .failure(fault))
    case .progress(let call, let bytes): onMessage(.progress(call, spoolBytes: bytes))
    case .ended(let call, let bytes): onMessage(.ended(call, spoolBytes: bytes))
    }
  }

  private func request(_ id: JSON) throws(PluginFault) -> Pending {
    guard let number = id.int, let request = pending.removeValue(forKey: number) else {
      throw PluginFault(
        message: "it answered what was not asked", reason: "plugin.garbage",
        remedy: "answer each request once, with its id")
    }
    return request
  }

  private func answer(_ request: Pending, _ result: Result<JSON, PluginFault>) {
    onMessage(.reply(method: request.method, request.call, result))
  }

  // MARK: Answers in time

  private func watchReplies() {
    replyDeadline = loop.afterAwake(replyLimit) { [weak self] in self?.checkReplies() }
  }

  private func checkReplies() {
    replyDeadline = nil
    // Whoever pings decides by itself what follows from silence.
    let awaited = pending.values.filter { $0.method != PluginRequest.ping.method }
    guard let oldest = awaited.min(by: { $0.askedAt < $1.askedAt }), !isOver else { return }
    if Clock.now() - oldest.askedAt >= replyLimit.wholeMicroseconds {
      return fail("no answer to \(oldest.method) within \(replyLimit)")
    }
    watchReplies()
  }
}

/// The host's ends of a plugin's standard streams.
private final class PluginPipes {
  let sender: LineSender
  let output: Descriptor
  let log: Descriptor

  init(sender: LineSender, output: consuming Descriptor, log: consuming Descriptor) {
    self.sender = sender
    self.output = output
    self.log = log
  }
}
