package import Catalog

/// What there is to know about one code: what `--explain` prints, and docs/LINT.md has.
package struct RuleEntry: Sendable {
  /// Definitions that show the rule.
  package enum Example: Sendable {
    /// Fields in the place of those that `Rulebook.sample` has.
    case fields(bad: String, good: String)
    /// Whole files.
    case whole(bad: String, good: String)
    /// What takes more than one file, in words.
    case directory(String)
  }

  package let code: Code
  /// For programs and people: `tool.unknownField`, `lint.unquotedArgument`.
  package let name: String
  package let severity: Severity
  /// What is wrong, in a line.
  package let title: String
  /// Why it matters.
  package let why: String
  /// What to do about it.
  package let remedy: String
  package let example: Example
  /// Whether it keeps a definition from being loaded.
  package let isOfTheLoader: Bool

  init(_ rule: Rule, _ title: String, why: String, remedy: String, _ example: Example) {
    code = rule.code
    name = rule.rawValue
    severity = .error
    self.title = title
    self.why = why
    self.remedy = remedy
    self.example = example
    isOfTheLoader = true
  }

  init(_ rule: LintRule, _ title: String, why: String, remedy: String, _ example: Example) {
    code = rule.code
    name = "lint.\(rule)"
    severity = rule.severity
    self.title = title
    self.why = why
    self.remedy = remedy
    self.example = example
    isOfTheLoader = false
  }
}
