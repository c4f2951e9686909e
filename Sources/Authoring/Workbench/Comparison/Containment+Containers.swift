import JSON
import Patterns
import Schema

// Objects and arrays.

extension Containment {
  mutating func checkMembers(
    _ first: Conjunction, _ second: JSONObject, _ place: JSONPointer
  ) {
    let required = first.flatMap { $0["required"]?.array ?? [] }.compactMap(\.string)
    for name in (second["required"]?.array ?? []).compactMap(\.string) {
      let member = place.appending(name)
      let isThere = required.contains(where: name.isExactly) || filled.contains(member)
      if !isThere { add(member, .required) }
    }
    checkNames(first, second, required, place)
    var names: [String] = []
    for object in first + [second] {
      for name in object["properties"]?.object?.keys ?? []
      where !names.contains(where: name.isExactly) {
        names.append(name)
      }
    }
    for name in names {
      guard let member = member(name, of: first) else { continue }
      for schema in applicable(name, in: second) {
        check(member, schema, place.appending(name))
      }
    }
    checkOtherMembers(first, second, place.appending("*"))
  }

  private mutating func checkNames(
    _ first: Conjunction, _ second: JSONObject, _ required: [String], _ place: JSONPointer
  ) {
    let closed = first.first { $0.isClosed }
    let names = closed?["properties"]?.object?.keys ?? []
    let isCounted = closed.map { $0["patternProperties"]?.object?.isEmpty ?? true } ?? false
    checkCounts(
      first, second, "Properties", least: Set(required).count,
      most: isCounted ? names.count : nil, place)
    guard let wanted = second["propertyNames"],
      !first.contains(where: { $0["propertyNames"] == wanted })
    else { return }
    if isCounted, let schema = try? Schema(wanted, options: .strict) {
      for name in names where !schema.validate(.string(name)).isEmpty {
        if member(name, of: first) != nil { add(place.appending(name), .refused) }
      }
    } else {
      let known = first.compactMap { $0["propertyNames"] }.compactMap(parts).flatMap(\.self)
      check([JSONObject([("type", "string")])] + known, wanted, place.appending("*"))
    }
  }

  /// The schemas that a member has to keep to.
  func applicable(_ name: String, in object: JSONObject) -> [JSON] {
    var found = (object["properties"]?[name]).map { [$0] } ?? []
    for (pattern, schema) in object["patternProperties"]?.object?.members ?? []
    where (try? Pattern(pattern))?.matches(name) ?? false {
      found.append(schema)
    }
    if found.isEmpty, let others = object["additionalProperties"] { found.append(others) }
    return found
  }

  /// - Returns: `nil` if the member can never be there.
  private func member(_ name: String, of first: Conjunction) -> Conjunction? {
    var found: Conjunction = []
    for schema in first.flatMap({ applicable(name, in: $0) }) {
      guard let parts = parts(of: schema) else { return nil }
      found += parts
    }
    return found
  }

  /// Members whose names nobody wrote down.
  private mutating func checkOtherMembers(
    _ first: Conjunction, _ second: JSONObject, _ place: JSONPointer
  ) {
    let patterns = second["patternProperties"]?.object?.members ?? []
    let others = second["additionalProperties"]
    if let closed = first.first(where: \.isClosed) {
      for (pattern, schema) in closed["patternProperties"]?.object?.members ?? [] {
        guard let admitted = parts(of: schema) else { continue }
        if let same = second["patternProperties"]?[pattern] {
          check(admitted, same, place)
        } else if let others, patterns.isEmpty {
          check(admitted, others, place)
        } else if !patterns.isEmpty {
          add(place, .undecided("patternProperties"))
        }
      }
      return
    }
    var admitted: Conjunction = []
    for part in first {
      if let schema = part["additionalProperties"] { admitted += parts(of: schema) ?? [] }
    }
    if let others, others != true { check(admitted, others, place) }
    for (pattern, schema) in patterns where schema != true {
      let same = first.lazy.compactMap { $0["patternProperties"]?[pattern] }.first
      if let same, let parts = parts(of: same) {
        check(parts, schema, place)
      } else if first.contains(where: { $0["patternProperties"] != nil }) {
        add(place, .undecided("patternProperties"))
      } else {
        check(admitted, schema, place)
      }
    }
  }

  // MARK: - Arrays

  mutating func checkItems(
    _ first: Conjunction, _ second: JSONObject, _ place: JSONPointer
  ) {
    checkCounts(first, second, "Items", place)
    let most = first.compactMap { $0["maxItems"]?.int }.min() ?? .max
    if second["uniqueItems"] == true, most > 1,
      !first.contains(where: { $0["uniqueItems"] == true })
    {
      add(place, .bound("uniqueItems", first: nil, second: true))
    }
    let count = (first + [second]).map { $0["prefixItems"]?.array?.count ?? 0 }.max() ?? 0
    for index in 0..<min(count, most) {
      guard let admitted = item(index, of: first) else { break }
      if let schema = item(index, in: second) { check(admitted, schema, place.appending(index)) }
    }
    guard most > count, let rest = second["items"], let others = item(count, of: first) else {
      return
    }
    check(others, rest, place.appending("*"))
  }

  private func item(_ index: Int, in object: JSONObject) -> JSON? {
    let prefix = object["prefixItems"]?.array ?? []
    return index < prefix.count ? prefix[index] : object["items"]
  }

  /// - Returns: `nil` if there can be no such item.
  private func item(_ index: Int, of first: Conjunction) -> Conjunction? {
    var found: Conjunction = []
    for schema in first.compactMap({ item(index, in: $0) }) {
      guard let parts = parts(of: schema) else { return nil }
      found += parts
    }
    return found
  }
}

// MARK: - Alternatives

extension Containment {
  /// A value has to fit one of the alternatives of the second schema: the whole of the first has to
  /// fit one of them, or each of its types one.
  mutating func checkAlternatives(
    _ first: Conjunction, _ second: JSONObject, _ types: Types, _ place: JSONPointer
  ) {
    for keyword in ["anyOf", "oneOf"] {
      guard let branches = second[keyword]?.array,
        !first.contains(where: { $0[keyword] == second[keyword] })
      else { continue }
      guard keyword == "anyOf" || areDisjoint(branches) else {
        add(place, .undecided(keyword))
        continue
      }
      if branches.contains(where: { trial(first, $0, place).isEmpty }) { continue }
      for type in types.each { checkAlternatives(first, branches, type, keyword, place) }
    }
  }

  private mutating func checkAlternatives(
    _ first: Conjunction, _ branches: [JSON], _ type: Types, _ keyword: String,
    _ place: JSONPointer
  ) {
    let name: JSON = .string(type == .fraction ? "number" : type.names[0])
    let some = first + [JSONObject([("type", name)])]
    let fitting = branches.filter { branch in
      parts(of: branch).map { !self.types(of: $0).isDisjoint(with: type) } ?? false
    }
    let trials = fitting.map { trial(some, $0, place) }
    if trials.contains(where: \.isEmpty) { return }
    switch trials.count {
    case 0: add(place, .types(type.names))
    case 1: for finding in trials[0] { add(finding.place, finding.kind) }
    default: add(place, .undecided(keyword))
    }
  }

  /// Whether no value fits two of them, seen by their types.
  private func areDisjoint(_ branches: [JSON]) -> Bool {
    var seen: Types = []
    for branch in branches {
      let types: Types = parts(of: branch).map { self.types(of: $0) } ?? []
      guard seen.isDisjoint(with: types) else { return false }
      seen.formUnion(types)
    }
    return true
  }
}

extension JSONObject {
  fileprivate var isClosed: Bool { self["additionalProperties"] == false }
}
