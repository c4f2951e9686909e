import JSON
import Patterns

// The verdict of each check. Those that nest are in Evaluation+Containers.

extension Evaluation {
  mutating func holds(_ check: Check, _ node: Int, _ value: JSON) -> Bool {
    switch check {
    case .never: fail(node, "false", expected: "nothing", found: value)
    case .type(let types): type(types, node, value)
    case .constant(let expected, let cost): constant(expected, cost, node, value)
    case .enumeration(let values, let shown): enumeration(values, shown, node, value)
    case .bound(let bound, let limit): self.bound(bound, limit, node, value)
    case .multiple(let divisor): multiple(divisor, node, value)
    case .length(let count, let limit): length(count, limit, node, value)
    case .pattern(let pattern): self.pattern(pattern, node, value)
    case .format(let format): self.format(format, node, value)
    case .itemCount(let count, let limit): itemCount(count, limit, node, value)
    case .uniqueItems: uniqueItems(node, value)
    case .items(let items): self.items(items, value)
    case .contains(let target, let least, let most): contains(target, least, most, node, value)
    case .memberCount(let count, let limit): memberCount(count, limit, node, value)
    case .required(let keys, let cost): required(keys, cost, node, value)
    case .members(let members): self.members(members, node, value)
    case .propertyNames(let target): propertyNames(target, value)
    case .reference(let target): visit(target, value)
    case .allOf(let targets): allOf(targets, value)
    case .anyOf(let targets): anyOf(targets, node, value)
    case .oneOf(let targets): oneOf(targets, node, value)
    case .not(let target): not(target, node, value)
    case .condition(let test, let then, let otherwise): condition(test, then, otherwise, value)
    }
  }

  private mutating func type(_ types: Types, _ node: Int, _ value: JSON) -> Bool {
    if types.contains(typeOf: value) { return true }
    return fail(
      node, "type", expected: "the type " + types.names.joined(separator: " or "), found: value)
  }

  private mutating func constant(
    _ constant: JSON, _ cost: Int, _ node: Int, _ value: JSON
  ) -> Bool {
    guard charge(cost) else { return false }
    if value == constant { return true }
    return fail(node, "const", expected: constant.summary, found: value)
  }

  private mutating func enumeration(
    _ values: Set<JSON>, _ shown: String, _ node: Int, _ value: JSON
  ) -> Bool {
    guard charge(value.weight) else { return false }
    if values.contains(value) { return true }
    return fail(node, "enum", expected: "one of \(shown)", found: value)
  }

  // MARK: Numbers

  private mutating func bound(
    _ bound: Check.Bound, _ limit: JSONNumber, _ node: Int, _ value: JSON
  ) -> Bool {
    guard case .number(let number) = value else { return true }
    guard charge(number.weight + limit.weight) else { return false }
    let (holds, words) =
      switch bound {
      case .minimum: (number >= limit, "at least")
      case .maximum: (number <= limit, "at most")
      case .exclusiveMinimum: (number > limit, "more than")
      case .exclusiveMaximum: (number < limit, "less than")
      }
    if holds { return true }
    return fail(node, bound.rawValue, expected: "\(words) \(limit.summary)", found: value)
  }

  private mutating func multiple(_ divisor: JSONNumber, _ node: Int, _ value: JSON) -> Bool {
    guard case .number(let number) = value else { return true }
    guard charge(number.weight * 16) else { return false }
    if number.isMultiple(of: divisor) { return true }
    return fail(node, "multipleOf", expected: "a multiple of \(divisor.summary)", found: value)
  }

  // MARK: Strings

  private mutating func length(
    _ count: Check.Count, _ limit: Int, _ node: Int, _ value: JSON
  ) -> Bool {
    guard case .string(let text) = value else { return true }
    guard charge(text.weight) else { return false }
    let length = text.unicodeScalars.count
    let bounds = Bounds(count, limit, "minLength", "maxLength")
    if bounds.admit(length) { return true }
    return fail(
      node, bounds.keyword, expected: bounds.expected("character"),
      actual: counted(length, "character"))
  }

  private mutating func pattern(_ pattern: Pattern, _ node: Int, _ value: JSON) -> Bool {
    guard case .string(let text) = value else { return true }
    guard charge(cost(of: pattern, on: text)) else { return false }
    if pattern.matches(text) { return true }
    return fail(
      node, "pattern", expected: "a string that matches \(pattern.summary)", found: value)
  }

  /// An engine of linear time takes at most one step for each byte and instruction, of 8 ns, though
  /// it mostly takes one step for each byte. A step of ours is worth a hundred of them.
  func cost(of pattern: Pattern, on text: String) -> Int {
    1 + text.utf8.count * (1 + pattern.programSize / 100)
  }

  private mutating func format(_ format: Format, _ node: Int, _ value: JSON) -> Bool {
    guard case .string(let text) = value else { return true }
    guard charge(1 + text.utf8.count) else { return false }
    if format.admits(text) { return true }
    return fail(node, "format", expected: format.expected, found: value)
  }
}

extension Pattern {
  /// The pattern for a message: as it is, unless it is long.
  fileprivate var summary: String { text.utf8.count <= 200 ? text : text.quoted(upTo: 200) }
}

/// A bound on a count of things.
struct Bounds {
  let count: Check.Count
  let limit: Int
  let keyword: String

  init(_ count: Check.Count, _ limit: Int, _ least: String, _ most: String) {
    self.count = count
    self.limit = limit
    keyword = count == .least ? least : most
  }

  func admit(_ number: Int) -> Bool {
    switch count {
    case .least: number >= limit
    case .most: number <= limit
    }
  }

  func expected(_ noun: String) -> String {
    switch count {
    case .least: "at least \(counted(limit, noun))"
    case .most: "at most \(counted(limit, noun))"
    }
  }
}
