/// What the rules for shell scripts ask: what runs, and which variables hold arguments or secrets.
struct ShellContext {
  let script: Script
  let shell: ShellScript
  let invocations: [ShellInvocation]
  /// Variables whose value is an argument, or was copied from one.
  let arguments: [String: Origin]
  /// Variables that hold a secret, by their name or by where they come from.
  let secrets: Set<String>
  /// Variables with the path of a file that the script made for itself.
  let temporaries: Set<String>
  let functions: Set<String>
  /// The program that a command runs in the end, by the command's place: what `sudo` hands on to.
  let innermost: [Int: ShellInvocation]
  /// Whether `exec < file` gives the whole script another standard input.
  let redirectsInput: Bool

  struct Origin {
    /// `nil` for all the arguments together, as `$@`.
    let argument: ArgumentList.Argument?
    var isFreeText: Bool { argument?.isFreeText ?? true }
    var isProgramText: Bool { argument?.isProgramText ?? true }
  }

  init?(_ script: Script, secretArguments: [String]) {
    guard let shell = script.shell else { return nil }
    self.script = script
    self.shell = shell
    invocations = shell.invocations
    arguments = Self.arguments(script, shell)
    secrets = Self.secrets(shell, script, secretArguments)
    temporaries = Self.temporaries(shell)
    functions = Set(shell.functions.map(\.name))
    innermost = Dictionary(invocations.map { ($0.command, $0) }) { _, last in last }
    redirectsInput = shell.commands.contains { command in
      command.words.first?.literal == "exec" && command.redirects.contains(where: \.isInput)
    }
  }

  func command(of invocation: ShellInvocation) -> ShellCommand {
    shell.commands[invocation.command]
  }

  /// Builtins take their words without a process, so nobody else sees them.
  static let builtins: Set<String> = [
    ":", ".", "[", "alias", "bg", "break", "builtin", "case", "cd", "command", "continue",
    "declare",
    "echo", "eval", "exit", "export", "false", "fg", "getopts", "hash", "jobs", "kill", "let",
    "local", "printf", "pwd", "read", "readonly", "return", "set", "shift", "source", "test",
    "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
    "mapfile", "readarray", "shopt", "pushd", "popd", "dirs", "exec",
  ]

  func isFunction(_ name: String) -> Bool { functions.contains(name) }

  func isInnermost(_ invocation: ShellInvocation) -> Bool {
    innermost[invocation.command]?.nameRange == invocation.nameRange
  }

  /// The argument that a parameter stands for, if its value is put where it stands.
  func origin(of part: ShellWord.Part, in command: ShellCommand) -> Origin? {
    guard case .parameter(let name, let modifier) = part.kind, modifier != "#",
      !modifier.hasSuffix("+")
    else { return nil }
    // In a function the places are those of its own arguments.
    if Int(name) != nil || name == "@" || name == "*" {
      guard command.function == nil else { return nil }
    }
    return arguments[name]
  }

  // MARK: - Where values come from

  private static func arguments(_ script: Script, _ shell: ShellScript) -> [String: Origin] {
    var found: [String: Origin] = [:]
    for binding in script.environment {
      found[binding.variable] = Origin(argument: binding.argument)
    }
    let replacesPlaces = shell.commands.contains { command in
      command.words.first?.literal == "set" && command.words.count > 1
        && command.words[1].literal == "--" && command.function == nil
    }
    if !script.list.isEmpty, !replacesPlaces {
      for binding in script.list { found[binding.variable] = Origin(argument: binding.argument) }
      found["@"] = Origin(argument: nil)
      found["*"] = Origin(argument: nil)
    }
    guard !found.isEmpty else { return [:] }
    // A copy of a copy needs a second look; nobody copies more often.
    for _ in 0..<3 {
      let count = found.count
      for command in shell.commands where command.function == nil || script.list.isEmpty {
        for assignment in command.assignments where found[assignment.name] == nil {
          found[assignment.name] = copied(assignment.value, found)
        }
      }
      if found.count == count { break }
    }
    return found
  }

  private static func copied(_ value: ShellWord, _ found: [String: Origin]) -> Origin? {
    for part in value.parts {
      if case .parameter(let name, let modifier) = part.kind, modifier != "#", modifier != "+",
        let origin = found[name]
      {
        return origin
      }
    }
    return nil
  }

  private static func secrets(
    _ shell: ShellScript, _ script: Script, _ arguments: [String]
  ) -> Set<String> {
    var found: Set<String> = []
    for command in shell.commands {
      for assignment in command.assignments {
        if SecretName.isSecret(assignment.name)
          || arguments.contains(where: { mentions($0, assignment.value, script) })
        {
          found.insert(assignment.name)
        }
      }
      for part in command.words.flatMap(\.parts) {
        if case .parameter(let name, _) = part.kind, SecretName.isSecret(name) {
          found.insert(name)
        }
      }
    }
    return found
  }

  /// Whether a value is what a command read of an argument: `$(jq -r .password)`.
  private static func mentions(_ argument: String, _ value: ShellWord, _ script: Script) -> Bool {
    let reads = value.parts.contains { part in
      if case .command = part.kind { return true }
      return false
    }
    guard reads else { return false }
    let text = script.bytes[value.range.clamped(to: 0..<script.bytes.count)]
    return Identifiers(text).names.contains(argument)
  }

  private static func temporaries(_ shell: ShellScript) -> Set<String> {
    var found: Set<String> = []
    for command in shell.commands {
      for assignment in command.assignments {
        let isMade = assignment.value.parts.contains { part in
          guard case .command(let range) = part.kind else { return false }
          return shell.commands[range].contains { $0.words.first?.literal == "mktemp" }
        }
        let isCopied = assignment.value.parts.contains { part in
          guard case .parameter(let name, _) = part.kind else { return false }
          return found.contains(name)
        }
        if isMade || isCopied { found.insert(assignment.name) }
      }
    }
    return found
  }
}
