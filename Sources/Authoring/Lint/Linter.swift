package import Catalog

/// Looks at definitions, and says what is wrong with them or could be better. It reads no file and
/// runs nothing.
package struct Linter: Sendable {
  /// Rules of lint that are not to be told.
  package let disabled: Set<Code>

  package init(disabled: Set<Code> = []) { self.disabled = disabled }

  /// What there is to say about one definition.
  package struct Report: Sendable {
    /// By position; errors of the loader and findings of lint.
    package let findings: [Finding]
    package let allowed: [AllowedFinding]
    /// How the definition's tests went.
    package let tests: [TestReport]
  }

  private static let known = Set(Rule.allCases.map(\.code) + LintRule.allCases.map(\.code))
  private static let ofTheLoader = Set(Rule.allCases.map(\.code))

  package func report(on inspection: Inspection) -> Report {
    let errors = inspection.errors.map(Finding.init)
    let findings = Findings(file: inspection.file)
    var tests: [TestReport] = []
    if let root = inspection.root, root.members != nil {
      let subject = Subject(inspection, root: root)
      tests = subject.reports
      check(subject, findings)
    }
    let comments = AllowComments(
      inspection.source, known: Self.known, ofTheLoader: Self.ofTheLoader)
    let sorted = comments.sort(findings.list, Findings(file: inspection.file))
    let kept = (errors + sorted.kept).filter { !disabled.contains($0.code) }
    return Report(
      findings: kept.enumerated().sorted {
        ($0.element.position, $0.element.code, $0.offset)
          < ($1.element.position, $1.element.code, $1.offset)
      }.map(\.element),
      allowed: sorted.allowed.filter { !disabled.contains($0.finding.code) }, tests: tests)
  }

  private func check(_ subject: Subject, _ findings: Findings) {
    let secrets = subject.arguments.all.filter {
      $0.isSecret || SecretName.isSecret($0.name)
    }.map(\.name)
    let contexts = subject.scripts.compactMap { ShellContext($0, secretArguments: secrets) }
    HeadRules(subject: subject, findings: findings).check()
    ArgumentRules(subject: subject, findings: findings).check()
    for context in contexts { ShellRules(context: context, findings: findings).check() }
    for script in subject.scripts {
      ReadRules(script: script, subject: subject, findings: findings).check()
      TemplateRules(script: script, subject: subject, findings: findings).check()
      if script.language == .powerShell { PowerShellRules(script, findings).check() }
      OSAScriptRules(script: script, findings: findings).check()
    }
    ResultRules(subject: subject, findings: findings).check()
    ExitRules(subject: subject, contexts: contexts, findings: findings).check()
    SafetyRules(subject: subject, contexts: contexts, findings: findings).check()
    PrivilegeRules(subject: subject, contexts: contexts, findings: findings).check()
    CredentialRules(subject: subject, contexts: contexts, findings: findings).check()
    TestRules(subject: subject, findings: findings).check()
  }
}

extension Finding {
  init(_ error: DefinitionError) {
    self.init(
      file: error.file, code: error.rule.code, severity: .error,
      position: Position(line: error.line, column: error.column), message: error.message,
      remedy: error.remedy)
  }
}
