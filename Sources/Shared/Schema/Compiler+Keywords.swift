import JSON
import Patterns

// What each keyword means: JSON Schema 2020-12, sections 8 to 10 of Core, 6 to 9 of Validation.

extension Compiler {
  mutating func keywords(of object: JSONObject, _ node: Int, depth: Int) {
    for (keyword, value) in object.members {
      let place = Place(node: node, keyword: keyword, depth: depth)
      let isKnown =
        annotation(value, place) || assertion(value, place) || applicator(value, place)
      if !isKnown { unsupported(place) }
    }
    // These work together, whatever their order.
    members(object, node, depth: depth)
    items(object, node, depth: depth)
    contains(object, node, depth: depth)
    condition(object, node, depth: depth)
  }

  struct Place {
    let node: Int
    let keyword: String
    let depth: Int
  }

  private mutating func unsupported(_ place: Place) {
    error(
      .unsupportedKeyword, place.node, place.keyword,
      "the keyword \(place.keyword.quoted()) is not supported; "
        + "remove it, or say the same with keywords that are")
  }

  private mutating func wrong(_ place: Place, _ expected: String) {
    error(.keywordValue, place.node, place.keyword, "\"\(place.keyword)\" must be \(expected)")
  }

  private mutating func add(_ check: Check, _ place: Place) {
    nodes[place.node].checks.append(check)
  }

  // MARK: Annotations

  private mutating func annotation(_ value: JSON, _ place: Place) -> Bool {
    switch place.keyword {
    case "title", "description", "$comment":
      if value.string == nil { wrong(place, "a string") }
    case "examples":
      if value.array == nil { wrong(place, "an array") }
    case "deprecated", "readOnly", "writeOnly":
      if value.bool == nil { wrong(place, "true or false") }
    case "default": nodes[place.node].ownDefault = value
    case "$schema": dialect(value, place)
    case "$id":
      guard place.node == 0 else {
        error(
          .unsupportedKeyword, place.node, place.keyword,
          "\"$id\" is supported at the root only; refer to this place as \"#/…\" instead")
        break
      }
      if value.string?.utf8.contains(UInt8(ascii: "#")) ?? true {
        wrong(place, "a string without \"#\"")
      }
    default: return false
    }
    return true
  }

  private mutating func dialect(_ value: JSON, _ place: Place) {
    let dialect = "https://json-schema.org/draft/2020-12/schema"
    if place.node != 0 || value != .string(dialect) && value != .string(dialect + "#") {
      wrong(place, "\"\(dialect)\", at the root")
    }
  }

  // MARK: Assertions

  private mutating func assertion(_ value: JSON, _ place: Place) -> Bool {
    switch place.keyword {
    case "type": type(value, place)
    case "const": add(.constant(value, cost: value.weight), place)
    case "enum": enumeration(value, place)
    case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
      guard let bound = Check.Bound(rawValue: place.keyword), let number = value.number else {
        wrong(place, "a number")
        break
      }
      add(.bound(bound, number), place)
    case "multipleOf": multiple(value, place)
    case "minLength": count(value, place) { .length(.least, $0) }
    case "maxLength": count(value, place) { .length(.most, $0) }
    case "minItems": count(value, place) { .itemCount(.least, $0) }
    case "maxItems": count(value, place) { .itemCount(.most, $0) }
    case "minProperties": count(value, place) { .memberCount(.least, $0) }
    case "maxProperties": count(value, place) { .memberCount(.most, $0) }
    case "uniqueItems":
      guard let isUnique = value.bool else {
        wrong(place, "true or false")
        break
      }
      if isUnique { add(.uniqueItems, place) }
    case "pattern":
      guard let text = value.string else {
        wrong(place, "a string")
        break
      }
      if let pattern = pattern(text, place.node, place.keyword) { add(.pattern(pattern), place) }
    case "format": format(value, place)
    case "required":
      guard let keys = distinctStrings(value) else {
        wrong(place, "an array of different strings")
        break
      }
      add(.required(keys, cost: keys.reduce(0) { $0 + $1.weight }), place)
    default: return false
    }
    return true
  }

  private mutating func type(_ value: JSON, _ place: Place) {
    let names = value.string.map { [$0] } ?? distinctStrings(value)
    let types = names?.compactMap(Types.init(name:)) ?? []
    guard let names, !names.isEmpty, types.count == names.count else {
      wrong(
        place,
        "one or several of null, boolean, integer, number, string, array and object")
      return
    }
    add(.type(Types(types)), place)
  }

  private mutating func enumeration(_ value: JSON, _ place: Place) {
    guard let values = value.array else {
      wrong(place, "an array")
      return
    }
    let set = Set(values)
    guard set.count == values.count else {
      wrong(place, "an array of different values")
      return
    }
    let shown = values.prefix(10).map(\.summary).joined(separator: ", ")
    add(.enumeration(set, shown: shown + (values.count > 10 ? ", …" : "")), place)
  }

  private mutating func multiple(_ value: JSON, _ place: Place) {
    // A divisor of 18 digits or fewer costs one pass over the dividend, however long that is.
    guard let divisor = value.number, divisor > JSONNumber(0), divisor.text.utf8.count <= 24 else {
      wrong(place, "a number above 0, written in at most 24 characters")
      return
    }
    add(.multiple(of: divisor), place)
  }

  private mutating func format(_ value: JSON, _ place: Place) {
    guard let name = value.string else {
      wrong(place, "a string")
      return
    }
    guard let format = Format(rawValue: name) else {
      let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
      error(
        .unsupportedFormat, place.node, place.keyword,
        "the format \(name.quoted()) is not checked here; use a \"pattern\", or one of \(known)")
      return
    }
    add(.format(format), place)
  }

  /// A count of at least 0, of which `2.0` is one too.
  private mutating func count(_ value: JSON, _ place: Place, _ check: (Int) -> Check) {
    guard let count = value.int, count >= 0 else {
      wrong(place, "a whole number of at least 0")
      return
    }
    add(check(count), place)
  }

  private func distinctStrings(_ value: JSON) -> [String]? {
    guard let elements = value.array else { return nil }
    let strings = elements.compactMap(\.string)
    guard strings.count == elements.count, Set(strings.map(ExactKey.init)).count == strings.count
    else { return nil }
    return strings
  }

  // MARK: Applicators

  private mutating func applicator(_ value: JSON, _ place: Place) -> Bool {
    switch place.keyword {
    case "$ref":
      guard let text = value.string else {
        wrong(place, "a string")
        break
      }
      references.append((node: place.node, text: text))
    case "allOf": if let nodes = list(value, place) { add(.allOf(nodes), place) }
    case "anyOf": if let nodes = list(value, place) { add(.anyOf(nodes), place) }
    case "oneOf": if let nodes = list(value, place) { add(.oneOf(nodes), place) }
    case "not": add(.not(one(value, place)), place)
    case "propertyNames": add(.propertyNames(one(value, place)), place)
    case "$defs": _ = map(value, place)
    case "properties", "patternProperties", "additionalProperties", "items", "prefixItems",
      "contains", "minContains", "maxContains", "if", "then", "else":
      // Read together with their neighbours, below.
      break
    default: return false
    }
    return true
  }

  private mutating func one(_ value: JSON, _ place: Place) -> Int {
    subschema(value, of: place.node, place.keyword, nil, depth: place.depth + 1)
  }

  private mutating func list(_ value: JSON, _ place: Place) -> [Int]? {
    guard let elements = value.array, !elements.isEmpty else {
      wrong(place, "an array of one schema or more")
      return nil
    }
    return elements.enumerated().map { index, element in
      subschema(element, of: place.node, place.keyword, String(index), depth: place.depth + 1)
    }
  }

  private mutating func map(_ value: JSON, _ place: Place) -> [(key: String, node: Int)] {
    guard let object = value.object else {
      wrong(place, "an object of schemas")
      return []
    }
    return object.members.map { key, value in
      (key, subschema(value, of: place.node, place.keyword, key, depth: place.depth + 1))
    }
  }

  private mutating func members(_ object: JSONObject, _ node: Int, depth: Int) {
    var members = Check.Members()
    if let value = object["properties"] {
      for (key, child) in map(value, Place(node: node, keyword: "properties", depth: depth)) {
        members.properties[ExactKey(key)] = child
        members.keys.append(key)
      }
    }
    if let value = object["patternProperties"] {
      for (key, child) in map(value, Place(node: node, keyword: "patternProperties", depth: depth))
      {
        guard let pattern = pattern(key, node, "patternProperties") else { continue }
        members.patterns.append((pattern, child))
      }
    }
    if let value = object["additionalProperties"] {
      members.others = one(value, Place(node: node, keyword: "additionalProperties", depth: depth))
    }
    if !members.keys.isEmpty || !members.patterns.isEmpty || members.others != nil {
      nodes[node].checks.append(.members(members))
    }
  }

  private mutating func items(_ object: JSONObject, _ node: Int, depth: Int) {
    var items = Check.Items()
    if let value = object["prefixItems"] {
      items.prefix = list(value, Place(node: node, keyword: "prefixItems", depth: depth)) ?? []
    }
    if let value = object["items"] {
      items.rest = one(value, Place(node: node, keyword: "items", depth: depth))
    }
    if !items.prefix.isEmpty || items.rest != nil { nodes[node].checks.append(.items(items)) }
  }

  /// `minContains` and `maxContains` count what `contains` finds; without it they say nothing.
  private mutating func contains(_ object: JSONObject, _ node: Int, depth: Int) {
    var bounds: [String: Int] = [:]
    for keyword in ["minContains", "maxContains"] {
      guard let value = object[keyword] else { continue }
      guard let count = value.int, count >= 0 else {
        wrong(Place(node: node, keyword: keyword, depth: depth), "a whole number of at least 0")
        continue
      }
      bounds[keyword] = count
    }
    guard let value = object["contains"] else { return }
    let child = one(value, Place(node: node, keyword: "contains", depth: depth))
    nodes[node].checks.append(
      .contains(child, least: bounds["minContains"] ?? 1, most: bounds["maxContains"]))
  }

  /// Without `if`, `then` and `else` say nothing, but must still be schemas.
  private mutating func condition(_ object: JSONObject, _ node: Int, depth: Int) {
    var branches: [String: Int] = [:]
    for keyword in ["if", "then", "else"] {
      guard let value = object[keyword] else { continue }
      branches[keyword] = one(value, Place(node: node, keyword: keyword, depth: depth))
    }
    guard let test = branches["if"] else { return }
    nodes[node].checks.append(
      .condition(test, then: branches["then"], otherwise: branches["else"]))
  }
}
