internal import Platform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Sockets on one thread, their own or a caller's: HTTP and WebSocket, server and client, over
/// libwebsockets.
///
/// Handlers are called on that thread, one at a time. Everything else here may be called from any
/// thread: it is done at once when called on the loop's thread, and handed over otherwise.
package final class SocketLoop: Sendable {
  private let core: LoopCore
  private let serviceThread = Locked<pthread_t?>(nil)

  package init(_ configuration: SocketConfiguration = SocketConfiguration()) {
    core = LoopCore(configuration)
  }

  deinit {
    // Without stop() nobody waits for the thread, but it ends.
    let core = core
    _ = core.post { core.beginStop(grace: .zero) }
    if let thread = serviceThread.withLock({ $0 }) { pthread_detach(thread) }
  }

  // MARK: - Life

  /// Starts the thread; returns once it works. A loop starts only once.
  package func start() throws(SocketsError) {
    try claim()
    let started = Rendezvous<SocketsError?>()
    let entry = Unmanaged.passRetained(ThreadEntry(core: core, started: started))
    var thread = pthread_t()
    guard pthread_create(&thread, nil, serviceThreadMain, entry.toOpaque()) == 0 else {
      entry.release()
      throw SocketsError(.cannotStart, "cannot create the sockets thread")
    }
    if let failure = started.wait() {
      pthread_join(thread, nil)
      throw failure
    }
    serviceThread.withLock { $0 = thread }
  }

  /// Says goodbye to all peers, ends every connection and joins the thread. Not from the loop's own
  /// thread. Harmless when repeated.
  package func stop() {
    precondition(!core.isCurrent, "a loop cannot wait for its own end")
    let core = core
    _ = core.post { core.beginStop(grace: core.configuration.stopGrace) }
    let thread = serviceThread.withLock { exchangeValue(&$0, nil) }
    if let thread { pthread_join(thread, nil) }
  }

  private func claim() throws(SocketsError) {
    let isFirst = core.inbox.withLock { inbox in
      defer { if inbox.state == .idle { inbox.state = .starting } }
      return inbox.state == .idle
    }
    guard isFirst else {
      throw SocketsError(.cannotStart, "a sockets loop starts once", remedy: "make a new one")
    }
  }

  // MARK: - Life on the caller's thread

  /// Instead of `start`: this thread is the loop's from now on, and calls `turn` again and again, and
  /// `detach` in the end. Handlers are called within these.
  /// - Parameter descriptor: ends the wait of a turn when it is readable.
  package func attach(beside descriptor: Int32) throws(SocketsError) {
    try claim()
    if let failure = core.begin() { throw failure }
    core.watch(beside: descriptor)
  }

  /// Handles what is there; if that is nothing, waits for something first.
  /// - Parameter limit: `nil` waits for ever, `.zero` does not wait.
  package func turn(waitUpTo limit: Duration?) { core.turn(waitUpTo: limit) }

  /// Says goodbye to all peers, and ends every connection.
  package func detach() { core.stop(grace: core.configuration.stopGrace) }

  // MARK: - Work

  /// At once when called on the loop's thread, otherwise soon. Dropped when the loop is not running.
  package func perform(_ work: @escaping @Sendable () -> Void) { core.perform(work) }

  /// Runs `work` on the loop's thread, soon. False when the loop is not running.
  @discardableResult
  package func post(_ work: @escaping @Sendable () -> Void) -> Bool { core.post(work) }

  package var isCurrent: Bool { core.isCurrent }

  /// Runs `work` once on the loop's thread, not before `delay` has passed.
  @discardableResult
  package func after(_ delay: Duration, _ work: @escaping @Sendable () -> Void) -> TimerID {
    let id = TimerID()
    let deadline = ContinuousClock.now + delay
    core.perform { [core] in core.insertTimer(id, at: deadline, work) }
    return id
  }

  package func cancel(_ timer: TimerID) {
    core.perform { [core] in core.cancelTimer(timer) }
  }

  // MARK: - Server

  package struct Listening: Sendable, Hashable {
    package let id: ListenerID
    /// The actual one, when 0 was asked for.
    package let port: UInt16
  }

  /// Binds at once and starts to accept.
  package func listen(
    address: String = "127.0.0.1", port: UInt16, handlers: ServerHandlers
  ) throws(SocketsError) -> Listening {
    let (descriptor, actual) = try openListener(address: address, port: port)
    let id = ListenerID()
    let isRunning = core.post { [core] in
      guard !core.isStopping else { return _ = closeDescriptor(descriptor) }
      _ = Listener(core, id: id, descriptor: descriptor, handlers: handlers)
    }
    guard isRunning else {
      _ = closeDescriptor(descriptor)
      throw SocketsError(.stopped, "the socket loop is not running")
    }
    return Listening(id: id, port: actual)
  }

  /// Accepts no more; connections already made go on.
  package func close(_ listener: ListenerID) {
    core.perform { [core] in core.listeners[listener]?.close() }
  }

  // MARK: - HTTP replies

  /// The whole reply. Nothing happens when the peer has gone.
  package func respond(
    _ request: RequestID, status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []
  ) {
    core.perform { [core] in
      core.exchanges[request]?.respond(status: status, headers: headers, body: body)
    }
  }

  /// A reply that comes piece by piece: chunked, or for HTTP/1.0 until the connection ends.
  package func beginStream(_ request: RequestID, status: Int, headers: [HTTPHeader] = []) {
    core.perform { [core] in
      core.exchanges[request]?.beginStream(status: status, headers: headers)
    }
  }

  package func write(_ request: RequestID, _ bytes: [UInt8]) {
    core.perform { [core] in core.exchanges[request]?.write(bytes) }
  }

  package func endStream(_ request: RequestID) {
    core.perform { [core] in core.exchanges[request]?.endStream() }
  }

  /// What of a reply waits for the peer to take it. Only on the loop's thread.
  package func queuedBytes(_ request: RequestID) -> Int {
    core.assertOnLoop()
    return core.exchanges[request]?.queuedBytes ?? 0
  }

  // MARK: - WebSockets, accepted or made

  package func connect(
    _ target: WebSocketTarget, handlers: WebSocketHandlers,
    onConnectFailed: @escaping @Sendable (ConnectionID, ConnectFailure) -> Void
  ) -> ConnectionID {
    let id = ConnectionID()
    let isRunning = core.post { [core] in
      WebSocketClient(
        core, id: id, target: target, handlers: handlers, onConnectFailed: onConnectFailed
      ).connect()
    }
    if !isRunning {
      onConnectFailed(id, ConnectFailure(reason: "the socket loop is not running", status: nil))
    }
    return id
  }

  package func send(_ connection: ConnectionID, _ message: [UInt8], binary: Bool = true) {
    core.perform { [core] in core.webSockets[connection]?.send(message, binary: binary) }
  }

  /// Sends what is queued, then the close frame; the reason is cut at 123 bytes. A connection that is
  /// not open yet is given up, and reported as failed.
  package func close(_ connection: ConnectionID, code: UInt16 = 1000, reason: String = "") {
    core.perform { [core] in
      if let link = core.webSockets[connection] {
        link.beginClose(code: code, reason: reason)
      } else {
        core.connecting[connection]?.cancelConnect()
      }
    }
  }

  /// What waits for the peer to take it. Only on the loop's thread.
  package func queuedBytes(_ connection: ConnectionID) -> Int {
    core.assertOnLoop()
    return core.webSockets[connection]?.queuedBytes ?? 0
  }

  // MARK: - HTTP client

  @discardableResult
  package func request(_ call: HTTPCall, handlers: HTTPCallHandlers) -> RequestID {
    let id = RequestID()
    let isRunning = core.post { [core] in
      ClientExchange(core, id: id, call: call, handlers: handlers).connect()
    }
    if !isRunning {
      handlers.onEnd(.failure(SocketsError(.stopped, "the socket loop is not running")))
    }
    return id
  }

  /// Ends a request of the client; `onEnd` reports it as stopped.
  package func cancel(_ request: RequestID) {
    core.perform { [core] in core.fetches[request]?.cancel() }
  }
}

private final class ThreadEntry {
  let core: LoopCore
  let started: Rendezvous<SocketsError?>
  init(core: LoopCore, started: Rendezvous<SocketsError?>) {
    self.core = core
    self.started = started
  }
}

/// A function of its own: a closure given to pthread_create in a main file is inferred to belong to
/// the main actor, and traps.
private func serviceThreadMain(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let raw else { return nil }
  let entry = Unmanaged<ThreadEntry>.fromOpaque(raw).takeRetainedValue()
  entry.core.run(entry.started)
  return nil
}
