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

/// A WebSocket we open ourselves.
final class WebSocketClient: WebSocketCarrier {
  private let id: ConnectionID
  private let target: WebSocketTarget
  private let handlers: WebSocketHandlers
  private var handshake: ClientHandshake?
  private var hasSentHandshake = false
  private var onConnectFailed: (@Sendable (ConnectionID, ConnectFailure) -> Void)?

  init(
    _ core: LoopCore, id: ConnectionID, target: WebSocketTarget, handlers: WebSocketHandlers,
    onConnectFailed: @escaping @Sendable (ConnectionID, ConnectFailure) -> Void
  ) {
    self.id = id
    self.target = target
    self.handlers = handlers
    self.onConnectFailed = onConnectFailed
    var random = SystemRandomNumberGenerator()
    handshake = ClientHandshake(
      target, subprotocol: core.configuration.subprotocol,
      key: (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) },
      maxHeaderBytes: core.configuration.maxHeaderBytes)
    super.init(core, isClient: true)
    core.connecting[id] = self
  }

  private var place: String { "\(target.host):\(target.port)" }

  func connect() {
    _ = core.after(core.configuration.handshakeTimeout) { [weak self] in
      guard let self, self.onConnectFailed != nil else { return }
      self.fail("no answer from \(self.place)")
      self.kill()
    }
    guard let failure = openClient(self, host: target.host, port: target.port) else { return }
    fail(failure)
    detach()
  }

  /// Ends an attempt that is not open yet.
  func cancelConnect() {
    fail("cancelled")
    kill()
  }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    switch reason {
    case LWS_CALLBACK_RAW_CONNECTED:
      setNoDelay(descriptor)
      requestWriteable()
      return 0
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      fail(connectFailureText(data, length, self, target.host, target.port))
      return 0
    default: return super.handle(reason, data, length)
    }
  }

  override func writeable() -> Int32 {
    guard let handshake else { return webSocketWriteable() }
    guard !exchangeValue(&hasSentHandshake, true) else { return 0 }
    return handshake.request.withUnsafeBytes { send($0) } ? 0 : -1
  }

  override func received(_ bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    guard handshake != nil else { return decode(bytes) }
    switch handshake?.take(UnsafeRawBufferPointer(bytes)) {
    case .needsMore, nil: return 0
    case .failed(let failure):
      report(failure)
      return -1
    case .accepted(var rest):
      handshake = nil
      core.connecting[id] = nil
      guard exchangeValue(&onConnectFailed, nil) != nil else { return -1 }
      let link = WebSocketLink(core, id: id, carrier: self, handlers: handlers)
      self.link = link
      link.opened()
      return rest.withUnsafeMutableBytes { decode($0) }
    }
  }

  override func destroyed() {
    link?.closed()
    link = nil
    fail("\(place) closed before the WebSocket was open")
  }

  override func stopWhenIdle() {
    if onConnectFailed != nil { cancelConnect() }
  }

  private func fail(_ reason: String) { report(ConnectFailure(reason: reason, status: nil)) }

  private func report(_ failure: ConnectFailure) {
    core.connecting[id] = nil
    exchangeValue(&onConnectFailed, nil)?(id, failure)
  }
}
