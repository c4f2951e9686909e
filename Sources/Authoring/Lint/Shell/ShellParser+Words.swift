extension ShellParser {
  /// One word; `nil` if none begins here.
  mutating func word() -> ShellWord? {
    let start = at
    var parts: [ShellWord.Part] = []
    while let next = byte() {
      switch next {
      case UInt8(ascii: "'"): singleQuoted(&parts)
      case UInt8(ascii: "\""): doubleQuoted(&parts)
      case UInt8(ascii: "\\"): escaped(&parts)
      case UInt8(ascii: "$"): dollar(.none, &parts)
      case UInt8(ascii: "`"): backquoted(.none, &parts)
      case UInt8(ascii: "<"), UInt8(ascii: ">"):
        guard byte(1) == UInt8(ascii: "("), at == start else { return ended(start, parts) }
        processSubstitution(&parts)
      case UInt8(ascii: "("):
        guard at > start, takesBracket(after: bytes[at - 1]) else { return ended(start, parts) }
        bracketed(&parts)
      case _ where Self.isMeta(next): return ended(start, parts)
      default: plain(&parts)
      }
    }
    return ended(start, parts)
  }

  private func ended(_ start: Int, _ parts: [ShellWord.Part]) -> ShellWord? {
    at > start ? ShellWord(parts: parts, range: start..<at) : nil
  }

  private mutating func plain(_ parts: inout [ShellWord.Part]) {
    let start = at
    while let next = byte(), !Self.isMeta(next), !Self.isSpecial(next) { skip(1) }
    parts.append(literal(start..<at, .none))
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"),
      UInt8(ascii: "`"):
      true
    default: false
    }
  }

  func literal(_ range: Range<Int>, _ quoting: ShellWord.Quoting) -> ShellWord.Part {
    ShellWord.Part(kind: .literal(text(range)), quoting: quoting, range: range)
  }

  private mutating func escaped(_ parts: inout [ShellWord.Part]) {
    let start = at
    skip(1)
    guard let next = byte() else { return }
    skip(1)
    if next == UInt8(ascii: "\n") { return }
    // All bytes of one character.
    while let more = byte(), more & 0xC0 == 0x80 { skip(1) }
    parts.append(
      ShellWord.Part(
        kind: .literal(text((start + 1)..<at)), quoting: .single, range: start..<at))
  }

  /// A quotation or expansion within `${…}`.
  mutating func nested(
    _ next: UInt8, _ quoting: ShellWord.Quoting, _ parts: inout [ShellWord.Part]
  ) {
    switch next {
    case UInt8(ascii: "'"): singleQuoted(&parts)
    case UInt8(ascii: "\""): doubleQuoted(&parts)
    case UInt8(ascii: "$"): dollar(quoting, &parts)
    default: backquoted(quoting, &parts)
    }
  }

  // MARK: - Quotes

  private mutating func singleQuoted(_ parts: inout [ShellWord.Part]) {
    let start = at
    guard let close = bytes[(at + 1)..<end].firstIndex(of: UInt8(ascii: "'")) else {
      fail("a ' is never closed", at: start)
      return
    }
    at = close + 1
    parts.append(
      ShellWord.Part(
        kind: .literal(text((start + 1)..<close)), quoting: .single, range: start..<at))
  }

  /// `$'…'`: bash alone.
  private mutating func escapeQuoted(_ parts: inout [ShellWord.Part]) {
    let start = at
    note("$'…'", start..<(start + 2))
    skip(2)
    while let next = byte(), next != UInt8(ascii: "'") {
      skip(next == UInt8(ascii: "\\") ? 2 : 1)
    }
    guard at < end else {
      fail("a $' is never closed", at: start)
      return
    }
    skip(1)
    parts.append(
      ShellWord.Part(
        kind: .literal(text((start + 2)..<(at - 1))), quoting: .single, range: start..<at))
  }

  private mutating func doubleQuoted(_ parts: inout [ShellWord.Part]) {
    let start = at
    let count = parts.count
    skip(1)
    expansions(into: &parts, until: UInt8(ascii: "\""), limit: end)
    guard byte() == UInt8(ascii: "\"") else {
      fail("a \" is never closed", at: start)
      return
    }
    skip(1)
    // `""` is a word, and an empty one.
    if parts.count == count {
      parts.append(ShellWord.Part(kind: .literal(""), quoting: .double, range: start..<at))
    }
  }

  /// Text as it is between double quotes, up to `closer`, which stays unread, or `limit`.
  private mutating func expansions(
    into parts: inout [ShellWord.Part], until closer: UInt8?, limit: Int
  ) {
    var start = at
    func flush(_ parser: ShellParser, _ parts: inout [ShellWord.Part]) {
      if parser.at > start { parts.append(parser.literal(start..<parser.at, .double)) }
    }
    while at < limit, at < end {
      let next = bytes[at]
      if next == closer { break }
      switch next {
      case UInt8(ascii: "\\"):
        guard let following = byte(1), "$`\"\\\n".utf8.contains(following) else {
          skip(1)
          continue
        }
        flush(self, &parts)
        if following != UInt8(ascii: "\n") {
          parts.append(literal((at + 1)..<(at + 2), .double))
        }
        skip(2)
        start = at
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        flush(self, &parts)
        if next == UInt8(ascii: "$") {
          dollar(.double, &parts)
        } else {
          backquoted(.double, &parts)
        }
        start = at
      default: skip(1)
      }
    }
    at = min(at, end)
    flush(self, &parts)
  }

  /// The substitutions within arithmetic, for the commands in them.
  mutating func expansions(until close: Int) {
    var parts: [ShellWord.Part] = []
    expansions(into: &parts, until: nil, limit: close)
  }

  // MARK: - Here-documents

  mutating func hereDocument(_ document: PendingDocument) {
    let start = at
    while at <= end {
      let line = at
      let stop = bytes[line..<end].firstIndex(of: UInt8(ascii: "\n")) ?? end
      var text = bytes[line..<stop]
      if document.stripsTabs { text = text.drop { $0 == UInt8(ascii: "\t") } }
      if text.elementsEqual(document.end) {
        body(document, start..<line)
        at = min(stop + 1, end)
        return
      }
      guard stop < end else { break }
      at = stop + 1
    }
    fail(
      "the here-document ends nowhere: no line is \""
        + String(decoding: document.end.prefix(40), as: UTF8.self) + "\"", at: document.offset)
  }

  private mutating func body(_ document: PendingDocument, _ range: Range<Int>) {
    var parts: [ShellWord.Part] = []
    if document.isQuoted {
      parts.append(literal(range, .single))
    } else {
      at = range.lowerBound
      expansions(into: &parts, until: nil, limit: range.upperBound)
    }
    script.hereDocuments.append(
      HereDocument(command: document.command, body: ShellWord(parts: parts, range: range)))
  }

  // MARK: - What begins with a dollar

  private mutating func dollar(_ quoting: ShellWord.Quoting, _ parts: inout [ShellWord.Part]) {
    let start = at
    switch byte(1) {
    case UInt8(ascii: "("):
      if byte(2) == UInt8(ascii: "("), let close = arithmeticEnd(from: at + 3) {
        skip(3)
        expansions(into: &parts, until: nil, limit: close)
        at = close + 2
        parts.append(ShellWord.Part(kind: .arithmetic, quoting: quoting, range: start..<at))
      } else {
        skip(2)
        substitution(from: start, "$(", quoting, &parts)
      }
    case UInt8(ascii: "{"): braces(quoting, &parts)
    case UInt8(ascii: "'") where quoting == .none: escapeQuoted(&parts)
    case UInt8(ascii: "\"") where quoting == .none:
      note("$\"…\"", start..<(start + 2))
      skip(1)
    case let next?:
      skip(1)
      var stop = at
      if Self.isDigit(next) || "@*#?$!-".utf8.contains(next) {
        stop += 1
      } else {
        while stop < end, Self.isName(bytes[stop]) { stop += 1 }
      }
      let name = text(at..<stop)
      at = stop
      if name.isEmpty {
        parts.append(literal(start..<at, quoting))
      } else {
        parts.append(
          ShellWord.Part(
            kind: .parameter(name: name, modifier: ""), quoting: quoting, range: start..<at))
      }
    case nil:
      skip(1)
      parts.append(literal(start..<at, quoting))
    }
  }

  /// The commands of `$(…)` or `<(…)`, from after its bracket on.
  private mutating func substitution(
    from start: Int, _ opener: String, _ quoting: ShellWord.Quoting,
    _ parts: inout [ShellWord.Part]
  ) {
    guard deeper(start) else { return }
    let first = script.commands.count
    commands(until: UInt8(ascii: ")"))
    depth -= 1
    guard byte() == UInt8(ascii: ")") else {
      fail("a \(opener) is never closed", at: start)
      return
    }
    skip(1)
    parts.append(
      ShellWord.Part(
        kind: .command(first..<script.commands.count), quoting: quoting, range: start..<at))
  }

  /// Counts one level more of what is read by recursion.
  mutating func deeper(_ start: Int) -> Bool {
    guard depth < Self.maxDepth else {
      fail("substitutions are nested more than \(Self.maxDepth) deep", at: start)
      return false
    }
    depth += 1
    return true
  }

  private mutating func backquoted(
    _ quoting: ShellWord.Quoting, _ parts: inout [ShellWord.Part]
  ) {
    let start = at
    var close = at + 1
    while close < end, bytes[close] != UInt8(ascii: "`") {
      close += bytes[close] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard close < end else {
      fail("a ` is never closed", at: start)
      return
    }
    guard deeper(start) else { return }
    let first = script.commands.count
    let outer = end
    skip(1)
    end = close
    commands(until: nil)
    end = outer
    depth -= 1
    at = script.fault == nil ? close + 1 : end
    parts.append(
      ShellWord.Part(
        kind: .command(first..<script.commands.count), quoting: quoting, range: start..<at))
  }

  private mutating func processSubstitution(_ parts: inout [ShellWord.Part]) {
    let start = at
    let opener = text(at..<(at + 2))
    note("\(opener)…)", start..<(start + 2))
    skip(2)
    substitution(from: start, opener, .none, &parts)
  }
}
