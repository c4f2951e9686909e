import JSON
import Patterns

extension Evaluation {
  // MARK: Arrays

  mutating func itemCount(
    _ count: Check.Count, _ limit: Int, _ node: Int, _ value: JSON
  ) -> Bool {
    guard case .array(let elements) = value else { return true }
    let bounds = Bounds(count, limit, "minItems", "maxItems")
    if bounds.admit(elements.count) { return true }
    return fail(
      node, bounds.keyword, expected: bounds.expected("item"),
      actual: counted(elements.count, "item"))
  }

  mutating func uniqueItems(_ node: Int, _ value: JSON) -> Bool {
    guard case .array(let elements) = value else { return true }
    guard charge(value.weight) else { return false }
    var places: [JSON: Int] = [:]
    for (place, element) in elements.enumerated() {
      guard let earlier = places.updateValue(place, forKey: element) else { continue }
      return fail(
        node, "uniqueItems", at: .index(place), expected: "items that differ from each other",
        actual: "the same as item \(earlier)")
    }
    return true
  }

  mutating func items(_ items: Check.Items, _ value: JSON) -> Bool {
    guard case .array(let elements) = value else { return true }
    var isValid = true
    for (place, element) in elements.enumerated() {
      guard let target = place < items.prefix.count ? items.prefix[place] : items.rest else {
        break
      }
      if !visit(target, element, at: .index(place)) {
        isValid = false
        if !isCollecting { break }
      }
    }
    return isValid
  }

  mutating func contains(
    _ target: Int, _ least: Int, _ most: Int?, _ node: Int, _ value: JSON
  ) -> Bool {
    guard case .array(let elements) = value else { return true }
    var found = 0
    for element in elements {
      // Enough to know.
      if most.map({ found > $0 }) ?? (found >= least) { break }
      if verdict(target, element) { found += 1 }
    }
    if found < least {
      return fail(
        node, "contains", expected: "at least \(counted(least, "matching item"))",
        actual: counted(found, "matching item"))
    }
    if let most, found > most {
      return fail(
        node, "maxContains", expected: "at most \(counted(most, "matching item"))",
        actual: "more")
    }
    return true
  }

  // MARK: Objects

  mutating func memberCount(
    _ count: Check.Count, _ limit: Int, _ node: Int, _ value: JSON
  ) -> Bool {
    guard case .object(let object) = value else { return true }
    let bounds = Bounds(count, limit, "minProperties", "maxProperties")
    if bounds.admit(object.count) { return true }
    return fail(
      node, bounds.keyword, expected: bounds.expected("member"),
      actual: counted(object.count, "member"))
  }

  mutating func required(_ keys: [String], _ cost: Int, _ node: Int, _ value: JSON) -> Bool {
    guard case .object(let object) = value else { return true }
    guard charge(cost) else { return false }
    var isValid = true
    for key in keys where object[key] == nil {
      isValid = fail(
        node, "required", at: .key(key), expected: "the member \(key.quoted())",
        actual: "no such member")
      if !isCollecting { break }
    }
    return isValid
  }

  mutating func members(_ members: Check.Members, _ node: Int, _ value: JSON) -> Bool {
    guard case .object(let object) = value, chargeMissingDefaults(members, object) else {
      return value.object == nil
    }
    var isValid = true
    for (key, value) in object.members where !member(key, value, members, node) {
      isValid = false
      if !isCollecting { break }
    }
    return isValid
  }

  private mutating func member(
    _ key: String, _ value: JSON, _ members: Check.Members, _ node: Int
  ) -> Bool {
    guard charge(key.weight) else { return false }
    var isValid = true
    var isKnown = false
    if let target = members.properties[ExactKey(key)] {
      isKnown = true
      isValid = visit(target, value, at: .key(key))
    }
    for (pattern, target) in members.patterns {
      guard isValid || isCollecting, charge(cost(of: pattern, on: key)) else { return false }
      guard pattern.matches(key) else { continue }
      isKnown = true
      if !visit(target, value, at: .key(key)) { isValid = false }
    }
    guard !isKnown, let others = members.others else { return isValid }
    if program.nodes[others].isNever {
      return fail(
        node, "additionalProperties", at: .key(key), expected: members.summary,
        actual: "the unknown member \(key.quoted())")
    }
    return visit(others, value, at: .key(key))
  }

  /// So that `DefaultFiller` never runs out of work on what is found valid here.
  private mutating func chargeMissingDefaults(
    _ members: Check.Members, _ object: JSONObject
  ) -> Bool {
    guard program.hasDefaults else { return true }
    for key in members.keys {
      guard let node = members.properties[ExactKey(key)], let standard = program.defaults[node],
        object[key] == nil
      else { continue }
      if !charge(standard.valueCount) { return false }
    }
    return true
  }

  mutating func propertyNames(_ target: Int, _ value: JSON) -> Bool {
    guard case .object(let object) = value else { return true }
    var isValid = true
    for key in object.members.map(\.key) where !visit(target, .string(key), at: .key(key)) {
      isValid = false
      if !isCollecting { break }
    }
    return isValid
  }

  // MARK: Combinations

  mutating func allOf(_ targets: [Int], _ value: JSON) -> Bool {
    var isValid = true
    for target in targets where !visit(target, value) {
      isValid = false
      if !isCollecting { break }
    }
    return isValid
  }

  mutating func anyOf(_ targets: [Int], _ node: Int, _ value: JSON) -> Bool {
    for target in targets where verdict(target, value) { return true }
    return fail(
      node, "anyOf", expected: "a value that fits at least one of \(targets.count) schemas",
      found: value)
  }

  mutating func oneOf(_ targets: [Int], _ node: Int, _ value: JSON) -> Bool {
    var fitting: [Int] = []
    for (place, target) in targets.enumerated() where verdict(target, value) {
      fitting.append(place)
      if fitting.count > 1 { break }
    }
    if fitting.count == 1 { return true }
    let which = fitting.map { "number \($0)" }.joined(separator: " and ")
    let expected = "a value that fits exactly one of \(targets.count) schemas"
    return fail(
      node, "oneOf", expected: fitting.isEmpty ? expected : "\(expected), not \(which)",
      found: value)
  }

  mutating func not(_ target: Int, _ node: Int, _ value: JSON) -> Bool {
    if !verdict(target, value) { return true }
    return fail(node, "not", expected: "a value that does not fit the schema", found: value)
  }

  mutating func condition(_ test: Int, _ then: Int?, _ otherwise: Int?, _ value: JSON) -> Bool {
    guard let branch = verdict(test, value) ? then : otherwise else { return true }
    return visit(branch, value)
  }
}

extension Check.Members {
  /// The members that are known, for a message.
  fileprivate var summary: String {
    let names = keys.prefix(20).map { $0.quoted() }.joined(separator: ", ")
    let more = keys.count > 20 || !patterns.isEmpty ? ", …" : ""
    return names.isEmpty ? "no such member" : "no members but \(names)\(more)"
  }
}

extension Node {
  /// Whether it is the schema `false`.
  var isNever: Bool {
    guard checks.count == 1, case .never = checks[0] else { return false }
    return true
  }
}
