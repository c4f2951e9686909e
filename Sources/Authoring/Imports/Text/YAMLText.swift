internal import JSON

/// Writes values as the YAML that definitions are read from: block mappings, scripts as blocks, and
/// quotes around everything that any reader of YAML could take for something else.
struct YAMLText {
  private(set) var lines = ""

  mutating func comment(_ text: String) {
    var line = "#"
    for word in Self.visible(text).split(separator: " ") {
      if line.count + word.count >= 99, line != "#" {
        lines += line + "\n"
        line = "#  "
      }
      line += " " + word
    }
    lines += line + "\n"
  }

  /// A comment ends with its line, and a file has no characters that turn the direction of text.
  private static func visible(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if mustEscape(scalar) || scalar == "\n" || scalar == "\t" {
        out += " "
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  mutating func line(_ text: String) { lines += text + "\n" }

  /// `key: value` at a level of indentation of two spaces each.
  mutating func member(_ key: String, _ value: JSON, level: Int) {
    let start = Self.indent(level) + Self.inline(key) + ":"
    switch value {
    case .object(let object) where !Self.fitsOneLine(value):
      lines += start + "\n"
      for member in object.members { self.member(member.key, member.value, level: level + 1) }
    case .array(let items) where !Self.fitsOneLine(value):
      lines += start + "\n"
      for item in items { self.item(item, level: level + 1) }
    case .string(let text):
      lines += start + " " + Self.scalar(text, level: level) + "\n"
    case .null, .bool, .number, .object, .array:
      lines += start + " " + Self.flow(value) + "\n"
    }
  }

  mutating func item(_ value: JSON, level: Int) {
    let start = Self.indent(level) + "- "
    guard case .object(let object) = value, !object.isEmpty, !Self.fitsOneLine(value) else {
      lines += start + Self.flow(value) + "\n"
      return
    }
    var inner = YAMLText()
    for member in object.members { inner.member(member.key, member.value, level: level + 1) }
    lines += start + inner.lines.dropFirst(Self.indent(level + 1).count)
  }

  private static func indent(_ level: Int) -> String { String(repeating: " ", count: level * 2) }

  // MARK: One line

  /// Whether a mapping or list is small and flat enough to be read on one line.
  private static func fitsOneLine(_ value: JSON) -> Bool {
    switch value {
    case .array(let items): items.allSatisfy(isFlat) && flow(value).count <= 80
    case .object(let object):
      object.members.allSatisfy { isFlat($0.value) } && object.count <= 2
        && flow(value).count <= 70
    case .null, .bool, .number, .string: true
    }
  }

  private static func isFlat(_ value: JSON) -> Bool {
    switch value {
    case .string(let text): !text.contains("\n")
    case .null, .bool, .number: true
    case .array(let items):
      items.allSatisfy { $0.array == nil && $0.object == nil && isFlat($0) }
        && flow(value).count <= 50
    case .object(let object): object.isEmpty
    }
  }

  static func flow(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let number): number.text
    case .string(let text): inline(text)
    case .array(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
    case .object(let object):
      "{"
        + object.members.map { inline($0.key) + ": " + flow($0.value) }.joined(separator: ", ")
        + "}"
    }
  }

  // MARK: Strings

  /// Text on one line: without quotes where nobody could misread it, else with.
  static func inline(_ text: String) -> String {
    if isPlain(text) { return text }
    let scalars = text.unicodeScalars
    if !text.isEmpty, !scalars.contains(where: { mustEscape($0) || $0 == "\n" || $0 == "\t" }) {
      return "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''") + "'"
    }
    return doubleQuoted(text)
  }

  private static func scalar(_ text: String, level: Int) -> String {
    guard text.contains("\n"), let block = block(text, level: level) else { return inline(text) }
    return block
  }

  private static let reserved: Set<String> = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n",
  ]

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.last != UInt8(ascii: " ") else {
      return first(of: text).map { $0 == "/" } ?? false && text.utf8.dropFirst().allSatisfy(isWord)
    }
    return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: " ") }
      && !reserved.contains(text.lowercased())
  }

  private static func first(of text: String) -> Unicode.Scalar? { text.unicodeScalars.first }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    isLetter(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "._/-".utf8.contains(byte)
  }

  private static func doubleQuoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case _ where mustEscape(scalar): out += escape(scalar)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let width = scalar.value <= 0xFF ? 2 : scalar.value <= 0xFFFF ? 4 : 8
    let mark = width == 2 ? "x" : width == 4 ? "u" : "U"
    return "\\\(mark)" + String(repeating: "0", count: width - digits.count) + digits
  }

  /// What a file cannot have as it is: the rules `file.character` and `file.lineEndings`.
  static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
    case let value: value & 0xFFFE == 0xFFFE
    }
  }

  // MARK: Blocks

  /// Lines as they are, below a `|`.
  /// - Returns: `nil` for text that needs escapes.
  private static func block(_ text: String, level: Int) -> String? {
    let scalars = text.unicodeScalars
    guard let last = scalars.last(where: { $0 != "\n" }), last != "\u{FEFF}",
      !scalars.contains(where: mustEscape)
    else { return nil }
    let indentation = indent(level + 1)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let chomping: String
    if lines.last?.isEmpty ?? false {
      lines.removeLast()
      chomping = lines.last?.isEmpty ?? false ? "+" : ""
    } else {
      chomping = "-"
    }
    // A first line that begins with a blank would be read as more indentation.
    let isPlainStart = lines.first?.unicodeScalars.first.map { $0 != " " && $0 != "\t" } ?? false
    var out = "|" + (isPlainStart ? "" : "2") + chomping
    for line in lines { out += "\n" + (line.isEmpty ? "" : indentation + line) }
    return out
  }
}
