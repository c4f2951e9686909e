/// Scripts that teach a shell the commands of a program, from the same declarations as the parser.
struct CompletionScript {
  private let root: Command
  private let places: [(path: String, command: Command)]

  init(_ root: Command) {
    self.root = root
    places = Self.places(root, "")
  }

  private static func places(_ command: Command, _ above: String) -> [(path: String, Command)] {
    let path = above.isEmpty ? command.name : "\(above) \(command.name)"
    return [(path, command)] + command.subcommands.flatMap { places($0, path) }
  }

  /// A command's options, and those of the subcommand that it stands for.
  private static func options(of command: Command) -> [Option] {
    let implied = command.defaultSubcommand.flatMap { command.subcommand($0) }
    return command.options + (implied?.options ?? []) + [.help]
  }

  /// Patterns of "path place" with what may stand there.
  private var positions: [(pattern: String, completion: Completion)] {
    places.flatMap { path, command in
      // Where subcommands stand, the first place has been seen to.
      let known = command.subcommands.isEmpty ? 0 : 1
      return command.positionals.enumerated().dropFirst(known).map { index, positional in
        switch positional.count {
        case .one, .optional: ("\"\(path) \(index)\"", positional.completion)
        case .any, .atLeastOne: ("\"\(path) \"*", positional.completion)
        }
      }
    }
  }

  /// What may stand first behind a command with subcommands: one of these, or what it takes where it runs
  /// by itself.
  private func first(
    of command: Command, _ subcommands: String, _ shell: (Completion) -> String
  ) -> String {
    guard let positional = command.positionals.first else { return subcommands }
    return "\(subcommands); \(shell(positional.completion))"
  }

  private var valued: [(pattern: String, completion: Completion)] {
    places.flatMap { path, command in
      Self.options(of: command).filter { $0.value != nil }.map {
        (pattern: "\"\(path) --\($0.name)\"", completion: $0.completion)
      }
    }
  }

  private var descents: String {
    places.dropFirst().map { "\"\($0.path)\"" }.joined(separator: "|")
  }

  // MARK: bash

  var bash: String {
    let name = root.name
    var out = """
      # bash completion for \(name): source this file, or put it into bash_completion.d
      _\(Self.function(name))() {
        local cur=${COMP_WORDS[COMP_CWORD]} at=\(name) place=0 valued= i word
        COMPREPLY=()
        for ((i = 1; i < COMP_CWORD; i++)); do
          word=${COMP_WORDS[i]}
          if [[ -n $valued ]]; then valued=; continue; fi

      """
    out += walk("    ", at: "at")
    out += """
        done
        if [[ -n $valued ]]; then
          case "$valued" in

      """
    for (pattern, completion) in valued { out += arm(pattern, Self.bash(completion), "      ") }
    out += "    esac\n    return\n  fi\n  if [[ $cur == -* ]]; then\n    case \"$at\" in\n"
    for (path, command) in places {
      let words = Self.options(of: command).map { "--" + $0.name }
      out += arm("\"\(path)\"", Self.bash(.words(words)), "      ")
    }
    out += "    esac\n    return\n  fi\n  case \"$at $place\" in\n"
    for (path, command) in places where !command.subcommands.isEmpty {
      let names = Self.bash(.words(command.subcommands.map(\.name)))
      out += arm("\"\(path) 0\"", first(of: command, names, Self.bash), "    ")
    }
    for (pattern, completion) in positions { out += arm(pattern, Self.bash(completion), "    ") }
    out += "  esac\n}\ncomplete -F _\(Self.function(name)) \(name)\n"
    return out
  }

  private static func bash(_ completion: Completion) -> String {
    switch completion {
    case .none: ":"
    case .words(let words):
      "COMPREPLY+=($(compgen -W \"\(words.joined(separator: " "))\" -- \"$cur\"))"
    case .files: "COMPREPLY+=($(compgen -f -- \"$cur\"))"
    case .directories: "COMPREPLY+=($(compgen -d -- \"$cur\"))"
    case .output(let command):
      "COMPREPLY+=($(compgen -W \"$(\(command) 2>/dev/null)\" -- \"$cur\"))"
    }
  }

  // MARK: zsh

  var zsh: String {
    let name = root.name
    var out = """
      #compdef \(name)
      # zsh completion for \(name): put this into a directory of $fpath as _\(name)
      _\(Self.function(name))() {
        local cur=${words[CURRENT]} at=\(name) place=0 valued= i word
        local -a list
        for ((i = 2; i < CURRENT; i++)); do
          word=${words[i]}
          if [[ -n $valued ]]; then valued=; continue; fi

      """
    out += walk("    ", at: "at")
    out += "  done\n  if [[ -n $valued ]]; then\n    case \"$valued\" in\n"
    for (pattern, completion) in valued { out += arm(pattern, Self.zsh(completion), "      ") }
    out += "    esac\n    return\n  fi\n  if [[ $cur == -* ]]; then\n    case \"$at\" in\n"
    for (path, command) in places {
      let items = Self.options(of: command).map { ("--" + $0.name, $0.summary) }
      out += arm("\"\(path)\"", Self.described("option", items), "      ")
    }
    out += "    esac\n    return\n  fi\n  case \"$at $place\" in\n"
    for (path, command) in places where !command.subcommands.isEmpty {
      let items = command.subcommands.map { ($0.name, $0.summary) }
      let names = Self.described("command", items)
      out += arm("\"\(path) 0\"", first(of: command, names, Self.zsh), "    ")
    }
    for (pattern, completion) in positions { out += arm(pattern, Self.zsh(completion), "    ") }
    out += "  esac\n}\n"
    out += "if [[ ${funcstack[1]-} == _\(name) ]]; then _\(Self.function(name)) \"$@\"\n"
    out += "else compdef _\(Self.function(name)) \(name); fi\n"
    return out
  }

  private static func zsh(_ completion: Completion) -> String {
    switch completion {
    case .none: ":"
    case .words(let words): "compadd -- \(words.joined(separator: " "))"
    case .files: "_files"
    case .directories: "_files -/"
    case .output(let command): "compadd -- ${(f)\"$(\(command) 2>/dev/null)\"}"
    }
  }

  private static func described(_ kind: String, _ items: [(String, String)]) -> String {
    let list = items.map { name, summary in
      "'"
        + "\(name):\(summary)".split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
    }
    return "list=(\(list.joined(separator: " "))); _describe \(kind) list"
  }

  // MARK: Both

  /// Finds the command and the place that the cursor is in.
  private func walk(_ indent: String, at: String) -> String {
    var out = "\(indent)case \"$\(at) $word\" in\n"
    if !descents.isEmpty { out += arm(descents, "\(at)=\"$\(at) $word\"", indent + "  ") }
    let options = valued.map(\.pattern).joined(separator: "|")
    if !options.isEmpty { out += arm(options, "valued=\"$\(at) $word\"", indent + "  ") }
    out += arm("*\" -\"*", ":", indent + "  ")
    out += arm("*", "place=$((place + 1))", indent + "  ")
    return out + "\(indent)esac\n"
  }

  private func arm(_ pattern: String, _ action: String, _ indent: String) -> String {
    "\(indent)\(pattern)) \(action) ;;\n"
  }

  private static func function(_ name: String) -> String {
    String(name.map { $0 == "-" ? "_" : $0 })
  }
}

extension Command {
  /// Adds the command `completion`, which prints the scripts of the whole program.
  package func withCompletion(
    to output: @escaping @Sendable (String) -> Void = { Terminal(.output).write($0) }
  ) -> Command {
    let name = name
    var whole = self
    let shells = ["bash", "zsh"]
    var completion = Command(
      "completion", "Print a script that completes this program's command lines",
      discussion: """
        bash:  source <(\(name) completion bash)
        zsh:   source <(\(name) completion zsh)

        or put the script where the shell looks for completions.
        """.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }
          .joined(separator: "\n"),
      positionals: [
        Positional("SHELL", "bash or zsh", completion: .words(shells))
      ])
    completion.run = { _ in 0 }
    whole.subcommands.append(completion)
    let script = CompletionScript(whole)
    let bash = script.bash
    let zsh = script.zsh
    whole.subcommands[whole.subcommands.count - 1].run = { arguments throws in
      let shell = arguments.required("SHELL")
      switch shell {
      case "bash": output(bash)
      case "zsh": output(zsh)
      default:
        throw UsageError(
          "there is no completion for \"\(Visible.text(shell))\"; there is one for bash and zsh",
          path: arguments.path)
      }
      return 0
    }
    return whole
  }
}
