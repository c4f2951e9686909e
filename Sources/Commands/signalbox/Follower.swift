import CommandLine
import JSON
import Model
import Platform
import Sockets
import Synchronization

/// Follows a call to its end: prints its output as it comes, and on a terminal what it waits for.
///
/// All of it happens on the socket loop's thread. A reader of our output that is slow holds up that
/// thread, and so, by TCP, the control plane's sending: nothing piles up here.
///
/// `@unchecked Sendable`: the stored state is touched on the loop's thread only.
final class Follower: @unchecked Sendable {
  enum End: Sendable {
    case ended(JSON)
    case failed(Failure)
    case outOfTime
  }

  /// How long to look for a control plane that went away in the middle.
  private static let patience: Duration = .seconds(60)

  private let control: @Sendable () throws(Failure) -> Control
  private let call: String
  private let screen: Screen
  private let loop = SocketLoop(.dialing)
  private let end = Mailbox<End>()
  private var lines: [UInt8] = []
  private var errorBody: [UInt8] = []
  private var status = 0
  private var transition = 0
  private var received = ["stdout": 0, "stderr": 0]
  private var isOver = false
  private var lostAt: ContinuousClock.Instant?

  /// - Parameter control: where the control plane is; asked again when the connection is lost.
  init(
    _ call: String, _ screen: Screen,
    control: @escaping @Sendable () throws(Failure) -> Control
  ) {
    self.call = call
    self.screen = screen
    self.control = control
  }

  /// - Parameter limit: how long to wait for the outcome.
  func run(limit: Duration?) throws -> End {
    try loop.start()
    defer { loop.stop() }
    if let limit {
      loop.after(limit) { [self] in finish(.outOfTime) }
    }
    loop.post { [self] in
      connect()
      tick()
    }
    var taken: [End] = []
    while taken.isEmpty { _ = end.drain(into: &taken) }
    return taken[0]
  }

  private func finish(_ result: End) {
    guard !isOver else { return }
    isOver = true
    screen.close()
    end.post(result)
  }

  private func tick() {
    guard !isOver, screen.showsStatus else { return }
    screen.refresh()
    loop.after(.seconds(1)) { [self] in tick() }
  }

  // MARK: The stream

  private func connect() {
    guard !isOver else { return }
    do {
      let path =
        "/v1/calls/\(escaped(call))/events?after=\(transition)"
        + "&stdout=\(received["stdout"] ?? 0)&stderr=\(received["stderr"] ?? 0)"
      lines = []
      errorBody = []
      loop.request(
        try control().request("GET", path),
        handlers: HTTPCallHandlers(
          onHead: { [self] status, _ in self.status = status },
          onChunk: { [self] bytes in take(bytes) },
          onEnd: { [self] result in connectionEnded(result) }))
    } catch {
      retry(error)
    }
  }

  private func connectionEnded(_ result: Result<Void, SocketsError>) {
    guard !isOver else { return }
    if case .success = result, status != 200 {
      return finish(.failed(Failure(status: status, try? JSON(parsing: errorBody))))
    }
    retry(
      Failure(
        "unavailable", "the connection to the control plane was lost",
        remedy: "the call goes on; follow it with \"signalbox calls wait \(call)\"",
        exit: .unavailable))
  }

  /// The control plane may only be starting anew.
  private func retry(_ why: Failure) {
    let now = ContinuousClock.now
    let since = lostAt ?? now
    lostAt = since
    guard now - since < Self.patience else { return finish(.failed(why)) }
    screen.state = "the control plane is away, the call is safe; looking for it again"
    loop.after(.milliseconds(500)) { [self] in connect() }
  }

  private func take(_ bytes: [UInt8]) {
    guard status == 200 else {
      if errorBody.count < 1 << 20 { errorBody += bytes }
      return
    }
    lostAt = nil
    var start = bytes.startIndex
    while let newline = bytes[start...].firstIndex(of: 0x0A) {
      lines += bytes[start..<newline]
      start = newline + 1
      handle(lines)
      lines.removeAll(keepingCapacity: true)
    }
    lines += bytes[start...]
  }

  private func handle(_ line: [UInt8]) {
    let limits = JSONLimits(
      maxBytes: 256 << 20, maxDepth: JSONLimits.depthCeiling, maxValues: 10_000_000)
    guard !isOver, let event = try? JSON(parsing: line, limits: limits) else { return }
    switch event["type"]?.string {
    case "transition":
      transition = max(transition, event["sequence"]?.int ?? 0)
      screen.state = stateWords(event)
    case "waiting": screen.state = words(event["text"])
    case "output": print(event)
    case "end": finish(.ended(event["call"] ?? .null))
    default: break  // A newer control plane may say more.
    }
  }

  private func print(_ event: JSON) {
    let stream = words(event["stream"])
    guard let offset = event["offset"]?.int, let expected = received[stream], offset >= expected
    else { return }
    let text = event["text"]?.string.map { Array($0.utf8) }
    guard let bytes = text ?? event["base64"]?.string.flatMap({ Base64.bytes($0) }) else { return }
    received[stream] = offset + bytes.count
    guard screen.print(bytes, isError: stream == "stderr") else {
      return finish(
        .failed(
          Failure(
            "output", "nobody reads the output any more",
            remedy: "the call goes on; follow it with \"signalbox calls wait \(call)\"",
            exit: ExitCode(141, ""))))
    }
  }

  private func stateWords(_ event: JSON) -> String {
    switch event["kind"]?.string {
    case "accepted": "accepted"
    case "offered": "offered to the endpoint"
    case "acknowledged": "acknowledged by the endpoint"
    case "released", "started": "running"
    case "outputBegan": "running, printing"
    case "connectionLost": "the endpoint's connection was lost; its journal will say"
    case "probed": "no acknowledgement yet; asking the endpoint"
    case "absent": "the offer did not arrive; it will be sent again"
    case "refused": "refused by the runtime it was offered to; nothing ran"
    case "cancelRequested": "cancel asked for"
    case "finished": "ended; judging the result"
    default: words(event["kind"])
    }
  }
}
