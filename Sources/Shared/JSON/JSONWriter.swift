extension JSON {
  /// Appends the value without spaces, members in their order.
  package func write(to out: inout [UInt8]) { write(to: &out, canonically: false) }

  /// The value as one line of UTF-8.
  package var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  /// The value as one line.
  package var compact: String { String(decoding: bytes, as: UTF8.self) }

  /// The value for people: a line for each element and member, two spaces for each level.
  package var pretty: String {
    var out: [UInt8] = []
    writePretty(to: &out, level: 0)
    return String(decoding: out, as: UTF8.self)
  }

  /// One text for all equal values, for digests: keys sorted by their UTF-8 bytes, numbers by value
  /// (`JSONNumber.canonicalText`), no spaces.
  package var canonical: [UInt8] {
    var out: [UInt8] = []
    write(to: &out, canonically: true)
    return out
  }

  private func writePretty(to out: inout [UInt8], level: Int) {
    switch self {
    case .array(let elements) where !elements.isEmpty:
      out.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        out.startLine(level: level + 1, afterComma: place > 0)
        element.writePretty(to: &out, level: level + 1)
      }
      out.startLine(level: level, afterComma: false)
      out.append(UInt8(ascii: "]"))
    case .object(let object) where !object.isEmpty:
      out.append(UInt8(ascii: "{"))
      for (place, member) in object.members.enumerated() {
        out.startLine(level: level + 1, afterComma: place > 0)
        out.appendQuoted(member.key)
        out.append(contentsOf: ": ".utf8)
        member.value.writePretty(to: &out, level: level + 1)
      }
      out.startLine(level: level, afterComma: false)
      out.append(UInt8(ascii: "}"))
    case .null, .bool, .number, .string, .array, .object: write(to: &out)
    }
  }

  private func write(to out: inout [UInt8], canonically: Bool) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: value ? "true".utf8 : "false".utf8)
    case .number(let number):
      out.append(contentsOf: (canonically ? number.canonicalText : number.text).utf8)
    case .string(let text): out.appendQuoted(text)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        if place > 0 { out.append(UInt8(ascii: ",")) }
        element.write(to: &out, canonically: canonically)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let object):
      out.append(UInt8(ascii: "{"))
      let members = canonically ? object.sortedMembers : object.members
      for (place, member) in members.enumerated() {
        if place > 0 { out.append(UInt8(ascii: ",")) }
        out.appendQuoted(member.key)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out, canonically: canonically)
      }
      out.append(UInt8(ascii: "}"))
    }
  }
}

extension JSONObject {
  /// By the UTF-8 bytes of the keys.
  fileprivate var sortedMembers: [(key: String, value: JSON)] {
    members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}

extension [UInt8] {
  fileprivate mutating func startLine(level: Int, afterComma: Bool) {
    if afterComma { append(UInt8(ascii: ",")) }
    append(UInt8(ascii: "\n"))
    append(contentsOf: repeatElement(UInt8(ascii: " "), count: level * 2))
  }

  fileprivate mutating func appendQuoted(_ text: String) {
    append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      var rest = bytes
      while let place = rest.firstIndex(where: needsEscape) {
        append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<place]))
        appendEscape(of: rest[place])
        rest = UnsafeBufferPointer(rebasing: rest[(place + 1)...])
      }
      append(contentsOf: rest)
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func appendEscape(of byte: UInt8) {
    append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
    case 0x08: append(UInt8(ascii: "b"))
    case 0x09: append(UInt8(ascii: "t"))
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0C: append(UInt8(ascii: "f"))
    case 0x0D: append(UInt8(ascii: "r"))
    default:
      append(contentsOf: "u00".utf8)
      append(UInt8(ascii: "0") + byte >> 4)
      append(contentsOf: String(byte & 15, radix: 16).utf8)
    }
  }
}

private func needsEscape(_ byte: UInt8) -> Bool {
  byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

extension String {
  /// The text for a message: quoted, cut where it is long, and with everything escaped that a
  /// terminal or log viewer might act on or hide: controls, line breaks, directions of writing.
  package func quoted(upTo limit: Int = 40) -> String {
    let shown = unicodeScalars.prefix(limit)
    var text = ""
    for scalar in JSON.string(String(shown)).compact.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return shown.endIndex == unicodeScalars.endIndex ? text : text + "…"
  }
}
