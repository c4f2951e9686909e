internal import JSON
internal import Schema

/// The schema of the schemas that a definition may have: JSON Schema 2020-12 as far as it is
/// checked here. Which keywords and formats that are, the reader of schemas is asked.
enum SchemaDialect {
  private struct Keyword {
    let name: String
    /// What it may have for a value.
    let schema: JSON
    /// A value that it can have in any schema.
    let example: JSON

    init(_ name: String, _ schema: JSON, _ example: JSON) {
      self.name = name
      self.schema = schema
      self.example = example
    }
  }

  private static let sub = FormatSchema.reference("subschema")
  private static let subs: JSON = ["type": "array", "minItems": 1, "items": sub]
  private static let named: JSON = ["type": "object", "additionalProperties": sub]
  private static let number: JSON = ["type": "number"]
  private static let string: JSON = ["type": "string"]
  private static let flag: JSON = ["type": "boolean"]
  private static let names: JSON = ["type": "array", "uniqueItems": true, "items": string]
  private static let count: JSON = {
    let huge: JSON = ["minLength": .number(JSONNumber("1e30") ?? JSONNumber(0))]
    let schema: JSON = ["type": "integer", "minimum": 0]
    guard !isTaken(huge), case .object(var object) = schema else { return schema }
    object["maximum"] = .int(.max)
    return .object(object)
  }()

  static func schema(isRoot: Bool) -> JSON {
    let known = (annotations + assertions + applicators + references).filter { keyword in
      var probe = JSONObject([("$defs", ["a": true])])
      if isRoot {
        probe[keyword.name] = keyword.example
      } else {
        probe["not"] = .object(JSONObject([(keyword.name, keyword.example)]))
      }
      return isTaken(.object(probe))
    }
    var schema = FormatSchema.closed(known.map { ($0.name, $0.schema) })
    // Booleans are schemas too, but for the arguments and the result they would say nothing.
    schema["type"] = isRoot ? "object" : ["object", "boolean"]
    return .object(schema)
  }

  private static func isTaken(_ schema: JSON) -> Bool {
    (try? DefinitionReader.compiled(schema)) != nil
  }

  // MARK: - 2020-12

  private static var references: [Keyword] {
    let dialect = "https://json-schema.org/draft/2020-12/schema"
    return [
      Keyword("$schema", ["enum": [.string(dialect), .string(dialect + "#")]], .string(dialect)),
      Keyword("$id", FormatSchema.matching("^[^#]*#?$"), "a"),
      Keyword("$anchor", FormatSchema.matching("^[A-Za-z_][-A-Za-z0-9._]*$"), "a"),
      Keyword("$dynamicAnchor", FormatSchema.matching("^[A-Za-z_][-A-Za-z0-9._]*$"), "a"),
      // By the schema's own name too; whether a reference leads out of it the reader knows.
      Keyword("$ref", string, "#/$defs/a"), Keyword("$dynamicRef", string, "#/$defs/a"),
      Keyword("$defs", named, ["a": true]),
    ]
  }

  private static var annotations: [Keyword] {
    [
      Keyword("title", string, "a"), Keyword("description", string, "a"),
      Keyword("$comment", string, "a"), Keyword("examples", ["type": "array"], []),
      Keyword("default", true, 1), Keyword("deprecated", flag, true),
      Keyword("readOnly", flag, true), Keyword("writeOnly", flag, true),
      Keyword("contentEncoding", string, "base64"), Keyword("contentMediaType", string, "a/b"),
      Keyword("contentSchema", sub, true),
    ]
  }

  private static var assertions: [Keyword] {
    let type = FormatSchema.words([
      "null", "boolean", "integer", "number", "string", "array", "object",
    ])
    let types: JSON = [
      "anyOf": [type, ["type": "array", "minItems": 1, "uniqueItems": true, "items": type]]
    ]
    return [
      Keyword("type", types, "null"), Keyword("const", true, 1),
      Keyword("enum", ["type": "array", "uniqueItems": true], [1]),
      Keyword("multipleOf", ["type": "number", "exclusiveMinimum": 0], 1),
      Keyword("uniqueItems", flag, true), Keyword("pattern", string, "a"),
      Keyword("format", FormatSchema.words(formats), "date"), Keyword("required", names, ["a"]),
      Keyword(
        "dependentRequired", ["type": "object", "additionalProperties": names], ["a": ["b"]]),
    ]
      + ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
      .map { Keyword($0, number, 1) }
      + [
        "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
        "minContains", "maxContains",
      ].map { Keyword($0, count, 1) }
  }

  private static var formats: [String] {
    [
      "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname",
      "ipv4", "ipv6", "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template",
      "json-pointer", "relative-json-pointer", "regex",
    ].filter { isTaken(["format": .string($0)]) }
  }

  private static var applicators: [Keyword] {
    [
      "properties", "patternProperties", "dependentSchemas",
    ].map { Keyword($0, named, [:]) }
      + ["allOf", "anyOf", "oneOf", "prefixItems"].map { Keyword($0, subs, [true]) }
      + [
        "not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
        "unevaluatedItems", "unevaluatedProperties",
      ].map { Keyword($0, sub, true) }
  }
}
