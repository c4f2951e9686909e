internal import JSON
internal import Model
internal import Platform
internal import PluginProtocol

/// Serves the plugin protocol on standard input and output, for as long as there is an agent or a
/// running call.
///
/// ```swift
/// let server = try PluginServer(Plugin(name: "shell", version: "1.0.0", executors: ["shell"]))
/// try server.run(ShellExecutor(server))
/// ```
///
/// An agent that goes away, which is the end of standard input, does not end running calls: they go
/// on to their end, with their limits, and their spools tell the next agent. Nothing but the
/// protocol may be written to standard output; `log` writes to standard error.
public final class PluginServer {
  public let plugin: Plugin
  let loop: EventLoop

  private let input: Descriptor
  private let output: LineSender
  private let errorOutput: Descriptor
  private let signals: Descriptor
  private var lines = LineBuffer()
  private var executor: (any CallExecutor)?
  private var calls: [String: PluginCall] = [:]
  private var lastProgress: [String: (at: Int64, isDue: Bool)] = [:]
  private var isInitialized = false
  private var isLeaving = false
  private var isDetached = false

  public init(_ plugin: Plugin) throws {
    self.plugin = plugin
    Signals.ignoreBrokenPipe()
    // Should someone kill the supervisor of a call, its tree becomes ours instead of init's.
    try Machine.becomeSubreaper()
    loop = EventLoop(try Poller())
    input = try Descriptor.standard(0)
    // An agent that is gone ends our input too, and that is what is acted on.
    output = try LineSender(try Descriptor.standard(1), loop)
    errorOutput = try Descriptor.standard(2)
    signals = try Signals.watch([Signals.terminate])
    try input.setNonblocking()
    // A log that nobody reads must not stop the plugin.
    try errorOutput.setNonblocking()
  }

  /// Serves until the agent is gone and no call is left.
  public func run(_ executor: any CallExecutor) throws {
    self.executor = executor
    try loop.watch(input.number) { self.readInput() }
    try loop.watch(signals.number) { self.readSignals() }
    try loop.run()
    output.flush()
  }

  /// Writes a line to the plugin's own log, which the agent keeps. No output of a tool and no
  /// secret belongs there.
  public func log(_ text: String) {
    _ = try? errorOutput.writeIfReady(Array((text + "\n").utf8))
  }

  // MARK: Input

  private static let readBytes = 64 << 10
  /// With more waiting than this, progress is told later: only the newest figure counts.
  private static let busyBytes = 64 << 10

  private func readInput() {
    var isEnd = false
    withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 16) { buffer in
      do throws(SystemError) {
        guard let count = try input.readIfReady(into: buffer) else { return }
        isEnd = count == 0
        lines.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } catch {
        log("standard input: \(error)")
        isEnd = true
      }
    }
    while let line = lines.next() { take(line) }
    if isEnd { detach() }
  }

  private func take(_ line: LineBuffer.Line) {
    switch line {
    case .tooLong(let limit):
      let fault = PluginFault(
        code: PluginFault.notARequest, message: "a line is over \(limit) bytes",
        reason: "plugin.lineTooLong", remedy: "send less input with one call")
      send(.fault(id: .null, fault))
    case .line(let bytes):
      let request = ReceivedRequest(line: bytes)
      switch request.content {
      case .failure(let fault): reply(to: ReplyAddress(request.id), .failure(fault))
      case .success(let content): handle(content, ReplyAddress(request.id))
      }
    }
  }

  private func handle(_ request: PluginRequest, _ address: ReplyAddress) {
    do throws(PluginFault) {
      switch request {
      case .initialize(_, _, let version): reply(to: address, .success(try initialize(version)))
      case .prepare(let preparation):
        try prepare(preparation)
        reply(to: address, .success(["prepared": true]))
      case .start(let call): try start(call, address)
      case .discard(let call):
        try discard(try known(call))
        reply(to: address, .success(["discarded": true]))
      case .cancel(let call):
        try cancel(try known(call))
        reply(to: address, .success(["cancelling": true]))
      case .shutdown:
        reply(to: address, .success([:]))
        leave()
      }
    } catch {
      reply(to: address, .failure(error))
    }
  }

  private func reply(to address: ReplyAddress, _ content: Result<JSON, PluginFault>) {
    // JSON-RPC 2.0 section 4.1: a request without an id wants no answer.
    guard let id = address.id else { return }
    switch content {
    case .success(let result): send(.result(id: id, result))
    case .failure(let fault): send(.fault(id: id, fault))
    }
  }

  private func send(_ message: PluginMessage) { output.send(message.line) }

  // MARK: Requests

  private func initialize(_ version: Int) throws(PluginFault) -> JSON {
    guard version == PluginProtocol.version else {
      throw PluginFault(
        message: "protocol \(version) is not spoken here, only \(PluginProtocol.version)",
        reason: "plugin.protocol", remedy: "install a plugin and an agent of the same release")
    }
    isInitialized = true
    return PluginDescription(
      name: plugin.name, version: plugin.version, executors: plugin.executors,
      inputs: plugin.inputs.map(\.rawValue), platform: Machine.platform
    ).json
  }

  private func prepare(_ preparation: Preparation) throws(PluginFault) {
    try requireReady()
    let id = preparation.call.text
    guard calls[id] == nil else {
      throw .refusal("call.known", "call \(id) was prepared before", "start or discard that one")
    }
    guard plugin.executors.contains(preparation.executor) else {
      throw .refusal(
        "executor.unknown", "no executor \(preparation.executor) here",
        "use one of \(plugin.executors)")
    }
    let secretBytes = preparation.redact.reduce(0) { $0 + $1.utf8.count }
    guard secretBytes <= Redactor.maxSecretBytes else {
      throw .refusal(
        "redact.tooLong", "\(secretBytes) bytes of secrets, over \(Redactor.maxSecretBytes)",
        "redact shorter values")
    }
    let call: PluginCall
    do throws(SystemError) {
      try Files.makeDirectories(preparation.directory)
      let spool = try SpoolWriter(
        path: preparation.spool, call: preparation.call, plugin: plugin.name)
      call = PluginCall(preparation, spool: spool, server: self)
    } catch {
      throw .refusal("spool.unwritable", "\(error)", "make room for the call's directory")
    }
    do throws(Refusal) {
      try executor?.prepare(call)
    } catch {
      // Nothing will run; the same call may be prepared again once the reason is gone.
      try? Files.remove(preparation.spool)
      throw .refusal(error.reason, error.message, error.remedy)
    }
    calls[id] = call
  }

  private func start(_ id: CallID, _ address: ReplyAddress) throws(PluginFault) {
    try requireReady()
    let call = try known(id)
    guard call.state == .prepared else {
      throw .refusal("call.alreadyStarted", "call \(id) was started before", "wait for its end")
    }
    do throws(SystemError) {
      try call.beginStart()
    } catch {
      drop(call)
      throw .refusal("spool.unwritable", "\(error)", "make room for the call's directory")
    }
    call.startRequest = address
    executor?.start(call)
  }

  private func discard(_ call: PluginCall) throws(PluginFault) {
    guard call.state == .prepared else {
      throw .refusal("call.alreadyStarted", "call \(call.id) was started", "cancel it instead")
    }
    drop(call)
  }

  private func cancel(_ call: PluginCall) throws(PluginFault) {
    guard call.state != .prepared else {
      throw .refusal("call.notStarted", "call \(call.id) was not started", "discard it instead")
    }
    cancel(call, because: .requested)
  }

  private func cancel(_ call: PluginCall, because reason: CancelReason) {
    guard call.state == .starting || call.state == .running, !call.cancelRequested else { return }
    call.cancelRequested = true
    executor?.cancel(call, because: reason)
  }

  private func requireReady() throws(PluginFault) {
    guard isInitialized else {
      throw .refusal("plugin.notInitialized", "no handshake yet", "send initialize first")
    }
    guard !isLeaving else {
      throw .refusal("plugin.leaving", "the plugin is shutting down", "start it again")
    }
  }

  private func known(_ id: CallID) throws(PluginFault) -> PluginCall {
    guard let call = calls[id.text] else {
      throw .refusal(
        "call.unknown", "call \(id) is not here", "it has ended, or it was never prepared")
    }
    return call
  }

  // MARK: What calls report

  func callStarted(_ call: PluginCall, processID: Int?) {
    guard let address = call.startRequest else { return }
    call.startRequest = nil
    reply(
      to: address,
      .success(["started": true, "pid": processID.map(JSON.int) ?? .null]))
  }

  func callDidNotStart(_ call: PluginCall, _ refusal: Refusal) {
    forget(call)
    guard let address = call.startRequest else { return }
    call.startRequest = nil
    reply(to: address, .failure(.refusal(refusal.reason, refusal.message, refusal.remedy)))
  }

  func callProgressed(_ call: PluginCall) {
    guard !isDetached else { return }
    let last = lastProgress[call.id]
    if last?.isDue == true { return }
    let now = Clock.now()
    let next = (last?.at ?? 0) + PluginProtocol.progressInterval.wholeMicroseconds
    if now >= next, output.waitingBytes <= Self.busyBytes { return tellProgress(call, now) }
    lastProgress[call.id] = (last?.at ?? 0, true)
    let id = call.id
    loop.after(PluginProtocol.progressInterval) {
      guard let call = self.calls[id] else { return }
      self.lastProgress[id]?.isDue = false
      self.callProgressed(call)
    }
  }

  private func tellProgress(_ call: PluginCall, _ now: Int64) {
    lastProgress[call.id] = (now, false)
    send(.progress(CallID(call.id), spoolBytes: call.spool.bytes))
  }

  func callEnded(_ call: PluginCall) {
    forget(call)
    send(.ended(CallID(call.id), spoolBytes: call.spool.bytes))
  }

  private func forget(_ call: PluginCall) {
    calls[call.id] = nil
    // The executor's object usually refers to the call: a ring.
    call.attachment = nil
    lastProgress[call.id] = nil
    leaveIfIdle()
  }

  private func drop(_ call: PluginCall) {
    executor?.discard(call)
    // The spool stays: without a `starting` frame and without its lock it proves that nothing ran.
    try? call.spool.release()
    forget(call)
  }

  // MARK: Leaving

  private func readSignals() {
    while let number = try? Signals.next(from: signals) {
      guard number == Signals.terminate else { continue }
      log("asked to terminate: ending \(calls.count) calls")
      for call in calls.values { cancel(call, because: .shutdown) }
      leave()
    }
  }

  /// The agent is gone. What runs goes on; what does not, never will.
  private func detach() {
    loop.unwatch(input.number)
    isDetached = true
    output.close()
    leave()
    if !isIdle { watchCancelFiles() }
  }

  private func leave() {
    isLeaving = true
    for call in calls.values where call.state == .prepared { drop(call) }
    leaveIfIdle()
  }

  private var isIdle: Bool { calls.isEmpty }

  private func leaveIfIdle() {
    if isLeaving, isIdle { loop.stop() }
  }

  private func watchCancelFiles() {
    for call in calls.values
    where Files.exists(PluginProtocol.cancelPath(ofSpool: call.spool.path)) {
      cancel(call, because: .requested)
    }
    loop.after(PluginProtocol.cancelPollInterval) { self.watchCancelFiles() }
  }
}

/// Where an answer goes; nowhere for a request without an id.
struct ReplyAddress {
  let id: JSON?
  init(_ id: JSON?) { self.id = id }
}

extension PluginFault {
  fileprivate static func refusal(
    _ reason: String, _ message: String, _ remedy: String
  ) -> PluginFault {
    PluginFault(message: message, reason: reason, remedy: remedy)
  }
}
