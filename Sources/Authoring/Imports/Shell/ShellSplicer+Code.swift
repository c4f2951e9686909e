extension ShellSplicer {
  mutating func stepInCode() throws(ItemRefusal) {
    guard let scalar = peek() else { return }
    switch scalar {
    case "\\":
      awaitsCommand = awaitsCommand && peek(1) == "\n"
      copy(2)
    case "'", "\"":
      if awaitsCommand, isWordStart { commandQuote = position }
      open.append(scalar == "'" ? .singleQuotes : .doubleQuotes)
      awaitsCommand = false
      copy()
    case "`":
      if open.last == .backquote { open.removeLast() } else { open.append(.backquote) }
      copy()
      beginCommand()
    case "$":
      awaitsCommand = false
      dollar()
    case "\n":
      copy()
      try readHeredocs()
      beginCommand()
    case ";", "&", "|":
      copy()
      beginCommand()
    case "(", ")", "{", "}": bracket(scalar)
    case "<" where peek(1) == "<": heredocStart()
    case "#" where isWordStart: comment()
    case " ", "\t": copy()
    default: word()
    }
  }

  var isWordStart: Bool {
    guard position > 0 else { return true }
    return " \t\n;&|()`".unicodeScalars.contains(scalars[position - 1])
  }

  mutating func bracket(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "(" where peek(1) == "(" && awaitsCommand:
      open += [.arithmetic, .arithmetic]
      copy(2)
    case "(":
      let isList = position > 0 && scalars[position - 1] == "="
      open.append(.group)
      copy()
      beginCommand()
      awaitsCommand = !isList
    case ")":
      // A `)` after a pattern of `case` closes nothing.
      if open.last == .command || open.last == .group { open.removeLast() }
      let endsPattern = open.last == .cases
      copy()
      if endsPattern { beginCommand() } else { awaitsCommand = false }
    default:
      copy()
      if scalar == "{" { beginCommand() }
    }
  }

  private static let leading: Set<String> = [
    "if", "then", "elif", "else", "do", "while", "until", "!", "time", "exec", "sudo", "command",
    "nohup", "env",
  ]

  mutating func word() {
    let start = position
    while let scalar = peek(), !" \t\n;&|()<>'\"`$\\{}".unicodeScalars.contains(scalar) {
      position += 1
    }
    if position == start { position += 1 }
    let text = String(String.UnicodeScalarView(scalars[start..<position]))
    position = start
    copy(text.unicodeScalars.count)
    if awaitsCommand {
      if text == "case" { open.append(.cases) }
      if text == "esac", open.last == .cases { open.removeLast() }
      // `A=1 command` still waits for its command.
      awaitsCommand = Self.leading.contains(text) || text.contains("=")
    } else if text == "esac", open.last == .cases {
      open.removeLast()
    }
  }

  mutating func comment() {
    while let scalar = peek(), scalar != "\n" {
      if let (name, end) = TacticalTemplate.template(in: scalars, at: position) {
        out.append(contentsOf: "<\(name)>".unicodeScalars)
        position = end
      } else {
        _ = scalar
        copy()
      }
    }
  }
}
