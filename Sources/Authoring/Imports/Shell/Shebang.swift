/// The first line of a script, which names its interpreter.
struct Shebang {
  /// As it is written: an absolute path, or the name that `env` looks up.
  let interpreter: String
  let isLookedUp: Bool
  let options: [String]
  /// The rest of the script, with the first line as a comment where it stays one.
  let line: String

  /// - Returns: `nil` for a script without one.
  init?(_ script: String) {
    guard script.hasPrefix("#!") else { return nil }
    line = String(script.prefix { $0 != "\n" })
    var words = line.dropFirst(2).split(whereSeparator: \.isWhitespace).map(String.init)
    guard !words.isEmpty else { return nil }
    let first = words.removeFirst()
    guard Self.name(of: first) == "env" else {
      guard first.hasPrefix("/") else { return nil }
      (interpreter, isLookedUp, options) = (first, false, words)
      return
    }
    words.removeAll { $0 == "-S" || $0 == "-i" || $0 == "-u" || $0.contains("=") }
    guard let program = words.first, !program.hasPrefix("-") else { return nil }
    interpreter = program
    isLookedUp = !program.hasPrefix("/")
    options = Array(words.dropFirst())
  }

  static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The interpreter's name without its version: `python` for `/usr/bin/python3.11`.
  var family: String { Self.family(of: interpreter) }

  static func family(of path: String) -> String {
    let name = Self.name(of: path)
    return String(name.prefix { $0.isLetter || $0 == "_" || $0 == "-" }).lowercased()
  }
}

/// Who runs a script on endpoints with a shell.
struct Interpreter {
  /// `nil` leaves it to the executor, which takes `/bin/sh`.
  var path: String?
  var family: String
  /// What has to be on the path.
  var commands: [String] = []
  /// The script with what the first line asked for and an interpreter that is named cannot see.
  var script: String

  static let shells: Set<String> = ["sh", "bash", "dash", "ksh", "zsh", "ash"]
  /// These look at the first line of the script themselves.
  private static let readers: Set<String> = ["perl", "ruby"]

  var isShell: Bool { Self.shells.contains(family) }

  init(path: String?, family: String, script: String) {
    self.path = path
    self.family = family
    self.script = script
  }

  /// Where a program lies that a first line leaves to the path.
  static func usualPath(_ program: String) -> String {
    if shells.contains(program) { return "/bin/\(program)" }
    return "/usr/bin/\(program == "python" ? "python3" : program)"
  }

  /// By the script's first line.
  /// - Parameter lookedUp: where a program lies that the first line leaves to the path.
  init(
    _ shebang: Shebang, _ script: String, lookedUp: (String) -> String = usualPath,
    _ remarks: inout Remarks
  ) {
    family = shebang.family
    self.script = script
    if shebang.isLookedUp {
      let assumed = lookedUp(shebang.interpreter)
      path = assumed == "/bin/sh" ? nil : assumed
      commands = [shebang.interpreter]
      let text =
        "\(shebang.interpreter) is looked up by its first line; here it is taken from \(assumed)"
      // Shells lie in /bin everywhere; the others do not.
      if Self.shells.contains(family) {
        remarks.note(.interpreterAssumed, text)
      } else {
        remarks.gap(.interpreterAssumed, text)
      }
    } else {
      path = shebang.interpreter == "/bin/sh" ? nil : shebang.interpreter
    }
    applyOptions(shebang, &remarks)
  }

  /// The executor starts the interpreter itself, so options on the first line would be lost.
  private mutating func applyOptions(_ shebang: Shebang, _ remarks: inout Remarks) {
    guard !shebang.options.isEmpty, !Self.readers.contains(family) else { return }
    let options = shebang.options.joined(separator: " ")
    let isSettable =
      isShell && shebang.options.count == 1 && options.hasPrefix("-")
      && options.dropFirst().allSatisfy { "euxvfn".contains($0) } && !options.contains("n")
    guard isSettable else {
      remarks.gap(
        .interpreterOptions,
        "its first line gives \(shebang.interpreter) the options \(options), which do not come along"
      )
      return
    }
    script = "set \(options) # \(shebang.line)" + script.dropFirst(shebang.line.count)
  }
}
