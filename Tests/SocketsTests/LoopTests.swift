import Glibc
import Platform
import Testing

@testable import Sockets

@Suite(.serialized)
struct LoopTests {
  @Test("a port in use is an error that names it")
  func bindConflict() throws {
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    let first = try loop.listen(port: 0, handlers: ServerHandlers(onRequest: { _ in }))
    #expect {
      try loop.listen(port: first.port, handlers: ServerHandlers(onRequest: { _ in }))
    } throws: { error in
      let error = error as? SocketsError
      return error?.code == .addressInUse
        && error?.message == "address already in use: 127.0.0.1:\(first.port)"
    }
  }

  @Test("a name that is no address is an error")
  func badAddress() throws {
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    #expect(throws: SocketsError.self) {
      try loop.listen(address: "nowhere", port: 0, handlers: ServerHandlers(onRequest: { _ in }))
    }
  }

  @Test("work handed over runs on the loop's thread, in order")
  func post() throws {
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    let ran = Recorder<Int>()
    for number in 0..<1000 {
      loop.post { ran.record(loop.isCurrent ? number : -1) }
    }
    #expect(try ran.wait(1000) == Array(0..<1000))
  }

  @Test("timers fire in the order of their deadlines, cancelled ones do not")
  func timers() throws {
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    for _ in 0..<20 {
      let fired = Recorder<Int>()
      let took = Recorder<Duration>()
      loop.post {
        let before = ContinuousClock.now
        loop.after(.milliseconds(60)) { fired.record(3) }
        loop.after(.milliseconds(20)) { fired.record(1) }
        let cancelled = loop.after(.milliseconds(30)) { fired.record(99) }
        loop.after(.milliseconds(40)) { fired.record(2) }
        loop.cancel(cancelled)
        took.record(ContinuousClock.now - before)
      }
      let order = try fired.wait(3)
      // Or their order is another.
      guard try took.wait()[0] < .milliseconds(15) else { continue }
      #expect(order == [1, 2, 3])
      return
    }
    Issue.record("the timers could not be set in time")
  }

  @Test("a timer set while a much later one is armed is not late")
  func timerBeforeTimer() throws {
    let loop = SocketLoop()
    try loop.start()
    defer { loop.stop() }
    let fired = Recorder<Int>()
    loop.after(.seconds(3600)) { fired.record(2) }
    loop.after(.milliseconds(10)) { fired.record(1) }
    #expect(try fired.wait(1) == [1])
  }

  @Test(
    "what a peer sent in time goes before the timers when the thread comes late to both",
    arguments: [0, 20_000])
  func lateThread(bodyBytes: Int) throws {
    var configuration = SocketConfiguration()
    configuration.keepAliveTimeout = .milliseconds(100)
    // So that the longer one takes several looks.
    configuration.receiveBytes = 4_096
    let second =
      Array("POST /second HTTP/1.1\r\nHost: x\r\nContent-Length: \(bodyBytes)\r\n\r\n".utf8)
      + [UInt8](repeating: 65, count: bodyBytes)
    let place = Locked<Int32>(-1)
    let timer = Locked<TimerID?>(nil)
    let fired = Recorder<Bool>()
    let server = try Server(configuration) { loop, request in
      Server.echo(loop, request)
      if request.path == "/second" {
        if let timer = timer.withLock({ $0 }) { loop.cancel(timer) }
        return
      }
      let late = loop.after(.milliseconds(100)) { fired.record(true) }
      timer.withLock { $0 = late }
      loop.post {
        _ = send(place.withLock { $0 }, second, second.count, Int32(MSG_NOSIGNAL))
        usleep(300_000)
      }
    }
    let peer = try RawPeer(port: server.port)
    place.withLock { $0 = peer.descriptor }
    peer.say("GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
    let heard = peer.hearToEnd()
    #expect(
      heard.contains("GET /first ") && heard.contains("POST /second "), "\(heard.prefix(500))")
    #expect(fired.all.isEmpty)
  }

  @Test("a loop that is told to stop while its thread is late for a timer ends at once")
  func stopWhenLate() throws {
    var configuration = SocketConfiguration()
    configuration.stopGrace = .seconds(60)
    let loop = SocketLoop(configuration)
    try loop.start()
    let held = Recorder<Bool>()
    loop.after(.milliseconds(20)) {}
    loop.post {
      held.record(true)
      usleep(200_000)
    }
    try held.wait()
    let before = ContinuousClock.now
    loop.stop()
    #expect(ContinuousClock.now - before < .seconds(20))
  }

  @Test(
    "on a caller's thread handlers are called in its turns, and a neighbour or the time ends a wait"
  )
  func attached() throws {
    let pair = try Pair(echo: true)
    var pipe = try Pipe()
    let readEnd = pipe.takeReadEnd()
    let writeEnd = pipe.takeWriteEnd()
    let loop = SocketLoop()
    try loop.attach(beside: readEnd.number)
    let heard = Recorder<Pair.Event>()
    let id = loop.connect(
      WebSocketTarget(port: pair.port, path: "/bridge"), handlers: Pair.handlers(heard),
      onConnectFailed: { heard.record(.failed($1)) })
    while heard.all.isEmpty { loop.turn(waitUpTo: .seconds(10)) }
    #expect(heard.all == [.opened(id)])
    loop.send(id, [7])
    while heard.all.count < 2 { loop.turn(waitUpTo: .seconds(10)) }
    #expect(heard.all[1] == .message([7], isBinary: true))

    let before = ContinuousClock.now
    var turns = 0
    while ContinuousClock.now - before < .milliseconds(49) {
      loop.turn(waitUpTo: .milliseconds(50))
      turns += 1
    }
    #expect(turns < 10)
    try writeEnd.writeAll([1])
    // It is readable for good now: no turn waits.
    for _ in 0..<3 { loop.turn(waitUpTo: nil) }
    loop.detach()
    #expect(heard.all.last == .closed(1001, "going away"))
    #expect(!loop.post {})
  }

  @Test("starting and stopping fifty times leaves nothing behind and never hangs")
  func startStop() throws {
    let before = openDescriptors()
    for _ in 0..<50 {
      let pair = try Pair(echo: true)
      let id = pair.connect()
      _ = try pair.opened()
      pair.clientLoop.send(id, [1, 2, 3])
      try pair.client.wait(2)
      pair.serverLoop.stop()
      #expect(try pair.client.wait(3)[2] == .closed(1001, "going away"))
      pair.clientLoop.stop()
    }
    // Other tests open and close some of their own meanwhile; a leak would show fifty times over.
    #expect(openDescriptors() < before + 50)
  }

  @Test("stopping does not wait for a peer that never says goodbye")
  func stopWithSilentPeer() throws {
    let pair = try Pair()
    let peer = try rawWebSocket(pair.port)
    try pair.server.wait()
    pair.serverLoop.stop()
    #expect(try pair.server.wait(2)[1] == .closed(1001, "going away"))
    withExtendedLifetime(peer) {}
  }

  @Test("stopping in the middle of everything ends every connection exactly once")
  func stopUnderLoad() throws {
    var configuration = SocketConfiguration()
    configuration.stopGrace = .milliseconds(50)
    for round in 0..<10 {
      let pair = try Pair(server: configuration, client: configuration, echo: true)
      let client = pair.client
      let loop = pair.clientLoop
      let handlers = Pair.handlers(client)
      for _ in 0..<20 {
        _ = loop.connect(
          WebSocketTarget(port: pair.port),
          handlers: WebSocketHandlers(
            onOpen: { id in
              handlers.onOpen(id)
              for _ in 0..<10 { loop.send(id, [UInt8](repeating: 1, count: 10_000)) }
            },
            onMessage: { id, message, _ in loop.send(id, message) },
            onClose: handlers.onClose),
          onConnectFailed: { client.record(.failed($1)) })
      }
      let peers = try (0..<5).map { _ in try RawPeer(port: pair.port) }
      for peer in peers { peer.say("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HT") }
      let opened = try pair.server.wait(until: { $0.count > 10 * round }).count
      #expect(opened >= 10 * round)
      pair.serverLoop.stop()
      pair.clientLoop.stop()
      for recorder in [pair.server, pair.client] {
        let events = recorder.all
        let opened = events.filter { if case .opened = $0 { true } else { false } }.count
        let closed = events.filter { if case .closed = $0 { true } else { false } }.count
        #expect(opened == closed)
      }
      let failed = client.all.filter { if case .failed = $0 { true } else { false } }.count
      let open = client.all.filter { if case .opened = $0 { true } else { false } }.count
      #expect(open + failed == 20)
    }
  }

  @Test("a loop starts once")
  func startTwice() throws {
    let loop = SocketLoop()
    try loop.start()
    #expect(throws: SocketsError.self) { try loop.start() }
    loop.stop()
    #expect(throws: SocketsError.self) { try loop.start() }
  }

  @Test("what libwebsockets would have printed reaches the closure of its loop, not another's")
  func libraryMessages() throws {
    let messages = Recorder<String>()
    let loops = (0..<2).map { number in
      var configuration = SocketConfiguration()
      configuration.onLibraryMessage = { messages.record("\(number) \($0.isError) \($0.text)") }
      return SocketLoop(configuration)
    }
    for loop in loops { try loop.start() }
    // LLL_WARN and LLL_ERR; libwebsockets calls this with a line for stderr.
    loops[0].post { "careful\n".withCString { LibraryLog.deliver(2, $0) } }
    try messages.wait(1)
    loops[1].post { "broken\n".withCString { LibraryLog.deliver(1, $0) } }
    #expect(try messages.wait(2) == ["0 false careful", "1 true broken"])
    for loop in loops { loop.stop() }
  }

  @Test("a stopped loop takes no more work and says so")
  func afterStop() throws {
    let loop = SocketLoop()
    #expect(!loop.post {})
    try loop.start()
    loop.stop()
    loop.stop()
    #expect(!loop.post {})
    #expect(throws: SocketsError.self) {
      try loop.listen(port: 0, handlers: ServerHandlers(onRequest: { _ in }))
    }
  }
}

func openDescriptors() -> Int {
  var count = 0
  for descriptor in 0..<Int32(4096) where fcntl(descriptor, F_GETFD) >= 0 { count += 1 }
  return count
}
