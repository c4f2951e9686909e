import Glibc
import Sockets
import Testing

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
    let fired = Recorder<Int>()
    loop.after(.milliseconds(60)) { fired.record(3) }
    loop.after(.milliseconds(20)) { fired.record(1) }
    let cancelled = loop.after(.milliseconds(30)) { fired.record(99) }
    loop.after(.milliseconds(40)) { fired.record(2) }
    loop.cancel(cancelled)
    #expect(try fired.wait(3) == [1, 2, 3])
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

  @Test("starting and stopping fifty times leaves nothing behind and never hangs")
  func startStop() throws {
    var descriptors = -1
    for _ in 0..<50 {
      let pair = try Pair(echo: true)
      let id = pair.connect()
      _ = try pair.opened()
      pair.clientLoop.send(id, [1, 2, 3])
      try pair.client.wait(2)
      pair.serverLoop.stop()
      #expect(try pair.client.wait(3)[2] == .closed(1001, "going away"))
      pair.clientLoop.stop()
      let open = openDescriptors()
      if descriptors >= 0 { #expect(open <= descriptors) }
      descriptors = open
    }
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
