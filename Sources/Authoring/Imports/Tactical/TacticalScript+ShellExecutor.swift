internal import JSON

/// Scripts that the shell executor starts, on Linux and macOS.
extension TacticalScript {
  func python(_ remarks: inout Remarks) throws(ItemRefusal) -> Draft {
    let script = try text(.other, &remarks)
    var interpreter = Interpreter(path: "/usr/bin/python3", family: "python", script: script)
    if let shebang = Shebang(script) {
      interpreter = Interpreter(shebang, script, &remarks)
    } else {
      remarks.gap(
        .interpreterAssumed, "it has no first line that names its Python; /usr/bin/python3 is taken"
      )
    }
    return try onShellExecutor(interpreter, ScriptUse.python(script).argumentCount, &remarks)
  }

  func unixShell(_ remarks: inout Remarks) throws(ItemRefusal) -> Draft {
    let script = try text(.other, &remarks)
    var interpreter = Interpreter(path: nil, family: "sh", script: script)
    if let shebang = Shebang(script) {
      interpreter = Interpreter(shebang, script, &remarks)
    } else {
      remarks.gap(
        .interpreterAssumed,
        "it has no first line that names its shell; the executor's /bin/sh is taken")
    }
    let count =
      interpreter.family == "python"
      ? ScriptUse.python(script).argumentCount : ScriptUse.shell(script).argumentCount
    return try onShellExecutor(interpreter, count, &remarks)
  }

  func nushell(_ remarks: inout Remarks) throws(ItemRefusal) -> Draft {
    let script = try text(.other, &remarks)
    var interpreter = Interpreter(path: "/usr/bin/nu", family: "nu", script: script)
    interpreter.commands = ["nu"]
    remarks.gap(.interpreterAssumed, "nushell is taken from /usr/bin/nu")
    let takes = script.contains("def main") && script.contains("[")
    return try onShellExecutor(
      interpreter, takes ? ScriptUse.manyArguments : 0, &remarks)
  }

  private func onShellExecutor(
    _ interpreter: Interpreter, _ count: Int, _ remarks: inout Remarks
  ) throws(ItemRefusal) -> Draft {
    let os = platforms.filter { $0 != "windows" }
    guard !os.isEmpty else {
      throw ItemRefusal(
        .scriptLanguage,
        "it is for Windows alone, where no executor starts \(interpreter.family); the shell executor"
          + " does so on Linux and macOS")
    }
    if os.count < platforms.count {
      remarks.gap(
        .platformDropped,
        "no executor starts \(interpreter.family) on Windows, so it is left out there")
    }
    var draft = empty()
    var builder = TacticalArguments([])
    let names = positional(
      arguments.map { TacticalTemplate($0) }, count == 0 ? nil : count, &builder, &remarks)
    var variant = Draft.Variant(os: os, commands: interpreter.commands)
    variant.interpreter = interpreter.path
    variant.script = interpreter.script
    variant.argumentList = names
    variant.environment = builder.addVariables(environment, &remarks)
    if builder.arguments.contains(where: \.isSecret) {
      try hideSecrets(interpreter, builder, &variant, &remarks)
    }
    draft.arguments = builder.arguments
    draft.variants = [variant]
    return draft
  }

  /// A shell takes its secrets from standard input, and puts them where the script looks for them.
  private func hideSecrets(
    _ interpreter: Interpreter, _ builder: TacticalArguments, _ variant: inout Draft.Variant,
    _ remarks: inout Remarks
  ) throws(ItemRefusal) {
    guard interpreter.isShell else {
      try refuseSecrets(variant.environment, builder)
      let name = builder.arguments.first(where: \.isSecret)?.name ?? ""
      throw ItemRefusal(
        .secretUnreachable,
        "it takes the secret \(name) as an argument, where other processes could read it; have it read"
          + " the secret from standard input")
    }
    let isSecret = Set(builder.arguments.filter(\.isSecret).map(\.name))
    var secrets: [ShellFrame.Secret] = []
    for variable in variant.environment where isSecret.contains(variable.argument) {
      secrets.append(ShellFrame.Secret(argument: variable.argument, variable: variable.name))
      remarks.gap(
        .secretVariable,
        "it gets \(variable.name) as a variable that is not exported: programs that it starts do not see"
          + " it")
    }
    variant.environment.removeAll { isSecret.contains($0.argument) }
    // What has a default or has to be given comes first, and is always there.
    let given = variant.argumentList.prefix(arguments.count)
    var list = ""
    if given.contains(where: isSecret.contains) {
      for (index, name) in given.enumerated() {
        let variable = "signalbox_argument\(index + 1)"
        if isSecret.contains(name) {
          secrets.append(ShellFrame.Secret(argument: name, variable: variable))
        } else {
          list += "\(variable)=$1; shift\n"
        }
      }
      let words = given.indices.map { "\"$signalbox_argument\($0 + 1)\"" }.joined(separator: " ")
      list += "set -- \(words) \"$@\"\n"
    }
    variant.argumentList.removeAll { isSecret.contains($0) }
    variant.hasStdin = true
    variant.script = ShellFrame.inserted(
      ShellFrame.reading(secrets) + list, into: interpreter.script)
  }
}
