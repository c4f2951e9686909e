/// Takes WebSocket frames apart (RFC 6455, 5.2), whatever pieces they arrive in. The bytes of a
/// message are handed on as they come; only control frames, of 125 bytes at most, are collected.
struct FrameDecoder {
  enum Event {
    /// Part of a message. `remaining` more bytes of this frame follow.
    case data(
      UnsafeRawBufferPointer, isFirst: Bool, isFinal: Bool, isBinary: Bool, remaining: Int)
    case ping([UInt8])
    case pong
    case close(code: UInt16, reason: String)
    /// The peer breaks the protocol; the connection must end with 1002.
    case violation(String)
  }

  private enum State {
    case first
    case length
    case extended(left: Int, value: UInt64)
    case mask(left: Int, length: Int)
    case payload(left: Int)
    /// After a violation nothing makes sense any more.
    case broken
  }

  /// Frames of a client must be masked, those of a server must not.
  private let expectsMask: Bool
  private var state = State.first
  private var opcode: UInt8 = 0
  private var isFin = false
  private var isInMessage = false
  private var isBinary = false
  /// The next data event begins a message.
  private var isFirst = false
  private var maskingKey: UInt32 = 0
  private var unmasked = 0
  private var control: [UInt8] = []

  init(expectsMask: Bool) { self.expectsMask = expectsMask }

  /// The next event in `input`, from which its bytes are taken off; nil when they are used up.
  /// Masks are taken off in place.
  mutating func next(_ input: inout UnsafeMutableRawBufferPointer) -> Event? {
    while true {
      switch state {
      case .payload(let left):
        guard !input.isEmpty else { return nil }
        if let event = payload(take(&input, left), left: left) { return event }
      case .broken:
        _ = take(&input, input.count)
        return nil
      default:
        guard let byte = input.first else { return nil }
        _ = take(&input, 1)
        if let event = step(byte) { return event }
      }
    }
  }

  private func take(
    _ input: inout UnsafeMutableRawBufferPointer, _ limit: Int
  ) -> UnsafeMutableRawBufferPointer {
    let piece = UnsafeMutableRawBufferPointer(rebasing: input.prefix(limit))
    input = UnsafeMutableRawBufferPointer(rebasing: input.dropFirst(limit))
    return piece
  }

  /// One byte of a frame's header.
  private mutating func step(_ byte: UInt8) -> Event? {
    switch state {
    case .first:
      if let problem = begin(byte) { return violation(problem) }
      state = .length
    case .length:
      guard (byte & 0x80 != 0) == expectsMask else {
        return violation(expectsMask ? "a client must mask" : "a server must not mask")
      }
      let short = byte & 0x7F
      if opcode & 8 != 0, short > 125 { return violation("a long control frame") }
      switch short {
      case 126: state = .extended(left: 2, value: 0)
      case 127: state = .extended(left: 8, value: 0)
      default: return lengthKnown(Int(short))
      }
    case .extended(let left, let value):
      let grown = value << 8 | UInt64(byte)
      if left > 1 {
        state = .extended(left: left - 1, value: grown)
        return nil
      }
      guard grown <= UInt64(Int.max) else { return violation("an impossible length") }
      return lengthKnown(Int(grown))
    case .mask(let left, let length):
      maskingKey = maskingKey << 8 | UInt32(byte)
      if left > 1 {
        state = .mask(left: left - 1, length: length)
        return nil
      }
      return payloadBegins(length)
    case .payload, .broken: break
    }
    return nil
  }

  private mutating func violation(_ what: String) -> Event {
    state = .broken
    return .violation(what)
  }

  private mutating func begin(_ byte: UInt8) -> String? {
    isFin = byte & 0x80 != 0
    opcode = byte & 0x0F
    if byte & 0x70 != 0 { return "reserved bits" }
    switch opcode {
    case 0x0:
      if !isInMessage { return "a continuation of nothing" }
      isInMessage = !isFin
    case 0x1, 0x2:
      if isInMessage { return "a message inside a message" }
      isBinary = opcode == 0x2
      isFirst = true
      isInMessage = !isFin
    case 0x8, 0x9, 0xA:
      if !isFin { return "a fragmented control frame" }
      control = []
    default: return "an unknown opcode"
    }
    return nil
  }

  private mutating func lengthKnown(_ length: Int) -> Event? {
    guard expectsMask else { return payloadBegins(length) }
    state = .mask(left: 4, length: length)
    return nil
  }

  private mutating func payloadBegins(_ length: Int) -> Event? {
    unmasked = 0
    state = .payload(left: length)
    // An empty frame has no bytes to wait for.
    return length == 0 ? payload(UnsafeMutableRawBufferPointer(start: nil, count: 0), left: 0) : nil
  }

  private mutating func payload(_ piece: UnsafeMutableRawBufferPointer, left: Int) -> Event? {
    let remaining = left - piece.count
    state = remaining > 0 ? .payload(left: remaining) : .first
    if expectsMask {
      applyMask(maskingKey, to: piece, offset: unmasked)
      unmasked += piece.count
    }
    if opcode & 8 == 0 {
      defer { isFirst = false }
      return .data(
        UnsafeRawBufferPointer(piece), isFirst: isFirst, isFinal: isFin && remaining == 0,
        isBinary: isBinary, remaining: remaining)
    }
    control.append(contentsOf: piece)
    return remaining == 0 ? controlFrame() : nil
  }

  private mutating func controlFrame() -> Event {
    switch opcode {
    case 0x9: return .ping(control)
    case 0xA: return .pong
    default: break
    }
    guard !control.isEmpty else { return .close(code: 1005, reason: "") }
    guard control.count >= 2 else { return violation("a close frame of one byte") }
    let code = UInt16(control[0]) << 8 | UInt16(control[1])
    // RFC 6455, 7.4: the others may not be sent, or mean nothing.
    guard
      (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
    else { return violation("an impossible close code") }
    guard let reason = String(validating: control[2...], as: UTF8.self) else {
      return violation("a close reason that is not UTF-8")
    }
    return .close(code: code, reason: reason)
  }
}
