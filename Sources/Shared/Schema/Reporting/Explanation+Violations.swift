import JSON

extension Explanation {
  /// All the ways in which the instance breaks the schema, each at its place; none if it is valid.
  mutating func violations(of instance: JSON, at place: Int = 0) -> [Violation] {
    let finding = finding(of: instance, at: place)
    var violations: [Violation] = []
    collect(finding.units, into: &violations)
    if isReportFull { violations.append(reportLimit) }
    if let limitMet { violations.append(limitMet) }
    assert(finding.isValid == violations.isEmpty)
    return violations
  }

  /// What stands alone, without what is below `anyOf` and its like.
  private func collect(_ units: [Finding.Unit], into violations: inout [Violation]) {
    for unit in units where !unit.isValid {
      guard let problem = unit.problem else {
        collect(unit.details, into: &violations)
        continue
      }
      violations.append(
        Violation(
          instancePointer: unit.instance.text,
          schemaPointer: schematic.location(of: unit.place, unit.keyword),
          keyword: unit.keyword ?? "false", expected: problem.expected, actual: problem.actual))
    }
  }

  private var reportLimit: Violation {
    Violation(
      instancePointer: "", schemaPointer: "", keyword: "schema.limit.violations",
      expected: "at most \(limits.maxViolations) violations in a report",
      actual: "a value that may have more")
  }
}
