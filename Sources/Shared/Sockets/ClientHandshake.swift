internal import CWebSockets

/// A client's opening handshake (RFC 6455, 4.1): what it sends, and what it makes of the answer.
struct ClientHandshake {
  enum Outcome {
    case needsMore
    /// `rest` has come after the head: frames already.
    case accepted(rest: ArraySlice<UInt8>)
    case failed(ConnectFailure)
  }

  private let target: WebSocketTarget
  private let subprotocol: String
  private let key: String
  private var received: [UInt8] = []

  init(_ target: WebSocketTarget, subprotocol: String, key: [UInt8]) {
    self.target = target
    self.subprotocol = subprotocol
    self.key = base64(key)
  }

  var request: [UInt8] {
    var text = "GET \(target.path) HTTP/1.1\r\nHost: \(target.host):\(target.port)\r\n"
    text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    text += "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Protocol: \(subprotocol)\r\n"
    return Array(text.utf8) + headerLines(target.headers) + Array("\r\n".utf8)
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Outcome {
    received.append(contentsOf: bytes)
    guard let end = endOfHead() else {
      return received.count > limit
        ? .failed(ConnectFailure(reason: "response head longer than \(limit) bytes", status: nil))
        : .needsMore
    }
    let lines = String(decoding: received[..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false)
    guard lines[0].hasPrefix("HTTP/1."), let status = Int(lines[0].dropFirst(9).prefix(3)) else {
      return .failed(ConnectFailure(reason: "not an HTTP server", status: nil))
    }
    guard status == 101 else {
      return .failed(
        ConnectFailure(reason: "server refused with HTTP status \(status)", status: status))
    }
    let headers = HTTPHeaders(
      lines.dropFirst().compactMap { line in
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        return HTTPHeader(parts[0].lowercased(), String(parts[1].drop { $0 == " " }))
      })
    // The server has read the key and speaks WebSocket: nobody in between just echoes.
    guard headers["upgrade"]?.lowercased() == "websocket",
      headers["sec-websocket-accept"] == Self.acceptance(of: key),
      headers["sec-websocket-protocol"] == subprotocol, headers["sec-websocket-extensions"] == nil
    else {
      return .failed(
        ConnectFailure(reason: "server does not speak \(subprotocol)", status: status))
    }
    return .accepted(rest: received[(end + 4)...])
  }

  /// What a server makes of the key (RFC 6455, 4.2.2).
  static func acceptance(of key: String) -> String {
    var bytes = Array("\(key)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
    var digest = [UInt8](repeating: 0, count: 20)
    lws_SHA1(&bytes, bytes.count, &digest)
    return base64(digest)
  }

  private func endOfHead() -> Int? {
    guard received.count >= 4 else { return nil }
    return received.indices.dropLast(3).first { index in
      received[index] == 13 && received[index + 1] == 10 && received[index + 2] == 13
        && received[index + 3] == 10
    }
  }
}

/// Header lines as they go over the wire. A line break in a value would let its author write headers
/// of their own, so control characters are left out.
func headerLines(_ headers: [HTTPHeader]) -> [UInt8] {
  var bytes: [UInt8] = []
  for header in headers {
    for byte in "\(header.name): \(header.value)".utf8 where byte >= 0x20 || byte == 0x09 {
      bytes.append(byte)
    }
    bytes.append(contentsOf: "\r\n".utf8)
  }
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
