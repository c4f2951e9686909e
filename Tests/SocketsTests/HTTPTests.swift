import Glibc
import Sockets
import Testing

/// An HTTP server whose replies a test decides.
final class Server {
  let loop: SocketLoop
  let port: UInt16
  let requests = Recorder<HTTPRequest>()
  let gone = Recorder<RequestID>()

  init(
    _ configuration: SocketConfiguration = SocketConfiguration(),
    reply: @escaping @Sendable (SocketLoop, HTTPRequest) -> Void = { _, _ in }
  ) throws {
    loop = SocketLoop(configuration)
    try loop.start()
    let requests = requests
    let gone = gone
    let loop = loop
    port = try loop.listen(
      port: 0,
      handlers: ServerHandlers(
        onRequest: { [unowned loop] request in
          requests.record(request)
          reply(loop, request)
        },
        onRequestGone: { gone.record($0) })
    ).port
  }

  deinit { loop.stop() }

  static func echo(_ loop: SocketLoop, _ request: HTTPRequest) {
    loop.respond(
      request.id, status: 200, headers: [HTTPHeader("content-type", "text/plain")],
      body: Array("\(request.method) \(request.path) ".utf8) + request.body)
  }
}

@Suite(.serialized)
struct HTTPTests {
  @Test("method, path, query, headers and body reach the handler, the reply reaches the client")
  func roundTrip() throws {
    let server = try Server(reply: Server.echo)
    let response = try HTTPExchange.perform(
      HTTPCall(
        "POST", port: server.port, path: "/v1/calls/a%20b?wait=true&q=%C3%A4",
        headers: [
          HTTPHeader("Authorization", "Bearer x"), HTTPHeader("Idempotency-Key", "k1"),
          HTTPHeader("content-type", "application/json"),
        ], body: Array(#"{"a":1}"#.utf8)))
    #expect(response.status == 200)
    #expect(response.headers["content-type"] == "text/plain")
    #expect(String(decoding: response.body, as: UTF8.self) == #"POST /v1/calls/a b {"a":1}"#)
    let request = try server.requests.wait()[0]
    #expect(request.query("wait") == "true")
    #expect(request.query("q") == "ä")
    #expect(request.headers["authorization"] == "Bearer x")
    #expect(request.headers["idempotency-key"] == "k1")
    #expect(request.headers["content-length"] == "7")
    #expect(request.peer == "127.0.0.1")
  }

  @Test("every method works, with and without a body", arguments: ["GET", "POST", "PUT", "DELETE"])
  func methods(method: String) throws {
    let server = try Server(reply: Server.echo)
    for body in ["", "hello"] {
      let response = try HTTPExchange.perform(
        HTTPCall(method, port: server.port, path: "/x", body: Array(body.utf8)))
      #expect(String(decoding: response.body, as: UTF8.self) == "\(method) /x \(body)")
    }
  }

  @Test("one connection carries many requests")
  func keepAlive() throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    for number in 0..<200 {
      if number.isMultiple(of: 2) {
        peer.say("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(peer.hear(until: "GET /\(number) ").hasPrefix("HTTP/1.1 200 OK\r\n"))
      } else {
        peer.say("POST /\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
        #expect(peer.hear(until: "POST /\(number) body").hasPrefix("HTTP/1.1 200 OK\r\n"))
      }
    }
  }

  @Test("a reply may come later, from another thread, on a connection that stays open")
  func laterReply() throws {
    let server = try Server()
    let peer = try RawPeer(port: server.port)
    for number in 1...20 {
      peer.say("GET /\(number) HTTP/1.1\r\nHost: x\r\n\r\n")
      let request = try server.requests.wait(number)[number - 1]
      server.loop.respond(request.id, status: 200, body: Array("late \(number)".utf8))
      #expect(peer.hear(until: "late \(number)").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
    #expect(server.gone.all.isEmpty)
  }

  @Test("requests sent ahead of their replies are answered in order")
  func pipelined() throws {
    let server = try Server()
    let peer = try RawPeer(port: server.port)
    peer.say((1...5).map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
    for number in 1...5 {
      let request = try server.requests.wait(number)[number - 1]
      #expect(request.path == "/\(number)")
      server.loop.respond(request.id, status: 200, body: Array("[\(number)]".utf8))
      #expect(peer.hear(until: "[\(number)]").contains("[\(number)]"))
    }
  }

  @Test("a streamed reply arrives as it is written")
  func streamed() throws {
    let server = try Server()
    let events = Recorder<String>()
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    loop.request(
      HTTPCall("GET", port: server.port, path: "/events"),
      handlers: HTTPCallHandlers(
        onHead: { status, headers in events.record("\(status) \(headers["content-type"] ?? "")") },
        onChunk: { events.record(String(decoding: $0, as: UTF8.self)) },
        onEnd: { events.record("\($0)") }))
    let request = try server.requests.wait()[0]
    server.loop.beginStream(
      request.id, status: 200, headers: [HTTPHeader("content-type", "text/event-stream")])
    try events.wait(1)
    for number in 1...5 {
      server.loop.write(request.id, Array("event \(number)\n".utf8))
      try events.wait(1 + number)
    }
    server.loop.endStream(request.id)
    let seen = try events.wait(7)
    #expect(seen[0] == "200 text/event-stream")
    #expect(seen[1...5] == ["event 1\n", "event 2\n", "event 3\n", "event 4\n", "event 5\n"])
    #expect(seen[6] == "success()")
  }

  @Test("large bodies pass in both directions")
  func large() throws {
    let server = try Server(reply: Server.echo)
    let body = pattern(5_000_000)
    let response = try HTTPExchange.perform(
      HTTPCall("PUT", port: server.port, path: "/x", body: body))
    #expect(response.body == Array("PUT /x ".utf8) + body)
  }

  @Test("a peer that leaves before its reply is reported gone", arguments: [false, true])
  func gone(streaming: Bool) throws {
    let server = try Server()
    let peer = try RawPeer(port: server.port)
    peer.say("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
    let request = try server.requests.wait()[0]
    if streaming {
      server.loop.beginStream(request.id, status: 200)
      server.loop.write(request.id, Array("first".utf8))
      _ = peer.hear(until: "first")
    }
    peer.shut()
    #expect(try server.gone.wait() == [request.id])
    server.loop.respond(request.id, status: 200)
  }

  @Test("a body over the limit is refused with 413, announced or not waited for")
  func tooLarge() throws {
    var configuration = SocketConfiguration()
    configuration.maxBodyBytes = 1000
    let server = try Server(configuration, reply: Server.echo)
    let response = try HTTPExchange.perform(
      HTTPCall("POST", port: server.port, path: "/x", body: [UInt8](repeating: 65, count: 1001)))
    #expect(response.status == 413)
    let fits = try HTTPExchange.perform(
      HTTPCall("POST", port: server.port, path: "/x", body: [UInt8](repeating: 65, count: 1000)))
    #expect(fits.status == 200)
    #expect(server.requests.all.count == 1)
  }

  @Test("a chunked request is a request like any other")
  func chunkedRequest() throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    peer.say("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.say("3\r\nabc\r\n")
    peer.say("2\r\nde\r\n0\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(peer.hear(until: "GET /y ").contains("POST /x abcde"))
  }

  @Test("a refused request is told why")
  func refusal() throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    peer.say("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n")
    let answer = peer.hearToEnd()
    #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
    #expect(answer.hasSuffix("a path that is not properly percent-encoded\n"))
  }

  @Test("100-continue is answered")
  func expectContinue() throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    peer.say("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    #expect(peer.hear(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
    peer.say("hi")
    #expect(peer.hear(until: "POST /x hi").hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test("a POST without content-length has an empty body")
  func noLength() throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    for _ in 0..<2 {
      peer.say("POST /x HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(peer.hear(until: "POST /x ").hasPrefix("HTTP/1.1 200 OK\r\n"))
    }
  }

  @Test("HTTP/1.0 and 'connection: close' end the connection after the reply")
  func closing() throws {
    let server = try Server(reply: Server.echo)
    for head in [
      "GET / HTTP/1.0\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
    ] {
      let peer = try RawPeer(port: server.port)
      peer.say(head + "\r\n")
      #expect(peer.hearToEnd().hasSuffix("GET / "))
    }
  }

  @Test("HEAD gets the head only")
  func head() throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    peer.say("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    let answer = peer.hearToEnd()
    #expect(answer.contains("content-length: 8\r\n"))
    #expect(answer.hasSuffix("\r\n\r\n"))
  }

  @Test(
    "nonsense is answered or hung up on, and the server lives on",
    arguments: Nonsense.all.indices)
  func nonsense(index: Int) throws {
    let server = try Server(reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    peer.say(Nonsense.all[index])
    shutdown(peer.descriptor, Int32(SHUT_WR))
    _ = peer.hearToEnd()
    let response = try HTTPExchange.perform(HTTPCall("GET", port: server.port, path: "/alive"))
    #expect(response.status == 200)
  }

  @Test("requests with random faults never harm the server")
  func faults() throws {
    let server = try Server(reply: Server.echo)
    var generator = Xorshift(state: 7)
    let whole = Array(
      ("POST /v1/calls?wait=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n"
        + "Connection: keep-alive\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello").utf8)
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...Int.random(in: 0...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
        }
      }
      let peer = try RawPeer(port: server.port)
      peer.say(bytes)
      shutdown(peer.descriptor, Int32(SHUT_WR))
      _ = peer.hearToEnd()
    }
    let response = try HTTPExchange.perform(HTTPCall("GET", port: server.port, path: "/alive"))
    #expect(response.status == 200)
  }

  @Test("a command line learns that nothing listens, and where")
  func nothingListens() throws {
    let server = try Server()
    let port = server.port
    server.loop.stop()
    #expect {
      try HTTPExchange.perform(HTTPCall("GET", port: port, path: "/"))
    } throws: { error in
      let error = error as? SocketsError
      return error?.code == .nothingListens
        && error?.message == "nothing listens at 127.0.0.1:\(port)"
    }
  }
}
