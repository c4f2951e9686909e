import JSON
import Patterns

// Which keyword means what: 2020-12 Core, sections 8 to 11, and Validation, sections 6 to 9; for
// the older dialects the same sections of theirs.

extension Compiler {
  struct Keyword {
    let place: Int
    let name: String
    let depth: Int
    let grammar: Grammar
  }

  mutating func keywords(of object: JSONObject, _ place: Int, depth: Int) {
    let grammar = grammar(of: place)
    if grammar.dialect == .draft7, let reference = object["$ref"] {
      // Nothing beside it counts, but references may lead to the definitions.
      self.reference(reference, Keyword(place: place, name: "$ref", depth: depth, grammar: grammar))
      if let definitions = object["definitions"] {
        _ = map(
          definitions, Keyword(place: place, name: "definitions", depth: depth, grammar: grammar))
      }
      return
    }
    for (name, value) in object.members {
      let keyword = Keyword(place: place, name: name, depth: depth, grammar: grammar)
      let isKnown =
        core(value, keyword) || note(value, keyword) || assertion(value, keyword)
        || applicator(value, keyword)
      if !isKnown { unknown(value, keyword) }
    }
    groups(object, place, depth, grammar)
  }

  /// Keywords that work together, whatever their order.
  private mutating func groups(
    _ object: JSONObject, _ place: Int, _ depth: Int, _ grammar: Grammar
  ) {
    guard grammar.has(.applicator) || grammar.has(.unevaluated) else { return }
    func keyword(_ name: String) -> Keyword {
      Keyword(place: place, name: name, depth: depth, grammar: grammar)
    }
    if grammar.has(.applicator) {
      members(object, keyword)
      items(object, keyword)
      contains(object, keyword)
      condition(object, keyword)
    }
    guard grammar.has(.unevaluated) else { return }
    for name in ["unevaluatedItems", "unevaluatedProperties"] {
      guard let value = object[name] else { continue }
      let target = one(value, keyword(name))
      add(
        name == "unevaluatedItems" ? .unevaluatedItems(target) : .unevaluatedProperties(target),
        keyword(name))
    }
  }

  mutating func add(_ rule: Rule, _ keyword: Keyword) {
    schematic.subschemas[keyword.place].rules.append(rule)
  }

  mutating func wrong(_ keyword: Keyword, _ expected: String) {
    wrong(keyword.place, keyword.name, expected)
  }

  mutating func wrong(_ place: Int, _ keyword: String, _ expected: String) {
    error(.keywordValue, place, keyword, "\"\(keyword)\" must be \(expected)")
  }

  private mutating func unknown(_ value: JSON, _ keyword: Keyword) {
    guard options.isStrict else {
      annotate(value, keyword)
      return
    }
    let remedy =
      switch keyword.name {
      case "definitions": "write \"$defs\""
      case "dependencies": "write \"dependentRequired\" or \"dependentSchemas\""
      case "additionalItems": "write \"prefixItems\" and \"items\""
      case "$vocabulary": "it is for meta-schemas"
      default: "remove it, or say the same with keywords that are"
      }
    error(
      .unsupportedKeyword, keyword.place, keyword.name,
      "the keyword \(keyword.name.quoted()) is not supported; \(remedy)")
  }

  private mutating func annotate(_ value: JSON, _ keyword: Keyword) {
    schematic.subschemas[keyword.place].annotations.append(
      Subschema.Annotation(keyword: keyword.name, value: value))
  }

  // MARK: Core

  private mutating func core(_ value: JSON, _ keyword: Keyword) -> Bool {
    let dialect = keyword.grammar.dialect
    switch keyword.name {
    case "$id", "$schema": break
    case "$comment": if value.string == nil { wrong(keyword, "a string") }
    case "$ref": reference(value, keyword)
    case "definitions":
      if options.isStrict { return false }
      _ = map(value, keyword)
    case "$anchor": return dialect != .draft7
    case "$vocabulary": return dialect != .draft7 && !options.isStrict
    case "$defs":
      if dialect == .draft7 { return false }
      _ = map(value, keyword)
    case "$recursiveRef", "$recursiveAnchor":
      guard dialect == .draft2019 else { return false }
      if keyword.name == "$recursiveRef" { reference(value, keyword) }
    case "$dynamicRef", "$dynamicAnchor":
      guard dialect == .draft2020 else { return false }
      if keyword.name == "$dynamicRef" { reference(value, keyword) }
    default: return false
    }
    return true
  }

  private mutating func reference(_ value: JSON, _ keyword: Keyword) {
    guard let text = value.string else {
      wrong(keyword, "a URI, or \"#\" and a JSON Pointer")
      return
    }
    references.append(
      Reference(
        place: keyword.place, rule: schematic.subschemas[keyword.place].rules.count,
        keyword: keyword.name, text: text,
        uri: URIReference(text).resolved(against: base(of: keyword.place))))
    // Until it is known where it leads.
    add(.reference(keyword.place, keyword: keyword.name), keyword)
  }

  // MARK: Annotations

  /// Keywords that only describe.
  private mutating func note(_ value: JSON, _ keyword: Keyword) -> Bool {
    switch keyword.name {
    case "format": return format(value, keyword)
    case "contentEncoding", "contentMediaType", "contentSchema": return content(value, keyword)
    case "title", "description", "examples", "readOnly", "writeOnly", "default": break
    case "deprecated": if keyword.grammar.dialect == .draft7 { return false }
    default: return false
    }
    guard keyword.grammar.has(.metadata) else { return false }
    switch keyword.name {
    case "title", "description": if value.string == nil { wrong(keyword, "a string") }
    case "examples": if value.array == nil { wrong(keyword, "an array") }
    case "default": schematic.subschemas[keyword.place].ownDefault = value
    default: if value.bool == nil { wrong(keyword, "true or false") }
    }
    annotate(value, keyword)
    return true
  }

  private mutating func format(_ value: JSON, _ keyword: Keyword) -> Bool {
    guard keyword.grammar.has(.format) else { return false }
    guard let name = value.string else {
      wrong(keyword, "a string")
      return true
    }
    annotate(value, keyword)
    guard let format = Format(rawValue: name) else {
      if options.isStrict {
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        error(
          .unsupportedFormat, keyword.place, keyword.name,
          "the format \(name.quoted()) is not checked here; use a \"pattern\", or one of \(known)")
      }
      return true
    }
    if options.format == .assertion || keyword.grammar.has(.formatAssertion) {
      add(.format(format), keyword)
    }
    return true
  }

  private mutating func content(_ value: JSON, _ keyword: Keyword) -> Bool {
    let dialect = keyword.grammar.dialect
    guard keyword.grammar.has(.content), dialect != .draft7 || keyword.name != "contentSchema"
    else { return false }
    annotate(value, keyword)
    if keyword.name == "contentSchema" {
      // Its text must be a schema, whoever decodes the content.
      _ = one(value, keyword)
    } else if value.string == nil {
      wrong(keyword, "a string")
    } else if options.content == .assertion {
      assertContent(value.string ?? "", keyword)
    }
    return true
  }

  /// The two keywords are one rule: what is encoded is decoded before it is read.
  private mutating func assertContent(_ text: String, _ keyword: Keyword) {
    var content = Rule.Content()
    let rules = schematic.subschemas[keyword.place].rules
    let known = rules.firstIndex { if case .content = $0 { true } else { false } }
    if let known, case .content(let other) = rules[known] { content = other }
    switch (keyword.name, text.lowercased()) {
    case ("contentEncoding", "base64"): content.isBase64 = true
    case ("contentMediaType", "application/json"): content.isJSON = true
    default: return
    }
    if let known {
      schematic.subschemas[keyword.place].rules[known] = .content(content)
    } else {
      add(.content(content), keyword)
    }
  }
}
