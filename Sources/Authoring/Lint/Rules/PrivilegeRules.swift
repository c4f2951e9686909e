/// Set-user-id programs in a script that has no use of them: without `needs: [privileges]` it runs with
/// no_new_privs (docs/ISOLATION.md).
struct PrivilegeRules {
  let subject: Subject
  let contexts: [ShellContext]
  let findings: Findings

  func check() {
    for context in contexts where isHeld(context.script) { check(context) }
    for script in subject.scripts where script.language == .powerShell && isHeld(script) {
      checkPowerShell(script)
    }
  }

  /// Linux alone has no_new_privs.
  private func isHeld(_ script: Script) -> Bool {
    guard !script.needs.contains("privileges") else { return false }
    return script.platforms.isEmpty || script.platforms.contains("linux")
  }

  private static let programs: Set<String> = ["sudo", "su", "doas", "pkexec"]

  /// Each program is told once for a script.
  private func check(_ context: ShellContext) {
    var told: Set<String> = []
    for invocation in context.invocations {
      let name = invocation.name
      guard Self.programs.contains(name), !context.isFunction(name),
        !invocation.asksAboutItself, told.insert(name).inserted
      else { continue }
      tell(name, in: context.script, invocation.nameRange)
    }
  }

  private func checkPowerShell(_ script: Script) {
    var told: Set<String> = []
    for (_, token) in PowerShellWords.commands(in: script) {
      let name = String(token.text.split(separator: "/").last ?? "")
      guard Self.programs.contains(name), told.insert(name).inserted else { continue }
      tell(name, in: script, token.range)
    }
  }

  private func tell(_ name: String, in script: Script, _ range: Range<Int>) {
    findings.add(
      .undeclaredPrivileges, in: script, range,
      "\(name) can give this script nothing that it has not (no_new_privs): it fails where the"
        + " agent is not root or the tool has runAs, and is of no use where the agent is root",
      remedy: "write \"needs: [privileges]\" beside \"with\"; or take \(name) out where the agent"
        + " is root, or name the user for the whole script with \"runAs\"")
  }
}

extension ShellInvocation {
  /// `sudo --version`
  fileprivate var asksAboutItself: Bool {
    arguments.count == 1 && has("--version", "--help", "-V")
  }
}
