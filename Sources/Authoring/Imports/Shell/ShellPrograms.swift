/// What is known of the programs that a shell script starts: which take a program of their own, in
/// their arguments or from their input, and so might read a value as one.
enum ShellPrograms {
  /// How a program is read that a value is a part of.
  struct Reader {
    let name: String
    /// What a shell runs is never put together from values, however tame.
    let isShell: Bool
  }

  static let shells: Set<String> = [
    "sh", "bash", "dash", "ksh", "zsh", "ash", "fish", "su",
  ]
  /// Programs that take a program as an argument, with the options that introduce it; without any
  /// the first argument is one.
  private static let programs: Set<String> = [
    "eval", "awk", "gawk", "mawk", "nawk", "sed", "perl", "ruby", "node", "php", "python",
    "python2", "python3", "ssh", "psql", "mysql", "sqlite3", "jq", "expr", "xargs", "watch",
    "osascript",
    "pwsh", "powershell",
  ]
  private static let needOption: [String: [String]] = [
    "perl": ["-e", "-E", "-n", "-p"], "ruby": ["-e"], "node": ["-e", "-p"], "php": ["-r"],
    "python": ["-c"], "python2": ["-c"], "python3": ["-c"], "psql": ["-c"], "mysql": ["-e"],
    "pwsh": ["-c", "-C"], "powershell": ["-c", "-C"],
  ]
  /// Programs that read their program from their input where no file is named.
  private static let languages: Set<String> = [
    "perl", "ruby", "node", "php", "python", "python2", "python3", "pwsh", "powershell", "lua",
    "tclsh", "osascript",
  ]
  /// Programs whose input is commands, whatever their arguments.
  private static let readers: Set<String> = [
    "at", "batch", "crontab", "parallel", "ssh", "dc", "ed", "ex", "gdb", "ftp", "sftp", "psql",
    "mysql", "sqlite3", "sqlplus", "mongo", "mongosh", "bc", "source", ".",
  ]
  private static let runByShell: Set<String> = [
    "at", "batch", "crontab", "parallel", "ssh", "source", ".",
  ]
  /// Programs that start the one that is named behind them.
  private static let wrappers: Set<String> = [
    "sudo", "doas", "env", "nohup", "nice", "timeout", "chroot", "runuser", "time", "exec",
    "command", "stdbuf", "setsid", "docker", "podman", "kubectl", "nsenter", "busybox", "ionice",
    "unbuffer", "xargs", "if",
    "while", "until", "!", "then", "do", "else",
  ]
  /// Programs that run nothing, whatever their arguments say.
  private static let printers: Set<String> = ["echo", "printf", "logger", ":"]

  /// The words of a command, without quotes and folders.
  static func words(_ text: String) -> [String] {
    text.split { $0.isWhitespace || ";&|()`".contains($0) }.map { word in
      let bare = word.filter { $0 != "\"" && $0 != "'" }
      return bare.split(separator: "/").last.map(String.init) ?? bare
    }
  }

  /// The program that reads what follows these words as a part of its program.
  static func reader(ofArgumentAfter words: [String]) -> Reader? {
    guard let first = words.first, !printers.contains(first) else { return nil }
    for (index, word) in words.enumerated() {
      let options = words[(index + 1)...].filter { $0.hasPrefix("-") }
      if shells.contains(word) {
        let takesCommand = options.contains { !$0.hasPrefix("--") && $0.contains("c") }
        if takesCommand { return Reader(name: word, isShell: true) }
      } else if programs.contains(word) {
        let takesProgram = needOption[word].map { needed in
          options.contains { option in needed.contains(where: option.hasPrefix) }
        }
        if takesProgram ?? true {
          return Reader(name: word, isShell: word == "eval" || word == "ssh")
        }
      }
    }
    return nil
  }

  /// The program that reads its input as its program, of the commands that `text` begins with.
  static func reader(ofInput text: some StringProtocol) -> Reader? {
    let command = firstCommand(of: text)
    if command.hasPrefix("$(") || command.hasPrefix("`") {
      return Reader(name: "a program that the script looks up", isShell: false)
    }
    var words = withoutRedirections(words(String(command)))
    if let first = words.first, wrappers.contains(first) {
      let isRoot = first == "sudo" || first == "doas"
      let runsCommands = words.contains("xargs") && words.contains(where: shells.contains)
      let opensShell = isRoot && (words.contains("-s") || words.contains("-i"))
      if runsCommands || opensShell { return Reader(name: first, isShell: true) }
      guard let program = words.firstIndex(where: isKnown) ?? words.firstIndex(where: isVariable)
      else { return nil }
      words = Array(words[program...])
    }
    words = Array(words.drop { $0.contains("=") && !$0.hasPrefix("$") })
    guard let name = words.first else { return nil }
    let isShell = shells.contains(name) || runByShell.contains(name)
    if readers.contains(name) { return Reader(name: name, isShell: isShell) }
    guard isKnown(name) || isVariable(name), readsInput(name, Array(words.dropFirst())) else {
      return nil
    }
    return Reader(name: name, isShell: isShell)
  }

  private static func isKnown(_ word: String) -> Bool {
    shells.contains(word) || languages.contains(word) || readers.contains(word)
  }

  /// `$PYTHON` may be any program; `${bin}grep` is none of those that matter here.
  private static func isVariable(_ word: String) -> Bool {
    word.hasPrefix("$") && (word.last == "}" || !word.contains("}"))
  }

  /// Letters of options that name a program, so that the input is none.
  private static let naming: [String: String] = [
    "python": "cm", "python2": "cm", "python3": "cm", "perl": "eE", "node": "ep", "php": "rf",
    "pwsh": "cCfFe", "powershell": "cCfFe",
  ]
  /// Options with a word of their own.
  private static let valued: Set<String> = [
    "-o", "+o", "-O", "--rcfile", "--init-file", "-W", "-X", "-I", "-ExecutionPolicy", "-ep", "-ex",
    "-Version", "-InputFormat", "-OutputFormat", "-l", "-d",
  ]

  private static func readsInput(_ name: String, _ arguments: [String]) -> Bool {
    let isShell = shells.contains(name)
    if arguments.contains("-") || isShell && arguments.contains("-s") { return true }
    let letters = isShell ? "c" : naming[name] ?? "e"
    var skips = false
    for argument in arguments {
      if skips {
        skips = false
      } else if argument.hasPrefix("-") || argument.hasPrefix("+") {
        let isNaming = !argument.hasPrefix("--") && argument.contains(where: letters.contains)
        if isNaming, !valued.contains(argument) { return false }
        skips = valued.contains(argument)
      } else if name != "su" {
        return false
      }
    }
    return true
  }

  /// Up to what ends a command, with what `$(…)` at its start says.
  private static func firstCommand(of text: some StringProtocol) -> String {
    var command = ""
    var depth = 0
    var last: Character = " "
    let start = text.drop { $0.isWhitespace || "\\&({\"'".contains($0) }
    for character in start {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      let isRedirected = last == ">" || last == "<"
      let ends =
        depth < 0 || "|;\n\r\n".contains(character) || character == "&" && !isRedirected
        || character == "#" && last == " " || character == "`" && !command.isEmpty
      if ends { break }
      command.append(character)
      last = character
    }
    return command
  }

  private static func withoutRedirections(_ words: [String]) -> [String] {
    var kept: [String] = []
    var isTarget = false
    for word in words {
      let isRedirection = word.contains(">") || word.contains("<")
      if !isRedirection, !isTarget { kept.append(word) }
      isTarget = isRedirection && (word.hasSuffix(">") || word.hasSuffix("<"))
    }
    return kept
  }

  /// Whether text that goes to this file will be run by someone.
  static func writesScript(_ command: String) -> Bool {
    command.contains(">")
      && [".sh", ".bash", ".py", ".ps1", ".pl", ".rb"].contains {
        command.contains($0)
      }
  }
}
