internal import CWebSockets

/// Where a client connects to, and how it introduces itself.
package struct WebSocketTarget: Sendable {
  package var host: String
  package var port: UInt16
  /// Percent-encoded, with its query.
  package var path: String
  package var headers: [HTTPHeader]

  package init(
    host: String = "127.0.0.1", port: UInt16, path: String = "/", headers: [HTTPHeader] = []
  ) {
    self.host = host
    self.port = port
    self.path = path
    self.headers = headers
  }
}

/// Why a WebSocket could not be opened.
package struct ConnectFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// What happened, e.g. "nothing listens at 127.0.0.1:7070".
  package let reason: String
  /// The HTTP status, when a server answered but refused the WebSocket.
  package let status: Int?
  package var description: String { reason }

  package init(reason: String, status: Int?) {
    self.reason = reason
    self.status = status
  }
}

/// A WebSocket we open ourselves. libwebsockets makes the connection (and TLS, one day); handshake
/// and frames are ours, because its client takes 9 ns for every byte received.
final class WebSocketClient: WebSocketOwner {
  private let id: ConnectionID
  private let target: WebSocketTarget
  private var handshake: ClientHandshake?
  private var decoder = FrameDecoder()
  private var link: WebSocketLink?
  private var onConnectFailed: (@Sendable (ConnectionID, ConnectFailure) -> Void)?
  private var isReadingPaused = false
  private var hasSentClose = false

  init(
    _ core: LoopCore, id: ConnectionID, target: WebSocketTarget, handlers: WebSocketHandlers,
    onConnectFailed: @escaping @Sendable (ConnectionID, ConnectFailure) -> Void
  ) {
    self.id = id
    self.target = target
    self.onConnectFailed = onConnectFailed
    var random = SystemRandomNumberGenerator()
    handshake = ClientHandshake(
      target, subprotocol: core.configuration.subprotocol,
      key: (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
    super.init(core)
    core.connecting[id] = self
    link = WebSocketLink(core, id: id, owner: self, handlers: handlers)
  }

  override var mustMask: Bool { true }

  func connect() {
    let place = "\(target.host):\(target.port)"
    _ = core.after(core.configuration.handshakeTimeout) { [weak self] in
      guard let self, self.onConnectFailed != nil else { return }
      self.fail(ConnectFailure(reason: "no answer from \(place)", status: nil))
      self.kill()
    }
    let failure = openClient(
      self, host: target.host, port: target.port, path: target.path, method: "RAW")
    guard let failure else { return }
    fail(ConnectFailure(reason: failure, status: nil))
    detach()
  }

  /// Ends an attempt that is not open yet.
  func cancelConnect() {
    fail(ConnectFailure(reason: "cancelled", status: nil))
    kill()
  }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    guard let wsi else { return 0 }
    switch reason {
    case LWS_CALLBACK_RAW_RX: return received(UnsafeRawBufferPointer(start: data, count: length))
    case LWS_CALLBACK_RAW_WRITEABLE: return writeable(wsi)
    case LWS_CALLBACK_RAW_CONNECTED: requestWriteable()
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      let text = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
      let reason = connectFailureText(
        String(decoding: text, as: UTF8.self), self, target.host, target.port)
      fail(ConnectFailure(reason: reason, status: nil))
    default: break
    }
    return 0
  }

  override func destroyed() {
    link?.closed()
    link = nil
    let place = "\(target.host):\(target.port)"
    fail(ConnectFailure(reason: "\(place) closed before the WebSocket was open", status: nil))
  }

  override func stopWhenIdle() {
    if onConnectFailed != nil { cancelConnect() }
  }

  private func fail(_ failure: ConnectFailure) {
    core.connecting[id] = nil
    guard let report = exchangeValue(&onConnectFailed, nil) else { return }
    report(id, failure)
  }

  // MARK: - Receiving

  private func received(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    guard handshake != nil else { return decode(bytes) }
    switch handshake?.take(bytes, limit: core.configuration.maxHeaderBytes) {
    case .needsMore, nil: return 0
    case .failed(let failure):
      fail(failure)
      return -1
    case .accepted(let rest):
      handshake = nil
      core.connecting[id] = nil
      guard exchangeValue(&onConnectFailed, nil) != nil else { return -1 }
      link?.opened()
      return rest.withUnsafeBytes { decode($0) }
    }
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    var input = bytes
    while let event = decoder.next(&input) {
      switch event {
      case .data(let piece, let isFirst, let isFinal, let isBinary, let remaining):
        link?.received(
          piece, isFirst: isFirst, isFinal: isFinal, isBinary: isBinary, remaining: remaining)
      case .ping(let payload): writeControl(.pong, payload)
      case .pong: break
      case .close(let code, let reason): return peerCloses(code, reason)
      case .violation(let what):
        link?.beginClose(code: 1002, reason: what, within: .seconds(1))
        return 0
      }
    }
    return 0
  }

  // MARK: - Sending

  override func write(_ wsi: OpaquePointer) -> Bool {
    guard super.write(wsi) else { return false }
    pauseReadingIfChoked(wsi)
    return true
  }

  /// In its raw role lws does not read while it holds back output, but does not stop asking either
  /// whether there is something to read: without this the loop would spin.
  private func pauseReadingIfChoked(_ wsi: OpaquePointer) {
    guard !isReadingPaused, lws_partial_buffered(wsi) != 0 else { return }
    isReadingPaused = true
    lws_rx_flow_control(wsi, 0)
  }

  private func writeable(_ wsi: OpaquePointer) -> Int32 {
    if isReadingPaused, lws_partial_buffered(wsi) == 0 {
      isReadingPaused = false
      lws_rx_flow_control(wsi, 1)
    }
    if let handshake, !hasSentHandshake {
      hasSentHandshake = true
      setNoDelay(descriptor)
      return writeAll(wsi, handshake.request) ? 0 : -1
    }
    guard let link else { return -1 }
    guard link.writeable(wsi) else { return -1 }
    guard link.phase == .closing, let ending = link.ending else { return 0 }
    guard link.isFlushed else {
      requestWriteable()
      return 0
    }
    link.endSending()
    writeControl(.close, WebSocketLink.closePayload(ending))
    hasSentClose = true
    return 0
  }

  private var hasSentHandshake = false

  private func writeAll(_ wsi: OpaquePointer, _ bytes: [UInt8]) -> Bool {
    var padded = [UInt8](repeating: 0, count: Int(signalbox_lws_pre)) + bytes
    let written = padded.withUnsafeMutableBufferPointer { buffer -> Int32 in
      guard let base = buffer.baseAddress else { return -1 }
      return lws_write(wsi, base + Int(signalbox_lws_pre), bytes.count, LWS_WRITE_HTTP)
    }
    pauseReadingIfChoked(wsi)
    return written >= 0
  }

  /// Between two frames of a message is a good place (RFC 6455, 5.4), and only whole frames are
  /// ever handed to libwebsockets.
  private func writeControl(_ opcode: FrameEncoder.Opcode, _ payload: [UInt8]) {
    guard let wsi, !hasSentClose else { return }
    core.encoder.clear()
    payload.withUnsafeBytes {
      core.encoder.append(opcode, isFinal: true, $0, maskingKey: core.maskingKeys.next())
    }
    if !write(wsi) { requestWriteable() }
  }

  // MARK: - Closing

  /// The server closes the connection first (RFC 6455, 7.1.1), unless it was we who began.
  private func peerCloses(_ code: UInt16, _ reason: String) -> Int32 {
    link?.peerCloses(code: code, reason: reason)
    if hasSentClose { return -1 }
    writeControl(.close, code == 1005 ? [] : WebSocketLink.closePayload((code, "")))
    hasSentClose = true
    return 0
  }
}
