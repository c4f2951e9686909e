/// Set-user-id programs in a script that has no use of them: without `needs: [privileges]` it runs with
/// no_new_privs (docs/ISOLATION.md).
struct PrivilegeRules {
  let contexts: [ShellContext]
  let findings: Findings

  func check() {
    for context in contexts where isHeld(context.script) { check(context) }
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
      findings.add(
        .undeclaredPrivileges, in: context.script, invocation.nameRange,
        "\(name) can give this script nothing that it has not (no_new_privs): it fails where the"
          + " agent is not root or the tool has runAs, and is of no use where the agent is root",
        remedy: "write \"needs: [privileges]\" beside \"with\"; or take \(name) out where the agent"
          + " is root, or name the user for the whole script with \"runAs\"")
    }
  }
}

extension ShellInvocation {
  /// `sudo --version`
  fileprivate var asksAboutItself: Bool {
    arguments.count == 1 && has("--version", "--help", "-V")
  }
}
