internal import Catalog

/// What can be wrong with a script of a shell, whatever its tool is for.
struct ShellRules {
  let context: ShellContext
  let findings: Findings

  private var script: Script { context.script }
  private var shell: ShellScript { context.shell }

  func check() {
    if let fault = shell.fault {
      findings.add(
        .shellSyntax, in: script, fault.offset..<(fault.offset + 1),
        "the shell cannot read this script: \(fault.message)",
        remedy: "close what is open; \"sh -n\" on the script says where the shell gives up")
    }
    checkExtensions()
    for invocation in context.invocations {
      checkEval(invocation)
      checkPrompt(invocation)
      checkDownload(invocation)
      checkFormat(invocation)
      checkOption(invocation)
      checkInterpreted(invocation)
    }
    for command in shell.commands {
      checkQuoting(command)
      checkChosenProgram(command)
    }
    checkHereDocuments()
    checkTemporaryFiles()
    checkCommands()
    checkSecrets()
  }

  // MARK: - Extensions

  private func checkExtensions() {
    guard script.language == .shell(hasExtensions: false) else { return }
    for found in shell.extensions {
      findings.add(
        .bashInShell, in: script, found.range,
        "\(found.what) is bash, and /bin/sh is another shell on many endpoints",
        remedy: "write it as POSIX has it, or ask for bash: \"interpreter: /bin/bash\", and"
          + " \"commands: [bash]\" under \"when\"")
    }
    for invocation in context.invocations where invocation.name == "source" {
      findings.add(
        .bashInShell, in: script, invocation.nameRange,
        "source is bash, and /bin/sh is another shell on many endpoints",
        remedy: "write \".\" and the path with its directory")
    }
  }

  // MARK: - Text that becomes program

  private func checkEval(_ invocation: ShellInvocation) {
    guard invocation.name == "eval", !context.isFunction("eval") else { return }
    findings.add(
      .shellEval, in: script, invocation.nameRange,
      "eval runs text as program: whatever stands in a variable becomes part of it",
      remedy: "call the command itself, with \"$VARIABLE\" for each argument; \"set --\" builds"
        + " lists")
  }

  /// `curl … | sh`
  private func checkDownload(_ invocation: ShellInvocation) {
    let command = context.command(of: invocation)
    guard Interpreters.shells.contains(invocation.name) || Interpreters.takesCode(invocation.name),
      invocation.operand() == nil, let source = command.source,
      let before = shell.commands[source].words.first?.literal,
      ["curl", "wget", "fetch", "aria2c"].contains(before)
    else { return }
    findings.add(
      .pipedDownload, in: script, invocation.nameRange,
      "\(invocation.name) runs what \(before) downloads, even half of it, and whatever the server"
        + " sends today",
      remedy: "ship what is to run in the script, or download a file, check its digest, and run"
        + " it then")
  }

  // MARK: - Arguments

  private func checkQuoting(_ command: ShellCommand) {
    guard command.kind == .simple || command.kind == .forList, !context.arguments.isEmpty else {
      return
    }
    let words = command.words + command.redirects.map(\.target)
    for word in words {
      for part in word.parts where part.quoting == .none {
        guard case .parameter(let name, _) = part.kind,
          context.origin(of: part, in: command) != nil
        else { continue }
        let written = text(part.range)
        findings.add(
          .unquotedArgument, in: script, part.range,
          "\(written) is not quoted: blanks in it make several words of it, and * or ? a list of"
            + " files",
          remedy: name == "*" ? "write \"$@\"" : "write \"\(written)\"")
      }
    }
  }

  /// `printf "$TEXT"`
  private func checkFormat(_ invocation: ShellInvocation) {
    guard invocation.name == "printf", let format = invocation.operand(after: ["-v"]) else {
      return
    }
    let command = context.command(of: invocation)
    for part in format.parts {
      guard let origin = context.origin(of: part, in: command), origin.isFreeText else { continue }
      findings.add(
        .argumentAsFormat, in: script, part.range,
        "\(text(part.range)) stands in the format of printf: a % or \\ in it is an instruction",
        remedy: "write printf '%s' \"\(text(part.range))\"")
      return
    }
  }

  /// `cat "$FILE"`, where FILE may be `--help`.
  private func checkOption(_ invocation: ShellInvocation) {
    guard OptionTakers.names.contains(invocation.name), !invocation.has("--") else { return }
    let command = context.command(of: invocation)
    var previous = ""
    for word in invocation.arguments {
      defer { previous = word.prefix }
      // It may be the value of the option before it.
      guard !previous.hasPrefix("-"), let first = word.parts.first,
        let origin = context.origin(of: first, in: command), let argument = origin.argument,
        argument.isFreeText, OptionTakers.mayBeOption(argument)
      else { continue }
      findings.add(
        .argumentAsOption, in: script, word.range,
        "\(argument.name) may begin with -, and \(invocation.name) takes it for an option then",
        remedy: "end the options before it: \(invocation.name) … -- \(text(word.range)); or let its"
          + " pattern refuse it")
    }
  }

  // MARK: - Files

  private func checkTemporaryFiles() {
    for command in shell.commands {
      var targets = command.redirects.filter(\.isOutput).map(\.target)
      if command.words.first?.literal == "tee" { targets += command.words.dropFirst() }
      for target in targets {
        guard let path = target.literal,
          path.hasPrefix("/tmp/") || path.hasPrefix("/var/tmp/") || path.hasPrefix("/dev/shm/")
        else { continue }
        findings.add(
          .fixedTemporaryFile, in: script, target.range,
          "\(path) is a name that anyone on the endpoint can foresee, and make a link of",
          remedy: "write file=$(mktemp) || exit, and trap 'rm -f \"$file\"' EXIT")
      }
    }
  }

  func text(_ range: Range<Int>) -> String { script.excerpt(range) }
}
