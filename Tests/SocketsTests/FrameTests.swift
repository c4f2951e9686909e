import Testing

@testable import Sockets

@Suite
struct FrameTests {
  enum Seen: Equatable {
    case data([UInt8], isFirst: Bool, isFinal: Bool, isBinary: Bool, remaining: Int)
    case ping([UInt8])
    case pong
    case close(UInt16, String)
    case violation(String)
  }

  func decode(_ pieces: [[UInt8]], expectsMask: Bool = false) -> [Seen] {
    var decoder = FrameDecoder(expectsMask: expectsMask)
    var seen: [Seen] = []
    for var piece in pieces {
      piece.withUnsafeMutableBytes { bytes in
        var input = bytes
        while let event = decoder.next(&input) {
          switch event {
          case .data(let bytes, let isFirst, let isFinal, let isBinary, let remaining):
            seen.append(
              .data(
                Array(bytes), isFirst: isFirst, isFinal: isFinal, isBinary: isBinary,
                remaining: remaining))
          case .ping(let bytes): seen.append(.ping(bytes))
          case .pong: seen.append(.pong)
          case .close(let code, let reason): seen.append(.close(code, reason))
          case .violation(let what):
            seen.append(.violation(what))
            return
          }
        }
      }
    }
    return seen
  }

  /// The messages, put together again.
  func messages(_ seen: [Seen]) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var current: [UInt8] = []
    for case .data(let bytes, let isFirst, let isFinal, _, _) in seen {
      if isFirst { current = [] }
      current += bytes
      if isFinal { messages.append(current) }
    }
    return messages
  }

  func encode(
    _ frames: [(FrameEncoder.Opcode, Bool, [UInt8])], maskingKey: UInt32? = nil
  ) -> [UInt8] {
    var encoder = FrameEncoder()
    for (opcode, isFinal, payload) in frames {
      payload.withUnsafeBytes {
        encoder.append(opcode, isFinal: isFinal, $0, maskingKey: maskingKey)
      }
    }
    return Array(UnsafeRawBufferPointer(start: encoder.start, count: encoder.count))
  }

  @Test(
    "a payload of any length survives", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_001])
  func lengths(length: Int) {
    let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    let bytes = encode([(.binary, true, payload)])
    #expect(messages(decode([bytes])) == [payload])
    #expect(bytes.count == length + (length < 126 ? 2 : length < 65_536 ? 4 : 10))
  }

  @Test("frames are the same whatever pieces they arrive in")
  func pieces() {
    let bytes = encode([
      (.text, false, Array("one".utf8)), (.ping, true, [1, 2]), (.continuation, true, []),
      (.binary, true, [UInt8](repeating: 9, count: 300)), (.pong, true, []), (.text, true, []),
      (.close, true, [3, 232] + Array("bye".utf8)),
    ])
    let whole = decode([bytes])
    #expect(whole.contains(.ping([1, 2])))
    #expect(whole.last == .close(1000, "bye"))
    for size in 1...17 {
      let pieces = stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<min($0 + size, bytes.count)])
      }
      let seen = decode(pieces)
      #expect(messages(seen) == messages(whole))
      #expect(seen.last == whole.last)
    }
  }

  @Test("a masked payload is what RFC 6455 gives as an example")
  func masked() {
    // RFC 6455, 5.7: a single-frame masked text message, "Hello".
    #expect(
      encode([(.text, true, Array("Hello".utf8))], maskingKey: 0x37fa_213d) == [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
      ])
  }

  @Test("every byte of a long payload is masked with its own byte of the key")
  func maskedLong() {
    let payload = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let bytes = encode([(.binary, true, payload)], maskingKey: 0x0102_0304)
    let key: [UInt8] = [1, 2, 3, 4]
    #expect(Array(bytes[8...]) == payload.enumerated().map { $1 ^ key[$0 % 4] })
  }

  @Test(
    "a server that breaks the protocol is found out",
    arguments: [
      ([0x81, 0x85, 1, 2, 3, 4], "a server must not mask"),
      ([0xC1, 0x00], "reserved bits"), ([0x83, 0x00], "an unknown opcode"),
      ([0x80, 0x00], "a continuation of nothing"), ([0x09, 0x00], "a fragmented control frame"),
      ([0x89, 0x7E], "a long control frame"),
      ([0x01, 0x00, 0x81, 0x00], "a message inside a message"),
      ([0x82, 0x7F, 0xFF, 0, 0, 0, 0, 0, 0, 0], "an impossible length"),
    ] as [([UInt8], String)])
  func violations(bytes: [UInt8], what: String) {
    #expect(decode([bytes]).last == .violation(what))
  }

  @Test("a client must mask, and its masks are taken off wherever the pieces end")
  func unmasked() {
    #expect(decode([[0x82, 0x01, 7]], expectsMask: true) == [.violation("a client must mask")])
    let payload = pattern(1000)
    let bytes = encode([(.binary, true, payload)], maskingKey: 0xA1B2_C3D4)
    for size in 1...40 {
      let pieces = stride(from: 0, to: bytes.count, by: size).map {
        Array(bytes[$0..<min($0 + size, bytes.count)])
      }
      #expect(messages(decode(pieces, expectsMask: true)) == [payload])
    }
  }

  @Test(
    "close frames that are none are found out",
    arguments: [[0x88, 1, 3], [0x88, 2, 3, 0xED], [0x88, 3, 3, 0xE8, 0xFF], [0x88, 2, 0, 0]]
      as [[UInt8]])
  func badClose(bytes: [UInt8]) {
    guard case .violation = decode([bytes]).last else {
      Issue.record("accepted")
      return
    }
  }

  @Test("random bytes never crash the decoder")
  func random() {
    var generator = Xorshift(state: 42)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      _ = decode([bytes])
    }
  }

  @Test("a message over the limit is refused as soon as it is announced")
  func assembly() {
    var assembly = MessageAssembly()
    let piece: [UInt8] = [1, 2, 3]
    piece.withUnsafeBytes { bytes in
      let step = assembly.take(bytes, isFirst: true, isFinal: false, remaining: 98, limit: 100)
      guard case .tooLong = step else {
        Issue.record("accepted 101 bytes")
        return
      }
    }
  }

  @Test("a reason is cut at 123 bytes, between characters")
  func closePayload() {
    let long = String(repeating: "ä", count: 100)
    let payload = WebSocketLink.closePayload((1000, long))
    #expect(payload.count == 2 + 122)
    #expect(String(validating: payload[2...], as: UTF8.self) != nil)
  }
}

struct Xorshift: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
