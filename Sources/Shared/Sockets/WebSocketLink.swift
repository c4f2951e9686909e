internal import CWebSockets

/// One WebSocket, at either end: queues and sends messages, puts incoming ones together, and knows
/// how it ended. Its carrier is the connection it lives on.
final class WebSocketLink {
  enum Phase {
    case open
    /// We are ending it: what is queued goes out first, then the close frame.
    case closing
    /// Our close frame is on its way, or the peer's has come.
    case closed
  }

  let id: ConnectionID
  private unowned let core: LoopCore
  private unowned let carrier: WebSocketCarrier
  private let handlers: WebSocketHandlers
  private(set) var phase = Phase.open
  /// What `onClose` will say.
  private(set) var ending: (code: UInt16, reason: String)?

  private var assembly = MessageAssembly()
  private var queue: [Message] = []
  private var queueHead = 0
  /// How much of the first message has been sent as fragments.
  private var headSent = 0
  private(set) var queuedBytes = 0
  private var wasAboveLowWater = false
  private var isDirty = false

  private struct Message {
    var bytes: [UInt8]
    var isBinary: Bool
  }

  /// A longer message goes out in fragments of this size, so that control frames can come
  /// in between, and no more than that is ever copied.
  private static let fragmentBytes = 256 << 10

  init(_ core: LoopCore, id: ConnectionID, carrier: WebSocketCarrier, handlers: WebSocketHandlers) {
    self.core = core
    self.id = id
    self.carrier = carrier
    self.handlers = handlers
  }

  func opened() {
    core.webSockets[id] = self
    handlers.onOpen(id)
    if core.isStopping { beginClose(code: 1001, reason: "going away") }
  }

  // MARK: - Sending

  func send(_ bytes: [UInt8], binary: Bool) {
    guard phase == .open else { return }
    let limit = core.configuration.maxQueuedBytes
    guard queuedBytes + bytes.count <= limit else {
      dropQueue()
      // A peer that has not read that much will hardly read the close frame.
      return beginClose(
        code: 1008, reason: "send queue limit of \(limit) bytes met", within: .seconds(1))
    }
    queue.append(Message(bytes: bytes, isBinary: binary))
    queuedBytes += bytes.count
    if queuedBytes > core.configuration.lowWaterBytes { wasAboveLowWater = true }
    markDirty()
  }

  /// What is queued still goes out; nothing more is received or accepted for sending.
  func beginClose(code: UInt16, reason: String, within grace: Duration? = nil) {
    guard phase == .open else { return }
    phase = .closing
    ending = (code, reason)
    assembly.drop()
    carrier.requestWriteable()
    cutOff(after: grace ?? core.configuration.handshakeTimeout)
  }

  /// Sent at the end of what the loop is doing, together with whatever else is queued by then.
  private func markDirty() {
    guard !isDirty else { return }
    isDirty = true
    core.dirtyLinks.append(self)
  }

  /// Sends without waiting to be told that the socket is writeable; it mostly is. Errors are left to
  /// the WRITEABLE callback, which can end the connection.
  func flush() {
    isDirty = false
    guard phase == .open else { return }
    if !sendQueued() { carrier.requestWriteable() }
  }

  var isQueueEmpty: Bool { queueHead == queue.count }

  /// False when the connection is broken.
  func sendQueued() -> Bool {
    guard phase != .closed else { return true }
    // Bounded, so that one busy connection cannot starve the others.
    var budget = 4 * Self.fragmentBytes
    while queueHead < queue.count, !carrier.isChoked {
      guard budget > 0 else {
        carrier.requestWriteable()
        break
      }
      encodeBatch()
      budget -= core.encoder.count
      guard carrier.sendEncoded() else { return false }
    }
    reportDrained()
    return true
  }

  /// As many messages as make up a good send(), or a fragment of a large one.
  private func encodeBatch() {
    core.encoder.clear()
    repeat {
      let length = min(queue[queueHead].bytes.count - headSent, Self.fragmentBytes)
      let isFinal = headSent + length == queue[queueHead].bytes.count
      let opcode: FrameEncoder.Opcode =
        headSent > 0 ? .continuation : queue[queueHead].isBinary ? .binary : .text
      let key = carrier.maskingKey
      queue[queueHead].bytes.withUnsafeBytes { bytes in
        core.encoder.append(
          opcode, isFinal: isFinal,
          UnsafeRawBufferPointer(rebasing: bytes[headSent..<(headSent + length)]), maskingKey: key)
      }
      queuedBytes -= length
      headSent += length
      if isFinal { removeHead() }
    } while queueHead < queue.count
      && core.encoder.count + queue[queueHead].bytes.count - headSent <= Self.fragmentBytes
  }

  private func removeHead() {
    headSent = 0
    queue[queueHead].bytes = []
    queueHead += 1
    if queueHead == queue.count {
      queue.removeAll(keepingCapacity: queue.capacity <= 64)
      queueHead = 0
    } else if queueHead >= 1024 {
      queue.removeFirst(queueHead)
      queueHead = 0
    }
  }

  private func dropQueue() {
    queue = []
    queueHead = 0
    headSent = 0
    queuedBytes = 0
  }

  private func reportDrained() {
    guard wasAboveLowWater, queuedBytes <= core.configuration.lowWaterBytes else { return }
    wasAboveLowWater = false
    if phase == .open { handlers.onDrained(id) }
  }

  // MARK: - Receiving

  func received(
    _ piece: UnsafeRawBufferPointer, isFirst: Bool, isFinal: Bool, isBinary: Bool, remaining: Int
  ) {
    guard phase == .open else { return }
    let limit = core.configuration.maxMessageBytes
    switch assembly.take(
      piece, isFirst: isFirst, isFinal: isFinal, remaining: remaining, limit: limit)
    {
    case .more: break
    case .message(let message): handlers.onMessage(id, message, isBinary)
    case .tooLong: beginClose(code: 1009, reason: "message longer than \(limit) bytes")
    }
  }

  // MARK: - Ending

  /// The peer's close frame has come, as an answer to ours or by its own will.
  func peerCloses(code: UInt16, reason: String) {
    if ending == nil { ending = (code, reason) }
    endSending()
    cutOff(after: .seconds(5))
  }

  /// Nothing is to follow our close frame.
  func endSending() {
    phase = .closed
    dropQueue()
  }

  /// Once the connection is gone.
  func closed() {
    guard core.webSockets.removeValue(forKey: id) != nil else { return }
    endSending()
    let ending = self.ending ?? (1006, "connection lost")
    handlers.onClose(id, ending.code, ending.reason)
  }

  /// The reason as a close frame carries it: 123 bytes at most, and whole characters.
  static func closePayload(_ ending: (code: UInt16, reason: String)) -> [UInt8] {
    var text = Array(ending.reason.utf8.prefix(123))
    while String(validating: text, as: UTF8.self) == nil { text.removeLast() }
    return [UInt8(ending.code >> 8), UInt8(ending.code & 0xFF)] + text
  }

  /// For a peer that does not read, or does not close its end.
  private func cutOff(after grace: Duration) {
    let id = self.id
    _ = core.after(grace) { [unowned core] in core.webSockets[id]?.carrier.kill() }
  }
}
