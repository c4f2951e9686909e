import Glibc
import Testing

@testable import Sockets

/// A server that says exactly what a test makes it say, to one client.
final class RawServer {
  let port: UInt16
  private let listener: Int32

  init() throws {
    (listener, port) = try openListener(address: "127.0.0.1", port: 0)
    let flags = fcntl(listener, F_GETFL)
    _ = fcntl(listener, F_SETFL, flags & ~O_NONBLOCK)
  }

  deinit { close(listener) }

  func accept() -> RawPeer { RawPeer(descriptor: Glibc.accept(listener, nil, nil)) }

  /// Accepts a client and its handshake.
  func acceptWebSocket() -> RawPeer {
    let peer = accept()
    let request = peer.hear(until: "\r\n\r\n")
    let key = request.components("Sec-WebSocket-Key: ")[1].components("\r\n")[0]
    peer.say(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: \(ClientHandshake.acceptance(of: key))\r\n"
        + "Sec-WebSocket-Protocol: signalbox.1\r\n\r\n")
    return peer
  }
}

extension String {
  func components(_ separator: String) -> [String] { split(separator: separator).map(String.init) }
}

@Suite(.serialized)
struct ClientTests {
  let loop: SocketLoop
  let events = Recorder<Pair.Event>()

  init() throws {
    loop = SocketLoop()
    try loop.start()
  }

  func connect(_ server: RawServer) -> ConnectionID {
    let events = events
    return loop.connect(
      WebSocketTarget(port: server.port), handlers: Pair.handlers(events),
      onConnectFailed: { events.record(.failed($1)) })
  }

  @Test("the accept value is what RFC 6455 gives as an example")
  func acceptance() {
    #expect(
      ClientHandshake.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    loop.stop()
  }

  @Test("a ping is answered, a masked frame ends the connection with 1002")
  func pingAndViolation() throws {
    defer { loop.stop() }
    let server = try RawServer()
    _ = connect(server)
    let peer = server.acceptWebSocket()
    try events.wait()
    peer.say([0x89, 2, 7, 8])
    let pong = peer.hear()
    #expect(pong[0] == 0x8A && pong[1] == 0x82)
    #expect([pong[6] ^ pong[2], pong[7] ^ pong[3]] == [7, 8])
    peer.say([0x81, 0x81, 1, 2, 3, 4, 5])
    let close = peer.hear()
    #expect(close[0] == 0x88)
    #expect([close[6] ^ close[2], close[7] ^ close[3]] == [0x03, 0xEA])
    peer.shut()
    #expect(try events.wait(2)[1] == .closed(1002, "a server must not mask"))
  }

  @Test("frames that come right behind the handshake are not lost")
  func early() throws {
    defer { loop.stop() }
    let server = try RawServer()
    _ = connect(server)
    let peer = server.accept()
    let request = peer.hear(until: "\r\n\r\n")
    let key = request.components("Sec-WebSocket-Key: ")[1].components("\r\n")[0]
    peer.say(
      Array(
        ("HTTP/1.1 101 ok\r\nupgrade: WebSocket\r\nconnection: upgrade\r\n"
          + "sec-websocket-accept: \(ClientHandshake.acceptance(of: key))\r\n"
          + "sec-websocket-protocol: signalbox.1\r\n\r\n").utf8) + [0x82, 2, 5, 6])
    #expect(try events.wait(2)[1] == .message([5, 6], isBinary: true))
    peer.say([0x88, 2, 0x0F, 0xA1])
    #expect(peer.hear()[0] == 0x88)
    peer.shut()
    #expect(try events.wait(3)[2] == .closed(4001, ""))
  }

  @Test(
    "a server that does not do its part of the handshake is not trusted",
    arguments: [
      ("HTTP/1.1 101 ok\r\nUpgrade: websocket\r\n\r\n", "server does not speak signalbox.1"),
      ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "not an HTTP response"),
      ("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "server refused with HTTP status 302"),
      (String(repeating: "x", count: 20_000), "response head longer than 16384 bytes"),
    ])
  func badHandshake(answer: String, reason: String) throws {
    defer { loop.stop() }
    let server = try RawServer()
    _ = connect(server)
    let peer = server.accept()
    _ = peer.hear(until: "\r\n\r\n")
    peer.say(answer)
    guard case .failed(let failure) = try events.wait()[0] else {
      Issue.record("connected")
      return
    }
    #expect(failure.reason == reason)
  }

  @Test("a server that hangs up during the handshake is a failure, reported once")
  func hangUp() throws {
    defer { loop.stop() }
    let server = try RawServer()
    _ = connect(server)
    server.accept().shut()
    guard case .failed = try events.wait()[0] else {
      Issue.record("connected")
      return
    }
    loop.stop()
    #expect(events.all.count == 1)
  }

  @Test("a server that never answers is given up after the handshake timeout")
  func silence() throws {
    var configuration = SocketConfiguration()
    configuration.handshakeTimeout = .milliseconds(50)
    let loop = SocketLoop(configuration)
    try loop.start()
    defer { loop.stop() }
    let server = try RawServer()
    let events = events
    _ = loop.connect(
      WebSocketTarget(port: server.port), handlers: Pair.handlers(events),
      onConnectFailed: { events.record(.failed($1)) })
    let reason = "no answer from 127.0.0.1:\(server.port)"
    #expect(try events.wait()[0] == .failed(ConnectFailure(reason: reason, status: nil)))
    self.loop.stop()
  }

  @Test("closing a connection that is not open yet gives it up")
  func cancelled() throws {
    defer { loop.stop() }
    let server = try RawServer()
    let id = connect(server)
    loop.close(id)
    #expect(try events.wait()[0] == .failed(ConnectFailure(reason: "cancelled", status: nil)))
  }

  @Test("both ends send without reading pauses and nothing gets stuck")
  func bothDirections() throws {
    loop.stop()
    let pair = try Pair()
    let client = pair.connect()
    let server = try pair.opened()
    let message = [UInt8](repeating: 3, count: 1 << 20)
    for _ in 0..<30 {
      pair.clientLoop.send(client, message)
      pair.serverLoop.send(server, message)
    }
    let isMessage: (Pair.Event) -> Bool = {
      if case .message = $0 { true } else { false }
    }
    try pair.client.wait { $0.filter(isMessage).count == 30 }
    try pair.server.wait { $0.filter(isMessage).count == 30 }
  }
}
