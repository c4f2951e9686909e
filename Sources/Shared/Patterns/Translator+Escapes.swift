// Escapes and classes, which share what they mean inside and outside of brackets.

/// What an escape or a place in a class stands for.
enum Meaning {
  /// By its code, because half of a surrogate pair is one too.
  case character(UInt32)
  /// A set, as what RE2 has between brackets; empty for the set of nothing.
  case set(String)
}

/// Sets as what RE2 has between brackets. Complements are spelt out, because a set may stand in a
/// class beside others.
enum Sets {
  static let digit = "0-9"
  static let notDigit = "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}"
  static let word = "0-9A-Z_a-z"
  static let notWord = "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}"
  /// WhiteSpace and LineTerminator of ECMA-262, sections 12.2 and 12.3.
  static let space =
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"
    + "\\x{3000}\\x{feff}"
  static let notSpace =
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"
    + "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"
    + "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
  static let all = "\\x{0}-\\x{10ffff}"
}

extension Translator {
  /// Reads what follows a backslash, where it means the same inside and outside of a class.
  mutating func escape() throws(PatternError) -> Meaning {
    let start = position - 1
    guard let letter = next() else {
      throw syntaxError("the pattern ends with a backslash; write \"\\\\\"", at: start)
    }
    switch letter {
    case "d": return .set(Sets.digit)
    case "D": return .set(Sets.notDigit)
    case "w": return .set(Sets.word)
    case "W": return .set(Sets.notWord)
    case "s": return .set(Sets.space)
    case "S": return .set(Sets.notSpace)
    case "p", "P": return .set(try property(letter))
    case "t": return .character(0x9)
    case "n": return .character(0xA)
    case "v": return .character(0xB)
    case "f": return .character(0xC)
    case "r": return .character(0xD)
    case "0" where !(peek().map { "0"..."9" ~= $0 } ?? false): return .character(0)
    case "c": return .character(try control(start))
    case "x": return .character(try hexadecimal(digits: 2, start))
    case "u": return .character(try unicode(start))
    default:
      // ECMA-262 with `u` takes only "^$\.*+?()[]{}|/"; other ASCII punctuation has never had
      // another meaning than itself, and authors escape it often. Letters and digits may.
      guard letter.isASCII, !letter.properties.isAlphabetic, !("0"..."9" ~= letter),
        letter.value > 0x20, letter.value < 0x7F, letter != "_"
      else {
        throw syntaxError("\"\\\(letter)\" is no escape of ECMA-262", at: start)
      }
      return .character(letter.value)
    }
  }

  private mutating func control(_ start: Int) throws(PatternError) -> UInt32 {
    guard let letter = next(), "a"..."z" ~= letter || "A"..."Z" ~= letter else {
      throw syntaxError("\"\\c\" needs a letter from A to Z", at: start)
    }
    return letter.value % 32
  }

  /// Reads what follows `\u`: four digits, twice four for a surrogate pair, or digits in braces.
  private mutating func unicode(_ start: Int) throws(PatternError) -> UInt32 {
    if peek() == "{" {
      position += 1
      return try hexadecimalInBraces(start)
    }
    let code = try hexadecimal(digits: 4, start)
    guard 0xD800..<0xDC00 ~= code, position + 1 < scalars.count,
      scalars[position] == "\\", scalars[position + 1] == "u"
    else { return code }
    let afterHigh = position
    position += 2
    if peek() != "{", let low = try? hexadecimal(digits: 4, start), 0xDC00..<0xE000 ~= low {
      return 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    // The next escape is one of its own.
    position = afterHigh
    return code
  }

  private mutating func hexadecimal(digits: Int, _ start: Int) throws(PatternError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = next().flatMap(hexadecimalDigit) else {
        throw syntaxError("the escape needs \(digits) hexadecimal digits", at: start)
      }
      code = code << 4 | digit
    }
    return code
  }

  private mutating func hexadecimalInBraces(_ start: Int) throws(PatternError) -> UInt32 {
    var code: UInt32 = 0
    var count = 0
    while let scalar = next() {
      if scalar == "}", count > 0, code <= 0x10FFFF { return code }
      guard let digit = hexadecimalDigit(scalar), code <= 0x10FFFF else { break }
      code = code << 4 | digit
      count += 1
    }
    throw syntaxError("\"\\u{…}\" needs hexadecimal digits up to 10FFFF", at: start)
  }

  private func hexadecimalDigit(_ scalar: Unicode.Scalar) -> UInt32? {
    switch scalar {
    case "0"..."9": scalar.value - 0x30
    case "a"..."f": scalar.value - 0x61 + 10
    case "A"..."F": scalar.value - 0x41 + 10
    default: nil
    }
  }

  // MARK: Classes

  /// Reads a class from after its opening bracket, and writes it.
  mutating func characterClass() throws(PatternError) {
    let start = position - 1
    var isNegated = false
    if peek() == "^" {
      isNegated = true
      position += 1
    }
    var members = ""
    while peek() != "]" { members += try classMember(start) }
    position += 1
    // RE2 has no empty class; nothing is what is not anything.
    switch (members.isEmpty, isNegated) {
    case (true, false): out += "[^\(Sets.all)]"
    case (true, true): out += "[\(Sets.all)]"
    case (false, false): out += "[\(members)]"
    case (false, true): out += "[^\(members)]"
    }
  }

  /// Reads a character, a set, or a range.
  private mutating func classMember(_ start: Int) throws(PatternError) -> String {
    let first = try classAtom(start)
    guard peek() == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
      switch first {
      case .character(let code): return range(code, code)
      case .set(let set): return set
      }
    }
    let dash = position
    position += 1
    guard case (.character(let low), .character(let high)) = (first, try classAtom(start)) else {
      throw syntaxError("a range goes from a character to a character; write \"\\-\"", at: dash)
    }
    guard low <= high else {
      throw syntaxError("the range's characters are out of order", at: dash)
    }
    return range(low, high)
  }

  /// Without halves of surrogate pairs, which no text has.
  private func range(_ low: UInt32, _ high: UInt32) -> String {
    let surrogates: ClosedRange<UInt32> = 0xD800...0xDFFF
    let low = surrogates ~= low ? 0xE000 : low
    let high = surrogates ~= high ? 0xD7FF : high
    if low > high { return "" }
    return low == high ? literal(low) : literal(low) + "-" + literal(high)
  }

  private mutating func classAtom(_ start: Int) throws(PatternError) -> Meaning {
    guard let scalar = next() else {
      throw syntaxError("a class is not closed; write \"\\[\" for the character itself", at: start)
    }
    guard scalar == "\\" else { return .character(scalar.value) }
    if peek() == "b" {
      position += 1
      return .character(0x8)
    }
    return try escape()
  }
}
