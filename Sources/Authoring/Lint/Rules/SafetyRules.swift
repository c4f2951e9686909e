internal import Catalog

/// Effects and approval, held against each other, the words for people, and the scripts.
struct SafetyRules {
  let subject: Subject
  let contexts: [ShellContext]
  let findings: Findings

  func check() {
    checkApproval()
    checkReadOnlyWords()
    for context in contexts { checkShell(context) }
    for script in subject.scripts {
      switch script.language {
      case .powerShell: checkPowerShell(script)
      case .appleScript: checkAppleScript(script)
      case .shell, .javaScript, .other: break
      }
    }
  }

  private func checkApproval() {
    guard subject.effect("destructive") == true, let node = subject.root["approval"],
      node.string == "none"
    else { return }
    findings.add(
      .unapprovedRisk, at: node.position, length: 4,
      "a tool that may destroy something is delivered without anybody agreeing",
      remedy: "write \"approval: operator\", or \"two-person\" where one slip is one too many")
  }

  // MARK: - Read-only

  /// Verbs that a tool which only reads is not named by.
  private static let verbs: Set<String> = [
    "restart", "reboot", "delete", "remove", "stop", "kill", "terminate", "uninstall", "install",
    "wipe", "erase", "format", "reset", "disable", "enable", "purge", "clear", "clean", "drop",
    "truncate", "shutdown", "start", "create", "add", "update", "upgrade", "set", "change", "write",
    "rename", "move", "lock", "unlock", "revoke", "flush", "rotate", "repair", "fix", "apply",
  ]
  /// `reboot-required` and `install-date` are about it, and do nothing.
  private static let states: Set<String> = [
    "required", "needed", "pending", "status", "history", "log", "logs", "list", "date", "time",
    "count", "size", "level", "info", "check", "report", "state", "events", "available", "plan",
    "of", "due", "errors", "failures", "reason",
  ]

  private func checkReadOnlyWords() {
    guard subject.effect("readOnly") == true else { return }
    for field in ["name", "title"] {
      guard let node = subject.root[field], let text = node.string else { continue }
      let last = field == "name" ? text.split(separator: ".").last.map(String.init) ?? "" : text
      let words = last.lowercased().split { !$0.isLetter }.map(String.init)
      guard let verb = words.first, Self.verbs.contains(verb),
        words.count == 1 && field == "name" || words.count > 1 && !Self.states.contains(words[1])
      else { continue }
      contradicted(
        at: node.position, length: text.unicodeScalars.count, "its \(field) says \"\(verb)\"")
    }
  }

  private func contradicted(at position: Position, length: Int, _ why: String) {
    findings.add(
      .readOnlyContradicted, at: position, length: length,
      "the tool says that it only reads, and \(why)", remedy: Self.remedy)
  }

  private func contradicted(in script: Script, _ range: Range<Int>, _ what: String) {
    findings.add(
      .readOnlyContradicted, in: script, range,
      "the tool says that it only reads, and \(what) changes the endpoint", remedy: Self.remedy)
  }

  private static let remedy =
    "set readOnly to false, and destructive to what is true; or take out what changes something"

  private func checkShell(_ context: ShellContext) {
    let isReadOnly = subject.effect("readOnly") == true
    for invocation in context.invocations where !context.isFunction(invocation.name) {
      if let what = ShellEffects.reboot(invocation) {
        checkReboot(context.script, invocation.nameRange, what)
      } else if isReadOnly,
        let what = ShellEffects.change(invocation, temporaries: context.temporaries)
      {
        contradicted(in: context.script, invocation.nameRange, what)
      }
    }
    guard isReadOnly else { return }
    for command in context.shell.commands {
      for redirect in command.redirects where redirect.isOutput {
        guard let path = redirect.target.literal, path.hasPrefix("/"), !path.hasPrefix("/dev/"),
          !path.hasPrefix("/tmp/"), !path.hasPrefix("/var/tmp/"), !path.hasPrefix("/proc/self/")
        else { continue }
        contradicted(in: context.script, redirect.range, "writing to \(excerpt(path))")
      }
    }
  }

  private func checkPowerShell(_ script: Script) {
    for (_, token) in PowerShellWords.commands(in: script) {
      if PowerShellWords.restarts.contains(token.lower) {
        checkReboot(script, token.range, token.text)
      } else if subject.effect("readOnly") == true, PowerShellWords.change(token.text) {
        contradicted(in: script, token.range, excerpt(token.text))
      }
    }
  }

  /// `tell application "System Events" to restart`
  private func checkAppleScript(_ script: Script) {
    let tokens = script.tokens
    for (index, token) in tokens.enumerated() where token.kind == .word {
      let isShutDown =
        token.isWord("shut") && tokens[index...].dropFirst().first?.isWord("down") ?? false
      guard token.isWord("restart") || isShutDown else { continue }
      let previous = index > 0 ? tokens[index - 1] : nil
      guard previous == nil || previous?.kind == .lineEnd || previous?.isWord("to") ?? false else {
        continue
      }
      checkReboot(script, token.range, isShutDown ? "shut down" : "restart")
    }
  }

  // MARK: - Reboots

  private static let rebootWords: [StaticString] = [
    "reboot", "restart", "shut", "power", "halt", "turn",
  ]

  /// A reboot is declared by `destructive: true`, and by a word of it where people choose the tool.
  private func checkReboot(_ script: Script, _ range: Range<Int>, _ what: String) {
    let words = ["title", "description"].compactMap { subject.root[$0]?.string?.lowercased() }
    let isSaid = words.contains { text in Self.rebootWords.contains { text.holds($0) } }
    let isDestructive = subject.effect("destructive") != false
    guard !isSaid || !isDestructive else { return }
    findings.add(
      .undeclaredReboot, in: script, range,
      "\(excerpt(what)) takes the endpoint down, and "
        + (isDestructive
          ? "neither title nor description says so" : "the tool is not declared as destructive"),
      remedy: "set destructive to true, and say in the description that the endpoint restarts")
  }
}
