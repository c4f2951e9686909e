extension MetaSchemas {
  /// 2019-09, by the ends of the URIs.
  static let draft2019: [String: String] = {
    func part(_ name: String, _ title: String, _ rest: String) -> String {
      Self.part("2019-09", name, title, anchor: #""$recursiveAnchor": true"#, rest)
    }
    return [
      "schema": schema2019,
      "meta/core": part("core", "Core vocabulary meta-schema", core2019),
      "meta/applicator": part("applicator", "Applicator vocabulary meta-schema", applicator2019),
      "meta/validation": part("validation", "Validation vocabulary meta-schema", validation),
      "meta/meta-data": part("meta-data", "Meta-data vocabulary meta-schema", metadata),
      "meta/format": part("format", "Format vocabulary meta-schema", format),
      "meta/content": part(
        "content", "Content vocabulary meta-schema", content(##"{"$recursiveRef": "#"}"##)),
    ]
  }()

  private static let schema2019 = ##"""
    {"$schema": "https://json-schema.org/draft/2019-09/schema",
     "$id": "https://json-schema.org/draft/2019-09/schema",
     "$vocabulary": {
       "https://json-schema.org/draft/2019-09/vocab/core": true,
       "https://json-schema.org/draft/2019-09/vocab/applicator": true,
       "https://json-schema.org/draft/2019-09/vocab/validation": true,
       "https://json-schema.org/draft/2019-09/vocab/meta-data": true,
       "https://json-schema.org/draft/2019-09/vocab/format": false,
       "https://json-schema.org/draft/2019-09/vocab/content": true},
     "$recursiveAnchor": true,
     "title": "Core and Validation specifications meta-schema",
     "allOf": [
       {"$ref": "meta/core"},
       {"$ref": "meta/applicator"},
       {"$ref": "meta/validation"},
       {"$ref": "meta/meta-data"},
       {"$ref": "meta/format"},
       {"$ref": "meta/content"}],
     "type": ["object", "boolean"],
     "properties": {
       "definitions": {
         "$comment": "While no longer an official keyword, it stays reserved.",
         "type": "object", "additionalProperties": {"$recursiveRef": "#"}, "default": {}},
       "dependencies": {
         "$comment": "\"dependencies\" is no longer a keyword, and keeps its meaning.",
         "type": "object",
         "additionalProperties": {
           "anyOf": [
             {"$recursiveRef": "#"}, {"$ref": "meta/validation#/$defs/stringArray"}]}}}}
    """##

  private static let core2019 = ##"""
    "type": ["object", "boolean"],
    "properties": {
      "$id": {
        "type": "string", "format": "uri-reference",
        "$comment": "Non-empty fragments not allowed.", "pattern": "^[^#]*#?$"},
      "$schema": {"type": "string", "format": "uri"},
      "$anchor": {"type": "string", "pattern": "^[A-Za-z][-A-Za-z0-9.:_]*$"},
      "$ref": {"type": "string", "format": "uri-reference"},
      "$recursiveRef": {"type": "string", "format": "uri-reference"},
      "$recursiveAnchor": {"type": "boolean", "default": false},
      "$vocabulary": {
        "type": "object", "propertyNames": {"type": "string", "format": "uri"},
        "additionalProperties": {"type": "boolean"}},
      "$comment": {"type": "string"},
      "$defs": {"type": "object", "additionalProperties": {"$recursiveRef": "#"}, "default": {}}}
    """##

  private static let applicator2019 = ##"""
    "properties": {
      "additionalItems": {"$recursiveRef": "#"},
      "unevaluatedItems": {"$recursiveRef": "#"},
      "items": {"anyOf": [{"$recursiveRef": "#"}, {"$ref": "#/$defs/schemaArray"}]},
      "contains": {"$recursiveRef": "#"},
      "additionalProperties": {"$recursiveRef": "#"},
      "unevaluatedProperties": {"$recursiveRef": "#"},
      "properties": {
        "type": "object", "additionalProperties": {"$recursiveRef": "#"}, "default": {}},
      "patternProperties": {
        "type": "object", "additionalProperties": {"$recursiveRef": "#"},
        "propertyNames": {"format": "regex"}, "default": {}},
      "dependentSchemas": {"type": "object", "additionalProperties": {"$recursiveRef": "#"}},
      "propertyNames": {"$recursiveRef": "#"},
      "if": {"$recursiveRef": "#"},
      "then": {"$recursiveRef": "#"},
      "else": {"$recursiveRef": "#"},
      "allOf": {"$ref": "#/$defs/schemaArray"},
      "anyOf": {"$ref": "#/$defs/schemaArray"},
      "oneOf": {"$ref": "#/$defs/schemaArray"},
      "not": {"$recursiveRef": "#"}},
    "$defs": {
      "schemaArray": {"type": "array", "minItems": 1, "items": {"$recursiveRef": "#"}}}
    """##
}
