internal import CWebSockets

/// One WebSocket, at either end: puts incoming fragments together, and sends what is queued as the
/// socket takes it. Its `Attachment` passes libwebsockets' callbacks on.
final class WebSocketLink {
  private enum Phase {
    case open
    /// We are ending it: what is queued goes out first, then the close frame.
    case closing(code: UInt16, reason: String)
    /// The close frame is on its way, or the peer sent one.
    case closed
  }

  private struct Frame {
    var bytes: [UInt8]
    var isBinary: Bool
  }

  let id: ConnectionID
  private unowned let core: LoopCore
  private unowned let owner: Attachment
  private let handlers: WebSocketHandlers
  private var phase = Phase.open
  private var ending: (code: UInt16, reason: String)?

  private var incoming: [UInt8] = []
  private var queue: [Frame] = []
  private var queueHead = 0
  /// How much of the first frame has been sent as fragments.
  private var headSent = 0
  private(set) var queuedBytes = 0
  private var wasAboveLowWater = false

  init(_ core: LoopCore, id: ConnectionID, owner: Attachment, handlers: WebSocketHandlers) {
    self.core = core
    self.id = id
    self.owner = owner
    self.handlers = handlers
  }

  func opened() {
    core.webSockets[id] = self
    owner.isSettled = true
    setNoDelay(owner.descriptor)
    handlers.onOpen(id)
    if core.isStopping { beginClose(code: 1001, reason: "going away") }
  }

  // MARK: - Sending

  func send(_ bytes: [UInt8], binary: Bool) {
    guard case .open = phase else { return }
    let limit = core.configuration.maxQueuedBytes
    guard queuedBytes + bytes.count <= limit else {
      dropQueue()
      // A peer that has not read that much will hardly read the close frame.
      return beginClose(
        code: 1008, reason: "send queue limit of \(limit) bytes met", within: .seconds(1))
    }
    queue.append(Frame(bytes: bytes, isBinary: binary))
    queuedBytes += bytes.count
    if queuedBytes > core.configuration.lowWaterBytes { wasAboveLowWater = true }
    owner.requestWriteable()
  }

  /// What is queued still goes out; nothing more is received or accepted for sending.
  func beginClose(code: UInt16, reason: String, within grace: Duration? = nil) {
    guard case .open = phase else { return }
    phase = .closing(code: code, reason: reason)
    ending = (code, reason)
    owner.isSettled = false
    incoming = []
    owner.requestWriteable()
    // libwebsockets gives the peer 5 s from the close frame on; this covers a peer that does not
    // even read what is queued before it.
    let id = self.id
    _ = core.after(grace ?? core.configuration.handshakeTimeout) { [unowned core] in
      core.webSockets[id]?.cutOff()
    }
  }

  /// The socket takes more. Returns non-zero to have libwebsockets send the close frame prepared.
  func writeable(_ wsi: OpaquePointer) -> Int32 {
    if case .closed = phase { return 0 }
    // Bounded, so that one busy connection cannot starve the others.
    var budget = 1 << 20
    while queueHead < queue.count {
      // lws keeps what the socket did not take; more would only pile up there.
      guard lws_partial_buffered(wsi) == 0, budget > 0 else {
        owner.requestWriteable()
        break
      }
      guard let written = writePiece(wsi) else { return -1 }
      budget -= written
    }
    reportDrained()
    guard case .closing(let code, let reason) = phase, queueHead == queue.count else { return 0 }
    guard lws_partial_buffered(wsi) == 0 else {
      owner.requestWriteable()
      return 0
    }
    phase = .closed
    var text = Array(reason.utf8.prefix(123))
    while String(validating: text, as: UTF8.self) == nil { text.removeLast() }
    lws_close_reason(wsi, lws_close_status(UInt32(code)), &text, text.count)
    return -1
  }

  /// A long message goes out in fragments, so that lws never holds back more than one of them.
  private func writePiece(_ wsi: OpaquePointer) -> Int? {
    let head = Int(signalbox_lws_pre)
    let frame = queue[queueHead]
    let length = min(frame.bytes.count - headSent, 256 << 10)
    let isFirst = headSent == 0
    let isLast = headSent + length == frame.bytes.count
    var kind =
      isFirst ? (frame.isBinary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) : LWS_WRITE_CONTINUATION
    if !isLast { kind = lws_write_protocol(kind.rawValue | LWS_WRITE_NO_FIN.rawValue) }
    if core.scratch.count < head + length {
      core.scratch = [UInt8](repeating: 0, count: head + length)
    }
    let offset = headSent
    let written = core.scratch.withUnsafeMutableBytes { scratch -> Int32 in
      guard let base = scratch.baseAddress else { return -1 }
      frame.bytes.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress, length > 0 {
          (base + head).copyMemory(from: start + offset, byteCount: length)
        }
      }
      // "lws_write() requires LWS_PRE bytes of valid memory before the payload."
      return lws_write(wsi, (base + head).assumingMemoryBound(to: UInt8.self), length, kind)
    }
    guard written >= 0 else { return nil }
    queuedBytes -= length
    headSent += length
    if isLast { removeHead() }
    return length
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
    if case .open = phase { handlers.onDrained(id) }
  }

  private func cutOff() {
    guard let wsi = owner.wsi else { return }
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC)
  }

  // MARK: - Receiving

  func received(_ wsi: OpaquePointer, _ data: UnsafeMutableRawPointer?, _ length: Int) {
    guard case .open = phase else { return }
    let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
    let isFirst = lws_is_first_fragment(wsi) != 0
    let isFinal = lws_is_final_fragment(wsi) != 0
    if isFirst { incoming.removeAll(keepingCapacity: false) }
    let announced = Int(clamping: lws_remaining_packet_payload(wsi))
    let limit = core.configuration.maxMessageBytes
    guard announced <= limit, incoming.count + bytes.count <= limit - announced else {
      return beginClose(code: 1009, reason: "message longer than \(limit) bytes")
    }
    if isFirst, isFinal {
      return handlers.onMessage(id, Array(bytes), lws_frame_is_binary(wsi) != 0)
    }
    if isFirst { incoming.reserveCapacity(min(bytes.count + announced, 1 << 20)) }
    incoming.append(contentsOf: bytes)
    guard isFinal else { return }
    handlers.onMessage(id, exchangeValue(&incoming, []), lws_frame_is_binary(wsi) != 0)
  }

  // MARK: - Ending

  /// The peer sent a close frame; libwebsockets answers it by itself.
  func peerCloses(_ data: UnsafeMutableRawPointer?, _ length: Int) {
    owner.isSettled = false
    let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : length)
    if ending == nil {
      let code = bytes.count >= 2 ? UInt16(bytes[0]) << 8 | UInt16(bytes[1]) : 1005
      ending = (code, String(decoding: bytes.dropFirst(2), as: UTF8.self))
    }
    phase = .closed
    dropQueue()
  }

  func closed() {
    guard core.webSockets.removeValue(forKey: id) != nil else { return }
    phase = .closed
    dropQueue()
    let ending = self.ending ?? (1006, "connection lost")
    handlers.onClose(id, ending.code, ending.reason)
  }
}
