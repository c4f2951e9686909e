/// Builds the head of an HTTP/1.1 reply and frames its body.
struct ResponseHead {
  enum Body {
    case length(Int)
    /// Each piece announces its length (RFC 9112, 7.1).
    case chunked
    /// For HTTP/1.0: ends when the connection does.
    case untilClose
    /// 1xx, 204 and 304 have none and say nothing about it.
    case none
  }

  static func bytes(
    status: Int, headers: [HTTPHeader], body: Body, keepAlive: Bool
  ) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(256)
    out.append(contentsOf: "HTTP/1.1 \(status) \(reasonPhrase(status))\r\n".utf8)
    for header in headers where !isFraming(header.name) {
      append(header.name, to: &out)
      out.append(contentsOf: ": ".utf8)
      append(header.value, to: &out)
      out.append(contentsOf: "\r\n".utf8)
    }
    switch body {
    case .length(let count): out.append(contentsOf: "content-length: \(count)\r\n".utf8)
    case .chunked: out.append(contentsOf: "transfer-encoding: chunked\r\n".utf8)
    case .untilClose, .none: break
    }
    out.append(contentsOf: keepAlive ? "\r\n".utf8 : "connection: close\r\n\r\n".utf8)
    return out
  }

  static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 16)
    out.append(contentsOf: String(bytes.count, radix: 16).utf8)
    out.append(contentsOf: "\r\n".utf8)
    out.append(contentsOf: bytes)
    out.append(contentsOf: "\r\n".utf8)
    return out
  }

  static let lastChunk = Array("0\r\n\r\n".utf8)

  /// These say how the reply is framed, which is ours to decide.
  private static func isFraming(_ name: String) -> Bool {
    switch name.lowercased() {
    case "content-length", "transfer-encoding", "connection": true
    default: false
    }
  }

  /// A line break in a value would let its author write headers of their own.
  private static func append(_ text: String, to out: inout [UInt8]) {
    for byte in text.utf8 where byte >= 0x20 || byte == 0x09 { out.append(byte) }
  }
}
