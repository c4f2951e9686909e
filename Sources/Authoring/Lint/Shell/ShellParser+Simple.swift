extension ShellParser {
  /// A reserved word, a function's head, or a simple command.
  mutating func command(_ flow: inout Flow) {
    if let word = bareWord(), !word.text.isEmpty, reserved(word.text, &flow) { return }
    let start = at
    let index = script.commands.count
    flow.function = nil
    guard index < Self.maxCommands else {
      fail("it has more than \(Self.maxCommands) commands, and is read no further", at: start)
      return
    }
    // Its place is taken now, so that here-documents can say whose they are.
    var command = ShellCommand(
      kind: .simple, compound: current, function: functions.last,
      source: flow.source, isPiped: flow.isPiped, isConditional: flow.isConditional,
      depth: depth, range: start..<start)
    script.commands.append(command)
    while at < end {
      skipBlanks()
      guard let next = byte(), next != UInt8(ascii: "#") else { break }
      if next == UInt8(ascii: "(") {
        functionHead(command, from: start, &flow)
        return
      }
      if let redirect = redirect(of: index) {
        command.redirects.append(redirect)
      } else if command.words.isEmpty, let assignment = assignment() {
        command.assignments.append(assignment)
      } else if let word = word() {
        command.words.append(word)
      } else {
        break
      }
    }
    command.range = start..<max(start, at)
    if at == start, at < end {
      fail("this cannot be read as a command", at: start)
      return
    }
    script.commands[index] = command
    flow.last = index
    flow.isPiped = false
    flow.isConditional = false
    flow.source = nil
  }

  /// `NAME ()`
  private mutating func functionHead(_ command: ShellCommand, from start: Int, _ flow: inout Flow) {
    let bracket = at
    skip(1)
    skipBlanks()
    guard command.words.count == 1, command.assignments.isEmpty, command.redirects.isEmpty,
      let name = command.words[0].literal, byte() == UInt8(ascii: ")")
    else {
      fail("\"(\" stands in the middle of a command", at: bracket)
      return
    }
    skip(1)
    beginFunction(name, from: start, &flow)
  }

  // MARK: - Redirections

  /// - Parameter command: whose redirection it is.
  mutating func redirect(of command: Int?) -> Redirect? {
    let start = at
    var index = at
    while index < end, Self.isDigit(bytes[index]), index - at < 10 { index += 1 }
    let descriptor = index > at ? Int(text(at..<index)) : nil
    guard let kind = redirection(at: index, hasDescriptor: descriptor != nil) else { return nil }
    at = index + kind.utf8.count
    if ["&>", "&>>", "<<<"].contains(kind) { note(kind, start..<at) }
    skipBlanks()
    let target = at
    guard let word = word() else {
      fail("a redirection leads nowhere", at: start)
      return nil
    }
    if kind == "<<" || kind == "<<-" {
      pending.append(
        PendingDocument(
          end: Array((word.literal ?? text(word.range)).utf8), stripsTabs: kind == "<<-",
          isQuoted: word.isQuoted, command: command, offset: target))
    }
    return Redirect(kind: kind, descriptor: descriptor, target: word, range: start..<at)
  }

  private func redirection(at index: Int, hasDescriptor: Bool) -> String? {
    guard index < end, "<>&".utf8.contains(bytes[index]) else { return nil }
    let rest = bytes[index..<min(end, index + 3)]
    // `<(…)` is a word.
    if rest.starts(with: "<(".utf8) || rest.starts(with: ">(".utf8), !hasDescriptor { return nil }
    let kinds = [
      "<<<", "<<-", "&>>", "<<", "<&", "<>", ">>", ">&", ">|", "&>", "<", ">",
    ]
    return kinds.first { kind in
      rest.starts(with: kind.utf8) && !(hasDescriptor && kind.hasPrefix("&"))
    }
  }

  // MARK: - Assignments

  /// Bytes to look for the end of `[…]`; a search to the end for each word would take squares.
  private static let maxSubscript = 256

  /// `NAME=VALUE`, `NAME+=VALUE`, and bash's arrays.
  private mutating func assignment() -> ShellCommand.Assignment? {
    let start = at
    guard let first = byte(), Self.isName(first), !Self.isDigit(first) else { return nil }
    var index = at
    while index < end, Self.isName(bytes[index]) { index += 1 }
    let name = text(at..<index)
    if index < end, bytes[index] == UInt8(ascii: "[") {
      let subscripted = bytes[index..<min(end, index + Self.maxSubscript)]
      guard let close = subscripted.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      index = close + 1
    }
    if index < end, bytes[index] == UInt8(ascii: "+") { index += 1 }
    guard index < end, bytes[index] == UInt8(ascii: "=") else { return nil }
    at = index + 1
    if byte() == UInt8(ascii: "(") {
      let words = array()
      return ShellCommand.Assignment(name: name, value: words, range: start..<at)
    }
    let value = word() ?? ShellWord(range: at..<at)
    return ShellCommand.Assignment(name: name, value: value, range: start..<at)
  }

  /// `(a b c)` after `=`: bash alone.
  mutating func array() -> ShellWord {
    let start = at
    note("an array", start..<(start + 1))
    var parts: [ShellWord.Part] = []
    // A list within a list is no list, and a hostile script has a thousand of them.
    guard deeper(start) else { return ShellWord(range: start..<at) }
    defer { depth -= 1 }
    skip(1)
    while at < end {
      skipLines()
      if byte() == UInt8(ascii: ")") {
        skip(1)
        return ShellWord(parts: parts, range: start..<at)
      }
      guard let word = word() else { break }
      parts += word.parts
    }
    fail("a list that begins here is never closed", at: start)
    return ShellWord(parts: parts, range: start..<at)
  }
}
