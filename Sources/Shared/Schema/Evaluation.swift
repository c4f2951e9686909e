import JSON

/// One check of one instance. Recursion and work are bounded; whoever meets a bound hears of it as
/// a violation, never as "valid".
struct Evaluation {
  let program: Program
  let redacted: [JSONPointer]
  private(set) var work: Int
  private var depth = 0
  /// The way to the place that is being looked at.
  var path: [Step] = []
  private var violations: [Violation] = []
  private var reportedBytes = 0
  /// False where only the verdict counts: under `anyOf`, `not` and the like, and once the report is
  /// full.
  private(set) var isCollecting = true
  /// The limit that ended the check.
  private var limitMet: Violation?

  enum Step {
    case key(String)
    case index(Int)
  }

  init(program: Program, redacted: [JSONPointer]) {
    self.program = program
    self.redacted = redacted
    work = program.limits.maxWork
  }

  /// May be called again: what is left of the work is shared.
  mutating func violations(of instance: JSON, at node: Int = 0) -> [Violation] {
    violations = []
    reportedBytes = 0
    isCollecting = true
    let isValid = visit(node, instance)
    if let limitMet { violations.append(limitMet) }
    assert(isValid == violations.isEmpty || limitMet != nil)
    return violations
  }

  /// Whether the instance at `path` is valid against a subschema.
  mutating func visit(_ node: Int, _ value: JSON) -> Bool {
    guard charge(1) else { return false }
    guard depth < program.limits.maxEvaluationDepth else {
      stop("schema.limit.evaluationDepth", "at most \(program.limits.maxEvaluationDepth) levels")
      return false
    }
    depth += 1
    defer { depth -= 1 }
    var isValid = true
    for check in program.nodes[node].checks where !holds(check, node, value) {
      isValid = false
      if !isCollecting { break }
    }
    return isValid
  }

  /// Visits a member or element.
  mutating func visit(_ node: Int, _ value: JSON, at step: Step) -> Bool {
    path.append(step)
    defer { path.removeLast() }
    return visit(node, value)
  }

  /// Only the verdict: nothing is reported.
  mutating func verdict(_ node: Int, _ value: JSON) -> Bool {
    let wasCollecting = isCollecting
    isCollecting = false
    defer { isCollecting = wasCollecting && limitMet == nil }
    return visit(node, value)
  }

  // MARK: Work

  /// - Returns: false once the work is used up; every verdict is then false and worth nothing.
  mutating func charge(_ steps: Int) -> Bool {
    guard limitMet == nil else { return false }
    work -= steps
    if work < 0 {
      stop("schema.limit.work", "a check of at most \(program.limits.maxWork) steps")
      return false
    }
    return true
  }

  private mutating func stop(_ code: String, _ expected: String) {
    guard limitMet == nil else { return }
    limitMet = Violation(
      instancePointer: pointer.text, schemaPointer: "", keyword: code, expected: expected,
      actual: "a value that costs more")
    isCollecting = false
  }

  // MARK: Reporting

  /// Notes a violation. Always false, to be the verdict.
  mutating func fail(
    _ node: Int, _ keyword: String, at step: Step? = nil, expected: @autoclosure () -> String,
    found value: JSON
  ) -> Bool {
    guard isCollecting else { return false }
    let pointer = pointer(with: step)
    return fail(
      node, keyword, pointer, expected: expected(),
      actual: isRedacted(pointer) ? value.redactedSummary : value.summary)
  }

  /// The same, where something other than the value is found wrong.
  mutating func fail(
    _ node: Int, _ keyword: String, at step: Step? = nil, expected: @autoclosure () -> String,
    actual: @autoclosure () -> String
  ) -> Bool {
    guard isCollecting else { return false }
    return fail(node, keyword, pointer(with: step), expected: expected(), actual: actual())
  }

  private mutating func fail(
    _ node: Int, _ keyword: String, _ pointer: JSONPointer, expected: String, actual: String
  ) -> Bool {
    let place = program.pointer(to: node)
    let violation = Violation(
      instancePointer: pointer.text,
      schemaPointer: (keyword == "false" ? place : place.appending(keyword)).text,
      keyword: keyword, expected: expected, actual: actual)
    violations.append(violation)
    reportedBytes +=
      violation.instancePointer.utf8.count + violation.schemaPointer.utf8.count
      + expected.utf8.count + actual.utf8.count
    if isReportFull {
      isCollecting = false
      violations.append(
        Violation(
          instancePointer: "", schemaPointer: "", keyword: "schema.limit.violations",
          expected: "at most \(program.limits.maxViolations) violations in a report",
          actual: "a value that may have more"))
    }
    return false
  }

  private var isReportFull: Bool {
    violations.count >= program.limits.maxViolations
      || reportedBytes >= program.limits.maxReportBytes
  }

  private func pointer(with step: Step?) -> JSONPointer {
    guard let step else { return pointer }
    return pointer.appending(step.token)
  }

  private var pointer: JSONPointer { JSONPointer(tokens: path.map(\.token)) }

  private func isRedacted(_ pointer: JSONPointer) -> Bool {
    redacted.contains { secret in
      JSONPointer(tokens: Array(pointer.tokens.prefix(secret.tokens.count))) == secret
    }
  }
}

extension Evaluation.Step {
  var token: String {
    switch self {
    case .key(let key): key
    case .index(let index): String(index)
    }
  }
}
