/// Puts WebSocket frames (RFC 6455, 5.2) into one buffer, so that many leave with one system call.
struct FrameEncoder: ~Copyable {
  enum Opcode: UInt8 {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA
  }

  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 4096
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  var start: UnsafeRawPointer { UnsafeRawPointer(base) }

  mutating func clear() {
    count = 0
    // A buffer grown by large messages is not kept for ever.
    if capacity > 1 << 20 { resize(to: 4096) }
  }

  /// `maskingKey` is given by clients, whose frames must be masked (RFC 6455, 5.3).
  mutating func append(
    _ opcode: Opcode, isFinal: Bool, _ payload: UnsafeRawBufferPointer, maskingKey: UInt32?
  ) {
    let longest = 14
    if count + longest + payload.count > capacity {
      resize(to: max(2 * capacity, count + longest + payload.count))
    }
    put(isFinal ? 0x80 | opcode.rawValue : opcode.rawValue)
    let masked: UInt8 = maskingKey == nil ? 0 : 0x80
    switch payload.count {
    case ...125: put(masked | UInt8(payload.count))
    case ...0xFFFF:
      put(masked | 126)
      putBigEndian(UInt16(payload.count))
    default:
      put(masked | 127)
      putBigEndian(UInt64(payload.count))
    }
    if let maskingKey { putBigEndian(maskingKey) }
    guard let source = payload.baseAddress, !payload.isEmpty else { return }
    let target = base + count
    target.copyMemory(from: source, byteCount: payload.count)
    if let maskingKey {
      applyMask(maskingKey, to: UnsafeMutableRawBufferPointer(start: target, count: payload.count))
    }
    count += payload.count
  }

  private mutating func put(_ byte: UInt8) {
    base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
    count += 1
  }

  private mutating func putBigEndian<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) {
      for byte in $0 { put(byte) }
    }
  }

  private mutating func resize(to size: Int) {
    let bigger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    bigger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = bigger
    capacity = size
  }
}

/// Masking keys must be unpredictable (RFC 6455, 10.3), and one system call each would cost more
/// than the frames.
struct MaskingKeys {
  private var keys: [UInt32] = []

  mutating func next() -> UInt32 {
    if keys.isEmpty {
      var random = SystemRandomNumberGenerator()
      keys = (0..<128).flatMap { _ -> [UInt32] in
        let pair: UInt64 = random.next()
        return [UInt32(truncatingIfNeeded: pair), UInt32(truncatingIfNeeded: pair >> 32)]
      }
    }
    return keys.removeLast()
  }
}

/// Masks, or takes a mask off (RFC 6455, 5.3). `offset` bytes of the payload have been done before.
func applyMask(_ key: UInt32, to bytes: UnsafeMutableRawBufferPointer, offset: Int = 0) {
  guard let base = bytes.baseAddress else { return }
  // As the bytes lie in memory, beginning with the one that is due.
  let four = UInt64(key.byteSwapped)
  let doubled = four | four << 32
  let turn = UInt64(offset & 3) * 8
  let eight = turn == 0 ? doubled : doubled >> turn | doubled << (64 - turn)
  var index = 0
  while index + 8 <= bytes.count {
    let word = base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    base.storeBytes(of: word ^ eight.littleEndian, toByteOffset: index, as: UInt64.self)
    index += 8
  }
  while index < bytes.count {
    let byte = UInt8(truncatingIfNeeded: eight >> (UInt64(index & 7) * 8))
    base.storeBytes(
      of: base.load(fromByteOffset: index, as: UInt8.self) ^ byte, toByteOffset: index,
      as: UInt8.self)
    index += 1
  }
}
