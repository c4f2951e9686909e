import Glibc
import Sockets
import Testing

/// What a loop must bear without hanging, spinning or growing.
@Suite(.serialized)
struct LimitTests {
  @Test("beyond the connection limit peers wait, and get in when others leave")
  func maxConnections() throws {
    var configuration = SocketConfiguration()
    configuration.maxConnections = 2
    let server = try Server(configuration, reply: Server.echo)
    let first = try RawPeer(port: server.port)
    let second = try RawPeer(port: server.port)
    for peer in [first, second] {
      peer.say("GET /in HTTP/1.1\r\nHost: x\r\n\r\n")
      #expect(peer.hear(until: "GET /in ").hasPrefix("HTTP/1.1 200"))
    }
    let third = try RawPeer(port: server.port)
    third.say("GET /waited HTTP/1.1\r\nHost: x\r\n\r\n")
    first.say("GET /still HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(first.hear(until: "GET /still ").hasPrefix("HTTP/1.1 200"))
    #expect(server.requests.all.map(\.path) == ["/in", "/in", "/still"])
    first.shut()
    #expect(third.hear(until: "GET /waited ").hasPrefix("HTTP/1.1 200"))
  }

  @Test("a request that does not get complete is ended", arguments: ["GET / HT", "POST"])
  func slowRequest(kind: String) throws {
    var configuration = SocketConfiguration()
    configuration.handshakeTimeout = .milliseconds(50)
    let server = try Server(configuration, reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    if kind == "POST" {
      peer.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    } else {
      peer.say(kind)
    }
    #expect(peer.hearToEnd().isEmpty)
  }

  @Test("an idle connection is ended after the keep-alive timeout")
  func idle() throws {
    var configuration = SocketConfiguration()
    configuration.keepAliveTimeout = .milliseconds(50)
    let server = try Server(configuration, reply: Server.echo)
    let peer = try RawPeer(port: server.port)
    peer.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(peer.hearToEnd().hasSuffix("GET / "))
  }

  @Test("a reply that takes long outlasts both timeouts")
  func patience() throws {
    var configuration = SocketConfiguration()
    configuration.handshakeTimeout = .milliseconds(30)
    configuration.keepAliveTimeout = .milliseconds(30)
    let server = try Server(configuration) { loop, request in
      loop.after(.milliseconds(200)) { loop.respond(request.id, status: 200) }
    }
    for _ in 0..<20 {
      let peer = try RawPeer(port: server.port)
      peer.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx")
      let heard = peer.hearToEnd()
      // Cut off before it was complete: it asked for no reply.
      if server.requests.all.isEmpty { continue }
      #expect(heard.hasPrefix("HTTP/1.1 200 OK\r\n"))
      return
    }
    Issue.record("no request arrived in time")
  }

  @Test("a refused upload still sees its refusal")
  func refusedUpload() throws {
    var configuration = SocketConfiguration()
    configuration.maxBodyBytes = 1000
    let server = try Server(configuration, reply: Server.echo)
    for _ in 0..<20 {
      let body = [UInt8](repeating: 65, count: 3_000_000)
      let response = try HTTPExchange.perform(
        HTTPCall("POST", port: server.port, path: "/x", body: body))
      #expect(response.status == 413)
    }
  }

  @Test("a peer that sends ahead and does not read costs no CPU")
  func stalledPipeline() throws {
    let server = try Server { loop, request in
      loop.respond(request.id, status: 200, body: [UInt8](repeating: 1, count: 20_000_000))
    }
    let peer = try RawPeer(port: server.port, receiveBuffer: 4096)
    peer.say(String(repeating: "GET / HTTP/1.1\r\nHost: x\r\n\r\n", count: 100))
    try server.requests.wait(1)
    #expect(try cpuMilliseconds(server.loop) < 100)
    #expect(server.requests.all.count == 1)
    peer.shut()
    try server.gone.wait(1)
  }

  @Test("a peer that sends ahead of a late reply costs no CPU")
  func pendingPipeline() throws {
    let server = try Server()
    let peers = try ["GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 0\r\n"].map { head in
      let peer = try RawPeer(port: server.port)
      peer.say(String(repeating: head + "Host: x\r\n\r\n", count: 3))
      return peer
    }
    try server.requests.wait(2)
    #expect(try cpuMilliseconds(server.loop) < 100)
    for request in server.requests.all { server.loop.respond(request.id, status: 200) }
    try server.requests.wait(4)
    withExtendedLifetime(peers) {}
  }

  @Test("WebSockets that do not read cost no CPU, at either end")
  func stalledWebSocket() throws {
    let pair = try Pair()
    let peer = try rawWebSocket(pair.port, receiveBuffer: 4096)
    guard case .opened(let id) = try pair.server.wait()[0] else { return }
    pair.serverLoop.send(id, [UInt8](repeating: 1, count: 20_000_000))
    peer.say(frame(0x82, [1]))
    try pair.server.wait(2)
    peer.say(frame(0x02, [1]))
    #expect(try cpuMilliseconds(pair.serverLoop) < 100)

    let server = try RawServer()
    let client = pair.clientLoop.connect(
      WebSocketTarget(port: server.port), handlers: Pair.handlers(pair.client),
      onConnectFailed: { _, _ in })
    let deaf = server.acceptWebSocket()
    try pair.client.wait()
    pair.clientLoop.send(client, [UInt8](repeating: 1, count: 20_000_000))
    deaf.say([0x82, 1, 1, 0x82, 1, 1])
    #expect(try cpuMilliseconds(pair.clientLoop) < 100)
    withExtendedLifetime(peer) {}
  }

  @Test("an idle loop with open connections costs no CPU")
  func idleLoop() throws {
    let pair = try Pair()
    for _ in 0..<50 { pair.connect() }
    try pair.client.wait(50)
    #expect(try cpuMilliseconds(pair.serverLoop) < 50)
  }

  @Test("a streamed reply whose peer does not read is cut off at the queue limit")
  func stalledStream() throws {
    var configuration = SocketConfiguration()
    configuration.maxQueuedBytes = 1 << 20
    let server = try Server(configuration) { loop, request in
      loop.beginStream(request.id, status: 200)
      for _ in 0..<100 { loop.write(request.id, [UInt8](repeating: 1, count: 100_000)) }
    }
    let peer = try RawPeer(port: server.port, receiveBuffer: 4096)
    peer.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(try server.gone.wait().count == 1)
    #expect(!peer.hearToEnd().hasSuffix("0\r\n\r\n"))
  }
}

/// How much CPU time the loop's thread takes in a third of a second. A spinning loop takes all of it.
func cpuMilliseconds(_ loop: SocketLoop) throws -> Int64 {
  let readings = Recorder<Int64>()
  let read: @Sendable () -> Void = {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    readings.record(Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
  loop.after(.milliseconds(50), read)
  loop.after(.milliseconds(380), read)
  let values = try readings.wait(2)
  return values[1] - values[0]
}
