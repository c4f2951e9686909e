internal import CWebSockets

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// One request and its reply.
///
/// libwebsockets parses the request; the reply is written here, straight to the socket. Its own way
/// cannot wait for a reply: with a request pending it neither reads nor ignores what the peer
/// sends, so that a peer that leaves (or sends its next request early) keeps the loop spinning, and
/// with reading paused (lws_rx_flow_control) it does not write either.
final class ServerExchange {
  enum Phase {
    case readingBody, waiting, streaming, ended
  }

  let id = RequestID()
  private unowned let core: LoopCore
  private unowned let connection: ServerConnection
  private let events: ServerEvents
  private let head: RequestHead
  let expectedBody: Int
  private var body: [UInt8] = []
  private(set) var phase = Phase.readingBody
  private var isChunked = false
  /// The connection ends after this reply.
  var mustClose: Bool

  private var output = ByteQueue()
  private var isBroken = false
  private var wasAboveLowWater = false
  /// The peer can say that it has left only while somebody listens.
  private let peerWatch = Watch()
  private let writeWatch = Watch()
  /// Reading is paused because the reply was not given at once.
  private(set) var isDeferred = false

  init(
    _ core: LoopCore, _ connection: ServerConnection, _ events: ServerEvents, head: RequestHead
  ) {
    self.core = core
    self.connection = connection
    self.events = events
    self.head = head
    expectedBody = head.contentLength ?? 0
    mustClose = !head.keepAlive
    core.exchanges[id] = self
  }

  var queuedBytes: Int { output.count }
  /// Everything is sent, and nothing more will come.
  var isComplete: Bool { phase == .ended && (output.isEmpty || isBroken) }

  // MARK: - The request

  func receive(_ data: UnsafeMutableRawPointer?, _ length: Int) {
    guard phase == .readingBody, let data else { return }
    if body.isEmpty { body.reserveCapacity(min(expectedBody, 1 << 20)) }
    body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: length))
  }

  /// Tells the user, who may reply at once.
  func deliver() {
    guard phase == .readingBody else { return }
    phase = .waiting
    events.handlers.onRequest(
      HTTPRequest(
        id: id, method: head.method, path: head.path, query: head.query, headers: head.headers,
        body: exchangeValue(&body, []), peer: head.peer))
  }

  // MARK: - The reply

  func respond(status: Int, headers: [HTTPHeader], body: [UInt8]) {
    guard phase == .waiting else { return }
    let hasBody = status >= 200 && status != 204 && status != 304
    output.append(
      ResponseHead.bytes(
        status: status, headers: headers, body: hasBody ? .length(body.count) : .none,
        keepAlive: !mustClose))
    if hasBody, head.method != "HEAD" { output.append(body) }
    phase = .ended
    flush()
  }

  func beginStream(status: Int, headers: [HTTPHeader]) {
    guard phase == .waiting else { return }
    isChunked = head.isHTTP11
    if !isChunked { mustClose = true }
    output.append(
      ResponseHead.bytes(
        status: status, headers: headers, body: isChunked ? .chunked : .untilClose,
        keepAlive: !mustClose))
    phase = .streaming
    flush()
  }

  func write(_ bytes: [UInt8]) {
    guard phase == .streaming, head.method != "HEAD", !bytes.isEmpty else { return }
    guard output.count + bytes.count <= core.configuration.maxQueuedBytes else {
      // Cutting the connection is the only way left to say that the reply is incomplete.
      return connection.abort()
    }
    output.append(isChunked ? ResponseHead.chunk(bytes) : bytes)
    if output.count > core.configuration.lowWaterBytes { wasAboveLowWater = true }
    flush()
  }

  func endStream() {
    guard phase == .streaming else { return }
    if isChunked, head.method != "HEAD" { output.append(ResponseHead.lastChunk) }
    phase = .ended
    flush()
  }

  // MARK: - Sending

  /// Reading stops until the reply is complete; we watch the socket ourselves meanwhile.
  func deferReply() {
    guard !isDeferred, let wsi = connection.wsi else { return }
    isDeferred = true
    lws_rx_flow_control(wsi, 0)
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0)
    connection.isSettled = true
    peerWatch.start(core.events, descriptor: connection.descriptor, for: .reading) {
      [unowned self] in self.peerStirred()
    }
    flush()
  }

  private func flush() {
    guard !isBroken, !writeWatch.isActive else { return }
    let descriptor = connection.descriptor
    while !output.isEmpty {
      // A short count is not an error; the next call says what stopped it.
      if output.sendFirst({ sendBytes(descriptor, $0) }) > 0 || errno == EINTR { continue }
      if errno == EAGAIN || errno == EWOULDBLOCK { return awaitWriteable() }
      isBroken = true
      mustClose = true
      break
    }
    reportDrained()
    guard isDeferred else { return }
    if isBroken { return connection.abort() }
    if phase == .ended { awaitWriteable() }
  }

  /// Also at the end: libwebsockets wants the socket to be writeable before the next request, and
  /// spins if it is not and the peer has sent more.
  private func awaitWriteable() {
    guard isDeferred else { return }
    writeWatch.start(core.events, descriptor: connection.descriptor, for: .writing) {
      [unowned self] in
      self.writeWatch.stop()
      if self.isComplete { self.connection.replyComplete() } else { self.flush() }
    }
  }

  private func reportDrained() {
    guard wasAboveLowWater, output.count <= core.configuration.lowWaterBytes else { return }
    wasAboveLowWater = false
    if phase == .streaming { events.handlers.onRequestDrained(id) }
  }

  /// Either the peer has gone, or it sends its next request early; that one can wait.
  private func peerStirred() {
    var byte: UInt8 = 0
    let count = recv(connection.descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
    if count > 0 { return peerWatch.stop() }
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    connection.abort()
  }

  // MARK: - The end

  func stopWatching() {
    peerWatch.stop()
    writeWatch.stop()
  }

  /// Once, when the connection is done with it.
  func finished() {
    stopWatching()
    guard core.exchanges.removeValue(forKey: id) != nil else { return }
    let wasUnanswered = phase == .waiting || phase == .streaming
    let wasCutShort = phase == .ended && !output.isEmpty
    phase = .ended
    if wasUnanswered || wasCutShort { events.handlers.onRequestGone(id) }
  }
}

func sendBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
}
