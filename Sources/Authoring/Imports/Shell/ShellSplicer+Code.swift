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
    case "`": backquote()
    case "$":
      awaitsCommand = false
      dollar()
    case "\n":
      copy()
      try readHeredocs()
      // A line that ends with `|` goes on.
      if !awaitsCommand { flow.endPipeline() }
      beginCommand()
    case ";", "&", "|": try separator(scalar)
    case "(", ")", "{", "}": try bracket(scalar)
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

  mutating func separator(_ scalar: Unicode.Scalar) throws(ItemRefusal) {
    let last = position > 0 ? scalars[position - 1] : "\n"
    // `2>&1`, `&>file`, `>|file`
    let isRedirection =
      (last == ">" || last == "<") || scalar == "&" && peek(1) == ">"
    copy()
    guard !isRedirection else { return }
    if scalar == "|", peek() != "|", last != "|" {
      try refusePipe()
    } else {
      flow.endPipeline()
    }
    beginCommand()
  }

  mutating func bracket(_ scalar: Unicode.Scalar) throws(ItemRefusal) {
    switch scalar {
    case "(" where peek(1) == "(" && awaitsCommand:
      open += [.arithmetic, .arithmetic]
      copy(2)
    case "(":
      let isList = position > 0 && scalars[position - 1] == "="
      // `tee >(bash)`
      if position > 0, scalars[position - 1] == ">" { try refusePipe() }
      open.append(.group)
      flow.enter("(", at: position)
      copy()
      beginCommand()
      awaitsCommand = !isList
    case ")":
      // A `)` after a pattern of `case` closes nothing.
      if open.last == .command || open.last == .group {
        open.removeLast()
        flow.leave(["(", "$("])
      }
      // So does `name()`, before what the function does.
      let begins = open.last == .cases || position > 0 && scalars[position - 1] == "("
      copy()
      if begins { beginCommand() } else { awaitsCommand = false }
    case "{":
      let isGroup = awaitsCommand || isWordStart && " \t\n".unicodeScalars.contains(peek(1) ?? "x")
      if isGroup { flow.enter("{", at: position) }
      copy()
      if isGroup { beginCommand() }
    default:
      if awaitsCommand || isWordStart { flow.leave(["{"]) }
      copy()
      awaitsCommand = false
    }
  }

  /// Words that close a group, with those that open it.
  private static let closing: [String: String] = ["done": "do", "fi": "if", "esac": "case"]

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
      if Self.closing.values.contains(text) { flow.enter(text, at: start) }
      if let opener = Self.closing[text] { flow.leave([opener]) }
      // `A=1 command` still waits for its command.
      awaitsCommand = Self.leading.contains(text) || text.contains("=")
    } else if text == "esac", open.last == .cases {
      open.removeLast()
      flow.leave(["case"])
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
