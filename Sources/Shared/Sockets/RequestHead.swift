/// The head of a request, understood (RFC 9112, 3).
struct RequestHead {
  struct Refusal: Error {
    let status: Int
    let text: String
    init(_ status: Int, _ text: String) {
      self.status = status
      self.text = text
    }
  }

  let method: String
  /// Percent-decoded.
  let path: String
  let query: [QueryItem]
  let headers: HTTPHeaders
  let isHTTP11: Bool
  let keepAlive: Bool
  let body: BodyFraming
  let wantsWebSocket: Bool

  /// `head` is without its empty line.
  init(_ head: ArraySlice<UInt8>) throws(Refusal) {
    let start: ArraySlice<UInt8>
    do throws(HeadFields.Malformed) {
      (start, headers) = try HeadFields.parse(head)
      body = try BodyFraming.announced(by: headers) ?? .none
    } catch {
      throw Refusal(400, error.what)
    }
    let parts = start.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(HeadFields.isTokenByte) else {
      throw Refusal(400, "a request line that is none")
    }
    switch String(decoding: parts[2], as: UTF8.self) {
    case "HTTP/1.1": isHTTP11 = true
    case "HTTP/1.0": isHTTP11 = false
    default: throw Refusal(505, "this server speaks HTTP/1.1")
    }
    method = String(decoding: parts[0], as: UTF8.self)
    guard ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].contains(method) else {
      throw Refusal(501, "an unknown method")
    }
    (path, query) = try Self.target(parts[1])
    guard headers.values("host").count == 1 || (!isHTTP11 && headers["host"] == nil) else {
      throw Refusal(400, "no host, or more than one")
    }
    guard isHTTP11 || body != .chunked else { throw Refusal(400, "chunked in HTTP/1.0") }
    let connection = headers.tokens("connection")
    keepAlive = isHTTP11 ? !connection.contains("close") : connection.contains("keep-alive")
    wantsWebSocket =
      connection.contains("upgrade") && headers.tokens("upgrade").contains("websocket")
  }

  private static func target(
    _ text: ArraySlice<UInt8>
  ) throws(Refusal) -> (path: String, query: [QueryItem]) {
    guard text.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else {
      throw Refusal(400, "a path with bytes that must be percent-encoded")
    }
    var target = text
    // RFC 9112, 3.2.2: a server must accept the absolute form.
    for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
      target = target.dropFirst(scheme.utf8.count)
      target = target[(target.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? target.endIndex)...]
      if target.first != 0x2F { target = [0x2F] + target }
    }
    guard target.first == 0x2F else { throw Refusal(400, "a path that does not begin with /") }
    let mark = target.firstIndex(of: 0x3F)
    guard let path = percentDecoded(target[..<(mark ?? target.endIndex)], plusIsSpace: false) else {
      throw Refusal(400, "a path that is not properly percent-encoded")
    }
    guard let mark else { return (path, []) }
    var query: [QueryItem] = []
    for item in target[(mark + 1)...].split(separator: 0x26) {
      let sides = item.split(separator: 0x3D, maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = percentDecoded(sides[0], plusIsSpace: true),
        let value = percentDecoded(sides.count > 1 ? sides[1] : [], plusIsSpace: true)
      else { throw Refusal(400, "a query that is not properly percent-encoded") }
      query.append(QueryItem(name, value))
    }
    return (path, query)
  }

  /// Nil for a bad escape, an escaped NUL, and what is not UTF-8 afterwards.
  private static func percentDecoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      if byte == 0x25 {
        guard index + 2 < text.endIndex, let high = hexDigit(text[index + 1]),
          let low = hexDigit(text[index + 2]), high << 4 | low != 0
        else { return nil }
        bytes.append(UInt8(high << 4 | low))
        index += 3
      } else {
        bytes.append(byte == 0x2B && plusIsSpace ? 0x20 : byte)
        index += 1
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
