internal import CWebSockets

/// A request our client makes.
package struct HTTPCall: Sendable {
  package var method: String
  package var host: String
  package var port: UInt16
  /// Percent-encoded, with its query.
  package var path: String
  package var headers: [HTTPHeader]
  package var body: [UInt8]

  package init(
    _ method: String, host: String = "127.0.0.1", port: UInt16, path: String,
    headers: [HTTPHeader] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.host = host
    self.port = port
    self.path = path
    self.headers = headers
    self.body = body
  }
}

/// What a client hears of its request, on the loop's thread.
package struct HTTPCallHandlers: Sendable {
  package var onHead: @Sendable (_ status: Int, HTTPHeaders) -> Void
  package var onChunk: @Sendable ([UInt8]) -> Void
  /// Exactly once, last.
  package var onEnd: @Sendable (Result<Void, SocketsError>) -> Void

  package init(
    onHead: @escaping @Sendable (Int, HTTPHeaders) -> Void = { _, _ in },
    onChunk: @escaping @Sendable ([UInt8]) -> Void = { _ in },
    onEnd: @escaping @Sendable (Result<Void, SocketsError>) -> Void = { _ in }
  ) {
    self.onHead = onHead
    self.onChunk = onChunk
    self.onEnd = onEnd
  }
}

final class ClientExchange: Connection {
  private let id: RequestID
  private let call: HTTPCall
  private let handlers: HTTPCallHandlers
  private var parser: ResponseParser
  private var output = ByteQueue()
  private var isOver = false
  private var hasHead = false

  init(_ core: LoopCore, id: RequestID, call: HTTPCall, handlers: HTTPCallHandlers) {
    self.id = id
    self.call = call
    self.handlers = handlers
    parser = ResponseParser(maxHeaderBytes: core.configuration.maxHeaderBytes)
    super.init(core)
    core.fetches[id] = self
  }

  func connect() {
    guard let failure = openClient(self, host: call.host, port: call.port) else { return }
    end(.failure(connectError(failure)))
    detach()
  }

  /// Ends the connection; `onEnd` says so.
  func cancel() {
    end(.failure(SocketsError(.stopped, "request cancelled: \(call.method) \(call.path)")))
    kill()
  }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    switch reason {
    case LWS_CALLBACK_RAW_CONNECTED:
      setNoDelay(descriptor)
      output.append(head)
      output.append(call.body)
      requestWriteable()
      return 0
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      end(.failure(connectError(connectFailureText(data, length, self, call.host, call.port))))
      return 0
    default: return super.handle(reason, data, length)
    }
  }

  /// One request for each connection: command lines ask once.
  private var head: [UInt8] {
    var headers = call.headers + [HTTPHeader("connection", "close")]
    if !call.body.isEmpty || call.method != "GET" {
      headers.append(HTTPHeader("content-length", "\(call.body.count)"))
    }
    return requestHead(
      call.method, host: call.host, port: call.port, path: call.path, headers: headers)
  }

  /// A server may refuse a body and close before it has read all of it; what it said is still there
  /// to be read, so a broken pipe ends only the sending.
  override func writeable() -> Int32 {
    while !isChoked, let piece = output.takeFirst() {
      guard piece.withUnsafeBytes({ send($0) }) else {
        output = ByteQueue()
        return 0
      }
    }
    return 0
  }

  override func received(_ bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    parser.append(UnsafeRawBufferPointer(bytes))
    while !isOver, let event = parser.next() {
      switch event {
      case .head(let status, let headers):
        hasHead = true
        handlers.onHead(status, headers)
      case .body(let piece): handlers.onChunk(Array(piece))
      case .end: end(.success(()))
      case .malformed(let what):
        end(.failure(SocketsError(.responseIncomplete, "\(place) sent \(what)")))
      }
    }
    return isOver ? -1 : 0
  }

  override func destroyed() {
    core.fetches[id] = nil
    guard !parser.isCompleteAtEnd else { return end(.success(())) }
    let text =
      hasHead ? "the response of \(place) ended early" : "\(place) closed without a response"
    end(.failure(SocketsError(.responseIncomplete, text)))
  }

  override func stopWhenIdle() { cancel() }

  /// The loop has ended; libwebsockets has let go already.
  func abandon() { end(.failure(SocketsError(.stopped, "the socket loop was stopped"))) }

  private var place: String { "\(call.host):\(call.port)" }

  private func end(_ result: Result<Void, SocketsError>) {
    guard !isOver else { return }
    isOver = true
    handlers.onEnd(result)
  }

  private func connectError(_ text: String) -> SocketsError {
    text.hasPrefix("nothing listens")
      ? SocketsError(
        .nothingListens, text, remedy: "start the control plane, or name another address")
      : SocketsError(.connectionFailed, text)
  }
}
