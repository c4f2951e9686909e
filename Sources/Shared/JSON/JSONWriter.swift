extension JSON {
  /// Appends the value without spaces, members in their order.
  package func write(to out: inout [UInt8]) {
    var text = JSONText()
    text.add(self)
    out.append(contentsOf: text.contents)
  }

  /// The value as one line of UTF-8.
  package var bytes: [UInt8] {
    var text = JSONText()
    text.add(self)
    return text.bytes
  }

  /// The value as one line.
  package var compact: String {
    var text = JSONText()
    text.add(self)
    return text.string()
  }

  /// The value for people: a line for each element and member, two spaces for each level.
  package var pretty: String {
    var text = JSONText()
    text.addPretty(self, level: 0)
    return text.string()
  }

  /// One text for all equal values, for digests: keys sorted by their UTF-8 bytes, numbers by value
  /// (`JSONNumber.canonicalText`), no spaces.
  package var canonical: [UInt8] {
    var text = JSONText()
    text.add(self, canonically: true)
    return text.bytes
  }
}

extension JSONText {
  mutating func add(_ value: JSON, canonically: Bool) {
    switch value {
    case .null: write("null")
    case .bool(let value): write(value ? "true" : "false")
    case .number(let number): add(number, canonically: canonically)
    case .string(let text): append(quoted: text)
    case .array(let elements):
      append(UInt8(ascii: "["))
      for place in elements.indices {
        if place > 0 { append(UInt8(ascii: ",")) }
        add(elements[place], canonically: canonically)
      }
      append(UInt8(ascii: "]"))
    case .object(let object):
      append(UInt8(ascii: "{"))
      let members = canonically ? object.sortedMembers : object.members
      for place in members.indices {
        if place > 0 { append(UInt8(ascii: ",")) }
        append(quoted: members[place].key)
        append(UInt8(ascii: ":"))
        add(members[place].value, canonically: canonically)
      }
      append(UInt8(ascii: "}"))
    }
  }

  private mutating func add(_ number: JSONNumber, canonically: Bool) {
    switch number.storage {
    case .integer(let value) where !canonically: add(value)
    case .integer, .text:
      let text = canonically ? number.canonicalText : number.text
      text.utf8.span.withUnsafeBufferPointer { append($0) }
    }
  }

  fileprivate mutating func addPretty(_ value: JSON, level: Int) {
    switch value {
    case .array(let elements) where !elements.isEmpty:
      append(UInt8(ascii: "["))
      for (place, element) in elements.enumerated() {
        startLine(level: level + 1, afterComma: place > 0)
        addPretty(element, level: level + 1)
      }
      startLine(level: level, afterComma: false)
      append(UInt8(ascii: "]"))
    case .object(let object) where !object.isEmpty:
      append(UInt8(ascii: "{"))
      for (place, member) in object.members.enumerated() {
        startLine(level: level + 1, afterComma: place > 0)
        append(quoted: member.key)
        write(": ")
        addPretty(member.value, level: level + 1)
      }
      startLine(level: level, afterComma: false)
      append(UInt8(ascii: "}"))
    case .null, .bool, .number, .string, .array, .object: add(value)
    }
  }

  private mutating func startLine(level: Int, afterComma: Bool) {
    if afterComma { append(UInt8(ascii: ",")) }
    append(UInt8(ascii: "\n"))
    for _ in 0..<level { write("  ") }
  }
}

extension JSONObject {
  /// By the UTF-8 bytes of the keys.
  fileprivate var sortedMembers: [(key: String, value: JSON)] {
    members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
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
