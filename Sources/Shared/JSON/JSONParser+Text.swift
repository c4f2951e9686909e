// What the parser does within one token.

extension JSONParser {
  mutating func skipWhitespace(_ text: Span<UInt8>) {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return
      }
    }
  }

  mutating func word(_ word: StaticString, _ text: Span<UInt8>) throws(ParseFailure) {
    for place in 0..<word.utf8CodeUnitCount {
      guard position + place < text.count, text[position + place] == word.utf8Start[place] else {
        position += place
        throw unexpected(text, "\"\(word)\"")
      }
    }
    position += word.utf8CodeUnitCount
  }

  func refuseByteOrderMark(_ text: Span<UInt8>) throws(ParseFailure) {
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
      throw ParseFailure(
        .byteOrderMark, at: 0, "the text starts with a byte order mark; save it without one")
    }
  }

  func unexpected(_ text: Span<UInt8>, _ expected: String) -> ParseFailure {
    guard position < text.count else {
      return ParseFailure(
        .unexpectedEnd, at: position, "the text ends where \(expected) was expected")
    }
    let byte = text[position]
    let found =
      0x21...0x7E ~= byte
      ? "\"\(Unicode.Scalar(byte))\"" : "the byte 0x" + String(byte, radix: 16, uppercase: true)
    return ParseFailure(.unexpectedByte, at: position, "expected \(expected), found \(found)")
  }

  // MARK: Numbers

  mutating func number(_ text: Span<UInt8>) throws(ParseFailure) -> JSONNumber {
    let start = position
    let isNegative = text[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    let whole = try digits(text)
    if whole.count > 1, text[whole.lowerBound] == UInt8(ascii: "0") {
      throw ParseFailure(
        .invalidNumber, at: whole.lowerBound, "a number must not start with a zero")
    }
    var isInteger = true
    var fraction = position..<position
    if position < text.count, text[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      fraction = try digits(text)
    }
    if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      let letter = position
      let power = try exponent(text)
      if let first = Self.leadingPower(whole, fraction, text),
        (power + first).magnitude > UInt(JSONLimits.exponentCeiling)
      {
        throw ParseFailure(
          .exponentLimit, at: letter,
          "the exponent makes the number's power of ten greater than"
            + " \(JSONLimits.exponentCeiling)")
      }
    }
    guard position - start <= limits.maxNumberDigits else {
      throw ParseFailure(
        .numberDigitsLimit, at: start,
        "the number is longer than \(limits.maxNumberDigits) characters")
    }
    // 18 digits always fit.
    if isInteger, whole.count <= 18 {
      var value = 0
      for place in whole { value = value &* 10 &+ Int(text[place] &- 0x30) }
      // "-0" keeps its sign only as text.
      if !isNegative || value != 0 { return JSONNumber(isNegative ? -value : value) }
    }
    return JSONNumber(validated: try validated(start..<position, text))
  }

  /// Reads one digit or more.
  private mutating func digits(_ text: Span<UInt8>) throws(ParseFailure) -> Range<Int> {
    let start = position
    while position < text.count, 0x30...0x39 ~= text[position] { position += 1 }
    guard position > start else {
      if position == text.count { throw unexpected(text, "a digit") }
      throw ParseFailure(.invalidNumber, at: position, "expected a digit")
    }
    return start..<position
  }

  /// What follows an "e". Far beyond the limit it stops growing.
  private mutating func exponent(_ text: Span<UInt8>) throws(ParseFailure) -> Int {
    position += 1
    var isNegative = false
    if position < text.count,
      text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-")
    {
      isNegative = text[position] == UInt8(ascii: "-")
      position += 1
    }
    var power = 0
    for place in try digits(text) where power <= 10 * JSONLimits.exponentCeiling {
      power = power * 10 + Int(text[place] - 0x30)
    }
    return isNegative ? -power : power
  }

  /// The power of ten of the first digit that is no zero: 2 for 123, -2 for 0.05, nil for zero.
  private static func leadingPower(
    _ whole: Range<Int>, _ fraction: Range<Int>, _ text: Span<UInt8>
  ) -> Int? {
    let zero = UInt8(ascii: "0")
    if text[whole.lowerBound] != zero { return whole.count - 1 }
    for place in fraction where text[place] != zero { return fraction.lowerBound - place - 1 }
    return nil
  }

  // MARK: Strings

  /// Reads a string from its opening quote on.
  mutating func string(_ text: Span<UInt8>) throws(ParseFailure) -> String {
    position += 1
    let start = position
    let isASCII = try skipPlain(text)
    guard text[position] == UInt8(ascii: "\"") else {
      return try stringWithEscapes(from: start, text)
    }
    position += 1
    let bytes = text.extracting(start..<position - 1)
    // Unchecked, because `skipPlain` has looked at each byte; checking again costs a tenth of
    // reading a message.
    if isASCII { return String(copying: unsafe UTF8Span(unchecked: bytes, isKnownASCII: true)) }
    return try validated(start..<position - 1, text)
  }

  /// Moves to the next quote or backslash.
  /// - Returns: whether all bytes before it are ASCII.
  private mutating func skipPlain(_ text: Span<UInt8>) throws(ParseFailure) -> Bool {
    var place = position
    var seen: UInt64 = 0
    let raw = text.bytes
    while place + 8 <= text.count {
      // Bounds are checked; what is unsafe in general is reading bytes as another type.
      let word = UInt64(
        littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
      let plain = plainBytes(word)
      if plain < 8 {
        seen |= word & ((1 << UInt64(plain * 8)) &- 1)
        place += plain
        break
      }
      seen |= word
      place += 8
    }
    while place < text.count {
      let byte = text[place]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        position = place
        return seen & 0x8080_8080_8080_8080 == 0
      }
      guard byte >= 0x20 else {
        throw ParseFailure(
          .controlCharacter, at: place,
          "a control character in a string must be escaped: \\u00"
            + (byte < 16 ? "0" : "") + String(byte, radix: 16))
      }
      seen |= UInt64(byte)
      place += 1
    }
    throw ParseFailure(.unexpectedEnd, at: place, "the text ends inside a string")
  }

  private mutating func stringWithEscapes(
    from start: Int, _ text: Span<UInt8>
  ) throws(ParseFailure) -> String {
    var bytes: [UInt8] = []
    var plainStart = start
    while true {
      for place in plainStart..<position { bytes.append(text[place]) }
      if text[position] == UInt8(ascii: "\"") { break }
      try escape(text, into: &bytes)
      plainStart = position
      _ = try skipPlain(text)
    }
    // Escapes are ASCII in the text and whole characters in `bytes`, so checking the text is
    // checking both, and gives offsets in the text.
    _ = try validated(start..<position, text)
    position += 1
    return String(decoding: bytes, as: UTF8.self)
  }

  private func validated(
    _ range: Range<Int>, _ text: Span<UInt8>
  ) throws(ParseFailure) -> String {
    do throws(UTF8.ValidationError) {
      return String(copying: try UTF8Span(validating: text.extracting(range)))
    } catch {
      throw ParseFailure(
        .invalidUTF8, at: range.lowerBound + error.byteOffsets.lowerBound,
        "the bytes are not valid UTF-8")
    }
  }

  private mutating func escape(
    _ text: Span<UInt8>, into bytes: inout [UInt8]
  ) throws(ParseFailure) {
    guard position + 1 < text.count else {
      throw ParseFailure(.unexpectedEnd, at: text.count, "the text ends inside a string")
    }
    let letter = text[position + 1]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "u"):
      try unicodeEscape(text, into: &bytes)
      return
    default:
      throw ParseFailure(
        .invalidEscape, at: position,
        "JSON has only the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
    }
    position += 2
  }

  private mutating func unicodeEscape(
    _ text: Span<UInt8>, into bytes: inout [UInt8]
  ) throws(ParseFailure) {
    let start = position
    var code = UInt32(try hexadecimal(text))
    if 0xD800..<0xDC00 ~= code {
      guard position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
        text[position + 1] == UInt8(ascii: "u")
      else { throw unpaired(start) }
      let low = UInt32(try hexadecimal(text))
      guard 0xDC00..<0xE000 ~= low else { throw unpaired(start) }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw unpaired(start) }
    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
  }

  private func unpaired(_ start: Int) -> ParseFailure {
    ParseFailure(
      .unpairedSurrogate, at: start, "half of a surrogate pair stands alone; it is no character")
  }

  /// Reads the `\uXXXX` at the position.
  private mutating func hexadecimal(_ text: Span<UInt8>) throws(ParseFailure) -> UInt16 {
    let start = position
    position += 2
    var code: UInt16 = 0
    for _ in 0..<4 {
      guard position < text.count else {
        throw ParseFailure(.unexpectedEnd, at: position, "the text ends inside a string")
      }
      guard let digit = hexadecimalDigit(text[position]) else {
        throw ParseFailure(.invalidEscape, at: start, "\\u needs four hexadecimal digits")
      }
      code = code << 4 | UInt16(digit)
      position += 1
    }
    return code
  }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// How many of the eight bytes come before the first quote, backslash or control character.
/// ("Determine if a word has a byte less than n", from Anderson's bit hacks; a borrow can only
/// come from a true find, so the lowest find is true.)
func plainBytes(_ word: UInt64) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
  let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
  let stops =
    (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes
    | (backslashes &- ones) & ~backslashes
  return (stops & (ones &* 0x80)).trailingZeroBitCount >> 3
}
