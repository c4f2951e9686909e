internal import CWebSockets

/// A client's opening handshake (RFC 6455, 4.1): what it sends, and what it makes of the answer.
struct ClientHandshake {
  enum Outcome {
    case needsMore
    /// `rest` has come after the head: frames already.
    case accepted(rest: [UInt8])
    case failed(ConnectFailure)
  }

  private let target: WebSocketTarget
  private let subprotocol: String
  private let key: String
  private var parser: ResponseParser

  init(_ target: WebSocketTarget, subprotocol: String, key: [UInt8], maxHeaderBytes: Int) {
    self.target = target
    self.subprotocol = subprotocol
    self.key = base64(key)
    parser = ResponseParser(maxHeaderBytes: maxHeaderBytes)
  }

  var request: [UInt8] {
    requestHead(
      "GET", host: target.host, port: target.port, path: target.path,
      headers: [
        HTTPHeader("Upgrade", "websocket"), HTTPHeader("Connection", "Upgrade"),
        HTTPHeader("Sec-WebSocket-Version", "13"), HTTPHeader("Sec-WebSocket-Key", key),
        HTTPHeader("Sec-WebSocket-Protocol", subprotocol),
      ] + target.headers)
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    parser.append(bytes)
    switch parser.next() {
    case nil: return .needsMore
    case .malformed(let what): return .failed(ConnectFailure(reason: what, status: nil))
    case .head(let status, let headers):
      guard status == 101 else {
        return .failed(
          ConnectFailure(reason: "server refused with HTTP status \(status)", status: status))
      }
      // The server has read the key and speaks WebSocket: nobody in between just echoes.
      guard headers.tokens("upgrade").contains("websocket"),
        headers["sec-websocket-accept"] == Self.acceptance(of: key),
        headers["sec-websocket-protocol"] == subprotocol, headers["sec-websocket-extensions"] == nil
      else {
        return .failed(
          ConnectFailure(reason: "server does not speak \(subprotocol)", status: status))
      }
      return .accepted(rest: parser.takeRest())
    case .body, .end:
      return .failed(ConnectFailure(reason: "not a WebSocket server", status: nil))
    }
  }

  /// What a server makes of the key (RFC 6455, 4.2.2).
  static func acceptance(of key: String) -> String {
    var bytes = Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    lws_SHA1(&bytes, bytes.count, &digest)
    return base64(digest)
  }
}

/// The head of a request as it goes over the wire. A line break in a value would let its author
/// write headers of their own, so control characters are left out.
func requestHead(
  _ method: String, host: String, port: UInt16, path: String, headers: [HTTPHeader]
) -> [UInt8] {
  let lines =
    ["\(method) \(path) HTTP/1.1", "Host: \(host):\(port)"]
    + headers.map { "\($0.name): \($0.value)" }
  var bytes: [UInt8] = []
  for line in lines {
    for byte in line.utf8 where byte >= 0x20 || byte == 0x09 { bytes.append(byte) }
    bytes.append(contentsOf: "\r\n".utf8)
  }
  bytes.append(contentsOf: "\r\n".utf8)
  return bytes
}

private func base64(_ bytes: [UInt8]) -> String {
  var text = [CChar](repeating: 0, count: bytes.count * 2 + 8)
  let count = bytes.withUnsafeBytes { raw in
    lws_b64_encode_string(
      raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), &text,
      Int32(text.count))
  }
  return String(decoding: text.prefix(max(0, Int(count))).map { UInt8($0) }, as: UTF8.self)
}
