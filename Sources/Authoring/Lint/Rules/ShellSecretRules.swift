extension ShellRules {
  /// A secret in the arguments or the environment of a process, where others can read it.
  func checkSecrets() {
    guard !context.secrets.isEmpty else { return }
    for invocation in context.invocations {
      if invocation.name == "export" || invocation.name == "declare" {
        checkExport(invocation)
      } else if !ShellContext.builtins.contains(invocation.name),
        !context.isFunction(invocation.name)
      {
        checkArguments(invocation)
      }
    }
    for command in context.shell.commands where command.kind == .simple {
      checkPrefix(command)
    }
  }

  private func secret(in word: ShellWord) -> ShellWord.Part? {
    word.parts.first { part in
      guard case .parameter(let name, let modifier) = part.kind, modifier != "#",
        !modifier.hasSuffix("+")
      else { return false }
      return context.secrets.contains(name)
    }
  }

  private func checkArguments(_ invocation: ShellInvocation) {
    // The words of sudo are those of the program that it runs.
    guard context.isInnermost(invocation) else { return }
    for word in invocation.arguments {
      guard let part = secret(in: word) else { continue }
      findings.add(
        .secretShown, in: context.script, part.range,
        "\(text(part.range)) is a secret, and the arguments of \(invocation.name) are shown to"
          + " every process of the endpoint",
        remedy: "hand it over by standard input, or a file that only its owner may read:"
          + " printf '%s' \"$SECRET\" | \(invocation.name) …")
      return
    }
  }

  /// `export PASSWORD`, `export PASSWORD=…`
  private func checkExport(_ invocation: ShellInvocation) {
    for word in invocation.arguments {
      let name = String(word.prefix.prefix { $0 != "=" })
      // `export PASSWORD=` takes one away.
      guard context.secrets.contains(name), word.literal != name + "=" else { continue }
      findings.add(
        .secretShown, in: context.script, word.range,
        "\(name) is a secret, and every program that the script starts gets it in its environment",
        remedy: "keep it in the shell, and hand it by standard input to the one program that needs"
          + " it")
    }
  }

  /// `PGPASSWORD="$PASSWORD" psql …`
  private func checkPrefix(_ command: ShellCommand) {
    guard let name = command.words.first?.literal, !ShellContext.builtins.contains(name) else {
      return
    }
    for assignment in command.assignments {
      guard secret(in: assignment.value) != nil else { continue }
      findings.add(
        .secretShown, in: context.script, assignment.range,
        "\(assignment.name) puts a secret into the environment of \(name), where other processes"
          + " can read it",
        remedy: "hand it over by standard input, or a file that only its owner may read")
    }
  }
}
