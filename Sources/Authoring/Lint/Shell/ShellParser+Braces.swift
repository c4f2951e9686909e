extension ShellParser {
  /// `${NAME}`, `${NAME:-WORD}` and all its like.
  mutating func braces(_ quoting: ShellWord.Quoting, _ parts: inout [ShellWord.Part]) {
    let start = at
    guard deeper(start) else { return }
    defer { depth -= 1 }
    skip(2)
    let isLength = byte() == UInt8(ascii: "#") && byte(1) != UInt8(ascii: "}")
    let isIndirect = byte() == UInt8(ascii: "!") && byte(1).map(Self.isName) ?? false
    if isLength || isIndirect { skip(1) }
    let name = parameterName()
    if isIndirect { note("${!…}", start..<(start + 3)) }
    if byte() == UInt8(ascii: "[") { subscripted(start) }
    let operatorStart = at
    let modifier = parameterOperator()
    let place = parts.count
    parts.append(
      ShellWord.Part(
        kind: .parameter(
          name: name, modifier: isLength ? "#" : isIndirect ? "!" : modifier),
        quoting: quoting, range: start..<start))
    if let what = Self.bashOperator(modifier) {
      note(what, operatorStart..<max(at, operatorStart + 1))
    }
    // In "${x:-'a'}" the single quotes are quotes no more; in "${x%'a'}" they are.
    let hasQuotes = quoting == .none || "%#/".contains(modifier.prefix(1)) && !modifier.isEmpty
    bracesRest(quoting, hasQuotes: hasQuotes, &parts)
    guard byte() == UInt8(ascii: "}") else {
      fail("a ${ is never closed", at: start)
      return
    }
    skip(1)
    parts[place].range = start..<at
  }

  private mutating func parameterName() -> String {
    let start = at
    if let next = byte(), "@*#?$!-".utf8.contains(next) {
      skip(1)
    } else {
      while let next = byte(), Self.isName(next) { skip(1) }
    }
    return text(start..<at)
  }

  private mutating func subscripted(_ start: Int) {
    note("an array", start..<(start + 2))
    while let next = byte(), next != UInt8(ascii: "]"), next != UInt8(ascii: "}") { skip(1) }
    if byte() == UInt8(ascii: "]") { skip(1) }
  }

  private mutating func parameterOperator() -> String {
    let start = at
    let operators = [
      ":-", ":=", ":?", ":+", "%%", "##", "//", "^^", ",,", "-", "=", "?", "+", "%", "#", "/", ":",
      "^", ",", "@",
    ]
    for candidate in operators
    where bytes[at..<min(end, at + 2)].starts(with: candidate.utf8) {
      skip(candidate.utf8.count)
      break
    }
    return text(start..<at)
  }

  private static func bashOperator(_ modifier: String) -> String? {
    switch modifier {
    case "/", "//": "${…/…}"
    case "^", "^^", ",", ",,": "${…\(modifier)}"
    case ":": "${…:…}"
    case "@": "${…@…}"
    default: nil
    }
  }

  /// What follows the operator, up to the bracket that closes it all.
  private mutating func bracesRest(
    _ quoting: ShellWord.Quoting, hasQuotes: Bool, _ parts: inout [ShellWord.Part]
  ) {
    while let next = byte(), next != UInt8(ascii: "}") {
      let start = at
      switch next {
      case UInt8(ascii: "\\"): at = min(at + 2, end)
      case UInt8(ascii: "'") where hasQuotes, UInt8(ascii: "\""), UInt8(ascii: "$"),
        UInt8(ascii: "`"):
        nested(next, quoting, &parts)
      default: skip(1)
      }
      // Nothing above stands still; a script may not make this loop wait.
      precondition(at > start, "no progress")
    }
  }
}
