/// What can be wrong with a script of PowerShell, by its tokens.
struct PowerShellRules {
  let script: Script
  let findings: Findings
  private let tokens: [Token]
  private let commands: [(index: Int, token: Token)]

  init(_ script: Script, _ findings: Findings) {
    self.script = script
    self.findings = findings
    tokens = script.tokens
    commands = PowerShellWords.commands(in: script)
  }

  func check() {
    for (index, token) in commands {
      checkEval(index, token)
      checkPrompt(index, token)
      checkModule(index, token)
    }
    checkMembers()
    checkSecrets()
    if !goesOnAfterErrors() { return }
    let start = tokens.first?.range ?? 0..<1
    findings.add(
      .powerShellGoesOn, in: script, start,
      "PowerShell goes on after most errors, and ends with 0 then",
      remedy: "begin with $ErrorActionPreference = 'Stop'")
  }

  private func goesOnAfterErrors() -> Bool {
    !tokens.contains { $0.kind == .variable && $0.lower == "erroractionpreference" }
      && !tokens.contains { $0.isWord("exit") }
  }

  /// With what the nouns of commands begin that are functions of modules, most of them made by CDXML:
  /// those that tools ask. The others are compiled.
  private static let modules = [
    "bitlocker", "disk", "dnsclient", "mp", "net", "partition", "physicaldisk", "print",
    "scheduledtask", "smb", "storage", "virtualdisk", "volume", "vpnconnection",
  ]

  private func checkModule(_ index: Int, _ token: Token) {
    let parts = token.lower.split(separator: "-", maxSplits: 1)
    guard parts.count == 2, Self.modules.contains(where: { parts[1].hasPrefix($0) }),
      !arguments(after: index).contains(where: { $0.isWord("erroraction", "ea") })
    else { return }
    findings.add(
      .powerShellModuleGoesOn, in: script, token.range,
      "\(excerpt(token.text)) is a function of a module, and goes on after errors whatever"
        + " $ErrorActionPreference the script has",
      remedy: "add -ErrorAction Stop")
  }

  // MARK: - Text that becomes program

  private func evaluates(_ token: Token, _ what: String) {
    findings.add(
      .powerShellEval, in: script, token.range,
      "\(what) runs text as program: whatever stands in a variable becomes part of it",
      remedy: "call the command itself, with & and its arguments as an array: & $program"
        + " @arguments")
  }

  private func checkEval(_ index: Int, _ token: Token) {
    switch token.lower {
    case "invoke-expression", "iex": evaluates(token, excerpt(token.text))
    case "powershell", "powershell.exe", "pwsh", "pwsh.exe", "cmd", "cmd.exe":
      guard let code = arguments(after: index).first(where: takesText) else { return }
      evaluates(code, "\(token.text) with a text that is put together")
    default: break
    }
  }

  /// A word after `-Command` or `/c` that a value is put into; or a program in disguise.
  private func takesText(_ token: Token) -> Bool {
    if token.kind == .string, token.isExpanded { return true }
    return token.isWord("encodedcommand", "enc")
  }

  /// The tokens of a command after its name.
  private func arguments(after index: Int) -> ArraySlice<Token> {
    tokens[(index + 1)...].prefix { token in
      token.kind != .lineEnd && !token.isSymbol(";") && !token.isSymbol("|")
    }
  }

  /// `[scriptblock]::Create(…)`, `$ExecutionContext.InvokeCommand.InvokeScript(…)`, and consoles
  /// that are read from.
  private func checkMembers() {
    for (index, token) in tokens.enumerated() where token.kind == .word {
      switch token.lower {
      case "create" where follows("scriptblock", index): evaluates(token, "[scriptblock]::Create")
      case "invokescript", "newscriptblock": evaluates(token, excerpt(token.text))
      case "readline", "readkey", "promptforchoice", "promptforcredential":
        prompts(token, excerpt(token.text))
      default: break
      }
    }
  }

  private func follows(_ name: String, _ index: Int) -> Bool {
    tokens[max(0, index - 5)..<index].contains { $0.lower == name }
  }

  // MARK: - Prompts

  private func prompts(_ token: Token, _ what: String) {
    findings.add(
      .prompt, in: script, token.range, "\(what) waits for somebody, and nobody is there",
      remedy: "take the value as an argument; a secret by \"stdin: json\"")
  }

  private func checkPrompt(_ index: Int, _ token: Token) {
    switch token.lower {
    case "read-host", "pause", "out-gridview", "ogv", "choice", "choice.exe":
      prompts(token, excerpt(token.text))
    case "get-credential":
      let isGiven = arguments(after: index).contains { $0.isWord("credential") }
      if !isGiven { prompts(token, excerpt(token.text)) }
    default: break
    }
  }

  // MARK: - Secrets

  private static let programs: Set<String> = [
    "start-process", "net", "net.exe", "schtasks", "schtasks.exe", "sc.exe", "psexec", "psexec.exe",
    "msiexec", "msiexec.exe", "cmdkey", "cmdkey.exe", "curl.exe", "wmic", "runas",
  ]

  /// A secret among the arguments of a program.
  private func checkSecrets() {
    for (index, token) in commands
    where Self.programs.contains(token.lower) || token.lower.hasSuffix(".exe") {
      let shown = arguments(after: index).first { argument in
        switch argument.kind {
        case .variable: SecretName.isSecret(Self.name(of: argument))
        case .string:
          argument.isExpanded && Self.names(in: argument).contains(where: SecretName.isSecret)
        case .word, .symbol, .lineEnd: false
        }
      }
      guard let shown else { continue }
      findings.add(
        .secretShown, in: script, shown.range,
        "a secret stands in the arguments of \(excerpt(token.text)), which are shown to every"
          + " process of the endpoint",
        remedy: "hand it over by standard input, or use a cmdlet that takes a SecureString")
    }
    for (index, token) in tokens.enumerated() where token.kind == .variable {
      guard token.lower.hasPrefix("env:"), SecretName.isSecret(Self.name(of: token)),
        index + 1 < tokens.count, tokens[index + 1].isSymbol("="),
        index + 2 >= tokens.count || !tokens[index + 2].isSymbol("=")
      else { continue }
      findings.add(
        .secretShown, in: script, token.range,
        "$\(excerpt(token.text)) gives a secret to every program that the script starts",
        remedy: "keep it in a variable of the script")
    }
  }

  /// `name` of `$env:name`.
  static func name(of token: Token) -> String {
    String(token.text.split(separator: ":").last ?? "")
  }

  /// The variables in an expandable string.
  private static func names(in token: Token) -> [String] {
    token.text.split(separator: "$").dropFirst().map { piece in
      String(piece.drop { "{(".contains($0) }.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
    }
  }
}
