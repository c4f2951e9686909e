internal import CWebSockets

/// A peer of our server: speaks HTTP until it asks for a WebSocket.
final class ServerConnection: WebSocketCarrier {
  private enum Mode {
    case http
    case webSocket
    /// It has been refused, and is only listened to so that it gets to read why.
    case lingering(received: Int)
  }

  private let events: ServerEvents
  private var mode = Mode.http
  private var parser: RequestParser
  private var exchange: ServerExchange?
  private var isParsing = false
  /// When the peer's time is up, as far as it is its turn.
  private var deadline: TimerID?
  private lazy var peer = peerAddress(descriptor)

  private static let maxLingeringBytes = 64 << 20

  init(_ core: LoopCore, _ events: ServerEvents) {
    self.events = events
    parser = RequestParser(
      maxHeaderBytes: core.configuration.maxHeaderBytes,
      maxBodyBytes: core.configuration.maxBodyBytes)
    super.init(core, isClient: false)
  }

  override func received(_ bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    switch mode {
    case .webSocket: return decode(bytes)
    case .lingering(let received):
      mode = .lingering(received: received + bytes.count)
      return received > Self.maxLingeringBytes ? -1 : 0
    case .http:
      parser.append(UnsafeRawBufferPointer(bytes))
      let outcome = parse()
      // What is sent ahead of a reply waits, within limits.
      pauseReading(exchange != nil && parser.waitingBytes > core.configuration.maxHeaderBytes)
      return outcome
    }
  }

  override func writeable() -> Int32 {
    switch mode {
    case .webSocket: return webSocketWriteable()
    case .lingering:
      endSending()
      return 0
    case .http:
      exchange?.sendMore()
      return finishIfComplete()
    }
  }

  override func destroyed() {
    stopWaiting()
    link?.closed()
    link = nil
    exchangeValue(&exchange, nil)?.finished()
  }

  override func stopWhenIdle() {
    if let exchange { exchange.mustClose = true } else if link == nil { kill() }
  }

  /// The peer's turn: it has this long for the next thing it owes us.
  func allow(_ time: Duration) {
    stopWaiting()
    deadline = core.after(time) { [unowned self] in
      self.deadline = nil
      self.kill()
    }
  }

  private func stopWaiting() {
    if let deadline { core.cancelTimer(deadline) }
    deadline = nil
  }

  // MARK: - Requests

  private func parse() -> Int32 {
    guard !isParsing else { return 0 }
    isParsing = true
    defer { isParsing = false }
    while case .http = mode, let event = parser.next() {
      switch event {
      case .head(let head):
        if head.wantsWebSocket { return upgrade(head) }
        begin(head)
      case .body(let piece): exchange?.receive(piece)
      case .end:
        stopWaiting()
        exchange?.deliver()
        let outcome = finishIfComplete()
        if outcome != 0 { return outcome }
      case .refused(let refusal):
        exchangeValue(&exchange, nil)?.finished()
        return refuse(refusal.status, refusal.text + "\n")
      }
    }
    // A body may take long as long as it moves; a head may not.
    if parser.isInBody || parser.isInsideRequest && deadline == nil {
      allow(core.configuration.handshakeTimeout)
    }
    return 0
  }

  private func begin(_ head: RequestHead) {
    let exchange = ServerExchange(core, self, events, head: head, peer: peer)
    self.exchange = exchange
    if core.isStopping { exchange.mustClose = true }
    allow(core.configuration.handshakeTimeout)
    if head.body != .none, head.headers["expect"]?.lowercased() == "100-continue" {
      sendText("HTTP/1.1 100 Continue\r\n\r\n")
    }
  }

  /// The exchange has sent something: perhaps it was the rest. Not from within `parse`, which looks
  /// by itself.
  func exchangeProgressed() {
    guard !isParsing else { return }
    if finishIfComplete() != 0 { kill() }
  }

  /// Non-zero ends the connection.
  private func finishIfComplete() -> Int32 {
    guard let ended = exchange, ended.isComplete, !isChoked else { return 0 }
    exchange = nil
    ended.finished()
    if ended.mustClose { return parser.waitingBytes > 0 ? linger() : -1 }
    parser.nextRequest()
    allow(core.configuration.keepAliveTimeout)
    pauseReading(false)
    // The next one may have been sent ahead.
    return parse()
  }

  private func refuse(
    _ status: Int, _ text: String, headers: [HTTPHeader] = []
  ) -> Int32 {
    let body = Array(text.utf8)
    let head = ResponseHead.bytes(
      status: status, headers: [HTTPHeader("content-type", "text/plain")] + headers,
      body: .length(body.count), keepAlive: false)
    guard (head + body).withUnsafeBytes({ send($0) }) else { return -1 }
    return linger()
  }

  private func linger() -> Int32 {
    mode = .lingering(received: 0)
    if !isChoked { endSending() }
    pauseReading(false)
    allow(core.configuration.handshakeTimeout)
    return 0
  }

  private func sendText(_ text: String) {
    _ = Array(text.utf8).withUnsafeBytes { send($0) }
  }

  // MARK: - Turning into a WebSocket

  private func upgrade(_ head: RequestHead) -> Int32 {
    let answer = ServerHandshake(head, subprotocol: core.configuration.subprotocol)
    switch answer {
    case .refused(let status, let text, let headers): return refuse(status, text, headers: headers)
    case .accepted(let reply):
      let request = UpgradeRequest(
        id: ConnectionID(), path: head.path, query: head.query, headers: head.headers, peer: peer)
      switch core.isStopping
        ? .refuse(status: 503, body: "stopping\n")
        : events.handlers.onUpgrade(request)
      {
      case .refuse(let status, let body): return refuse(status, body)
      case .accept:
        stopWaiting()
        guard reply.withUnsafeBytes({ send($0) }) else { return -1 }
        mode = .webSocket
        let link = WebSocketLink(
          core, id: request.id, carrier: self, handlers: events.handlers.webSocket)
        self.link = link
        link.opened()
        var rest = parser.takeRest()
        return rest.withUnsafeMutableBytes { decode($0) }
      }
    }
  }
}
