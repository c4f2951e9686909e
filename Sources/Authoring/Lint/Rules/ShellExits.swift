/// The codes that a shell script can end with, as far as its text tells.
struct ShellExits {
  struct Exit {
    let code: Int
    let range: Range<Int>
  }

  /// `exit 5` of the script itself, with its places.
  private(set) var direct: [Exit] = []
  /// Codes in programs within the script, such as `exit 5` of awk, and of its functions.
  private(set) var mentioned: Set<Int> = []
  /// Whether it may end with the code of a program, which could be any.
  private(set) var isOpen = false

  init(_ context: ShellContext) {
    let shell = context.shell
    let forwarding = Self.forwarding(shell)
    for command in shell.commands where command.kind == .simple {
      guard let name = command.words.first?.literal else { continue }
      let isOwn = command.depth == 0 && !Self.isApart(command, shell)
      if name == "exit" { take(command, isOwn: isOwn) }
      if name == "exec", command.words.count > 1 { isOpen = true }
      if name == "set", Self.stopsAtErrors(command) { isOpen = true }
      if let place = forwarding[name], command.words.count > place,
        let word = command.words[place].literal, let code = Int(word)
      {
        mentioned.insert(code)
        if isOwn { direct.append(Exit(code: code, range: command.words[place].range)) }
      }
      // A `return 3` may be what an `exit $?` passes on; the program text of awk has its own.
      if name == "return", let code = command.words.dropFirst().first?.literal.flatMap(Int.init) {
        mentioned.insert(code)
      }
    }
    for command in shell.commands {
      for word in command.words.dropFirst() {
        guard let text = word.literal, text.utf8.count > 4, text.holds("exit") else { continue }
        mentioned.formUnion(Self.codes(in: text))
      }
    }
    if !isOpen { isOpen = endsWithProgram(context) }
  }

  private mutating func take(_ command: ShellCommand, isOwn: Bool) {
    guard command.words.count > 1 else {
      isOpen = true
      return
    }
    guard let text = command.words[1].literal, let code = Int(text) else {
      // In a function, `exit "$1"` is told by its callers.
      isOpen = isOpen || !Self.isPlace(command.words[1]) || command.function == nil
      return
    }
    mentioned.insert(code)
    if isOwn { direct.append(Exit(code: code, range: command.range)) }
  }

  private static func isPlace(_ word: ShellWord) -> Bool { place(of: word) != nil }

  /// `1` of `$1`.
  private static func place(of word: ShellWord) -> Int? {
    guard word.parts.count == 1, case .parameter(let name, "") = word.parts[0].kind else {
      return nil
    }
    return Int(name)
  }

  /// Functions that end the script with a code that they are given, and in which place.
  private static func forwarding(_ shell: ShellScript) -> [String: Int] {
    var found: [String: Int] = [:]
    for command in shell.commands where command.words.first?.literal == "exit" {
      if let function = command.function, command.words.count > 1,
        let place = place(of: command.words[1])
      {
        found[shell.functions[function].name] = place
      }
    }
    return found
  }

  /// Whether an `exit` in it ends a part of the script only: a subshell, or one side of a pipe.
  private static func isApart(_ command: ShellCommand, _ shell: ShellScript) -> Bool {
    if command.isPiped { return true }
    var compound = command.compound
    while let index = compound {
      let around = shell.compounds[index]
      if around.kind == .subshell || around.isPiped { return true }
      compound = around.parent
    }
    return false
  }

  /// `set -e`, `set -eu`, `set -o errexit`
  private static func stopsAtErrors(_ command: ShellCommand) -> Bool {
    command.words.dropFirst().contains { word in
      guard let text = word.literal else { return false }
      return text == "errexit" || text.hasPrefix("-") && !text.hasPrefix("--") && text.contains("e")
    }
  }

  /// The numbers after `exit` in the text of another program.
  static func codes(in text: String) -> Set<Int> {
    var codes: Set<Int> = []
    var isComputed = false
    let words = text.split { !$0.isLetter && !$0.isNumber }
    for (index, word) in words.enumerated() where word == "exit" {
      guard let next = words[(index + 1)...].first else { continue }
      // `exit bad`, `exit found ? 0 : 4`: any number of the program may be what it is.
      if Int(next) == nil { isComputed = true }
      codes.formUnion([next].compactMap { Int($0) })
    }
    if isComputed { codes.formUnion(words.compactMap { Int($0) }) }
    return codes.filter { $0 <= 255 }
  }

  // MARK: - The last command

  /// Programs that end with 0, 1 or 2 whatever happens.
  private static let plain: Set<String> = [
    "awk", "gawk", "mawk", "sed", "grep", "egrep", "fgrep", "sort", "cut", "head", "tail", "cat",
    "tr", "wc", "uniq", "tee", "date", "uname", "id", "hostname", "expr", "cmp", "diff", "ls", "df",
    "du", "stat", "find", "readlink", "basename", "dirname", "paste", "join", "comm", "fold", "od",
    "printenv", "sleep", "rm", "mv", "cp", "mkdir", "touch", "chmod", "chown", "ln",
  ]

  /// Codes that a script has without saying so.
  static func isImplicit(_ code: Int) -> Bool { code <= 2 || code >= 124 }

  /// Whether the script's own end may be the end of a program with codes of its own.
  private func endsWithProgram(_ context: ShellContext) -> Bool {
    let shell = context.shell
    // The last command at the top, or all of the compound that is last there.
    guard
      let last = shell.commands.last(where: { command in
        command.depth == 0 && command.function == nil && !command.words.isEmpty
      })
    else { return false }
    let candidates = Self.finals(last, shell)
    return candidates.contains { index in
      guard let name = context.innermost[index]?.name ?? shell.commands[index].words.first?.prefix
      else { return false }
      return !Self.plain.contains(name) && !ShellContext.builtins.contains(name)
    }
  }

  /// The commands whose end may be that of the script.
  private static func finals(_ last: ShellCommand, _ shell: ShellScript) -> [Int] {
    let own = shell.commands.indices.filter { index in
      shell.commands[index].depth == 0 && shell.commands[index].function == nil
    }
    if let top = outermost(last.compound, shell) {
      return own.filter { outermost(shell.commands[$0].compound, shell) == top }
    }
    var finals: [Int] = []
    for index in own.reversed() {
      finals.append(index)
      if !shell.commands[index].isConditional { break }
    }
    return finals
  }

  private static func outermost(_ compound: Int?, _ shell: ShellScript) -> Int? {
    var found = compound
    while let index = found, let parent = shell.compounds[index].parent { found = parent }
    return found
  }
}
