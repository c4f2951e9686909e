internal import Catalog

/// Exit codes: what the script ends with, and what the definition says that it means.
struct ExitRules {
  let subject: Subject
  let findings: Findings
  private let shells: [(context: ShellContext, exits: ShellExits)]

  init(subject: Subject, contexts: [ShellContext], findings: Findings) {
    self.subject = subject
    self.findings = findings
    shells = contexts.map { ($0, ShellExits($0)) }
  }

  private var mapped: Set<Int> { Set(subject.exitCodes.map(\.code)) }

  func check() {
    checkImpossible()
    checkUnmapped()
    checkUnused()
    checkInstallers()
  }

  /// POSIX keeps the lowest eight bits of an exit code.
  private func checkImpossible() {
    let isForWindows = subject.scripts.contains { script in
      script.platforms.contains("windows") || script.platforms.isEmpty && !script.isShell
    }
    guard !isForWindows, !subject.scripts.isEmpty else { return }
    for (code, _, position) in subject.exitCodes where code > 255 {
      findings.add(
        .impossibleExitCode, at: position, length: String(code).utf8.count,
        "no variant can end with \(code): it would arrive as \(code & 255)",
        remedy: "write a code from 0 to 255")
    }
  }

  // MARK: - Used and not mapped

  private func checkUnmapped() {
    let mapped = mapped
    for (context, exits) in shells {
      for exit in exits.direct {
        if exit.code > 255 || exit.code < 0 {
          findings.add(
            .impossibleExitCode, in: context.script, exit.range,
            "exit \(exit.code) ends with \(exit.code & 255): a code has eight bits",
            remedy: "write a code from 0 to 255")
        } else {
          tell(exit.code, in: context.script, exit.range, mapped)
        }
      }
    }
    for script in subject.scripts where script.language == .powerShell {
      for exit in PowerShellExits(script).direct { tell(exit.code, in: script, exit.range, mapped) }
    }
  }

  private func tell(_ code: Int, in script: Script, _ range: Range<Int>, _ mapped: Set<Int>) {
    guard code != 0, !mapped.contains(code) else { return }
    findings.add(
      .unmappedExitCode, in: script, range,
      "the script ends with \(code), and \"exitCodes\" does not say what that means",
      remedy: "add \"\(code): {failed: what it means}\" to exitCodes")
  }

  // MARK: - Mapped and not used

  private func checkUnused() {
    guard let used = usedCodes() else { return }
    for (code, _, position) in subject.exitCodes
    where !ShellExits.isImplicit(code) && !used.contains(code) {
      findings.add(
        .unusedExitCode, at: position, length: String(code).utf8.count,
        "no variant ends with \(code), as far as the scripts tell",
        remedy: "remove it, or let the script end with it where that happens")
    }
  }

  /// - Returns: `nil` if a script may end with any code.
  private func usedCodes() -> Set<Int>? {
    var used: Set<Int> = []
    guard !subject.scripts.isEmpty, subject.scripts.count == subject.root["run"]?.items?.count
    else {
      return nil
    }
    for (context, exits) in shells {
      if exits.isOpen || context.shell.fault != nil { return nil }
      used.formUnion(exits.mentioned)
    }
    for script in subject.scripts {
      switch script.language {
      case .shell: break
      case .powerShell:
        let exits = PowerShellExits(script)
        if exits.isOpen { return nil }
        used.formUnion(exits.direct.map(\.code))
      // osascript(1) itself ends with 0 or 1; the executor tells kinds of errors apart by these.
      case .appleScript, .javaScript: used.formUnion([65, 69, 75, 77, 125])
      case .other: return nil
      }
    }
    return used
  }

  // MARK: - Windows Installer

  private func checkInstallers() {
    let missing = [1641, 3010].filter { !mapped.contains($0) }
    guard !missing.isEmpty else { return }
    for script in subject.scripts where script.language == .powerShell {
      let numbers = Set(script.tokens.compactMap { Int($0.text) })
      let unhandled = missing.filter { !numbers.contains($0) }
      guard !unhandled.isEmpty, let token = PowerShellWords.installer(in: script) else { continue }
      let codes = unhandled.map(String.init).joined(separator: " and ")
      findings.add(
        .unmappedInstallerCode, in: script, token.range,
        "Windows Installer ends with \(codes) where it succeeded and a restart is due, which counts"
          + " as failed here",
        remedy: "map 1641 and 3010 in exitCodes, such as \"3010: {succeeded: a restart is due}\"")
    }
  }
}
