import JSON

// Keywords that hold subschemas: 2020-12 Core, sections 10 and 11.

extension Compiler {
  mutating func applicator(_ value: JSON, _ keyword: Keyword) -> Bool {
    let dialect = keyword.grammar.dialect
    switch keyword.name {
    case "unevaluatedItems", "unevaluatedProperties":
      // Read last of all.
      return keyword.grammar.has(.unevaluated)
    default: guard keyword.grammar.has(.applicator) else { return false }
    }
    switch keyword.name {
    case "allOf": if let targets = list(value, keyword) { add(.allOf(targets), keyword) }
    case "anyOf": if let targets = list(value, keyword) { add(.anyOf(targets), keyword) }
    case "oneOf": if let targets = list(value, keyword) { add(.oneOf(targets), keyword) }
    case "not": add(.not(one(value, keyword)), keyword)
    case "propertyNames": add(.propertyNames(one(value, keyword)), keyword)
    case "dependentSchemas":
      if dialect == .draft7 { return false }
      let schemas = map(value, keyword).map { Rule.DependentSchema(key: $0.key, target: $0.place) }
      if !schemas.isEmpty { add(.dependentSchemas(schemas, keyword: keyword.name), keyword) }
    case "dependencies":
      if options.isStrict { return false }
      dependencies(value, keyword)
    case "properties", "patternProperties", "additionalProperties", "items", "contains", "if",
      "then", "else":
      // Read together with their neighbours.
      break
    case "prefixItems": return dialect == .draft2020
    case "additionalItems": return dialect != .draft2020
    default: return false
    }
    return true
  }

  mutating func one(_ value: JSON, _ keyword: Keyword) -> Int {
    subschema(
      value, Site(parent: keyword.place, edge: [keyword.name], depth: keyword.depth + 1))
  }

  private mutating func list(_ value: JSON, _ keyword: Keyword) -> [Int]? {
    guard let elements = value.array, !elements.isEmpty else {
      wrong(keyword, "an array of one schema or more")
      return nil
    }
    return elements.enumerated().map { index, element in
      subschema(
        element,
        Site(parent: keyword.place, edge: [keyword.name, String(index)], depth: keyword.depth + 1))
    }
  }

  mutating func map(_ value: JSON, _ keyword: Keyword) -> [(key: String, place: Int)] {
    guard let object = value.object else {
      wrong(keyword, "an object of schemas")
      return []
    }
    return object.members.map { key, value in
      let site = Site(parent: keyword.place, edge: [keyword.name, key], depth: keyword.depth + 1)
      return (key, subschema(value, site))
    }
  }

  /// Draft-07's keyword, which later became `dependentRequired` and `dependentSchemas`.
  private mutating func dependencies(_ value: JSON, _ keyword: Keyword) {
    guard let object = value.object else {
      wrong(keyword, "an object of schemas and arrays of strings")
      return
    }
    var required: [Rule.DependentRequired] = []
    var schemas: [Rule.DependentSchema] = []
    for (key, value) in object.members {
      if case .array = value {
        guard let keys = distinctStrings(value) else {
          wrong(keyword, "an object of schemas and arrays of different strings")
          return
        }
        required.append(Rule.DependentRequired(key: key, required: keys))
      } else {
        let site = Site(parent: keyword.place, edge: [keyword.name, key], depth: keyword.depth + 1)
        schemas.append(Rule.DependentSchema(key: key, target: subschema(value, site)))
      }
    }
    if !required.isEmpty { add(.dependentRequired(required, keyword: keyword.name), keyword) }
    if !schemas.isEmpty { add(.dependentSchemas(schemas, keyword: keyword.name), keyword) }
  }

  // MARK: Groups

  mutating func members(_ object: JSONObject, _ keyword: (String) -> Keyword) {
    var members = Rule.Members()
    if let value = object["properties"] {
      members.properties = map(value, keyword("properties")).map {
        Rule.Members.Property(key: $0.key, target: $0.place)
      }
    }
    if let value = object["patternProperties"] {
      let site = keyword("patternProperties")
      for (key, target) in map(value, site) {
        guard let pattern = pattern(key, site.place, site.name) else { continue }
        members.patterns.append((pattern, target))
      }
    }
    if let value = object["additionalProperties"] {
      members.others = one(value, keyword("additionalProperties"))
    }
    if !members.properties.isEmpty || !members.patterns.isEmpty || members.others != nil {
      add(.members(members), keyword("properties"))
    }
  }

  mutating func items(_ object: JSONObject, _ keyword: (String) -> Keyword) {
    var items = Rule.Items()
    if keyword("items").grammar.dialect == .draft2020 {
      if let value = object["prefixItems"] {
        items.prefix = list(value, keyword("prefixItems")) ?? []
      }
      if let value = object["items"] { items.rest = one(value, keyword("items")) }
    } else if let elements = object["items"]?.array {
      // Until 2019-09 an array of schemas; an empty one leaves all to "additionalItems".
      items.prefixKeyword = "items"
      items.restKeyword = "additionalItems"
      if !elements.isEmpty { items.prefix = list(.array(elements), keyword("items")) ?? [] }
      if let value = object["additionalItems"] {
        items.rest = one(value, keyword("additionalItems"))
      }
    } else {
      if let value = object["items"] { items.rest = one(value, keyword("items")) }
      // Says nothing beside a single schema, but must be one.
      if let value = object["additionalItems"] { _ = one(value, keyword("additionalItems")) }
    }
    if !items.prefix.isEmpty || items.rest != nil { add(.items(items), keyword("items")) }
  }

  mutating func contains(_ object: JSONObject, _ keyword: (String) -> Keyword) {
    guard let value = object["contains"] else { return }
    let site = keyword("contains")
    var contains = Rule.Contains(
      target: one(value, site), evaluates: site.grammar.dialect == .draft2020)
    if site.grammar.dialect != .draft7, site.grammar.has(.validation) {
      // What is no count has been refused already.
      contains.least = object["minContains"]?.number.map { $0.int ?? .max } ?? 1
      contains.most = object["maxContains"]?.number.map { $0.int ?? .max }
    }
    add(.contains(contains), site)
  }

  /// Without `if`, `then` and `else` say nothing, but must still be schemas.
  mutating func condition(_ object: JSONObject, _ keyword: (String) -> Keyword) {
    var branches: [String: Int] = [:]
    for name in ["if", "then", "else"] {
      guard let value = object[name] else { continue }
      branches[name] = one(value, keyword(name))
    }
    guard let test = branches["if"] else { return }
    add(
      .condition(
        Rule.Condition(test: test, then: branches["then"], otherwise: branches["else"])),
      keyword("if"))
  }
}
