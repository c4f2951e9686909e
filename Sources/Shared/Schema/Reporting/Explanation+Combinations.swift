import JSON

extension Explanation {
  mutating func allOf(_ targets: [Int], _ place: Int, _ value: JSON) -> Finding {
    var finding = Finding()
    for (index, target) in targets.enumerated() {
      finding.add(look(target, value, by: ["allOf", String(index)]))
      if !finding.isValid, !isCollecting { break }
    }
    return group(place, "allOf", finding)
  }

  /// A subschema that may fail without harm: its errors are told only where all output is wanted.
  private mutating func attempt(_ target: Int, _ value: JSON, by steps: [String]) -> Finding {
    isFull ? look(target, value, by: steps) : quietly(target, value)
  }

  mutating func anyOf(_ targets: [Int], _ place: Int, _ value: JSON) -> Finding {
    var fitting = Finding()
    var failing: [Finding.Unit] = []
    var isValid = false
    for (index, target) in targets.enumerated() {
      let finding = attempt(target, value, by: ["anyOf", String(index)])
      if limitMet != nil { return Finding(isValid: false) }
      if finding.isValid {
        isValid = true
        fitting.add(finding)
      } else {
        failing.append(contentsOf: finding.units)
      }
    }
    if isValid { return group(place, "anyOf", fitting) }
    return combinationFails(
      place, "anyOf", "a value that fits at least one of \(targets.count) schemas", value, failing)
  }

  mutating func oneOf(_ targets: [Int], _ place: Int, _ value: JSON) -> Finding {
    var fitting: [Int] = []
    var found = Finding()
    var failing: [Finding.Unit] = []
    for (index, target) in targets.enumerated() {
      let finding = attempt(target, value, by: ["oneOf", String(index)])
      if limitMet != nil { return Finding(isValid: false) }
      if finding.isValid {
        fitting.append(index)
        found = finding
      } else {
        failing.append(contentsOf: finding.units)
      }
      if fitting.count > 1 { break }
    }
    if fitting.count == 1 { return group(place, "oneOf", found) }
    let which = fitting.map { "number \($0)" }.joined(separator: " and ")
    let expected = "a value that fits exactly one of \(targets.count) schemas"
    return combinationFails(
      place, "oneOf", fitting.isEmpty ? expected : "\(expected), not \(which)", value,
      fitting.isEmpty ? failing : [])
  }

  private mutating func combinationFails(
    _ place: Int, _ keyword: String, _ expected: String, _ value: JSON, _ details: [Finding.Unit]
  ) -> Finding {
    var finding = fail(place, keyword, expected: expected, found: value)
    // What the report had no room for is there as a whole at least.
    if finding.units.isEmpty, !details.isEmpty {
      return group(place, keyword, Finding(isValid: false, units: details))
    }
    if !finding.units.isEmpty { finding.units[0].details = details }
    return finding
  }

  mutating func not(_ target: Int, _ place: Int, _ value: JSON) -> Finding {
    let isMet = quietly(target, value).isValid
    if limitMet != nil { return Finding(isValid: false) }
    if !isMet { return Finding() }
    return fail(place, "not", expected: "a value that does not fit the schema", found: value)
  }

  mutating func condition(
    _ condition: Rule.Condition, _ place: Int, _ value: JSON
  ) -> Finding {
    let test = attempt(condition.test, value, by: ["if"])
    if limitMet != nil { return Finding(isValid: false) }
    var finding = Finding()
    if test.isValid { finding.add(group(place, "if", test)) }
    guard let branch = test.isValid ? condition.then : condition.otherwise else { return finding }
    let keyword = test.isValid ? "then" : "else"
    finding.add(group(place, keyword, look(branch, value, by: [keyword])))
    return finding
  }

  // MARK: Unevaluated

  mutating func unevaluatedItems(
    _ target: Int, _ place: Int, _ value: JSON, _ looked: Finding.Looked
  ) -> Finding {
    guard case .array(let elements) = value else { return Finding() }
    let rest = elements.indices.filter { !looked.contains($0) }
    return unevaluated(
      target, place, "unevaluatedItems", rest.map { (.index($0), elements[$0]) }, true)
  }

  mutating func unevaluatedProperties(
    _ target: Int, _ place: Int, _ value: JSON, _ looked: Finding.Looked
  ) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    let rest = object.members.indices.filter { !looked.contains($0) }.map { object.members[$0] }
    return unevaluated(
      target, place, "unevaluatedProperties", rest.map { (.key($0.key), $0.value) },
      .array(rest.map { .string($0.key) }))
  }

  private mutating func unevaluated(
    _ target: Int, _ place: Int, _ keyword: String, _ rest: [(Step, JSON)], _ remark: JSON
  ) -> Finding {
    var finding = Finding()
    let isNever = schematic.subschemas[target].isNever
    for (step, value) in rest {
      if isNever {
        finding.add(
          fail(
            place, keyword, at: step, expected: "nothing that no other keyword looks at",
            found: value))
      } else {
        finding.add(look(target, value, by: [keyword], at: step))
      }
      if !finding.isValid, !isCollecting { break }
    }
    if finding.isValid, !rest.isEmpty { finding.append(annotation(place, keyword, remark)) }
    if !isNever { finding = group(place, keyword, finding) }
    finding.looked.isAll = true
    return finding
  }
}
