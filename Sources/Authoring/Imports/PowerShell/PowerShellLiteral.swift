internal import JSON

/// Values that stand in PowerShell source as they are: strings, numbers, `$true`, `$false`, `$null`
/// and lists of those. What has to be computed has no value here.
enum PowerShellLiteral {
  static func value(of source: String) -> JSON? {
    let source = trimmed(source)
    guard let first = source.unicodeScalars.first else { return nil }
    if PowerShellScanner.isSingleQuote(first) || PowerShellScanner.isDoubleQuote(first) {
      return string(source).map(JSON.string)
    }
    switch source.lowercased() {
    case "$true": return true
    case "$false": return false
    case "$null": return .null
    case "@()": return []
    case "@{}": return [:]
    default: break
    }
    if first == "@", let text = hereString(source) { return .string(text) }
    if let inner = inside(source, "@(", ")") ?? inside(source, "(", ")") {
      return list(inner, source)
    }
    return number(source).map(JSON.number)
  }

  static func trimmed(_ text: String) -> String {
    var scanner = PowerShellScanner(text)
    scanner.skipTrivia()
    var end = scanner.scalars.count
    while end > scanner.position, scanner.scalars[end - 1].properties.isWhitespace { end -= 1 }
    // A comment after a value is none of it.
    var cut = scanner
    while cut.position < end {
      if cut.peek() == "#" && cut.isCommentStart || cut.peek() == "<" && cut.peek(1) == "#" {
        return trimmed(scanner.text(scanner.position..<cut.position))
      }
      guard (try? cut.skipOne()) != nil else { break }
    }
    return scanner.text(min(scanner.position, end)..<end)
  }

  /// The parts of a list between commas, semicolons and line ends.
  static func parts(_ source: String, between ends: Set<Unicode.Scalar> = [",", ";", "\n"])
    -> [String]?
  {
    var scanner = PowerShellScanner(source)
    var parts: [String] = []
    while true {
      let start = scanner.position
      while let scalar = scanner.peek(), !ends.contains(scalar) {
        guard (try? scanner.skipOne()) != nil else { return nil }
      }
      let part = trimmed(scanner.text(start..<scanner.position))
      if !part.isEmpty { parts.append(part) }
      guard !scanner.isAtEnd, parts.count <= maxParts else { return parts }
      scanner.position += 1
    }
  }

  private static let maxParts = 1_000

  private static func list(_ inner: String, _ source: String) -> JSON? {
    guard let parts = parts(inner) else { return nil }
    // `(5)` is 5, `@(5)` a list of it. A list within is more than an argument needs.
    var values: [JSON] = []
    for part in parts {
      guard !part.hasPrefix("("), !part.hasPrefix("@("), let value = value(of: part) else {
        return nil
      }
      values.append(value)
    }
    return source.hasPrefix("(") && values.count == 1 ? values[0] : .array(values)
  }

  private static func inside(_ text: String, _ prefix: String, _ suffix: String) -> String? {
    guard text.hasPrefix(prefix), text.hasSuffix(suffix),
      text.unicodeScalars.count >= prefix.unicodeScalars.count + suffix.unicodeScalars.count
    else { return nil }
    // The bracket that opens first has to be the one that closes last.
    var scanner = PowerShellScanner(text)
    if prefix.hasPrefix("@") { scanner.position = 1 }
    guard (try? scanner.skipOne()) != nil, scanner.isAtEnd else { return nil }
    return String(text.dropFirst(prefix.count).dropLast(suffix.count))
  }

  // MARK: Strings

  /// - Returns: `nil` for a string in which something is put in, and for more than one string.
  static func string(_ source: String) -> String? {
    let scalars = Array(source.unicodeScalars)
    guard scalars.count >= 2, let first = scalars.first, let last = scalars.last else { return nil }
    if PowerShellScanner.isSingleQuote(first), PowerShellScanner.isSingleQuote(last) {
      return single(scalars[1..<(scalars.count - 1)])
    }
    guard PowerShellScanner.isDoubleQuote(first), PowerShellScanner.isDoubleQuote(last) else {
      return nil
    }
    return double(scalars[1..<(scalars.count - 1)])
  }

  private static func single(_ scalars: ArraySlice<Unicode.Scalar>) -> String? {
    var out = String.UnicodeScalarView()
    var index = scalars.startIndex
    while index < scalars.endIndex {
      if PowerShellScanner.isSingleQuote(scalars[index]) {
        index += 1
        guard index < scalars.endIndex, PowerShellScanner.isSingleQuote(scalars[index]) else {
          return nil
        }
      }
      out.append(scalars[index])
      index += 1
    }
    return String(out)
  }

  /// The lines between `@'` and `'@`.
  private static func hereString(_ source: String) -> String? {
    var scanner = PowerShellScanner(source)
    let quote = scanner.peek(1)
    guard PowerShellScanner.isSingleQuote(quote) || PowerShellScanner.isDoubleQuote(quote),
      (try? scanner.skipOne()) != nil, scanner.isAtEnd,
      let first = scanner.scalars.firstIndex(of: "\n"), scanner.scalars.count >= first + 3
    else { return nil }
    let body = scanner.scalars[(first + 1)..<max(first + 1, scanner.scalars.count - 3)]
    if PowerShellScanner.isSingleQuote(quote) { return String(String.UnicodeScalarView(body)) }
    // Quotation marks are text there; escapes and variables mean what they mean in strings.
    guard !body.contains("`"), !body.contains("$") else { return nil }
    return String(String.UnicodeScalarView(body))
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\u{07}", "b": "\u{08}", "e": "\u{1B}",
    "f": "\u{0C}", "v": "\u{0B}",
  ]

  private static func double(_ scalars: ArraySlice<Unicode.Scalar>) -> String? {
    var out = String.UnicodeScalarView()
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      let next = index + 1 < scalars.endIndex ? scalars[index + 1] : nil
      if scalar == "`" {
        guard let next else { return nil }
        out.append(escapes[next] ?? next)
        index += 2
        continue
      }
      if PowerShellScanner.isDoubleQuote(scalar) {
        guard PowerShellScanner.isDoubleQuote(next) else { return nil }
        index += 1
      } else if scalar == "$", let next,
        PowerShellScanner.isNameCharacter(next) || "{(:$?^".unicodeScalars.contains(next)
      {
        return nil
      }
      out.append(scalar)
      index += 1
    }
    return String(out)
  }

  // MARK: Numbers

  private static let factors = ["kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40]

  static func number(_ source: String) -> JSONNumber? {
    var text = source.lowercased()
    var factor = 1
    for (suffix, value) in factors where text.hasSuffix(suffix) && !text.hasPrefix("0x") {
      text.removeLast(2)
      factor = value
    }
    if let last = text.last, last == "l" || last == "d", !text.hasPrefix("0x") { text.removeLast() }
    if text.hasPrefix("+") { text.removeFirst() }
    if text.hasPrefix(".") { text = "0" + text }
    let isHexadecimal = text.hasPrefix("0x")
    if isHexadecimal || factor > 1 {
      let digits = isHexadecimal ? text.dropFirst(2) : text[...]
      guard let value = Int(digits, radix: isHexadecimal ? 16 : 10) else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: factor)
      return overflow ? nil : JSONNumber(product)
    }
    if let value = Int(text) { return JSONNumber(value) }
    return JSONNumber(text)
  }
}
