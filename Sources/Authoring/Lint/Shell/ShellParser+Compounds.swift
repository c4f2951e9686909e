extension ShellParser {
  /// A command that stands in a compound's head.
  private mutating func append(
    _ kind: ShellCommand.Kind, _ words: [ShellWord], from start: Int, _ flow: Flow
  ) {
    script.commands.append(
      ShellCommand(
        kind: kind, words: words, compound: current,
        function: functions.last, isPiped: flow.isPiped, depth: depth, range: start..<at))
  }

  /// `for NAME [in WORDS]`, up to its `do`.
  mutating func forLoop(_ keyword: String, _ flow: inout Flow) {
    let start = at
    open(keyword, .loop, .condition, &flow)
    skip(keyword.utf8.count)
    if keyword == "select" { note("select", start..<at) }
    skipBlanks()
    if has("((") {
      note("for ((…))", start..<(at + 2))
      _ = arithmeticCommand()
      return
    }
    guard let name = bareWord(), !name.text.isEmpty else {
      fail("\"\(keyword)\" has no name of a variable", at: start)
      return
    }
    at = name.range.upperBound
    skipLines()
    var words: [ShellWord] = []
    if bareWord()?.text == "in" {
      skip(2)
      words = list()
    } else {
      words = [ShellWord.allArguments(at: at)]
    }
    append(.forList, words, from: start, flow)
    let last = script.commands.count - 1
    script.commands[last].assignments = words.map {
      ShellCommand.Assignment(name: name.text, value: $0, range: name.range)
    }
  }

  /// Words up to the end of the line or the next operator.
  private mutating func list() -> [ShellWord] {
    var words: [ShellWord] = []
    while true {
      skipBlanks()
      guard let next = byte(), next != UInt8(ascii: "#"), let word = word() else { return words }
      words.append(word)
    }
  }

  /// `case WORD in`
  mutating func caseSubject(_ flow: inout Flow) {
    let start = at
    open("case", .cases, .pattern, &flow)
    skip(4)
    skipLines()
    guard let subject = word() else {
      fail("\"case\" has no word", at: start)
      return
    }
    append(.caseSubject, [subject], from: start, flow)
    skipLines()
    guard bareWord()?.text == "in" else {
      fail("\"case\" lacks its \"in\"", at: start)
      return
    }
    skip(2)
  }

  /// `PATTERN | PATTERN )`, or `esac`.
  mutating func casePattern(_ flow: inout Flow) {
    skipLines()
    guard at < end else { return }
    if bareWord()?.text == "esac" {
      skip(4)
      close(&flow)
      return
    }
    let start = at
    if byte() == UInt8(ascii: "(") { skip(1) }
    while true {
      skipBlanks()
      guard word() != nil else {
        fail("a pattern of \"case\" is missing here", at: start)
        return
      }
      skipBlanks()
      guard let next = byte() else { return }
      skip(1)
      if next == UInt8(ascii: ")") { break }
      guard next == UInt8(ascii: "|") else {
        fail("a pattern of \"case\" does not end with \")\"", at: start)
        return
      }
    }
    if let top = flow.open.indices.last { flow.open[top].phase = .body }
    flow.isPiped = false
  }

  /// `function NAME`, with or without `()`: bash alone.
  mutating func functionKeyword(_ flow: inout Flow) {
    let start = at
    skip(8)
    note("function", start..<at)
    skipBlanks()
    guard let name = word()?.literal else {
      fail("\"function\" has no name", at: start)
      return
    }
    skipBlanks()
    if has("()") { skip(2) }
    beginFunction(name, from: start, &flow)
  }

  mutating func beginFunction(_ name: String, from start: Int, _ flow: inout Flow) {
    flow.function = script.functions.count
    script.functions.append(ShellFunction(name: name, range: start..<at))
    skipLines()
  }

  /// `[[ … ]]`
  mutating func doubleBracket(_ flow: inout Flow) {
    let start = at
    skip(2)
    note("[[", start..<at)
    var words: [ShellWord] = []
    while at < end {
      skipBlanks()
      guard let next = byte() else { break }
      if next == UInt8(ascii: "\n") {
        newline()
      } else if Self.isMeta(next) {
        skip(1)
      } else if let word = word() {
        if word.literal == "]]" {
          append(.test, words, from: start, flow)
          return
        }
        words.append(word)
      }
    }
    fail("\"[[\" is never closed", at: start)
  }

  /// `(( … ))`, if that is what stands here.
  mutating func arithmeticCommand() -> Bool {
    let start = at
    guard let close = arithmeticEnd(from: at + 2) else { return false }
    note("((…))", start..<(start + 2))
    skip(2)
    expansions(until: close)
    at = close + 2
    return true
  }

  func bareWord() -> (text: String, range: Range<Int>)? {
    var index = at
    while index < end {
      let byte = bytes[index]
      if Self.isMeta(byte) { break }
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"),
        UInt8(ascii: "`"):
        return nil
      default: index += 1
      }
      // No reserved word and no name of a variable is longer.
      if index - at > 128 { return nil }
    }
    return (text(at..<index), at..<index)
  }

  mutating func note(_ what: String, _ range: Range<Int>) {
    script.extensions.append(ShellExtension(what: what, range: range))
  }
}

extension ShellWord {
  /// `"$@"`, which a loop without a list goes over.
  static func allArguments(at offset: Int) -> ShellWord {
    ShellWord(
      parts: [
        Part(
          kind: .parameter(name: "@", modifier: ""), quoting: .double, range: offset..<offset)
      ], range: offset..<offset)
  }
}
