/// Makes text from elsewhere harmless for a terminal. A tool's output could otherwise move the
/// cursor, rename the window, or show an outcome that is none.
package enum Visible {
  /// Control characters come out in words such as `\u{1b}`; tabs and line feeds stay if asked for.
  package static func text(_ text: String, keepingLines: Bool = false) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if keepingLines, scalar == "\n" || scalar == "\t" {
        out.unicodeScalars.append(scalar)
      } else if isControl(scalar) {
        out += escape(scalar)
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    default: "\\u{\(String(scalar.value, radix: 16))}"
    }
  }

  /// C0 and C1 controls, and the marks that change the direction of what follows: those can make a
  /// text read as something that it is not (CVE-2021-42574).
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

/// As `Visible.text`, for a stream that arrives in pieces: a character may be cut between two.
package struct VisibleStream: Sendable {
  private var cut: [UInt8] = []

  package init() {}

  /// The bytes to print. Bytes that are no UTF-8 come out as `\x9f`.
  package mutating func take(_ bytes: [UInt8]) -> [UInt8] {
    var all = cut
    all.append(contentsOf: bytes)
    let whole = Self.endOfWholeCharacters(all)
    cut = Array(all[whole...])
    return Self.visible(all[..<whole])
  }

  /// What was left of an unfinished character.
  package mutating func finish() -> [UInt8] {
    defer { cut = [] }
    return Self.visible(cut[...])
  }

  private static func visible(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var rest = bytes
    while let first = rest.first {
      let length = sequenceLength(first)
      if length > 0, rest.count >= length,
        let text = String(validating: rest.prefix(length), as: UTF8.self)
      {
        out.append(contentsOf: Visible.text(text, keepingLines: true).utf8)
        rest.removeFirst(length)
      } else {
        let digits = String(first, radix: 16)
        out.append(contentsOf: ("\\x" + (digits.count == 1 ? "0" : "") + digits).utf8)
        rest.removeFirst()
      }
    }
    return out
  }

  private static func endOfWholeCharacters(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      return sequenceLength(byte) > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }

  /// The length of the character that a byte begins; 0 if none begins with it.
  private static func sequenceLength(_ byte: UInt8) -> Int {
    switch byte {
    case 0...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }
}
