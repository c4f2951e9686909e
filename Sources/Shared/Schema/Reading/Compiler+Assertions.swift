import JSON

// The validation vocabulary: 2020-12 Validation, section 6.

extension Compiler {
  mutating func assertion(_ value: JSON, _ keyword: Keyword) -> Bool {
    guard keyword.grammar.has(.validation) else { return false }
    switch keyword.name {
    case "type": type(value, keyword)
    case "const": add(.constant(value), keyword)
    case "enum": enumeration(value, keyword)
    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
      guard let bound = Rule.Bound(rawValue: keyword.name), let number = value.number else {
        wrong(keyword, "a number")
        break
      }
      add(.bound(bound, number), keyword)
    case "multipleOf": multiple(value, keyword)
    case "minLength": if let count = count(value, keyword) { add(.length(.least, count), keyword) }
    case "maxLength": if let count = count(value, keyword) { add(.length(.most, count), keyword) }
    case "minItems":
      if let count = count(value, keyword) { add(.itemCount(.least, count), keyword) }
    case "maxItems": if let count = count(value, keyword) { add(.itemCount(.most, count), keyword) }
    case "minProperties":
      if let count = count(value, keyword) { add(.memberCount(.least, count), keyword) }
    case "maxProperties":
      if let count = count(value, keyword) { add(.memberCount(.most, count), keyword) }
    case "minContains", "maxContains":
      // They count what "contains" finds, and are read with it; without it they say nothing.
      if keyword.grammar.dialect == .draft7 { return false }
      _ = count(value, keyword)
    case "uniqueItems":
      guard let isUnique = value.bool else {
        wrong(keyword, "true or false")
        break
      }
      if isUnique { add(.uniqueItems, keyword) }
    case "pattern":
      guard let text = value.string else {
        wrong(keyword, "a string")
        break
      }
      if let pattern = pattern(text, keyword.place, keyword.name) {
        add(.pattern(pattern), keyword)
      }
    case "required":
      guard let keys = distinctStrings(value) else {
        wrong(keyword, "an array of different strings")
        break
      }
      if !keys.isEmpty { add(.required(keys), keyword) }
    case "dependentRequired":
      if keyword.grammar.dialect == .draft7 { return false }
      dependentRequired(value, keyword)
    default: return false
    }
    return true
  }

  private mutating func type(_ value: JSON, _ keyword: Keyword) {
    let names = value.string.map { [$0] } ?? distinctStrings(value)
    let types = names?.compactMap(Types.init(name:)) ?? []
    guard let names, !names.isEmpty, types.count == names.count else {
      wrong(keyword, "one or several of null, boolean, integer, number, string, array and object")
      return
    }
    add(.type(Types(types)), keyword)
  }

  private mutating func enumeration(_ value: JSON, _ keyword: Keyword) {
    guard let values = value.array else {
      wrong(keyword, "an array")
      return
    }
    guard !options.isStrict || Set(values).count == values.count else {
      wrong(keyword, "an array of different values")
      return
    }
    add(.enumeration(values), keyword)
  }

  private mutating func multiple(_ value: JSON, _ keyword: Keyword) {
    guard let divisor = value.number, divisor > JSONNumber(0) else {
      wrong(keyword, "a number above 0")
      return
    }
    add(.multiple(of: divisor), keyword)
  }

  private mutating func dependentRequired(_ value: JSON, _ keyword: Keyword) {
    let members = value.object?.members ?? []
    let dependents = members.compactMap { key, value in
      distinctStrings(value).map { Rule.DependentRequired(key: key, required: $0) }
    }
    guard value.object != nil, dependents.count == members.count else {
      wrong(keyword, "an object of arrays of different strings")
      return
    }
    add(.dependentRequired(dependents, keyword: keyword.name), keyword)
  }

  /// A count of at least 0, of which `2.0` is one too. One beyond `Int` can never be met.
  mutating func count(_ value: JSON, _ keyword: Keyword) -> Int? {
    if let number = value.number, number.isInteger, number >= JSONNumber(0) {
      return number.int ?? .max
    }
    wrong(keyword, "a whole number of at least 0")
    return nil
  }

  func distinctStrings(_ value: JSON) -> [String]? {
    guard let elements = value.array else { return nil }
    let strings = elements.compactMap(\.string)
    guard strings.count == elements.count, Set(strings.map(ExactKey.init)).count == strings.count
    else { return nil }
    return strings
  }
}
