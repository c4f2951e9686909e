import Sockets
import Testing

/// A server and a client on one loop each, and what they report.
final class Pair {
  enum Event: Sendable, Equatable {
    case opened(ConnectionID)
    case message([UInt8], isBinary: Bool)
    case drained
    case closed(UInt16, String)
    case failed(ConnectFailure)
  }

  let serverLoop: SocketLoop
  let clientLoop: SocketLoop
  let port: UInt16
  let server = Recorder<Event>()
  let client = Recorder<Event>()
  let upgrades = Recorder<UpgradeRequest>()

  init(
    server serverConfiguration: SocketConfiguration = SocketConfiguration(),
    client clientConfiguration: SocketConfiguration = SocketConfiguration(),
    decision: UpgradeDecision = .accept,
    echo: Bool = false
  ) throws {
    serverLoop = SocketLoop(serverConfiguration)
    clientLoop = SocketLoop(clientConfiguration)
    try serverLoop.start()
    try clientLoop.start()
    let upgrades = upgrades
    let loop = serverLoop
    let events = Pair.handlers(server)
    var handlers = events
    if echo {
      handlers.onMessage = { [unowned loop] id, bytes, isBinary in
        events.onMessage(id, bytes, isBinary)
        loop.send(id, bytes, binary: isBinary)
      }
    }
    port = try serverLoop.listen(
      port: 0,
      handlers: ServerHandlers(
        webSocket: handlers,
        onUpgrade: { request in
          upgrades.record(request)
          return decision
        },
        onRequest: { _ in })
    ).port
  }

  deinit {
    clientLoop.stop()
    serverLoop.stop()
  }

  static func handlers(_ recorder: Recorder<Event>) -> WebSocketHandlers {
    WebSocketHandlers(
      onOpen: { recorder.record(.opened($0)) },
      onMessage: { recorder.record(.message($1, isBinary: $2)) },
      onDrained: { _ in recorder.record(.drained) },
      onClose: { recorder.record(.closed($1, $2)) })
  }

  @discardableResult
  func connect(path: String = "/bridge", headers: [HTTPHeader] = []) -> ConnectionID {
    let client = client
    return clientLoop.connect(
      WebSocketTarget(port: port, path: path, headers: headers),
      handlers: Pair.handlers(client),
      onConnectFailed: { client.record(.failed($1)) })
  }

  /// The server's name for the connection, once both ends have it open.
  func opened() throws -> ConnectionID {
    try client.wait()
    guard case .opened(let id) = try server.wait()[0] else { throw PeerError(what: "not open") }
    return id
  }
}

@Suite(.serialized)
struct WebSocketTests {
  @Test("a message comes back as it went out, binary or text")
  func echo() throws {
    let pair = try Pair(echo: true)
    let id = pair.connect()
    _ = try pair.opened()
    pair.clientLoop.send(id, [0, 1, 2, 255])
    pair.clientLoop.send(id, Array("hällo".utf8), binary: false)
    pair.clientLoop.send(id, [])
    let events = try pair.client.wait(4)
    #expect(events[1] == .message([0, 1, 2, 255], isBinary: true))
    #expect(events[2] == .message(Array("hällo".utf8), isBinary: false))
    #expect(events[3] == .message([], isBinary: true))
  }

  @Test("the server sees path, query, authorization and peer before it accepts")
  func upgradeRequest() throws {
    let pair = try Pair()
    pair.connect(
      path: "/bridge/x%20y?token=a%26b&empty=",
      headers: [HTTPHeader("authorization", "Bearer s3cret"), HTTPHeader("x-request-id", "r1")])
    _ = try pair.opened()
    let request = try pair.upgrades.wait()[0]
    #expect(request.path == "/bridge/x y")
    #expect(request.query == [QueryItem("token", "a&b"), QueryItem("empty", "")])
    #expect(request.headers["Authorization"] == "Bearer s3cret")
    #expect(request.headers["X-Request-Id"] == "r1")
    #expect(request.peer == "127.0.0.1")
  }

  @Test("large messages arrive whole, in both directions", arguments: [65_535, 65_536, 3_000_001])
  func large(size: Int) throws {
    let pair = try Pair(echo: true)
    let id = pair.connect()
    _ = try pair.opened()
    let message = pattern(size)
    pair.clientLoop.send(id, message)
    #expect(try pair.client.wait { $0.contains(.message(message, isBinary: true)) }.count >= 2)
  }

  @Test("a refused client learns the HTTP status", arguments: [401, 403, 404, 503])
  func refused(status: Int) throws {
    let pair = try Pair(decision: .refuse(status: status, body: "no\n"))
    pair.connect()
    let events = try pair.client.wait()
    #expect(
      events == [
        .failed(
          ConnectFailure(reason: "server refused with HTTP status \(status)", status: status))
      ])
    #expect(pair.server.all.isEmpty)
  }

  @Test("a client to a port where nothing listens is told so")
  func nothingListens() throws {
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    let free = try loop.listen(port: 0, handlers: ServerHandlers(onRequest: { _ in }))
    loop.close(free.id)
    let failures = Recorder<ConnectFailure>()
    _ = loop.connect(
      WebSocketTarget(port: free.port), handlers: WebSocketHandlers(),
      onConnectFailed: { failures.record($1) })
    let reason = try failures.wait()[0].reason
    #expect(reason == "nothing listens at 127.0.0.1:\(free.port)")
  }

  @Test("code and reason of a close reach the other end, after what was queued")
  func closeByServer() throws {
    let pair = try Pair()
    pair.connect()
    let id = try pair.opened()
    let big = [UInt8](repeating: 7, count: 2_000_000)
    pair.serverLoop.send(id, big)
    pair.serverLoop.close(id, code: 4001, reason: "replaced")
    let events = try pair.client.wait(3)
    #expect(events[1] == .message(big, isBinary: true))
    #expect(events[2] == .closed(4001, "replaced"))
    #expect(try pair.server.wait { $0.last == .closed(4001, "replaced") }.count >= 2)
  }

  @Test("a close by the client reaches the server")
  func closeByClient() throws {
    let pair = try Pair()
    let id = pair.connect()
    _ = try pair.opened()
    pair.clientLoop.close(id, code: 1000, reason: "bye")
    #expect(try pair.server.wait(2)[1] == .closed(1000, "bye"))
    #expect(try pair.client.wait(2)[1] == .closed(1000, "bye"))
  }

  @Test("a message over the limit closes the connection with 1009")
  func tooLarge() throws {
    var configuration = SocketConfiguration()
    configuration.maxMessageBytes = 100_000
    let pair = try Pair(server: configuration)
    let id = pair.connect()
    _ = try pair.opened()
    pair.clientLoop.send(id, [UInt8](repeating: 1, count: 100_000))
    pair.clientLoop.send(id, [UInt8](repeating: 1, count: 100_001))
    let events = try pair.client.wait(2)
    #expect(events[1] == .closed(1009, "message longer than 100000 bytes"))
    #expect(try pair.server.wait(3)[2] == .closed(1009, "message longer than 100000 bytes"))
  }

  @Test("a peer that does not read is cut off when the queue limit is met")
  func queueLimit() throws {
    var configuration = SocketConfiguration()
    configuration.maxQueuedBytes = 8 << 20
    let pair = try Pair(server: configuration)
    let peer = try rawWebSocket(pair.port, receiveBuffer: 4096)
    guard case .opened(let id) = try pair.server.wait()[0] else { return }
    for _ in 0..<64 { pair.serverLoop.send(id, [UInt8](repeating: 1, count: 1 << 20)) }
    let reason = "send queue limit of 8388608 bytes met"
    #expect(try pair.server.wait { $0.contains(.closed(1008, reason)) }.count >= 2)
    withExtendedLifetime(peer) {}
  }

  @Test("a queue that empties is reported drained")
  func drained() throws {
    let pair = try Pair()
    pair.connect()
    let id = try pair.opened()
    for _ in 0..<8 { pair.serverLoop.send(id, [UInt8](repeating: 1, count: 1 << 20)) }
    #expect(try pair.server.wait { $0.contains(.drained) }.count >= 2)
    #expect(try pair.client.wait(9).count == 9)
  }

  @Test("a peer that vanishes without a close frame is reported with 1006")
  func vanished() throws {
    let pair = try Pair()
    let peer = try rawWebSocket(pair.port)
    try pair.server.wait()
    peer.shut()
    #expect(try pair.server.wait(2)[1] == .closed(1006, "connection lost"))
  }

  @Test("fragments and pings in between make one message and a pong")
  func fragments() throws {
    let pair = try Pair()
    let peer = try rawWebSocket(pair.port)
    try pair.server.wait()
    peer.say(frame(0x02, Array("one ".utf8)))
    peer.say(frame(0x89, Array("?".utf8)))
    peer.say(frame(0x00, Array("two ".utf8)))
    peer.say(frame(0x80, Array("three".utf8)))
    #expect(
      try pair.server.wait(2)[1] == .message(Array("one two three".utf8), isBinary: true))
    #expect(peer.hear() == [0x8a, 1, 0x3f])
  }

  @Test("a thousand connections are open at once and each gets its own answer")
  func thousand() throws {
    let pair = try Pair(echo: true)
    let ids = (0..<1000).map { _ in pair.connect() }
    try pair.client.wait(1000)
    for (number, id) in ids.enumerated() {
      pair.clientLoop.send(id, Array("message \(number)".utf8))
    }
    let events = try pair.client.wait(2000)
    var answers = Set<[UInt8]>()
    for case .message(let bytes, _) in events { answers.insert(bytes) }
    #expect(answers.count == 1000)
  }
}

/// A WebSocket handshake by hand; returns once it is accepted.
func rawWebSocket(_ port: UInt16, receiveBuffer: Int32? = nil) throws -> RawPeer {
  let peer = try RawPeer(port: port, receiveBuffer: receiveBuffer)
  peer.say(
    "GET /bridge HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Protocol: signalbox.1\r\n\r\n")
  let answer = peer.hear(until: "\r\n\r\n")
  #expect(answer.hasPrefix("HTTP/1.1 101"))
  return peer
}

/// A short masked frame.
func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
  let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
  return [first, 0x80 | UInt8(payload.count)] + mask
    + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}
