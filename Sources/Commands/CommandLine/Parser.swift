import Platform

/// Reads a command line by the declaration of a command. Knows nothing of terminals or processes.
struct Parser {
  /// What the command line asks for.
  enum Request {
    case run(Command, Arguments)
    case help(Command, path: [String])
  }

  private var path: [String]
  private var command: Command
  private var arguments = Arguments()
  private var given: [String] = []
  private var rest: ArraySlice<String>

  static func parse(_ words: [String], for root: Command) throws(UsageError) -> Request {
    var parser = Parser(root, words)
    return try parser.request()
  }

  private init(_ root: Command, _ words: [String]) {
    command = root
    path = [root.name]
    rest = words[...]
  }

  private mutating func request() throws(UsageError) -> Request {
    try descend()
    var optionsMayFollow = true
    while let word = rest.popFirst() {
      if optionsMayFollow, word == "--" {
        optionsMayFollow = false
      } else if optionsMayFollow, word == "--help" || word == "-h" {
        return .help(command, path: path)
      } else if optionsMayFollow, word.hasPrefix("-"), word != "-" {
        try takeOption(word)
      } else {
        given.append(word)
      }
    }
    if command.run == nil {
      if given.isEmpty { return .help(command, path: path) }
      throw unknownSubcommand(given[0])
    }
    try place()
    arguments.path = path
    return .run(command, arguments)
  }

  /// Follows the names of subcommands as far as they go.
  private mutating func descend() throws(UsageError) {
    while !command.subcommands.isEmpty {
      if let word = rest.first, let next = command.subcommand(word),
        next.isMeant(rest.dropFirst())
      {
        rest.removeFirst()
        enter(next)
      } else if command.run != nil {
        return
      } else if let word = rest.first, !word.hasPrefix("-") {
        throw unknownSubcommand(word)
      } else if rest.first != "--help", rest.first != "-h", let name = command.defaultSubcommand,
        let next = command.subcommand(name)
      {
        enter(next)
      } else {
        return
      }
    }
  }

  private mutating func enter(_ next: Command) {
    command = next
    path.append(next.name)
  }

  private func unknownSubcommand(_ word: String) -> UsageError {
    let names = command.subcommands.map(\.name)
    return UsageError(
      "\(path.joined(separator: " ")) has no command \"\(Visible.text(word))\"; "
        + Nearest.hint(
          for: word, among: names, orElse: "there are " + names.joined(separator: ", ")),
      path: path)
  }

  // MARK: Options

  private mutating func takeOption(_ word: String) throws(UsageError) {
    guard word.hasPrefix("--") else {
      throw UsageError(
        "there is no short option \"\(Visible.text(word))\"; options are written --name", path: path
      )
    }
    let body = word.dropFirst(2)
    let sign = body.firstIndex(of: "=")
    let name = String(body[..<(sign ?? body.endIndex)])
    guard let option = command.option(name) else { throw unknownOption(name) }
    let attached = sign.map { String(body[body.index(after: $0)...]) }
    guard option.value != nil else {
      guard attached == nil else {
        throw UsageError("--\(name) takes no value", path: path)
      }
      arguments.switches.insert(name)
      return
    }
    if let attached {
      try take(attached, for: option)
    } else {
      try take(try nextValue(of: option), for: option)
    }
  }

  private mutating func nextValue(of option: Option) throws(UsageError) -> String {
    guard let value = rest.popFirst() else {
      throw UsageError("--\(option.name) needs a value: \(option.value ?? "")", path: path)
    }
    guard !value.hasPrefix("--") else {
      throw UsageError(
        "--\(option.name) needs a value, and \"\(Visible.text(value))\" follows it; a value that"
          + " begins with -- is written --\(option.name)=VALUE", path: path)
    }
    return value
  }

  private mutating func take(_ value: String, for option: Option) throws(UsageError) {
    if !option.choices.isEmpty, !option.choices.contains(value) {
      throw UsageError(
        "--\(option.name) is one of \(option.choices.joined(separator: ", ")), not"
          + " \"\(Visible.text(value))\"", path: path)
    }
    if !option.isRepeatable, arguments.options[option.name] != nil {
      throw UsageError("--\(option.name) is given twice", path: path)
    }
    arguments.options[option.name, default: []].append(value)
  }

  private func unknownOption(_ name: String) -> UsageError {
    let names = command.options.map(\.name) + ["help"]
    let hint = Nearest.hint(
      for: name, among: names,
      orElse: "there are " + names.map { "--" + $0 }.joined(separator: ", "),
      prefix: "--")
    return UsageError("there is no option --\(Visible.text(name)); \(hint)", path: path)
  }

  // MARK: Positionals

  private mutating func place() throws(UsageError) {
    var words = given[...]
    for positional in command.positionals {
      switch positional.count {
      case .one, .atLeastOne:
        guard let first = words.popFirst() else {
          throw UsageError("\(positional.name) is missing: \(positional.summary)", path: path)
        }
        arguments.positionals[positional.name] = [first]
        if positional.count == .atLeastOne { takeAll(&words, positional.name) }
      case .optional:
        if let word = words.popFirst() { arguments.positionals[positional.name] = [word] }
      case .any: takeAll(&words, positional.name)
      }
    }
    if let extra = words.first {
      throw UsageError("\"\(Visible.text(extra))\" is one argument too many", path: path)
    }
  }

  private mutating func takeAll(_ words: inout ArraySlice<String>, _ name: String) {
    arguments.positionals[name, default: []].append(contentsOf: words)
    words = []
  }
}
