/// Texts of authors made harmless for pages: nothing in them is markup there.
enum Markup {
  // MARK: - HTML

  /// For the content of elements, and for attributes in quotes.
  static func html(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(isHarmful(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return out
  }

  /// Controls, and the marks that make a text read as something that it is not (CVE-2021-42574).
  private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF:
      true
    default: false
    }
  }

  // MARK: - Markdown

  /// One line of text: every character that could mean something where it stands is escaped
  /// (CommonMark 2.4, and what is linked without being asked for), and what HTML would be is
  /// written as entities.
  static func markdown(_ text: String) -> String { markdown(text, mayBeginBlock: true) }

  /// As the other, within a cell of a table, where nothing begins a list or a heading.
  static func cell(_ text: String) -> String { markdown(text, mayBeginBlock: false) }

  private static func markdown(_ text: String, mayBeginBlock: Bool) -> String {
    var out = ""
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : " "
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\n", "\t": out += " "
      case "\\", "`", "*", "_", "[", "]", "|", "~", "$", "@": out += "\\\(scalar)"
      default:
        let before = scalars[..<index]
        let isMarkup =
          isLinked(scalar, before, next) || (mayBeginBlock && beginsBlock(scalar, before))
        if isMarkup { out += "\\" }
        out.unicodeScalars.append(isHarmful(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    return out
  }

  /// `https://…`, `www.…` and `:name:` are made into something else where they stand.
  private static func isLinked(
    _ scalar: Unicode.Scalar, _ before: ArraySlice<Unicode.Scalar>, _ next: Unicode.Scalar
  ) -> Bool {
    switch scalar {
    case ".": endsWithWWW(before)
    case ":": !next.properties.isWhitespace
    default: false
    }
  }

  private static func beginsBlock(
    _ scalar: Unicode.Scalar, _ before: ArraySlice<Unicode.Scalar>
  ) -> Bool {
    switch scalar {
    case "#", "+", "-", "=": isBlank(before)
    case ")", ".": isNumber(before)
    default: false
    }
  }

  private static func isBlank(_ before: ArraySlice<Unicode.Scalar>) -> Bool {
    before.allSatisfy { $0 == " " || "#+-=".unicodeScalars.contains($0) }
  }

  /// Digits at the beginning of a line make a list of it.
  private static func isNumber(_ before: ArraySlice<Unicode.Scalar>) -> Bool {
    let digits = before.drop { $0 == " " }
    return !digits.isEmpty && digits.allSatisfy { ("0"..."9").contains($0) }
  }

  private static func endsWithWWW(_ before: ArraySlice<Unicode.Scalar>) -> Bool {
    before.count >= 3 && before.suffix(3).allSatisfy { $0 == "w" || $0 == "W" }
  }

  /// Code within a line: in more backticks than it has. In tables a bar ends the cell even there.
  static func code(_ text: String) -> String {
    if text.isEmpty { return "" }
    let line = String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0 == "\n" || isHarmful($0) ? "\u{FFFD}" : $0 }))
    // A bar cannot be escaped in code outside of a table, and must be inside of one.
    if line.contains("|") { return "<code>\(html(line).replacingBars)</code>" }
    let fence = String(repeating: "`", count: longestRun(in: line) + 1)
    let pad = line.hasPrefix("`") || line.hasSuffix("`") || line.hasPrefix(" ") ? " " : ""
    return fence + pad + line + pad + fence
  }

  /// A block of code, in a fence longer than any run of backticks in it.
  static func block(_ text: String, _ language: String) -> String {
    let fence = String(repeating: "`", count: max(3, longestRun(in: text) + 1))
    let lines = String(
      String.UnicodeScalarView(text.unicodeScalars.map { isHarmful($0) ? "\u{FFFD}" : $0 }))
    return "\(fence)\(language)\n\(lines)\(lines.hasSuffix("\n") ? "" : "\n")\(fence)\n"
  }

  private static func longestRun(in text: String) -> Int {
    var (longest, run) = (0, 0)
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}

extension String {
  fileprivate var replacingBars: String {
    split(separator: "|", omittingEmptySubsequences: false).joined(separator: "&#124;")
  }
}
