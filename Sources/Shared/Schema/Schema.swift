package import JSON

/// A schema of the subset of JSON Schema 2020-12 that tool definitions need, read once and then
/// cheap to check against.
///
/// Supported are `type enum const`, `properties required additionalProperties patternProperties
/// propertyNames minProperties maxProperties`, `items prefixItems contains minContains maxContains
/// minItems maxItems uniqueItems`, `minLength maxLength pattern format`, `minimum maximum
/// exclusiveMinimum exclusiveMaximum multipleOf`, `allOf anyOf oneOf not if then else`,
/// `$defs $ref` within the schema, boolean schemas, and the annotations. `format` is checked, not
/// only noted.
/// Every other keyword is an error: a check that the author asked for and nobody makes would be
/// worse than none.
package struct Schema: Sendable {
  /// The schema as it was given.
  package let json: JSON
  private let program: Program

  package init(_ json: JSON, limits: SchemaLimits = .init()) throws(SchemaErrors) {
    self.json = json
    program = try Compiler.compile(json, limits: limits)
  }

  /// All the ways in which the instance breaks the schema; none if it is valid.
  ///
  /// - Parameter redacted: places of secrets: no value at or below one of them is shown.
  package func validate(_ instance: JSON, redacting redacted: [JSONPointer] = []) -> [Violation] {
    var evaluation = Evaluation(program: program, redacted: redacted)
    return evaluation.violations(of: instance)
  }

  /// The instance with the `default` of each missing member filled in: below `properties`, `items`
  /// and `prefixItems`, through `$ref` and `allOf`, and inside of the defaults themselves. What
  /// stands under a condition (`anyOf`, `if`) is not filled in.
  ///
  /// An instance whose defaults would cost more than the limit of work comes back as it was, and
  /// `validate` then reports that limit for it.
  package func applyingDefaults(to instance: JSON) -> JSON {
    guard program.hasDefaults else { return instance }
    var filler = DefaultFiller(program: program)
    let filled = filler.fill(0, instance, depth: program.limits.maxEvaluationDepth)
    return filler.failure == nil ? filled ?? instance : instance
  }
}
