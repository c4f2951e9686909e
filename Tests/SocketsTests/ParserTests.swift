import Testing

@testable import Sockets

@Suite
struct RequestParserTests {
  /// A request as a line: "POST /path?a=b [body]", or "413" for a refusal.
  func parse(
    _ pieces: [[UInt8]], maxHeaderBytes: Int = 4096, maxBodyBytes: Int = 1000
  ) -> [String] {
    var parser = RequestParser(maxHeaderBytes: maxHeaderBytes, maxBodyBytes: maxBodyBytes)
    var seen: [String] = []
    var body: [UInt8] = []
    var line = ""
    for piece in pieces {
      piece.withUnsafeBytes { parser.append($0) }
      while let event = parser.next() {
        switch event {
        case .head(let head):
          let query = head.query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
          line = "\(head.method) \(head.path)" + (query.isEmpty ? "" : "?\(query)")
          body = []
        case .body(let bytes): body += bytes
        case .end:
          seen.append("\(line) [\(String(decoding: body, as: UTF8.self))]")
          parser.nextRequest()
        case .refused(let refusal): seen.append("\(refusal.status)")
        }
      }
    }
    return seen
  }

  func parse(_ text: String) -> [String] { parse([Array(text.utf8)]) }

  let several =
    "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
    + "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
    + "\r\nPUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    + "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
    + "DELETE /d HTTP/1.1\r\nhost:x\r\ncontent-length: 0\r\n\r\n"

  @Test("requests are found whatever pieces they arrive in")
  func pieces() {
    let bytes = Array(several.utf8)
    let expected = ["GET /a []", "POST /b [hello]", "PUT /c [abc0123456789]", "DELETE /d []"]
    for size in 1...bytes.count {
      let pieces = stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<min($0 + size, bytes.count)])
      }
      #expect(parse(pieces) == expected, "in pieces of \(size)")
    }
  }

  @Test(
    "targets are decoded",
    arguments: [
      ("/a%20b%2Fc+d", "/a b/c+d"), ("/?q=a+b%26&x", "/?q=a b&&x="), ("/?", "/"),
      ("/%C3%A4?%C3%A4=%F0%9F%98%80", "/ä?ä=😀"), ("http://host:1/x?y=1", "/x?y=1"),
      ("http://host", "/"), ("/?=&&a==b", "/?=&a==b"), ("//x/../y", "//x/../y"),
    ])
  func targets(target: String, expected: String) {
    #expect(parse("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n") == ["GET \(expected) []"])
  }

  @Test(
    "what could be understood in two ways is refused",
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400),
      ("GET / HTTP/1.1\nHost: x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\u{0}\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400), ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
      ("get / HTTP/1.1\r\nHost: x\r\n\r\n", 501), ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
      ("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /%FF HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("GET /ä HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /#f HTTP/1.1\r\nHost: x\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
      ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400),
      ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
      (
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400
      ),
    ])
  func refused(text: String, status: Int) {
    #expect(parse(text) == ["\(status)"])
  }

  @Test(
    "chunks that are none are refused",
    arguments: [
      ("x\r\n", 400), ("\r\n", 400), ("3\nabc", 400), ("3\r\nabcd\r\n", 400), ("3\r\nabc\n", 400),
      ("FFFFFFFFFFFFFFFF\r\n", 400), ("0\r\nx\ny\r\n\r\n", 400),
      ("3E9\r\n" + String(repeating: "a", count: 1001), 413),
      ("3;" + String(repeating: "a", count: 300), 400),
      ("0\r\n" + String(repeating: "a: b\r\n", count: 1000), 400),
    ])
  func badChunks(text: String, status: Int) {
    #expect(
      parse("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + text)
        == ["\(status)"])
  }

  @Test("headers over the limit, in bytes or in number, are refused")
  func headerLimits() {
    let long = "GET / HTTP/1.1\r\nHost: x\r\nX: " + String(repeating: "a", count: 5000)
    #expect(parse(long) == ["431"])
    #expect(parse(long + "\r\n\r\n") == ["431"])
    let many = "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "a: b\r\n", count: 200) + "\r\n"
    #expect(parse(many) == ["400"])
  }

  @Test("random faults never crash the parser, and it takes no more than it says")
  func random() {
    var generator = Xorshift(state: 99)
    let whole = Array(several.utf8)
    for _ in 0..<3000 {
      var bytes = whole
      for _ in 0...Int.random(in: 0...5, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
        }
      }
      let cut = Int.random(in: 0...bytes.count, using: &generator)
      #expect(parse([Array(bytes[..<cut]), Array(bytes[cut...])]).count <= 60)
    }
  }
}

@Suite
struct ResponseParserTests {
  func parse(_ text: String, by size: Int = .max) -> (events: [String], isComplete: Bool) {
    var parser = ResponseParser(maxHeaderBytes: 1000)
    var events: [String] = []
    var body = ""
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: min(size, bytes.count)) {
      bytes[start..<min(start &+ min(size, bytes.count), bytes.count)].withUnsafeBytes {
        parser.append($0)
      }
      while let event = parser.next() {
        switch event {
        case .head(let status, _): events.append("\(status)")
        case .body(let piece): body += String(decoding: piece, as: UTF8.self)
        case .end: events.append("end")
        case .malformed(let what): events.append(what)
        }
      }
    }
    return (events + (body.isEmpty ? [] : [body]), parser.isCompleteAtEnd)
  }

  @Test("a response ends where it says, whatever pieces it arrives in", arguments: [1, 2, 7, 1000])
  func framing(size: Int) {
    let counted = parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", by: size)
    #expect(counted.events == ["200", "end", "hello"])
    let chunked = parse(
      "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", by: size)
    #expect(chunked.events == ["200", "end", "hello"])
    let closed = parse("HTTP/1.0 200 OK\r\n\r\nhello", by: size)
    #expect(closed.events == ["200", "hello"])
    #expect(closed.isComplete)
    let interim = parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", by: size)
    #expect(interim.events == ["204", "end"])
  }

  @Test("a response that comes whole behind an interim one is found")
  func behindInterim() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
    let whole = parse(interim + "HTTP/1.1 204 No Content\r\n\r\n", by: interim.utf8.count)
    #expect(whole.events == ["204", "end"])
  }

  @Test("a response cut short is not complete")
  func cutShort() {
    #expect(!parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell").isComplete)
    #expect(!parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello").isComplete)
    #expect(!parse("HTTP/1.1 200 OK\r\nContent").isComplete)
  }

  @Test("what is no response is malformed")
  func malformed() {
    #expect(parse("SSH-2.0-x\r\n\r\n").events == ["not an HTTP response"])
    #expect(parse("HTTP/1.1 20 x\r\n\r\n").events == ["not an HTTP response"])
    #expect(
      parse(String(repeating: "x", count: 2000)).events == ["response head longer than 1000 bytes"])
  }
}

@Suite
struct ResponseHeadTests {
  @Test("nobody smuggles headers into a reply")
  func injection() {
    let bytes = ResponseHead.bytes(
      status: 200,
      headers: [
        HTTPHeader("x", "a\r\nSet-Cookie: b"), HTTPHeader("Content-Length", "999"),
        HTTPHeader("Transfer-Encoding", "chunked"),
      ], body: .length(3), keepAlive: true)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "HTTP/1.1 200 OK\r\nx: aSet-Cookie: b\r\ncontent-length: 3\r\n\r\n")
  }
}
