import JSON

/// The schemas that schemas are written by, under the URIs that the standard gives them.
enum MetaSchemas {
  static func document(at uri: String) -> JSON? {
    if let text = texts[uri] { return parsed(text) }
    return nil
  }

  private static let texts: [String: String] = {
    var texts = [Dialect.draft7.rawValue: draft7]
    for (name, text) in draft2019 { texts["https://json-schema.org/draft/2019-09/" + name] = text }
    for (name, text) in draft2020 { texts["https://json-schema.org/draft/2020-12/" + name] = text }
    return texts
  }()

  /// They are part of the program, so that one that is no JSON is a bug of ours.
  private static func parsed(_ text: String) -> JSON {
    do {
      return try JSON(parsing: text)
    } catch {
      preconditionFailure("a built-in meta-schema: \(error)")
    }
  }

  /// A vocabulary's part of a meta-schema.
  static func part(
    _ dialect: String, _ name: String, _ title: String, anchor: String, _ rest: String
  ) -> String {
    """
    {"$schema": "https://json-schema.org/draft/\(dialect)/schema",
     "$id": "https://json-schema.org/draft/\(dialect)/meta/\(name)",
     "$vocabulary": {"https://json-schema.org/draft/\(dialect)/vocab/\(name)": true},
     \(anchor),
     "title": "\(title)",
     \(rest)}
    """
  }

  /// The keywords of the validation vocabulary, which both dialects share.
  static let validation = """
    "type": ["object", "boolean"],
    "properties": {
      "type": {
        "anyOf": [
          {"$ref": "#/$defs/simpleTypes"},
          {"type": "array", "items": {"$ref": "#/$defs/simpleTypes"}, "minItems": 1,
           "uniqueItems": true}]},
      "const": true,
      "enum": {"type": "array", "items": true},
      "multipleOf": {"type": "number", "exclusiveMinimum": 0},
      "maximum": {"type": "number"},
      "exclusiveMaximum": {"type": "number"},
      "minimum": {"type": "number"},
      "exclusiveMinimum": {"type": "number"},
      "maxLength": {"$ref": "#/$defs/nonNegativeInteger"},
      "minLength": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
      "pattern": {"type": "string", "format": "regex"},
      "maxItems": {"$ref": "#/$defs/nonNegativeInteger"},
      "minItems": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
      "uniqueItems": {"type": "boolean", "default": false},
      "maxContains": {"$ref": "#/$defs/nonNegativeInteger"},
      "minContains": {"$ref": "#/$defs/nonNegativeInteger", "default": 1},
      "maxProperties": {"$ref": "#/$defs/nonNegativeInteger"},
      "minProperties": {"$ref": "#/$defs/nonNegativeIntegerDefault0"},
      "required": {"$ref": "#/$defs/stringArray"},
      "dependentRequired": {
        "type": "object", "additionalProperties": {"$ref": "#/$defs/stringArray"}}},
    "$defs": {
      "nonNegativeInteger": {"type": "integer", "minimum": 0},
      "nonNegativeIntegerDefault0": {"$ref": "#/$defs/nonNegativeInteger", "default": 0},
      "simpleTypes": {
        "enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
      "stringArray": {
        "type": "array", "items": {"type": "string"}, "uniqueItems": true, "default": []}}
    """

  static let metadata = """
    "type": ["object", "boolean"],
    "properties": {
      "title": {"type": "string"},
      "description": {"type": "string"},
      "default": true,
      "deprecated": {"type": "boolean", "default": false},
      "readOnly": {"type": "boolean", "default": false},
      "writeOnly": {"type": "boolean", "default": false},
      "examples": {"type": "array", "items": true}}
    """

  static let format = """
    "type": ["object", "boolean"],
    "properties": {"format": {"type": "string"}}
    """

  /// - Parameter schema: how a subschema is referred to.
  static func content(_ schema: String) -> String {
    """
    "type": ["object", "boolean"],
    "properties": {
      "contentMediaType": {"type": "string"},
      "contentEncoding": {"type": "string"},
      "contentSchema": \(schema)}
    """
  }
}
