internal import CWebSockets

/// A connection that carries a WebSocket, or will: takes incoming frames apart, answers control
/// frames, and closes in order (RFC 6455, 5.5 and 7).
class WebSocketCarrier: Connection {
  final var link: WebSocketLink?
  private var decoder: FrameDecoder
  /// Frames of a client are masked, those of a server are not.
  private let isClient: Bool
  private var hasSentClose = false
  private var hasReceivedClose = false

  init(_ core: LoopCore, isClient: Bool) {
    self.isClient = isClient
    decoder = FrameDecoder(expectsMask: !isClient)
    super.init(core)
  }

  // MARK: - Sending

  final var maskingKey: UInt32? { isClient ? core.maskingKeys.next() : nil }

  /// Sends the frames the encoder holds. False when the connection is broken.
  final func sendEncoded() -> Bool {
    send(UnsafeRawBufferPointer(start: core.encoder.start, count: core.encoder.count))
  }

  /// Only whole frames are ever handed to the socket, so one of these may follow at any time.
  private func sendControl(_ opcode: FrameEncoder.Opcode, _ payload: [UInt8]) -> Bool {
    guard !hasSentClose else { return true }
    core.encoder.clear()
    let key = maskingKey
    payload.withUnsafeBytes {
      core.encoder.append(opcode, isFinal: true, $0, maskingKey: key)
    }
    if opcode == .close { hasSentClose = true }
    return sendEncoded()
  }

  /// The socket takes more. Non-zero ends the connection.
  final func webSocketWriteable() -> Int32 {
    guard let link else { return 0 }
    guard link.sendQueued() else { return -1 }
    guard !isChoked else { return 0 }
    if link.phase == .closing, link.isQueueEmpty, let ending = link.ending {
      link.endSending()
      guard sendControl(.close, WebSocketLink.closePayload(ending)) else { return -1 }
    }
    return mayEnd && !isChoked ? -1 : 0
  }

  /// Both close frames have passed. The server ends the connection then; the client waits for that
  /// (RFC 6455, 7.1.1).
  private var mayEnd: Bool { hasSentClose && hasReceivedClose && !isClient }

  // MARK: - Receiving

  final func decode(_ bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    var input = bytes
    while let event = decoder.next(&input) {
      switch event {
      case .data(let piece, let isFirst, let isFinal, let isBinary, let remaining):
        link?.received(
          piece, isFirst: isFirst, isFinal: isFinal, isBinary: isBinary, remaining: remaining)
      case .ping(let payload):
        // A peer that pings and does not read gets no pongs.
        if backlogBytes < 1 << 16, !sendControl(.pong, payload) { return -1 }
      case .pong: break
      case .close(let code, let reason): return closeArrived(code, reason)
      case .violation(let what):
        link?.beginClose(code: 1002, reason: what, within: .seconds(1))
        return 0
      }
    }
    return 0
  }

  private func closeArrived(_ code: UInt16, _ reason: String) -> Int32 {
    hasReceivedClose = true
    link?.peerCloses(code: code, reason: reason)
    let echo = code == 1005 ? [] : WebSocketLink.closePayload((code, ""))
    guard sendControl(.close, echo) else { return -1 }
    return mayEnd && !isChoked ? -1 : 0
  }
}
