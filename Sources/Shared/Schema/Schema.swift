package import JSON

/// A JSON Schema, read once and then cheap to check against: 2020-12 and draft-07 whole, and
/// 2019-09 as far as references from them need it. docs/SCHEMA.md says what that means.
///
/// Reading it makes two forms of it: the rules as they were written, which know how to explain
/// themselves, and `Code`, which knows only whether a value is valid and says so without
/// allocating.
package struct Schema: Sendable {
  /// The schema as it was given.
  package let json: JSON
  private let schematic: Schematic
  private let code: Code
  /// Those of `code`, which holds them: reading them there costs a retain and a release.
  nonisolated(unsafe) private let tables: UnsafePointer<Tables>
  private let limits: SchemaLimits

  package init(
    _ json: JSON, options: SchemaOptions = .init(), limits: SchemaLimits = .init()
  ) throws(SchemaErrors) {
    self.json = json
    self.limits = limits
    schematic = try Compiler.compile(json, options: options, limits: limits)
    code = Lowering.code(of: schematic)
    tables = code.tables
  }

  /// Whether the instance is valid. One that costs more than the limits allow is not.
  package func isValid(_ instance: JSON) -> Bool {
    var verdict = Verdict(tables, limits)
    return withUnsafePointer(to: instance) { verdict.admits(0, $0) }
  }

  /// All the ways in which the instance breaks the schema; none if it is valid.
  ///
  /// - Parameter redacted: places of secrets: no value at or below one of them is shown.
  package func validate(_ instance: JSON, redacting redacted: [JSONPointer] = []) -> [Violation] {
    var verdict = Verdict(tables, limits)
    if withUnsafePointer(to: instance, { verdict.admits(0, $0) }) { return [] }
    if let limit = verdict.limitMet { return [limits.violation(of: limit)] }
    var explanation = Explanation(schematic: schematic, limits: limits, redacted: redacted)
    let violations = explanation.violations(of: instance)
    precondition(!violations.isEmpty, "what is not valid is so for a reason")
    return violations
  }

  /// What the standard calls output: why the instance is not valid, or what the schema remarks
  /// about it.
  package func output(
    of instance: JSON, redacting redacted: [JSONPointer] = []
  ) -> SchemaOutput {
    var explanation = Explanation(
      schematic: schematic, limits: limits, redacted: redacted, isFull: true)
    return explanation.output(of: instance)
  }

  /// The instance with the `default` of each missing member filled in: below `properties`, `items`
  /// and `prefixItems`, through `$ref` and `allOf`, and inside of the defaults themselves. What
  /// stands under a condition (`anyOf`, `if`) is not filled in.
  ///
  /// - Throws: the limit of work, where the defaults would cost more than it.
  package func applyingDefaults(to instance: JSON) throws(Violation) -> JSON {
    guard schematic.hasDefaults else { return instance }
    var filler = DefaultFiller(schematic: schematic, limits: limits)
    let filled = filler.fill(0, instance, depth: limits.maxEvaluationDepth)
    switch filler.failure {
    case nil: return filled ?? instance
    case .tooDeep: throw limits.violation(of: .depth)
    case .exhausted, .circular, .tooLarge: throw limits.violation(of: .work)
    }
  }
}

extension SchemaLimits {
  fileprivate func violation(of limit: Verdict.Limit) -> Violation {
    let (code, expected) =
      switch limit {
      case .work: ("schema.limit.work", "a check of at most \(maxWork) steps")
      case .depth: ("schema.limit.evaluationDepth", "at most \(maxEvaluationDepth) levels")
      }
    return Violation(
      instancePointer: "", schemaPointer: "", keyword: code, expected: expected,
      actual: "a value that costs more")
  }
}
