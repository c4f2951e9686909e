extension ShellParser {
  /// Bytes to look for the end of arithmetic in.
  private static let maxArithmetic = 4_096

  /// Where the `))` is that closes arithmetic; `nil` if something else is meant.
  func arithmeticEnd(from start: Int) -> Int? {
    var open = 0
    var index = start
    while index < min(end, start + Self.maxArithmetic) {
      switch bytes[index] {
      case UInt8(ascii: "("): open += 1
      case UInt8(ascii: ")"):
        if open == 0 {
          let next = index + 1
          return next < end && bytes[next] == UInt8(ascii: ")") ? index : nil
        }
        open -= 1
      case UInt8(ascii: "'"), UInt8(ascii: ";"): return nil
      default: break
      }
      index += 1
    }
    return nil
  }

  /// Whether `(` goes on with a word: an array after `=`, a pattern after `@`, `?`, `*`, `+`, `!`.
  func takesBracket(after byte: UInt8) -> Bool { "=?*+@!".utf8.contains(byte) }

  /// A list or a pattern in brackets: bash alone.
  mutating func bracketed(_ parts: inout [ShellWord.Part]) {
    let start = at
    if bytes[at - 1] == UInt8(ascii: "=") {
      parts += array().parts
      return
    }
    note("a pattern \(text((at - 1)..<at))(…)", (at - 1)..<(at + 1))
    var open = 0
    while let next = byte() {
      skip(1)
      if next == UInt8(ascii: "(") { open += 1 }
      if next == UInt8(ascii: ")") { open -= 1 }
      if next == UInt8(ascii: "\n") { break }
      if open == 0 {
        parts.append(literal(start..<at, .none))
        return
      }
    }
    fail("a ( in a pattern is never closed", at: start)
  }
}
