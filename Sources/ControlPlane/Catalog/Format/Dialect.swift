internal import JSON

/// The schema of the schemas that a definition may have: JSON Schema 2020-12 as far as it is
/// checked here.
enum Dialect {
  private static let sub = FormatSchema.reference("subschema")
  private static let subs: JSON = ["type": "array", "minItems": 1, "items": sub]
  private static let named: JSON = ["type": "object", "additionalProperties": sub]
  private static let count: JSON = ["type": "integer", "minimum": 0, "maximum": .int(.max)]
  private static let number: JSON = ["type": "number"]
  private static let string: JSON = ["type": "string"]
  private static let flag: JSON = ["type": "boolean"]

  static func schema(isRoot: Bool) -> JSON {
    var members = annotations + assertions + applicators
    if isRoot { members += identifiers }
    var schema = FormatSchema.closed(members)
    // Booleans are schemas too, but for the arguments and the result they would say nothing.
    schema["type"] = isRoot ? "object" : ["object", "boolean"]
    return .object(schema)
  }

  private static var identifiers: [(String, JSON)] {
    let dialect = "https://json-schema.org/draft/2020-12/schema"
    return [
      ("$schema", ["enum": [.string(dialect), .string(dialect + "#")]]),
      ("$id", FormatSchema.matching("^[^#]*$")),
    ]
  }

  private static var annotations: [(String, JSON)] {
    [
      ("title", string), ("description", string), ("$comment", string),
      ("examples", ["type": "array"]), ("default", true), ("deprecated", flag),
      ("readOnly", flag), ("writeOnly", flag),
    ]
  }

  private static var assertions: [(String, JSON)] {
    let type = FormatSchema.words([
      "null", "boolean", "integer", "number", "string", "array", "object",
    ])
    return [
      (
        "type",
        ["anyOf": [type, ["type": "array", "minItems": 1, "uniqueItems": true, "items": type]]]
      ),
      ("const", true), ("enum", ["type": "array", "uniqueItems": true]),
      ("minimum", number), ("maximum", number), ("exclusiveMinimum", number),
      ("exclusiveMaximum", number), ("multipleOf", ["type": "number", "exclusiveMinimum": 0]),
      ("minLength", count), ("maxLength", count), ("minItems", count), ("maxItems", count),
      ("minProperties", count), ("maxProperties", count), ("uniqueItems", flag),
      ("pattern", string), ("format", FormatSchema.words(formats)),
      ("required", ["type": "array", "uniqueItems": true, "items": string]),
    ]
  }

  private static let formats = [
    "date", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid", "date-time",
  ]

  private static var applicators: [(String, JSON)] {
    [
      ("$ref", FormatSchema.matching("^#")), ("$defs", named), ("properties", named),
      ("patternProperties", named), ("additionalProperties", sub), ("propertyNames", sub),
      ("items", sub), ("prefixItems", subs), ("contains", sub), ("minContains", count),
      ("maxContains", count), ("allOf", subs), ("anyOf", subs), ("oneOf", subs), ("not", sub),
      ("if", sub), ("then", sub), ("else", sub),
    ]
  }
}
