internal import CWebSockets

/// One request and its reply, which may come at once or later, whole or in pieces.
final class ServerExchange {
  private enum Phase {
    case receiving, waiting, streaming, ended
  }

  let id = RequestID()
  private unowned let core: LoopCore
  private unowned let connection: ServerConnection
  private let events: ServerEvents
  private let head: RequestHead
  private let peer: String
  private var body: [UInt8] = []
  private var phase = Phase.receiving
  private var isChunked = false
  /// The connection ends after this reply.
  var mustClose: Bool

  private var output = ByteQueue()
  private var wasAboveLowWater = false

  init(
    _ core: LoopCore, _ connection: ServerConnection, _ events: ServerEvents, head: RequestHead,
    peer: String
  ) {
    self.core = core
    self.connection = connection
    self.events = events
    self.head = head
    self.peer = peer
    mustClose = !head.keepAlive
    core.exchanges[id] = self
  }

  var queuedBytes: Int { output.count }
  /// Everything is with the connection, and nothing more will come.
  var isComplete: Bool { phase == .ended && output.isEmpty }

  // MARK: - The request

  func receive(_ piece: ArraySlice<UInt8>) {
    if body.isEmpty, case .length(let length) = head.body {
      // A peer may announce much and send nothing: believe it only so far.
      body.reserveCapacity(min(length, 1 << 20))
    }
    body.append(contentsOf: piece)
  }

  /// Tells the user, who may reply at once.
  func deliver() {
    guard phase == .receiving else { return }
    phase = .waiting
    events.handlers.onRequest(
      HTTPRequest(
        id: id, method: head.method, path: head.path, query: head.query, headers: head.headers,
        body: exchangeValue(&body, []), peer: peer))
  }

  // MARK: - The reply

  func respond(status: Int, headers: [HTTPHeader], body: [UInt8]) {
    guard phase == .waiting else { return }
    let hasBody = status >= 200 && status != 204 && status != 304
    let start = ResponseHead.bytes(
      status: status, headers: headers, body: hasBody ? .length(body.count) : .none,
      keepAlive: !mustClose)
    phase = .ended
    add(hasBody && head.method != "HEAD" ? start + body : start)
  }

  func beginStream(status: Int, headers: [HTTPHeader]) {
    guard phase == .waiting else { return }
    isChunked = head.isHTTP11
    if !isChunked { mustClose = true }
    phase = .streaming
    add(
      ResponseHead.bytes(
        status: status, headers: headers, body: isChunked ? .chunked : .untilClose,
        keepAlive: !mustClose))
  }

  func write(_ bytes: [UInt8]) {
    guard phase == .streaming, head.method != "HEAD", !bytes.isEmpty else { return }
    guard output.count + bytes.count <= core.configuration.maxQueuedBytes else {
      // Cutting the connection is the only way left to say that the reply is incomplete.
      return connection.kill()
    }
    add(isChunked ? ResponseHead.chunk(bytes) : bytes)
  }

  func endStream() {
    guard phase == .streaming else { return }
    phase = .ended
    add(isChunked && head.method != "HEAD" ? ResponseHead.lastChunk : [])
  }

  private func add(_ bytes: [UInt8]) {
    // The connection may end in here, and with it the only other reference to it.
    let connection = self.connection
    output.append(bytes)
    if output.count > core.configuration.lowWaterBytes { wasAboveLowWater = true }
    sendMore()
    connection.exchangeProgressed()
  }

  /// Hands pieces to the connection for as long as it takes them.
  func sendMore() {
    while !connection.isChoked, let piece = output.takeFirst() {
      guard piece.withUnsafeBytes({ connection.send($0) }) else {
        // The peer has gone; lws will notice when asked whether the socket is writeable.
        mustClose = true
        return connection.kill()
      }
    }
    guard wasAboveLowWater, output.count <= core.configuration.lowWaterBytes else { return }
    wasAboveLowWater = false
    if phase == .streaming { events.handlers.onRequestDrained(id) }
  }

  /// Once, when the connection is done with it.
  func finished() {
    guard core.exchanges.removeValue(forKey: id) != nil else { return }
    let wasAnswered = phase == .ended && output.isEmpty && !connection.isChoked
    let wasDelivered = phase != .receiving
    phase = .ended
    if wasDelivered, !wasAnswered { events.handlers.onRequestGone(id) }
  }
}
