extension PowerShellScanner {
  /// What has begun and not ended.
  private enum Open {
    case bracket(closing: Unicode.Scalar)
    case string
    case hereString
  }

  /// Passes over one string, one bracketed part or one character.
  mutating func skipOne() throws(Unreadable) {
    var open: [Open] = []
    repeat {
      guard open.count <= Self.maxDepth else {
        throw unreadable("brackets are nested more than \(Self.maxDepth) deep")
      }
      guard !isAtEnd else { throw unreadable("a bracket or a string is not closed") }
      switch open.last {
      case .string: skipInString(&open)
      case .hereString: skipInHereString(&open)
      case .bracket, nil: try skipInCode(&open)
      }
    } while !open.isEmpty
  }

  private mutating func skipInCode(_ open: inout [Open]) throws(Unreadable) {
    guard let scalar = peek() else { return }
    if case .bracket(let closing)? = open.last, scalar == closing {
      open.removeLast()
      position += 1
    } else if scalar == "#", isCommentStart {
      _ = comment()
    } else if scalar == "<", peek(1) == "#" {
      _ = comment()
    } else if scalar == "`" {
      position += 2
    } else if scalar == "@", Self.isSingleQuote(peek(1)), isHereStringStart {
      try skipSingleHereString()
    } else if scalar == "@", Self.isDoubleQuote(peek(1)), isHereStringStart {
      position += 2
      open.append(.hereString)
    } else if Self.isSingleQuote(scalar) {
      try skipSingleQuoted()
    } else if Self.isDoubleQuote(scalar) {
      position += 1
      open.append(.string)
    } else {
      position += 1
      switch scalar {
      case "(": open.append(.bracket(closing: ")"))
      case "{": open.append(.bracket(closing: "}"))
      case "[": open.append(.bracket(closing: "]"))
      default: break
      }
    }
  }

  private mutating func skipInString(_ open: inout [Open]) {
    if peek() == "`" {
      position += 2
    } else if Self.isDoubleQuote(peek()), Self.isDoubleQuote(peek(1)) {
      position += 2
    } else if Self.isDoubleQuote(peek()) {
      position += 1
      open.removeLast()
    } else {
      skipTextOrExpression(&open)
    }
  }

  private mutating func skipInHereString(_ open: inout [Open]) {
    let endsHere =
      position > 0 && scalars[position - 1] == "\n" && Self.isDoubleQuote(peek())
      && peek(1) == "@"
    if endsHere {
      position += 2
      open.removeLast()
    } else if peek() == "`" {
      position += 2
    } else {
      skipTextOrExpression(&open)
    }
  }

  private mutating func skipTextOrExpression(_ open: inout [Open]) {
    if peek() == "$", peek(1) == "(" {
      position += 2
      open.append(.bracket(closing: ")"))
    } else {
      position += 1
    }
  }

  /// `a#b` is a word; a comment begins where a token does.
  var isCommentStart: Bool {
    guard position > 0 else { return true }
    let before = scalars[position - 1]
    return before.properties.isWhitespace || "({[;,|&".unicodeScalars.contains(before)
  }

  /// Nothing but blanks may follow `@'` on its line.
  private var isHereStringStart: Bool {
    var distance = 2
    while let scalar = peek(distance), scalar == " " || scalar == "\t" { distance += 1 }
    return peek(distance) == "\n"
  }

  mutating func skipSingleQuoted() throws(Unreadable) {
    let start = position
    position += 1
    while let scalar = peek() {
      position += 1
      guard Self.isSingleQuote(scalar) else { continue }
      guard Self.isSingleQuote(peek()) else { return }
      position += 1
    }
    position = start
    throw unreadable("a string is not closed")
  }

  private mutating func skipSingleHereString() throws(Unreadable) {
    let start = position
    position += 2
    while !isAtEnd {
      if scalars[position - 1] == "\n", Self.isSingleQuote(peek()), peek(1) == "@" {
        position += 2
        return
      }
      position += 1
    }
    position = start
    throw unreadable("a here-string is not closed")
  }

  /// The text up to one of the characters, outside of strings, brackets and comments.
  mutating func raw(upTo ends: Set<Unicode.Scalar>) throws(Unreadable) -> String {
    let start = position
    while let scalar = peek(), !ends.contains(scalar) { try skipOne() }
    guard !isAtEnd || ends.isEmpty else { throw unreadable("a bracket is not closed") }
    return text(start..<position)
  }
}
