internal import CWebSockets

/// Where a client connects to, and how it introduces itself.
package struct WebSocketTarget: Sendable {
  package var host: String
  package var port: UInt16
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
final class WebSocketClient: Attachment {
  private let target: WebSocketTarget
  private let id: ConnectionID
  private var link: WebSocketLink?
  private var onConnectFailed: (@Sendable (ConnectionID, ConnectFailure) -> Void)?
  private var status: Int?

  init(
    _ core: LoopCore, id: ConnectionID, target: WebSocketTarget, handlers: WebSocketHandlers,
    onConnectFailed: @escaping @Sendable (ConnectionID, ConnectFailure) -> Void
  ) {
    self.target = target
    self.onConnectFailed = onConnectFailed
    self.id = id
    super.init(core)
    link = WebSocketLink(core, id: id, owner: self, handlers: handlers)
  }

  func connect() {
    let failure = openClient(
      self, host: target.host, port: target.port, path: target.path, method: nil,
      subprotocol: core.configuration.subprotocol)
    guard let failure else { return }
    fail(failure)
    detach()
  }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    guard let wsi else { return 0 }
    switch reason {
    case LWS_CALLBACK_CLIENT_RECEIVE: link?.received(wsi, data, length)
    case LWS_CALLBACK_CLIENT_WRITEABLE: return link?.writeable(wsi) ?? 0
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return appendHeaders(target.headers, data, length)
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      status = Int(lws_http_client_http_response(wsi))
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      onConnectFailed = nil
      link?.opened()
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      let text = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
      fail(
        connectFailureText(String(decoding: text, as: UTF8.self), self, target.host, target.port))
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: link?.peerCloses(data, length)
    default: break
    }
    return 0
  }

  override func destroyed() {
    link?.closed()
    link = nil
    fail("connection to \(target.host):\(target.port) ended before it was open")
  }

  private func fail(_ reason: String) {
    guard let report = exchangeValue(&onConnectFailed, nil) else { return }
    if let status, status != 101 {
      report(
        id, ConnectFailure(reason: "server refused with HTTP status \(status)", status: status))
    } else {
      report(id, ConnectFailure(reason: reason, status: nil))
    }
  }
}
