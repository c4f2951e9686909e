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

final class ClientExchange: Attachment {
  private static let maxPathBytes = 2000

  private let id: RequestID
  private let call: HTTPCall
  private let handlers: HTTPCallHandlers
  private var isOver = false
  private var hasHead = false
  private var sent = 0

  init(_ core: LoopCore, id: RequestID, call: HTTPCall, handlers: HTTPCallHandlers) {
    self.id = id
    self.call = call
    self.handlers = handlers
    super.init(core)
    core.fetches[id] = self
  }

  func connect() {
    // libwebsockets cuts the request line at 2,048 bytes without a word.
    guard call.path.utf8.count <= Self.maxPathBytes else {
      end(
        .failure(
          SocketsError(.connectionFailed, "path longer than \(Self.maxPathBytes) bytes")))
      return detach()
    }
    let failure = openClient(
      self, host: call.host, port: call.port, path: call.path, method: call.method)
    guard let failure else { return }
    end(.failure(connectError(failure)))
    detach()
  }

  /// Ends the connection; `onEnd` says so.
  func cancel() {
    end(.failure(SocketsError(.stopped, "request cancelled: \(call.method) \(call.path)")))
    kill()
  }

  /// The loop has ended; libwebsockets has let go already.
  func abandon() { end(.failure(SocketsError(.stopped, "the socket loop was stopped"))) }

  override func handle(
    _ reason: lws_callback_reasons, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    guard let wsi else { return 0 }
    switch reason {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return appendHead(wsi, data, length)
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: return sendBody(wsi)
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: headArrived(wsi)
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return read(wsi)
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
      if !isOver { handlers.onChunk(Array(UnsafeRawBufferPointer(start: data, count: length))) }
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
      end(.success(()))
      return -1
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      let text = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
      let reason = String(decoding: text, as: UTF8.self)
      end(.failure(connectError(connectFailureText(reason, self, call.host, call.port))))
    default: break
    }
    return 0
  }

  override func destroyed() {
    core.fetches[id] = nil
    guard !isOver else { return }
    let place = "\(call.host):\(call.port)"
    end(
      .failure(
        SocketsError(
          .responseIncomplete,
          hasHead
            ? "the response of \(place) ended early" : "\(place) closed without a response")))
  }

  override func stopWhenIdle() { cancel() }

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

  private func appendHead(
    _ wsi: OpaquePointer, _ data: UnsafeMutableRawPointer?, _ length: Int
  ) -> Int32 {
    var headers = call.headers
    if !call.body.isEmpty || call.method != "GET" {
      headers.append(HTTPHeader("content-length", "\(call.body.count)"))
    }
    if !call.body.isEmpty {
      lws_client_http_body_pending(wsi, 1)
      lws_callback_on_writable(wsi)
    }
    return appendHeaders(headers, data, length)
  }

  private func sendBody(_ wsi: OpaquePointer) -> Int32 {
    guard sent < call.body.count else { return 0 }
    let length = min(call.body.count - sent, 256 << 10)
    let isLast = sent + length == call.body.count
    let head = Int(signalbox_lws_pre)
    var piece = [UInt8](repeating: 0, count: head)
    piece.append(contentsOf: call.body[sent..<(sent + length)])
    if isLast { lws_client_http_body_pending(wsi, 0) }
    let written = piece.withUnsafeMutableBufferPointer { bytes -> Int32 in
      guard let base = bytes.baseAddress else { return -1 }
      return lws_write(wsi, base + head, length, isLast ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP)
    }
    guard written >= 0 else { return -1 }
    sent += length
    if !isLast { lws_callback_on_writable(wsi) }
    return 0
  }

  private func headArrived(_ wsi: OpaquePointer) {
    hasHead = true
    // A response may take as long as it likes.
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
    setNoDelay(descriptor)
    handlers.onHead(
      Int(lws_http_client_http_response(wsi)),
      HeaderTable(wsi: wsi).headers(extra: core.configuration.extraHeaders))
  }

  private func read(_ wsi: OpaquePointer) -> Int32 {
    // Nil has lws read into its own buffer; the bytes come back as RECEIVE_CLIENT_HTTP_READ, freed
    // of their chunked framing.
    var start: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    return lws_http_client_read(wsi, &start, &length) < 0 ? -1 : 0
  }
}
