import JSON
import Patterns

/// Why an instance is not valid, or what the schema remarks about it: `Verdict`'s slower sibling,
/// which knows where it is. Both come to the same verdict.
///
/// Recursion and work are bounded; whoever meets a bound hears of it as a violation, never as
/// "valid".
struct Explanation {
  let schematic: Schematic
  let limits: SchemaLimits
  private let redacted: [JSONPointer]
  /// Whether all output is wanted: remarks, and what is wrong below `anyOf` and its like.
  let isFull: Bool
  private(set) var work: Int
  private var depth = 0
  /// The way to the place that is being looked at.
  private var path: [Step] = []
  private var evaluationPath: [String] = []
  private var scopes: [Int] = []
  private var reportedCount = 0
  private var reportedBytes = 0
  /// False where only the verdict counts: under `not` and the like, and once the report is full.
  private(set) var isCollecting = true
  private(set) var isReportFull = false
  /// The limit that ended the check.
  private(set) var limitMet: Violation?

  enum Step {
    case key(String)
    case index(Int)

    var token: String {
      switch self {
      case .key(let key): key
      case .index(let index): String(index)
      }
    }
  }

  init(
    schematic: Schematic, limits: SchemaLimits, redacted: [JSONPointer] = [], isFull: Bool = false
  ) {
    self.schematic = schematic
    self.limits = limits
    self.redacted = redacted
    self.isFull = isFull
    work = limits.maxWork
  }

  /// May be called again: what is left of the work is shared.
  mutating func finding(of instance: JSON, at place: Int) -> Finding {
    reportedCount = 0
    reportedBytes = 0
    isReportFull = false
    isCollecting = true
    return look(place, instance)
  }

  /// What a subschema says about the value at `path`.
  mutating func look(_ place: Int, _ value: JSON) -> Finding {
    guard charge(1) else { return Finding(isValid: false) }
    guard depth < limits.maxEvaluationDepth else {
      stop("schema.limit.evaluationDepth", "at most \(limits.maxEvaluationDepth) levels")
      return Finding(isValid: false)
    }
    depth += 1
    scopes.append(schematic.subschemas[place].resource)
    defer {
      depth -= 1
      scopes.removeLast()
    }
    return findings(place, value)
  }

  private mutating func findings(_ place: Int, _ value: JSON) -> Finding {
    var finding = Finding()
    for rule in schematic.subschemas[place].rules {
      finding.add(apply(rule, place, value, finding.looked))
      if !finding.isValid, !isCollecting { break }
    }
    if finding.isValid {
      remark(place, &finding)
    } else {
      // What a schema that is not met remarks does not count.
      finding.units.removeAll(where: \.isValid)
      finding.looked = Finding.Looked()
    }
    return finding
  }

  /// Visits another subschema at the same place, by the keyword and key that lead there.
  mutating func look(_ target: Int, _ value: JSON, by steps: [String]) -> Finding {
    evaluationPath.append(contentsOf: steps)
    defer { evaluationPath.removeLast(steps.count) }
    return look(target, value)
  }

  /// Visits a member or item.
  mutating func look(_ target: Int, _ value: JSON, by steps: [String], at step: Step) -> Finding {
    path.append(step)
    defer { path.removeLast() }
    var finding = look(target, value, by: steps)
    finding.looked = Finding.Looked()
    return finding
  }

  /// Only the verdict, and what was looked at.
  mutating func quietly(_ target: Int, _ value: JSON) -> Finding {
    let wasCollecting = isCollecting
    isCollecting = false
    defer { isCollecting = wasCollecting && limitMet == nil }
    return look(target, value)
  }

  /// Where a dynamic reference leads: to the outermost resource on the way that has the anchor.
  mutating func anchor(_ name: Int, _ otherwise: Int) -> Int {
    let name = schematic.dynamicNames[name]
    for resource in scopes {
      work -= 1
      if let place = schematic.resources[resource].dynamicAnchors[name] { return place }
    }
    return otherwise
  }

  // MARK: Work

  /// - Returns: false once the work is used up; every verdict is then false and worth nothing.
  mutating func charge(_ steps: Int) -> Bool {
    guard limitMet == nil else { return false }
    work -= steps
    if work < 0 {
      stop("schema.limit.work", "a check of at most \(limits.maxWork) steps")
      return false
    }
    return true
  }

  private mutating func stop(_ code: String, _ expected: String) {
    guard limitMet == nil else { return }
    limitMet = Violation(
      instancePointer: JSONPointer(tokens: path.map(\.token)).text, schemaPointer: "",
      keyword: code, expected: expected, actual: "a value that costs more")
    isCollecting = false
  }

  // MARK: Reporting

  /// Notes what is wrong with the value.
  mutating func fail(
    _ place: Int, _ keyword: String?, at step: Step? = nil, expected: @autoclosure () -> String,
    found value: JSON
  ) -> Finding {
    guard isCollecting else { return Finding(isValid: false) }
    let pointer = pointer(with: step)
    let actual = isRedacted(pointer) ? value.redactedSummary : value.summary
    return fail(place, keyword, at: step, expected: expected(), actual: actual)
  }

  /// The same, where something other than the value is found wrong.
  mutating func fail(
    _ place: Int, _ keyword: String?, at step: Step? = nil, expected: @autoclosure () -> String,
    actual: @autoclosure () -> String, details: [Finding.Unit] = []
  ) -> Finding {
    guard isCollecting else { return Finding(isValid: false) }
    var unit = unit(isValid: false, place, keyword, at: step)
    unit.problem = Finding.Problem(expected: expected(), actual: actual())
    unit.details = details
    note(unit)
    return Finding(isValid: false, units: [unit])
  }

  /// Puts what subschemas found under the keyword that leads to them.
  mutating func group(_ place: Int, _ keyword: String, _ finding: Finding) -> Finding {
    guard !finding.units.isEmpty else { return finding }
    var group = finding
    var unit = unit(isValid: finding.isValid, place, keyword, at: nil)
    unit.details = finding.units
    group.units = [unit]
    return group
  }

  /// What the keyword itself remarks about the value.
  mutating func annotation(_ place: Int, _ keyword: String, _ value: JSON) -> Finding.Unit? {
    guard isFull, isCollecting else { return nil }
    var unit = unit(isValid: true, place, keyword, at: nil)
    unit.annotation = value
    reportedBytes += value.weight * 64
    note(unit)
    return unit
  }

  private mutating func remark(_ place: Int, _ finding: inout Finding) {
    guard isFull, isCollecting else { return }
    for annotation in schematic.subschemas[place].annotations {
      guard let unit = self.annotation(place, annotation.keyword, annotation.value) else { return }
      finding.units.append(unit)
    }
  }

  private func unit(
    isValid: Bool, _ place: Int, _ keyword: String?, at step: Step?
  ) -> Finding.Unit {
    Finding.Unit(
      isValid: isValid, place: place, keyword: keyword,
      evaluationPath: JSONPointer(tokens: evaluationPath + (keyword.map { [$0] } ?? [])),
      instance: pointer(with: step))
  }

  private mutating func note(_ unit: Finding.Unit) {
    reportedCount += 1
    reportedBytes +=
      (unit.problem?.expected.utf8.count ?? 0) + (unit.problem?.actual.utf8.count ?? 0)
    for token in unit.instance.tokens { reportedBytes += 1 + token.utf8.count }
    for token in unit.evaluationPath.tokens { reportedBytes += 1 + token.utf8.count }
    let maxCount = isFull ? limits.maxOutputUnits : limits.maxViolations
    if reportedCount >= maxCount || reportedBytes >= limits.maxReportBytes {
      isReportFull = true
      isCollecting = false
    }
  }

  private func pointer(with step: Step?) -> JSONPointer {
    JSONPointer(tokens: path.map(\.token) + (step.map { [$0.token] } ?? []))
  }

  private func isRedacted(_ pointer: JSONPointer) -> Bool {
    redacted.contains { secret in
      JSONPointer(tokens: Array(pointer.tokens.prefix(secret.tokens.count))) == secret
    }
  }
}
