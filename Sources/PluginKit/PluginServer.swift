internal import JSON
internal import Model
package import Platform
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
  package let loop: EventLoop

  let input: Descriptor
  let output: LineSender
  private let errorOutput: Descriptor
  let signals: Descriptor
  private var lines = LineBuffer()
  var executor: (any CallExecutor)?
  var calls: [String: PluginCall] = [:]
  /// Calls whose spools have grown in this turn of the loop.
  var progressed: [PluginCall] = []
  private var foundControlGroups: ControlGroups?
  let accounts = AccountBook()
  var unsynced = UnsyncedSpools()
  /// What goes on after the end of its call.
  var holds = 0
  var isInitialized = false
  var isLeaving = false
  var isDetached = false

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
    loop.onWake = { self.endTurn() }
    try loop.run()
    output.flush()
    foundControlGroups?.remove()
  }

  /// Looked for when the first call needs one.
  package var controlGroups: ControlGroups {
    if let foundControlGroups { return foundControlGroups }
    let groups = ControlGroups(plugin: plugin.name)
    foundControlGroups = groups
    return groups
  }

  /// Writes a line to the plugin's own log, which the agent keeps. No output of a tool and no
  /// secret belongs there.
  public func log(_ text: String) {
    _ = try? errorOutput.writeIfReady(Array((text + "\n").utf8))
  }

  // MARK: Input

  static let readBytes = 64 << 10
  /// With more waiting than this, progress is told later: only the newest figure counts.
  static let busyBytes = 64 << 10

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

  func reply(to address: ReplyAddress, _ content: Result<JSON, PluginFault>) {
    // JSON-RPC 2.0 section 4.1: a request without an id wants no answer.
    guard let id = address.id else { return }
    switch content {
    case .success(let result): send(.result(id: id, result))
    case .failure(let fault): send(.fault(id: id, fault))
    }
  }

  /// At the end of the turn, with what else there is then.
  func send(_ message: PluginMessage) { output.put(message.line) }

  private func endTurn() {
    if !progressed.isEmpty { tellProgress() }
    output.sendWaiting()
  }
}

/// Where an answer goes; nowhere for a request without an id.
struct ReplyAddress {
  let id: JSON?
  init(_ id: JSON?) { self.id = id }
}
