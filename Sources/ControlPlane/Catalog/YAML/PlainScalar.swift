internal import JSON

/// What a scalar without quotes means: null, true, false and numbers as JSON writes them; text that
/// some YAML reader takes for anything else is refused; all the rest is a string.
enum PlainScalar {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  /// A value that readers of YAML disagree about, with what to write in its place.
  case ambiguous(what: String, remedy: String)
  /// A number beyond what the JSON parser takes: over 1,000 characters, or a vast exponent.
  case numberTooLarge

  init(_ text: String) {
    let bytes = Array(text.utf8)
    switch text {
    case "null": self = .null
    case "true": self = .bool(true)
    case "false": self = .bool(false)
    default:
      if Self.isJSONNumber(bytes) {
        self = JSONNumber(text).map(PlainScalar.number) ?? .numberTooLarge
      } else {
        self = Self.surprise(text, bytes) ?? .string(text)
      }
    }
  }

  /// RFC 8259 section 6: `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`.
  static func isJSONNumber(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    _ = rest.take("-")
    let whole = rest.takeDigits()
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return false }
    if rest.take("."), rest.takeDigits().isEmpty { return false }
    if rest.take("e") || rest.take("E") {
      _ = rest.take("+") || rest.take("-")
      if rest.takeDigits().isEmpty { return false }
    }
    return rest.isEmpty
  }

  /// The scalars that YAML 1.1 (or 1.2's core schema) gives another meaning than JSON's rules do.
  private static func surprise(_ text: String, _ bytes: [UInt8]) -> PlainScalar? {
    switch text.lowercased() {
    case "yes", "no", "on", "off", "y", "n":
      return .ambiguous(
        what: "a boolean to some readers of YAML and a string to others",
        remedy: "quote it as \"\(text)\", or write true or false")
    case "true", "false":
      return .ambiguous(
        what: "a boolean in an odd case",
        remedy: "write \(text.lowercased()), or quote it as \"\(text)\"")
    case "null", "~":
      return .ambiguous(
        what: "an odd way to write null", remedy: "write null, or quote it as \"\(text)\"")
    case "=", "<<":
      return .ambiguous(
        what: "a special value to some readers of YAML", remedy: "quote it as \"\(text)\"")
    default: break
    }
    guard let what = numberLike(bytes) else { return nil }
    return .ambiguous(
      what: what,
      remedy: "quote it as \"\(excerpt(text))\", or write a number as JSON does, such as 10 or 0.5")
  }

  /// What kind of number some reader would see in text that is no JSON number.
  private static func numberLike(_ bytes: [UInt8]) -> String? {
    var rest = bytes[...]
    if !rest.take("+") { _ = rest.take("-") }
    let lower = String(decoding: rest, as: UTF8.self).lowercased()
    if lower == ".inf" || lower == ".nan" { return "no JSON number" }
    if isRadix(lower) { return "a number in another base to some readers of YAML" }
    if isTime(rest) { return "a number in base 60 to some readers of YAML" }
    if isDate(rest) { return "a date to some readers of YAML" }
    return isOddDecimal(rest) ? "a number to some readers of YAML and a string to others" : nil
  }

  private static func isRadix(_ lower: String) -> Bool {
    for (prefix, digits) in [("0x", "0123456789abcdef_"), ("0o", "01234567_"), ("0b", "01_")] {
      guard lower.hasPrefix(prefix) else { continue }
      return lower.count > 2 && lower.dropFirst(2).allSatisfy { digits.contains($0) }
    }
    return false
  }

  /// `1:30`, `190:20:30.15`.
  private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, first.isNumeric("_") else { return false }
    return parts.dropFirst().allSatisfy { $0.isNumeric("_.") }
  }

  /// `2020-01-01`, `2020-1-1T00:00:00Z`.
  private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    guard rest.takeDigits().count == 4, rest.take("-") else { return false }
    guard (1...2).contains(rest.takeDigits().count), rest.take("-") else { return false }
    guard (1...2).contains(rest.takeDigits().count) else { return false }
    guard let next = rest.first else { return true }
    return next == UInt8(ascii: "T") || next == UInt8(ascii: "t") || next == UInt8(ascii: " ")
  }

  /// `012`, `+1`, `1_000`, `.5`, `1.`, `1_0.5e3`.
  private static func isOddDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    let whole = rest.takeDigits(and: "_")
    let hasPoint = rest.take(".")
    let fraction = hasPoint ? rest.takeDigits(and: "_") : []
    guard (whole + fraction).contains(where: \.isDigit) else { return false }
    guard whole.first?.isDigit ?? hasPoint else { return false }
    if rest.take("e") || rest.take("E") {
      _ = rest.take("+") || rest.take("-")
      if rest.takeDigits().isEmpty { return false }
    }
    return rest.isEmpty
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard first == UInt8(ascii: scalar) else { return false }
    removeFirst()
    return true
  }

  fileprivate mutating func takeDigits(and other: StaticString = "") -> ArraySlice<UInt8> {
    let taken = prefix { $0.isDigit || other.contains($0) }
    removeFirst(taken.count)
    return taken
  }

  /// Not empty, begins with a digit, and holds digits and `other` only.
  fileprivate func isNumeric(_ other: StaticString) -> Bool {
    (first?.isDigit ?? false) && allSatisfy { $0.isDigit || other.contains($0) }
  }
}

extension StaticString {
  fileprivate func contains(_ byte: UInt8) -> Bool {
    withUTF8Buffer { $0.contains(byte) }
  }
}
