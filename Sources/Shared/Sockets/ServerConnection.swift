internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A peer of our server: speaks HTTP until it asks for a WebSocket.
final class ServerConnection: WebSocketOwner {
  private let events: ServerEvents
  private var exchange: ServerExchange?
  private var link: WebSocketLink?
  private var acceptedID: ConnectionID?
  private lazy var peer: String = wsi.map { HeaderTable(wsi: $0).peer() } ?? ""
  /// When the peer's time is up, as far as it is its turn.
  private var deadline: TimerID?
  /// A refused request's body is read and dropped, for the peer to see the refusal: closing with
  /// unread input resets the connection.
  private var discarded: Int?
  private static let maxDiscardedBytes = 64 << 20

  init(_ core: LoopCore, _ events: ServerEvents) {
    self.events = events
    super.init(core)
  }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    guard let wsi else { return 0 }
    switch reason {
    case LWS_CALLBACK_RECEIVE: messageArrived(wsi, data, length)
    case LWS_CALLBACK_SERVER_WRITEABLE: return webSocketWriteable(wsi)
    case LWS_CALLBACK_HTTP: return beginRequest(wsi)
    case LWS_CALLBACK_HTTP_BODY: return bodyArrived(data, length)
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return bodyComplete(wsi)
    case LWS_CALLBACK_HTTP_WRITEABLE: return endExchangeIfComplete(wsi)
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirmUpgrade(wsi)
    case LWS_CALLBACK_ESTABLISHED: established()
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: peerCloses(data, length)
    case LWS_CALLBACK_CLOSED, LWS_CALLBACK_CLOSED_HTTP: exchange?.stopWatching()
    default: break
    }
    return 0
  }

  override func destroyed() {
    stopWaiting()
    link?.closed()
    link = nil
    endExchange()
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

  override func stopWhenIdle() {
    if let exchange { exchange.mustClose = true } else if link == nil { abort() }
  }

  /// Ends the connection at once. Not from within a callback for this very connection.
  func abort() {
    exchange?.stopWatching()
    kill()
  }

  // MARK: - HTTP

  private func beginRequest(_ wsi: OpaquePointer) -> Int32 {
    stopWaiting()
    isSettled = false
    let head: RequestHead
    do throws(RequestHead.Problem) {
      head = try RequestHead(wsi, peer: peer, core.configuration)
    } catch .refused(let status, let text, let hasBody) {
      return refuse(status: status, text, hasBody: hasBody)
    } catch {
      return -1
    }
    let exchange = ServerExchange(core, self, events, head: head)
    self.exchange = exchange
    // lws takes a POST that gives no length for one of 100 MiB; only the end of the connection
    // gets it out of that.
    if head.contentLength == nil, head.method != "GET" { exchange.mustClose = true }
    if core.isStopping { exchange.mustClose = true }
    let limit = core.configuration.maxBodyBytes
    guard exchange.expectedBody <= limit else {
      return refuse(status: 413, "request body longer than \(limit) bytes\n", hasBody: true)
    }
    if exchange.expectedBody > 0 || (head.contentLength == 0 && head.method == "POST") {
      allow(core.configuration.handshakeTimeout)
      if head.headers["expect"]?.lowercased() == "100-continue" { sendContinue(wsi) }
      return 0
    }
    return deliver(wsi)
  }

  private func bodyArrived(_ data: UnsafeMutableRawPointer?, _ length: Int) -> Int32 {
    if let discarded {
      self.discarded = discarded + length
      return discarded > Self.maxDiscardedBytes ? -1 : 0
    }
    exchange?.receive(data, length)
    allow(core.configuration.handshakeTimeout)
    return 0
  }

  private func bodyComplete(_ wsi: OpaquePointer) -> Int32 {
    if discarded != nil { return -1 }
    guard let exchange, exchange.phase == .readingBody else { return 0 }
    return deliver(wsi)
  }

  private func deliver(_ wsi: OpaquePointer) -> Int32 {
    guard let exchange else { return 0 }
    stopWaiting()
    exchange.deliver()
    // The quick way: answered within the handler, sent in one go, and ready for the next request.
    if exchange.isComplete, lws_send_pipe_choked(wsi) == 0 { return endExchangeIfComplete(wsi) }
    exchange.deferReply()
    return 0
  }

  /// The whole reply is with the kernel, and the socket can be written again.
  func replyComplete() {
    guard let wsi, let exchange else { return }
    if exchange.mustClose { return abort() }
    lws_rx_flow_control(wsi, 1)
    requestWriteable()
  }

  private func endExchangeIfComplete(_ wsi: OpaquePointer) -> Int32 {
    guard let exchange, exchange.isComplete else { return 0 }
    let mustClose = exchange.mustClose
    endExchange()
    if mustClose { return -1 }
    isSettled = false
    allow(core.configuration.keepAliveTimeout)
    return lws_http_transaction_completed(wsi) == 0 ? 0 : -1
  }

  private func endExchange() {
    let ended = exchangeValue(&exchange, nil)
    ended?.finished()
  }

  private func refuse(status: Int, _ text: String, hasBody: Bool) -> Int32 {
    endExchange()
    writeRefusal(status: status, text)
    guard hasBody else { return -1 }
    discarded = 0
    _ = shutdown(descriptor, Int32(SHUT_WR))
    allow(core.configuration.handshakeTimeout)
    return 0
  }

  private func writeRefusal(status: Int, _ text: String) {
    let body = Array(text.utf8)
    var bytes = ResponseHead.bytes(
      status: status, headers: [HTTPHeader("content-type", "text/plain")],
      body: .length(body.count), keepAlive: false)
    bytes.append(contentsOf: body)
    // Short, and the first thing sent in reply: the socket takes it whole, or the peer is gone.
    _ = bytes.withUnsafeBytes { sendBytes(descriptor, $0) }
  }

  private func sendContinue(_ wsi: OpaquePointer) {
    let line = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    _ = line.withUnsafeBytes { sendBytes(descriptor, $0) }
  }

  // MARK: - Turning into a WebSocket

  /// Negative hangs up; zero lets the upgrade go on.
  private func confirmUpgrade(_ wsi: OpaquePointer) -> Int32 {
    let table = HeaderTable(wsi: wsi)
    // lws has answered upgrades it does not know with 403, dropped their headers, and still asks.
    guard let wanted = table.value(WSI_TOKEN_UPGRADE) else { return -1 }
    guard wanted.lowercased() == "websocket", let (method, path) = table.target() else {
      writeRefusal(status: 400, "this server upgrades to WebSocket only\n")
      return -1
    }
    let headers = table.headers(extra: core.configuration.extraHeaders)
    guard method == "GET", headers["sec-websocket-key"] != nil, headers["host"] != nil else {
      writeRefusal(status: 400, "not a WebSocket handshake\n")
      return -1
    }
    guard headers["sec-websocket-version"] == "13" else {
      writeRefusal(status: 426, "this server speaks WebSocket version 13\n")
      return -1
    }
    let offered = (headers["sec-websocket-protocol"] ?? "").split { $0 == "," || $0 == " " }
    guard offered.contains(where: { $0 == core.configuration.subprotocol }) else {
      let wanted = core.configuration.subprotocol
      writeRefusal(status: 400, "offer the WebSocket subprotocol \(wanted)\n")
      return -1
    }
    let request = UpgradeRequest(
      id: ConnectionID(), path: path, query: table.query(), headers: headers, peer: peer)
    switch core.isStopping
      ? .refuse(status: 503, body: "stopping\n")
      : events.handlers.onUpgrade(request)
    {
    case .accept:
      acceptedID = request.id
      return 0
    case .refuse(let status, let body):
      writeRefusal(status: status, body)
      return -1
    }
  }

  private func established() {
    stopWaiting()
    guard let id = acceptedID else { return }
    let link = WebSocketLink(core, id: id, owner: self, handlers: events.handlers.webSocket)
    self.link = link
    link.opened()
  }

  // MARK: - Being one

  private func messageArrived(
    _ wsi: OpaquePointer, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) {
    link?.received(
      UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length),
      isFirst: lws_is_first_fragment(wsi) != 0, isFinal: lws_is_final_fragment(wsi) != 0,
      isBinary: lws_frame_is_binary(wsi) != 0,
      remaining: Int(clamping: lws_remaining_packet_payload(wsi)))
  }

  /// Non-zero has libwebsockets send the close frame prepared, and wait for the peer's.
  private func webSocketWriteable(_ wsi: OpaquePointer) -> Int32 {
    guard let link else { return 0 }
    guard link.writeable(wsi) else { return -1 }
    guard link.phase == .closing, let ending = link.ending else { return 0 }
    guard link.isFlushed else {
      requestWriteable()
      return 0
    }
    link.endSending()
    var text = Array(WebSocketLink.closePayload(ending).dropFirst(2))
    lws_close_reason(wsi, lws_close_status(UInt32(ending.code)), &text, text.count)
    return -1
  }

  /// libwebsockets answers the peer's close frame by itself.
  private func peerCloses(_ data: UnsafeMutableRawPointer?, _ length: Int) {
    let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
    let code = bytes.count >= 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : 1005
    link?.peerCloses(code: code, reason: String(decoding: bytes.dropFirst(2), as: UTF8.self))
  }
}
