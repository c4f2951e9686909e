/// Base 64 (RFC 4648, section 4), for bytes that are no text.
package enum Base64 {
  private static let letters = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func text(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var word = UInt32(bytes[start]) << 16
      if count > 1 { word |= UInt32(bytes[start + 1]) << 8 }
      if count > 2 { word |= UInt32(bytes[start + 2]) }
      out.append(letters[Int(word >> 18 & 63)])
      out.append(letters[Int(word >> 12 & 63)])
      out.append(count > 1 ? letters[Int(word >> 6 & 63)] : UInt8(ascii: "="))
      out.append(count > 2 ? letters[Int(word & 63)] : UInt8(ascii: "="))
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// - Returns: `nil` for text that `text(_:)` does not write.
  package static func bytes(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 4) else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(digits.count / 4 * 3)
    for start in stride(from: 0, to: digits.count, by: 4) {
      let isLast = start + 4 == digits.count
      let padding = isLast ? digits[start..<(start + 4)].reversed().prefix { $0 == 0x3D }.count : 0
      guard padding <= 2 else { return nil }
      var word: UInt32 = 0
      for place in 0..<4 {
        guard let value = place < 4 - padding ? value(digits[start + place]) : 0 else { return nil }
        word = word << 6 | value
      }
      guard padding == 0 || word & (padding == 1 ? 0xFF : 0xFFFF) == 0 else { return nil }
      out.append(UInt8(word >> 16))
      if padding < 2 { out.append(UInt8(word >> 8 & 0xFF)) }
      if padding < 1 { out.append(UInt8(word & 0xFF)) }
    }
    return out
  }

  private static func value(_ letter: UInt8) -> UInt32? {
    switch letter {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
