package import JSON
package import Model

/// What a finished execution amounts to by its tool's rules: the exit map, the parse mode and the
/// result schema.
package struct Verdict: Sendable, Hashable {
  package var outcome: Outcome
  package var validity: Validity
  /// What the exit means, in words.
  package var meaning: String
  package var remedy: String?
  /// The typed result, where there is one.
  package var result: JSON?
  /// Each broken rule, with its pointer.
  package var violations: [JSON]

  package init(
    outcome: Outcome, validity: Validity, meaning: String, remedy: String? = nil,
    result: JSON? = nil, violations: [JSON] = []
  ) {
    self.outcome = outcome
    self.validity = validity
    self.meaning = meaning
    self.remedy = remedy
    self.result = result
    self.violations = violations
  }
}
