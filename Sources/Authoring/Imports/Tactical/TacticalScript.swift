internal import Catalog
internal import JSON

/// The script of one item, by the shell that runs it: its arguments, its platforms, and what has to
/// be put around it.
struct TacticalScript {
  let shell: String
  /// The name of the file.
  let path: String
  let bytes: [UInt8]
  let arguments: [String]
  let environment: [String]
  let platforms: [String]
  /// Whether people are told to give arguments.
  let hasSyntax: Bool
  private(set) var help: CommentHelp?

  init(
    shell: String, path: String, bytes: [UInt8], arguments: [String], environment: [String],
    platforms: [String], hasSyntax: Bool
  ) {
    self.shell = shell
    self.path = path
    self.bytes = bytes
    self.arguments = arguments
    self.environment = environment
    self.platforms = platforms
    self.hasSyntax = hasSyntax
  }

  mutating func draft(_ remarks: inout Remarks) throws(ItemRefusal) -> Draft {
    switch shell {
    case "powershell": return try powerShell(&remarks)
    case "cmd": return try batch(&remarks)
    case "python": return try python(&remarks)
    case "shell": return try unixShell(&remarks)
    case "nushell": return try nushell(&remarks)
    case "deno":
      throw ItemRefusal(
        .scriptLanguage,
        "it runs with deno, which wants \"run\" and its permissions before the file; the shell"
          + " executor starts INTERPRETER SCRIPT ARGUMENTS, and cannot say that")
    default:
      throw ItemRefusal(
        .scriptLanguage, "no executor runs the shell \(shell.quoted())")
    }
  }

  func empty() -> Draft { Draft(origin: "", title: "", description: "") }

  func text(
    _ reader: ScriptText.Reader, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> String {
    let text = try ScriptText(bytes, path: path, reader: reader)
    remarks.take(text)
    try refuseSnippets(text.text)
    return text.text
  }

  /// `{{name}}` in a script is a snippet, which Tactical RMM keeps elsewhere; with a dot it is left
  /// as it is there too.
  private func refuseSnippets(_ script: String) throws(ItemRefusal) {
    var line = 1
    for part in script.split(separator: "\n", omittingEmptySubsequences: false) {
      let template = TacticalTemplate(String(part)).templates.first { name in
        name.first.map { $0.isLetter || $0 == "_" } ?? false
          && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
      }
      if let template {
        throw ItemRefusal(
          .scriptSnippet,
          "line \(line) of \(path) has {{\(template)}}: a snippet of Tactical RMM is put in there, or"
            + " it is the script's own; write it out, or apart, since a definition holds no templates"
        )
      }
      line += 1
    }
  }

  func variables(
    _ builder: inout TacticalArguments, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> [(name: String, argument: String)] {
    let bound = builder.addVariables(environment, &remarks)
    try refuseSecrets(bound, builder)
    return bound
  }

  func refuseSecrets(
    _ bound: [(name: String, argument: String)], _ builder: TacticalArguments
  ) throws(ItemRefusal) {
    for variable in bound {
      guard let argument = builder.arguments.first(where: { $0.name == variable.argument }),
        argument.isSecret
      else { continue }
      throw ItemRefusal(
        .secretUnreachable,
        "it reads the secret \(variable.name) from its environment, where no secret travels; have it"
          + " read the secret from standard input")
    }
  }

  // MARK: PowerShell

  private mutating func powerShell(_ remarks: inout Remarks) throws(ItemRefusal) -> Draft {
    let script = try text(.windows, &remarks)
    let help = CommentHelp(script)
    self.help = help
    let block: ParamBlock?
    do throws(PowerShellScanner.Unreadable) {
      block = try ParamBlock.read(script)
    } catch {
      throw ItemRefusal(
        .scriptLanguage,
        "the parameters of \(path) cannot be read: line \(error.line): \(error.reason)")
    }
    let uses = PowerShellWords(script)
    var draft = empty()
    var variant = Draft.Variant(os: platforms, executor: "powershell", script: script)
    var builder: TacticalArguments
    if let block, !block.parameters.isEmpty {
      let parameters = try ScriptParameters(block, help, &remarks)
      builder = TacticalArguments(parameters.arguments)
      builder.bind(TacticalWord.powerShell(arguments), to: parameters, &remarks)
      variant.script = PowerShellFrame.named(parameters.bindings).around(script)
      variant.hasStdin = !parameters.arguments.isEmpty
    } else {
      builder = TacticalArguments([])
      let words = TacticalWord.powerShell(arguments).map(\.template)
      let names = positional(words, uses.positionalCount, &builder, &remarks)
      if !names.isEmpty {
        variant.script = PowerShellFrame.positional(names).around(script)
        variant.hasStdin = true
      }
    }
    uses.remark(isFramed: variant.hasStdin, &remarks)
    variant.environment = try variables(&builder, &remarks)
    draft.arguments = builder.arguments
    draft.variants = [variant]
    return draft
  }

  /// - Parameter count: of the arguments that the script reads; `nil` if it reads none, 0 if any.
  func positional(
    _ words: [TacticalTemplate], _ count: Int?, _ builder: inout TacticalArguments,
    _ remarks: inout Remarks
  ) -> [String] {
    guard let count else {
      if !words.isEmpty {
        let list = words.map(\.source).joined(separator: " ")
        remarks.gap(
          .argumentIgnored,
          "the script reads no arguments, so the default ones are left out: \(list.quoted())")
      }
      return []
    }
    return builder.addPositional(
      words, count: count == 0 ? max(words.count, ScriptUse.manyArguments) : count, &remarks)
  }

  // MARK: Batch files

  private func batch(_ remarks: inout Remarks) throws(ItemRefusal) -> Draft {
    guard platforms.contains("windows") else {
      throw ItemRefusal(
        .platformUnknown, "it is a batch file, and Windows is none of its platforms")
    }
    if platforms.count > 1 {
      remarks.gap(
        .platformDropped, "batch files run on Windows alone; the other platforms are left out")
    }
    let script = try BatchFrame.around(
      try text(.windows, &remarks), path: path, hasArguments: hasSyntax, &remarks)
    var draft = empty()
    var builder = TacticalArguments([])
    let environment = try variables(&builder, &remarks)
    guard environment.isEmpty else {
      throw ItemRefusal(
        .batchArguments,
        "it reads variables that are arguments, and cmd.exe puts variables into the text of a batch"
          + " file before it reads it; rewrite it for PowerShell")
    }
    draft.variants = [Draft.Variant(os: ["windows"], executor: "powershell", script: script)]
    return draft
  }
}
