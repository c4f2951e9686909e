/// How much a schema, and checking an instance against it, may cost. What would cost more is
/// refused with the code of the limit that it met.
package struct SchemaLimits: Sendable, Hashable {
  /// Subschemas in one schema (`schema.limit.subschemas`).
  package var maxSubschemas = 10_000
  /// Subschemas inside each other, by keywords or by references that stay at one place of the
  /// instance (`schema.limit.depth`).
  package var maxDepth = 64
  /// Different patterns in one schema (`schema.limit.patterns`).
  package var maxPatterns = 200
  /// Values in one default, nested defaults included (`schema.limit.defaults`).
  package var maxDefaultValues = 10_000
  /// Steps of one check (`schema.limit.work`). A step is one subschema at one place of the
  /// instance, some bytes of text, or sixteen instructions of a pattern at one byte: 10 nanoseconds
  /// to a microsecond. Checking a handful of arguments takes some tens of steps.
  package var maxWork = 10_000_000
  /// Checks inside each other (`schema.limit.evaluationDepth`): references and nested values.
  /// Checking recurses, and must fit a stack of 512 KiB; debug builds take more than 2 KiB a level.
  package var maxEvaluationDepth = 150
  /// Violations in one report (`schema.limit.violations`).
  package var maxViolations = 100
  /// Units in one output of the standard's forms (`schema.limit.violations`).
  package var maxOutputUnits = 1_000
  /// Bytes of pointers in one report (`schema.limit.violations`): keys may be long.
  package var maxReportBytes = 256 * 1024

  package init() {}
}
