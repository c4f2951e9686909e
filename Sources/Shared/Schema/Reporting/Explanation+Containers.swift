import JSON
import Patterns

extension Explanation {
  // MARK: Arrays

  mutating func itemCount(
    _ count: Rule.Count, _ limit: Int, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .array(let elements) = value else { return Finding() }
    let bounds = Bounds(count, limit, "minItems", "maxItems")
    if bounds.admit(elements.count) { return Finding() }
    return fail(
      place, bounds.keyword, expected: bounds.expected("item"),
      actual: counted(elements.count, "item"))
  }

  mutating func uniqueItems(_ place: Int, _ value: JSON) -> Finding {
    guard case .array(let elements) = value else { return Finding() }
    guard charge(value.weight) else { return Finding(isValid: false) }
    var places: [JSON: Int] = [:]
    for (index, element) in elements.enumerated() {
      guard let earlier = places.updateValue(index, forKey: element) else { continue }
      return fail(
        place, "uniqueItems", at: .index(index), expected: "items that differ from each other",
        actual: "the same as item \(earlier)")
    }
    return Finding()
  }

  mutating func items(_ items: Rule.Items, _ place: Int, _ value: JSON) -> Finding {
    guard case .array(let elements) = value else { return Finding() }
    var prefix = Finding()
    for (index, target) in items.prefix.enumerated() where index < elements.count {
      prefix.add(
        look(
          target, elements[index], by: [items.prefixKeyword, String(index)], at: .index(index)))
      if !prefix.isValid, !isCollecting { break }
    }
    let count = min(items.prefix.count, elements.count)
    if prefix.isValid, count > 0 {
      let all = count == elements.count
      prefix.append(annotation(place, items.prefixKeyword, all ? true : .int(count - 1)))
    }
    var finding = group(place, items.prefixKeyword, prefix)
    finding.looked.places.formUnion(0..<count)
    guard let rest = items.rest, elements.count > count, finding.isValid || isCollecting else {
      if items.rest != nil { finding.looked.isAll = true }
      return finding
    }
    finding.add(self.rest(rest, count, items.restKeyword, elements, place))
    return finding
  }

  private mutating func rest(
    _ target: Int, _ start: Int, _ keyword: String, _ elements: [JSON], _ place: Int
  ) -> Finding {
    var finding = Finding()
    for index in start..<elements.count {
      finding.add(look(target, elements[index], by: [keyword], at: .index(index)))
      if !finding.isValid, !isCollecting { break }
    }
    if finding.isValid { finding.append(annotation(place, keyword, true)) }
    finding = group(place, keyword, finding)
    finding.looked.isAll = true
    return finding
  }

  mutating func contains(
    _ contains: Rule.Contains, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .array(let elements) = value else { return Finding() }
    var found: Set<Int> = []
    for (index, element) in elements.enumerated() {
      if quietly(contains.target, element).isValid { found.insert(index) }
      if limitMet != nil { return Finding(isValid: false) }
    }
    if found.count < contains.least {
      return fail(
        place, "contains", expected: "at least \(counted(contains.least, "matching item"))",
        actual: counted(found.count, "matching item"))
    }
    if let most = contains.most, found.count > most {
      return fail(
        place, "maxContains", expected: "at most \(counted(most, "matching item"))",
        actual: "more")
    }
    var finding = Finding()
    if contains.evaluates { finding.looked.places = found }
    finding.append(
      annotation(
        place, "contains",
        found.count == elements.count ? true : .array(found.sorted().map(JSON.int))))
    return finding
  }

  // MARK: Objects

  mutating func memberCount(
    _ count: Rule.Count, _ limit: Int, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    let bounds = Bounds(count, limit, "minProperties", "maxProperties")
    if bounds.admit(object.count) { return Finding() }
    return fail(
      place, bounds.keyword, expected: bounds.expected("member"),
      actual: counted(object.count, "member"))
  }

  mutating func required(_ keys: [String], _ place: Int, _ value: JSON) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    guard charge(keys.count) else { return Finding(isValid: false) }
    return missing(keys, object, "required", place)
  }

  private mutating func missing(
    _ keys: [String], _ object: JSONObject, _ keyword: String, _ place: Int
  ) -> Finding {
    var finding = Finding()
    for key in keys where object[key] == nil {
      finding.add(
        fail(
          place, keyword, at: .key(key), expected: "the member \(key.quoted())",
          actual: "no such member"))
      if !isCollecting { break }
    }
    return finding
  }

  mutating func members(_ members: Rule.Members, _ place: Int, _ value: JSON) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    let targets = Dictionary(
      uniqueKeysWithValues: members.properties.map { (ExactKey($0.key), $0.target) })
    var parts: [MemberKeyword: MemberPart] = [:]
    for (index, member) in object.members.enumerated() {
      guard charge(member.key.weight) else { return Finding(isValid: false) }
      self.member(member.key, member.value, index, members, targets, place, &parts)
      if !isCollecting, parts.values.contains(where: { !$0.finding.isValid }) { break }
    }
    var finding = Finding()
    for keyword in MemberKeyword.allCases {
      guard var part = parts[keyword] else { continue }
      if part.finding.isValid {
        part.finding.append(
          annotation(place, keyword.rawValue, .array(part.keys.map(JSON.string))))
      }
      part.finding.looked.places = part.places
      finding.add(group(place, keyword.rawValue, part.finding))
    }
    return finding
  }

  private enum MemberKeyword: String, CaseIterable {
    case properties, patternProperties, additionalProperties
  }

  /// What one of the three keywords found.
  private struct MemberPart {
    var finding = Finding()
    var keys: [String] = []
    var places: Set<Int> = []
  }

  private mutating func member(
    _ key: String, _ value: JSON, _ index: Int, _ members: Rule.Members,
    _ targets: [ExactKey: Int], _ place: Int, _ parts: inout [MemberKeyword: MemberPart]
  ) {
    var isKnown = false
    func note(_ keyword: MemberKeyword, _ finding: Finding) {
      isKnown = true
      parts[keyword, default: MemberPart()].finding.add(finding)
      parts[keyword]?.keys.append(key)
      parts[keyword]?.places.insert(index)
    }
    if let target = targets[ExactKey(key)] {
      note(.properties, look(target, value, by: ["properties", key], at: .key(key)))
    }
    for (pattern, target) in members.patterns {
      guard charge(pattern.matcher.cost(key.utf8.count)), pattern.matches(key) else { continue }
      note(
        .patternProperties,
        look(target, value, by: ["patternProperties", pattern.text], at: .key(key)))
    }
    guard !isKnown, let others = members.others else { return }
    guard schematic.subschemas[others].isNever else {
      let finding = look(others, value, by: ["additionalProperties"], at: .key(key))
      return note(.additionalProperties, finding)
    }
    // Not under another keyword: this one is the error.
    var part = parts[.additionalProperties] ?? MemberPart()
    part.finding.add(
      fail(
        place, "additionalProperties", at: .key(key), expected: members.summary,
        actual: "the unknown member \(key.quoted())"))
    parts[.additionalProperties] = part
  }

  mutating func propertyNames(_ target: Int, _ place: Int, _ value: JSON) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    var finding = Finding()
    for key in object.members.map(\.key) {
      finding.add(look(target, .string(key), by: ["propertyNames"], at: .key(key)))
      if !finding.isValid, !isCollecting { break }
    }
    return group(place, "propertyNames", finding)
  }

  mutating func dependentRequired(
    _ dependents: [Rule.DependentRequired], _ keyword: String, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    var finding = Finding()
    for dependent in dependents where object[dependent.key] != nil {
      guard charge(1 + dependent.required.count) else { return Finding(isValid: false) }
      finding.add(missing(dependent.required, object, keyword, place))
    }
    return finding
  }

  mutating func dependentSchemas(
    _ dependents: [Rule.DependentSchema], _ keyword: String, _ place: Int, _ value: JSON
  ) -> Finding {
    guard case .object(let object) = value else { return Finding() }
    var finding = Finding()
    for dependent in dependents where object[dependent.key] != nil {
      finding.add(look(dependent.target, value, by: [keyword, dependent.key]))
      if !finding.isValid, !isCollecting { break }
    }
    return group(place, keyword, finding)
  }
}

extension Finding {
  mutating func append(_ unit: Unit?) {
    if let unit { units.append(unit) }
  }
}

extension Rule.Members {
  /// The members that are known, for a message.
  fileprivate var summary: String {
    let names = properties.prefix(20).map { $0.key.quoted() }.joined(separator: ", ")
    let more = properties.count > 20 || !patterns.isEmpty ? ", …" : ""
    return names.isEmpty ? "no such member" : "no members but \(names)\(more)"
  }
}
