import JSON
import Patterns

// What each keyword finds. Those that nest are in `Explanation+Containers` and
// `Explanation+Combinations`.

extension Explanation {
  mutating func apply(
    _ rule: Rule, _ place: Int, _ value: JSON, _ looked: Finding.Looked
  ) -> Finding {
    switch rule {
    case .never: fail(place, nil, expected: "nothing", found: value)
    case .type(let types): type(types, place, value)
    case .constant(let constant): self.constant(constant, place, value)
    case .enumeration(let values): enumeration(values, place, value)
    case .bound(let bound, let limit): self.bound(bound, limit, place, value)
    case .multiple(let divisor): multiple(divisor, place, value)
    case .length(let count, let limit): length(count, limit, place, value)
    case .pattern(let pattern): self.pattern(pattern, place, value)
    case .format(let format): self.format(format, place, value)
    case .content(let content): self.content(content, place, value)
    case .itemCount(let count, let limit): itemCount(count, limit, place, value)
    case .uniqueItems: uniqueItems(place, value)
    case .items(let items): self.items(items, place, value)
    case .contains(let contains): self.contains(contains, place, value)
    case .memberCount(let count, let limit): memberCount(count, limit, place, value)
    case .required(let keys): required(keys, place, value)
    case .members(let members): self.members(members, place, value)
    case .propertyNames(let target): propertyNames(target, place, value)
    case .dependentRequired(let dependents, let keyword):
      dependentRequired(dependents, keyword, place, value)
    case .dependentSchemas(let dependents, let keyword):
      dependentSchemas(dependents, keyword, place, value)
    case .reference(let target, let keyword):
      group(place, keyword, look(target, value, by: [keyword]))
    case .dynamicReference(let name, let otherwise, let keyword):
      group(place, keyword, look(anchor(name, otherwise), value, by: [keyword]))
    case .allOf(let targets): allOf(targets, place, value)
    case .anyOf(let targets): anyOf(targets, place, value)
    case .oneOf(let targets): oneOf(targets, place, value)
    case .not(let target): not(target, place, value)
    case .condition(let condition): self.condition(condition, place, value)
    case .unevaluatedItems(let target): unevaluatedItems(target, place, value, looked)
    case .unevaluatedProperties(let target): unevaluatedProperties(target, place, value, looked)
    }
  }

  private mutating func type(_ types: Types, _ place: Int, _ value: JSON) -> Finding {
    if types.contains(typeOf: value) { return Finding() }
    return fail(
      place, "type", expected: "the type " + types.names.joined(separator: " or "), found: value)
  }

  private mutating func constant(_ constant: JSON, _ place: Int, _ value: JSON) -> Finding {
    guard charge(constant.weight) else { return Finding(isValid: false) }
    if value == constant { return Finding() }
    return fail(place, "const", expected: constant.summary, found: value)
  }

  private mutating func enumeration(_ values: [JSON], _ place: Int, _ value: JSON) -> Finding {
    guard charge(value.weight + values.count) else { return Finding(isValid: false) }
    if values.contains(value) { return Finding() }
    let shown = values.prefix(10).map(\.summary).joined(separator: ", ")
    return fail(
      place, "enum", expected: "one of " + shown + (values.count > 10 ? ", …" : ""), found: value)
  }

  // MARK: Numbers

  private mutating func bound(
    _ bound: Rule.Bound, _ limit: JSONNumber, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .number(let number) = value else { return Finding() }
    guard charge(number.weight + limit.weight) else { return Finding(isValid: false) }
    let (holds, words) =
      switch bound {
      case .minimum: (number >= limit, "at least")
      case .maximum: (number <= limit, "at most")
      case .exclusiveMinimum: (number > limit, "more than")
      case .exclusiveMaximum: (number < limit, "less than")
      }
    if holds { return Finding() }
    return fail(place, bound.rawValue, expected: "\(words) \(limit.summary)", found: value)
  }

  private mutating func multiple(
    _ divisor: JSONNumber, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .number(let number) = value else { return Finding() }
    guard charge(number.weight * divisor.weight * 16) else { return Finding(isValid: false) }
    if number.isMultiple(of: divisor) { return Finding() }
    return fail(place, "multipleOf", expected: "a multiple of \(divisor.summary)", found: value)
  }

  // MARK: Strings

  private mutating func length(
    _ count: Rule.Count, _ limit: Int, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .string(let text) = value else { return Finding() }
    guard charge(text.weight) else { return Finding(isValid: false) }
    let length = text.unicodeScalars.count
    let bounds = Bounds(count, limit, "minLength", "maxLength")
    if bounds.admit(length) { return Finding() }
    return fail(
      place, bounds.keyword, expected: bounds.expected("character"),
      actual: counted(length, "character"))
  }

  private mutating func pattern(_ pattern: Pattern, _ place: Int, _ value: JSON) -> Finding {
    guard case .string(let text) = value else { return Finding() }
    guard charge(pattern.matcher.cost(text.utf8.count)) else { return Finding(isValid: false) }
    if pattern.matches(text) { return Finding() }
    return fail(
      place, "pattern", expected: "a string that matches \(pattern.summary)", found: value)
  }

  private mutating func format(_ format: Format, _ place: Int, _ value: JSON) -> Finding {
    guard case .string(let text) = value else { return Finding() }
    guard charge(1 + text.utf8.count) else { return Finding(isValid: false) }
    if withBytes(of: text, format.admits) { return Finding() }
    return fail(place, "format", expected: format.expected, found: value)
  }

  private mutating func content(
    _ content: Rule.Content, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .string(let text) = value else { return Finding() }
    guard charge(1 + text.utf8.count) else { return Finding(isValid: false) }
    if withBytes(of: text, content.admits) { return Finding() }
    return fail(
      place, content.isBase64 ? "contentEncoding" : "contentMediaType",
      expected: content.expected, found: value)
  }
}

extension Pattern {
  /// The pattern for a message: as it is, unless it is long.
  fileprivate var summary: String { text.utf8.count <= 200 ? text : text.quoted(upTo: 200) }
}

/// A bound on a count of things.
struct Bounds {
  let count: Rule.Count
  let limit: Int
  let keyword: String

  init(_ count: Rule.Count, _ limit: Int, _ least: String, _ most: String) {
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
