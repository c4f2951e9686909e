/// Takes a script in PowerShell, AppleScript or JavaScript apart into tokens, without its comments.
/// One pass, and never an error: what is not understood is a symbol.
struct Tokenizer {
  private let bytes: [UInt8]
  private let language: Script.Language
  private var at = 0
  private var tokens: [Token] = []

  static func tokens(of text: [UInt8], in language: Script.Language) -> [Token] {
    var tokenizer = Tokenizer(bytes: text, language: language)
    tokenizer.run()
    return tokenizer.tokens
  }

  private init(bytes: [UInt8], language: Script.Language) {
    self.bytes = bytes
    self.language = language
  }

  private mutating func run() {
    while at < bytes.count {
      if skipped() { continue }
      let start = at
      if !string(), !variable(), !word() { symbol() }
      precondition(at > start, "no progress")
    }
  }

  private func has(_ text: StaticString, at index: Int) -> Bool {
    text.withUTF8Buffer { text in
      index + text.count <= bytes.count
        && bytes[index..<(index + text.count)].elementsEqual(text)
    }
  }

  private func has(_ text: StaticString) -> Bool { has(text, at: at) }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private mutating func add(
    _ kind: Token.Kind, _ range: Range<Int>, _ text: Range<Int>, isExpanded: Bool = false
  ) {
    tokens.append(
      Token(kind: kind, text: self.text(text), range: range, isExpanded: isExpanded))
  }

  // MARK: - Blanks and comments

  private mutating func skipped() -> Bool {
    switch bytes[at] {
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
      at += 1
      return true
    case UInt8(ascii: "`") where language == .powerShell:
      at = min(at + 2, bytes.count)
      return true
    default: break
    }
    // U+00AC goes on with the next line in AppleScript.
    if language == .appleScript, has("¬") {
      at = (bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
      return true
    }
    return skippedComment()
  }

  private mutating func skippedComment() -> Bool {
    switch language {
    case .powerShell:
      if has("<#") { return skip(to: "#>") }
      guard has("#") else { return false }
    case .appleScript:
      if has("(*") { return skipNested() }
      guard has("--") || has("#") else { return false }
    case .javaScript:
      if has("/*") { return skip(to: "*/") }
      guard has("//") || at == 0 && has("#!") else { return false }
    case .shell, .other: return false
    }
    at = bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    return true
  }

  private mutating func skip(to closer: StaticString) -> Bool {
    at += 2
    while at < bytes.count, !has(closer) { at += 1 }
    at = min(at + 2, bytes.count)
    return true
  }

  /// Comments of AppleScript stand within each other.
  private mutating func skipNested() -> Bool {
    var open = 0
    while at < bytes.count {
      if has("(*") {
        open += 1
        at += 2
      } else if has("*)") {
        open -= 1
        at += 2
        if open == 0 { return true }
      } else {
        at += 1
      }
    }
    return true
  }

  // MARK: - Words

  private static func isWord(_ byte: UInt8) -> Bool { ShellParser.isName(byte) || byte >= 0x80 }

  private mutating func word() -> Bool {
    guard Self.isWord(bytes[at]) else { return false }
    let start = at
    while at < bytes.count, Self.isWord(bytes[at]) || isInner() { at += 1 }
    add(.word, start..<at, start..<at)
    return true
  }

  /// `Get-Item`, `shutdown.exe`: PowerShell's commands have more than letters.
  private func isInner() -> Bool {
    guard language == .powerShell, "-.".utf8.contains(bytes[at]) else { return false }
    return at + 1 < bytes.count && Self.isWord(bytes[at + 1])
  }

  private mutating func variable() -> Bool {
    guard language == .powerShell, bytes[at] == UInt8(ascii: "$") else { return false }
    let start = at
    if has("${") {
      let close = bytes[at...].firstIndex(of: UInt8(ascii: "}")) ?? bytes.count
      at = min(close + 1, bytes.count)
      add(.variable, start..<at, min(start + 2, close)..<close)
      return true
    }
    var end = at + 1
    while end < bytes.count, Self.isWord(bytes[end]) || isScope(end) { end += 1 }
    guard end > at + 1 else { return false }
    at = end
    add(.variable, start..<at, (start + 1)..<at)
    return true
  }

  /// The colon of `$env:NAME`, but not of `$type::Member`.
  private func isScope(_ index: Int) -> Bool {
    bytes[index] == UInt8(ascii: ":") && index + 1 < bytes.count && Self.isWord(bytes[index + 1])
  }

  private mutating func symbol() {
    let start = at
    at += 1
    if bytes[start] == UInt8(ascii: "\n") {
      add(.lineEnd, start..<at, start..<at)
    } else {
      add(.symbol, start..<at, start..<at)
    }
  }
}

// MARK: - Strings

extension Tokenizer {
  private mutating func string() -> Bool {
    switch language {
    case .powerShell: powerShellString()
    case .appleScript: bytes[at] == UInt8(ascii: "\"") && escaped(UInt8(ascii: "\""))
    case .javaScript: javaScriptString()
    case .shell, .other: false
    }
  }

  /// A string whose escapes begin with a backslash.
  private mutating func escaped(
    _ quote: UInt8, isExpanded: (ArraySlice<UInt8>) -> Bool = { _ in false }
  )
    -> Bool
  {
    let start = at
    at += 1
    while at < bytes.count, bytes[at] != quote { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    at = min(at, bytes.count)
    let content = (start + 1)..<max(start + 1, at)
    at = min(at + 1, bytes.count)
    add(
      .string, start..<at, content.clamped(to: 0..<bytes.count),
      isExpanded: isExpanded(bytes[content.clamped(to: 0..<bytes.count)]))
    return true
  }

  private mutating func javaScriptString() -> Bool {
    switch bytes[at] {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return escaped(bytes[at])
    case UInt8(ascii: "`"):
      return escaped(UInt8(ascii: "`")) { content in
        content.indices.contains {
          content[$0] == UInt8(ascii: "$") && content[$0...].dropFirst().first == UInt8(ascii: "{")
        }
      }
    case UInt8(ascii: "/"): return regularExpression()
    default: return false
    }
  }

  /// `/` begins a pattern where no value stands before it.
  private mutating func regularExpression() -> Bool {
    if let last = tokens.last, last.kind != .lineEnd,
      last.kind != .symbol || [")", "]", "}"].contains(last.text)
    {
      return false
    }
    let start = at
    var index = at + 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "/") {
      if bytes[index] == UInt8(ascii: "\n") { return false }
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard index < bytes.count else { return false }
    at = index + 1
    add(.string, start..<at, (start + 1)..<index)
    return true
  }

  private mutating func powerShellString() -> Bool {
    if has("@\"\n") { return hereString("\n\"@", isExpandable: true) }
    if has("@'\n") { return hereString("\n'@", isExpandable: false) }
    if has("'") { return verbatim() }
    return has("\"") && expandable()
  }

  private mutating func hereString(_ closer: StaticString, isExpandable: Bool) -> Bool {
    let start = at
    at += 2
    while at < bytes.count, !has(closer) { at += 1 }
    let content = min(start + 3, at)..<at
    at = min(at + 3, bytes.count)
    add(
      .string, start..<at, content,
      isExpanded: isExpandable && bytes[content].contains(UInt8(ascii: "$")))
    return true
  }

  /// `'…'`, in which `''` is a quotation mark.
  private mutating func verbatim() -> Bool {
    let start = at
    at += 1
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "'") {
        guard has("''") else { break }
        at += 1
      }
      at += 1
    }
    let end = min(at, bytes.count)
    at = min(at + 1, bytes.count)
    add(.string, start..<at, min(start + 1, end)..<end)
    return true
  }

  /// `"…"`, which may hold `$(…)` with strings of its own; kept on a stack.
  private mutating func expandable() -> Bool {
    let start = at
    var open: [UInt8] = [UInt8(ascii: "\"")]
    var isExpanded = false
    at += 1
    while at < bytes.count, let top = open.last {
      let next = bytes[at]
      if next == UInt8(ascii: "`") {
        at += 1
      } else if top == UInt8(ascii: "\"") {
        if next == top {
          if has("\"\"") { at += 1 } else { open.removeLast() }
        } else if next == UInt8(ascii: "$"), at + 1 < bytes.count {
          let following = bytes[at + 1]
          if following == UInt8(ascii: "(") {
            open.append(following)
            at += 1
          }
          if Self.isWord(following) || "({".utf8.contains(following) { isExpanded = true }
        }
      } else if next == UInt8(ascii: "\"") || next == UInt8(ascii: "(") {
        open.append(next)
      } else if next == UInt8(ascii: ")") {
        open.removeLast()
      } else if next == UInt8(ascii: "'") {
        at = bytes[(at + 1)...].firstIndex(of: next) ?? bytes.count
      }
      at += 1
    }
    at = min(at, bytes.count)
    let end = open.isEmpty ? at - 1 : at
    add(.string, start..<at, min(start + 1, end)..<end, isExpanded: isExpanded)
    return true
  }
}
