internal import JSON

/// The script of a step, with its splices taken out.
struct SSMScript {
  enum Language { case shell, powerShell }

  private let language: Language
  private let lines: [String]
  private let parameters: SSMParameters
  private let document: String
  /// Those that the script uses, in the order of the document.
  private(set) var arguments: [Draft.Argument] = []
  private var names = ArgumentNames()
  /// The variable that each argument is in the script.
  private var variables: [String: String] = [:]

  init(language: Language, lines: [String], parameters: SSMParameters, document: String) {
    self.language = language
    self.lines = lines
    self.parameters = parameters
    self.document = document
  }

  mutating func variant(
    workingDirectory: JSON?, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> Draft.Variant {
    try refuseCommands()
    let text = try ScriptText(
      Array(lines.joined(separator: "\n").utf8), path: "the script",
      reader: language == .powerShell ? .windows : .other)
    for note in text.notes { remarks.note(note.code, note.message) }
    let uses = Uses(parameters: parameters)
    var variant = Draft.Variant()
    switch language {
    case .shell: try shell(text.text, uses, workingDirectory, &variant, &remarks)
    case .powerShell: try powerShell(text.text, uses, workingDirectory, &variant, &remarks)
    }
    guard variant.script.utf8.count <= 256 << 10 else {
      throw ItemRefusal(.scriptTooLarge, "the script has more than 262,144 bytes")
    }
    return variant
  }

  /// The splices that were met. A class, because the splicer's question comes from within.
  final class Uses {
    private let parameters: SSMParameters
    private(set) var names: [String] = []
    /// What stands in the document without being a parameter: `ssm:/path`.
    private(set) var stored: [(name: String, isSecret: Bool)] = []

    init(parameters: SSMParameters) { self.parameters = parameters }

    /// - Returns: the parameter, or `nil` for text that is no splice.
    func parameter(_ name: String) throws(ItemRefusal) -> Draft.Argument? {
      if let parameter = parameters[name] {
        add(name)
        return parameter.argument
      }
      for (prefix, isSecret) in [("ssm:", false), ("ssm-secure:", true)]
      where name.hasPrefix(prefix) {
        if !stored.contains(where: { $0.name == name }) { stored.append((name, isSecret)) }
        var argument = Draft.Argument(
          SSMParameters.variable(for: name), JSONObject([("type", "string")]))
        argument.isSecret = isSecret
        return argument
      }
      let isWord =
        name.first.map { $0.isLetter || $0 == "_" } ?? false
        && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }
      guard isWord || ["global:", "automation:", "resolve:"].contains(where: name.hasPrefix) else {
        return nil
      }
      throw ItemRefusal(
        .ssmSplice,
        isWord
          ? "{{ \(name) }} is no parameter of the document, and a definition holds no templates"
          : "{{ \(name) }} is filled in by Systems Manager, and by nobody here")
    }

    func add(_ name: String) {
      if !names.contains(name) { names.append(name) }
    }
  }

  /// A document such as AWS-RunShellScript, which runs what it is given.
  private func refuseCommands() throws(ItemRefusal) {
    for line in lines {
      guard let name = TacticalTemplate(Draft.line(line)).sole, let parameter = parameters[name]
      else {
        continue
      }
      guard parameter.type == "StringList" || lines.count == 1 else { continue }
      throw ItemRefusal(
        .ssmCommands,
        "its script is its parameter \(name): callers would send the script itself, and arguments never"
          + " become script text here; write a tool for each thing that is to be done")
    }
  }

  // MARK: Shells

  private mutating func shell(
    _ text: String, _ uses: Uses, _ workingDirectory: JSON?, _ variant: inout Draft.Variant,
    _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    var interpreter = Interpreter(path: nil, family: "sh", script: text)
    if let shebang = Shebang(text) {
      interpreter = Interpreter(shebang, text, &remarks)
    }
    guard interpreter.isShell else {
      try foreignLanguage(interpreter, uses, workingDirectory, &variant, &remarks)
      return
    }
    var script = try ShellSplicer.rewrite(interpreter.script, &remarks) {
      (name) throws(ItemRefusal) in
      try uses.parameter(name).map { argument in
        ShellSplicer.Value(
          variable: SSMParameters.variable(for: name), isTame: argument.isTame,
          isNumeric: argument.isNumeric, isListed: argument.isListed,
          mayHaveBlanks: argument.mayHaveBlanks, isSeveralWords: argument.isSeveralWords)
      }
    }
    let directory = try directory(workingDirectory, uses)
    collect(uses, &remarks)
    let secrets = arguments.filter(\.isSecret).map { argument in
      ShellFrame.Secret(argument: argument.name, variable: variable(of: argument))
    }
    var preamble = ShellFrame.reading(secrets)
    switch directory {
    case nil: break
    case .path(let path)?: preamble += "cd -- \(Self.quoted(path)) || exit 1\n"
    case .parameter(let name)?:
      let variable = SSMParameters.variable(for: name)
      preamble += "[ -z \"${\(variable):-}\" ] || cd -- \"$\(variable)\" || exit 1\n"
    }
    script = ShellFrame.inserted(preamble, into: script)
    variant.interpreter = interpreter.path
    variant.commands = interpreter.commands
    variant.script = script
    bind(&variant)
  }

  private mutating func foreignLanguage(
    _ interpreter: Interpreter, _ uses: Uses, _ workingDirectory: JSON?,
    _ variant: inout Draft.Variant, _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    for name in TacticalTemplate(interpreter.script).templates
    where try uses.parameter(name) != nil {
      throw ItemRefusal(
        .ssmSplice,
        "{{ \(name) }} stands in a script for \(interpreter.family), and only shells and PowerShell are"
          + " rewritten; have it read the variable \(SSMParameters.variable(for: name)) and set"
          + " interpolationType to ENV_VAR")
    }
    if workingDirectory != nil {
      remarks.gap(
        .ssmFlow, "its workingDirectory does not come along: it runs in a folder of its own")
    }
    collect(uses, &remarks)
    if let secret = arguments.first(where: \.isSecret) {
      throw ItemRefusal(
        .secretUnreachable,
        "it reads the secret \(secret.name) from its environment, where no secret travels")
    }
    variant.interpreter = interpreter.path
    variant.commands = interpreter.commands
    variant.script = interpreter.script
    bind(&variant)
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }

  // MARK: PowerShell

  private mutating func powerShell(
    _ text: String, _ uses: Uses, _ workingDirectory: JSON?, _ variant: inout Draft.Variant,
    _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    variant.executor = "powershell"
    var script = try PowerShellSplicer.rewrite(text, &remarks) { (name) throws(ItemRefusal) in
      try uses.parameter(name).map { argument in
        let variable = SSMParameters.variable(for: name)
        return PowerShellSplicer.Value(
          variable: argument.isSecret ? "${\(variable)}" : "${env:\(variable)}",
          isTame: argument.isTame, isListed: argument.isListed,
          kind: argument.schema["type"] == "integer"
            ? .integer : argument.schema["type"] == "boolean" ? .boolean : .text)
      }
    }
    let directory = try directory(workingDirectory, uses)
    collect(uses, &remarks)
    switch directory {
    case nil: break
    case .path(let path)?:
      let quoted = path.split(separator: "'", omittingEmptySubsequences: false).joined(
        separator: "''")
      script = "Set-Location -LiteralPath '\(quoted)' -ErrorAction Stop\n" + script
    case .parameter(let name)?:
      let variable = "${env:\(SSMParameters.variable(for: name))}"
      script =
        "if (\(variable)) { Set-Location -LiteralPath \(variable) -ErrorAction Stop }\n" + script
    }
    let secrets = arguments.filter(\.isSecret)
    if !secrets.isEmpty {
      script = PowerShellFrame.variables(
        secrets.map {
          PowerShellFrame.Binding(argument: $0.name, parameter: variable(of: $0))
        }
      ).around(script)
    }
    PowerShellWords(script).remark(isFramed: false, &remarks)
    variant.script = script
    bind(&variant)
  }

  // MARK: Binding

  private enum Directory {
    case path(String)
    case parameter(String)
  }

  private func directory(_ value: JSON?, _ uses: Uses) throws(ItemRefusal) -> Directory? {
    guard let text = value?.string.map({ Draft.line($0) }), !text.isEmpty else { return nil }
    let template = TacticalTemplate(text)
    if let literal = template.literal { return .path(literal) }
    guard let name = template.sole, let parameter = parameters[name], !parameter.argument.isSecret
    else {
      throw ItemRefusal(
        .ssmSplice,
        "its workingDirectory \(text.quoted()) is put together from more than one parameter")
    }
    uses.add(name)
    return .parameter(name)
  }

  private func variable(of argument: Draft.Argument) -> String {
    variables[argument.name] ?? SSMParameters.variable(for: argument.name)
  }

  /// The parameters that were met, and those that the script finds in its environment.
  private mutating func collect(_ uses: Uses, _ remarks: inout Remarks) {
    for parameter in parameters.list
    where uses.names.contains(parameter.name) || parameter.isVariable {
      var argument = parameter.argument
      argument.name = names.name(for: argument.name)
      arguments.append(argument)
      variables[argument.name] = parameter.variable
      remarks.take(parameter.remarks)
    }
    for (name, isSecret) in uses.stored {
      var argument = Draft.Argument(
        names.name(for: name),
        JSONObject([("type", "string"), ("description", .string("{{\(name)}}"))]))
      argument.isRequired = true
      argument.isSecret = isSecret
      arguments.append(argument)
      variables[argument.name] = SSMParameters.variable(for: name)
      remarks.gap(
        .ssmStored,
        "{{\(name)}} came from the Parameter Store; it is the argument \(argument.name) now, and"
          + " callers have to give it")
    }
  }

  private func bind(_ variant: inout Draft.Variant) {
    variant.environment = arguments.filter { !$0.isSecret }.map { (variable(of: $0), $0.name) }
    variant.hasStdin = arguments.contains(where: \.isSecret)
  }
}
