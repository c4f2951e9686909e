extension MetaSchemas {
  /// 2020-12, by the ends of the URIs.
  static let draft2020: [String: String] = {
    let anchor = #""$dynamicAnchor": "meta""#
    func part(_ name: String, _ title: String, _ rest: String) -> String {
      Self.part("2020-12", name, title, anchor: anchor, rest)
    }
    return [
      "schema": schema2020,
      "meta/core": part("core", "Core vocabulary meta-schema", core2020),
      "meta/applicator": part("applicator", "Applicator vocabulary meta-schema", applicator2020),
      "meta/unevaluated": part(
        "unevaluated", "Unevaluated applicator vocabulary meta-schema", unevaluated2020),
      "meta/validation": part("validation", "Validation vocabulary meta-schema", validation),
      "meta/meta-data": part("meta-data", "Meta-data vocabulary meta-schema", metadata),
      "meta/format-annotation": part(
        "format-annotation", "Format vocabulary meta-schema for annotation results", format),
      "meta/format-assertion": part(
        "format-assertion", "Format vocabulary meta-schema for assertion results", format),
      "meta/content": part(
        "content", "Content vocabulary meta-schema", content(##"{"$dynamicRef": "#meta"}"##)),
    ]
  }()

  private static let schema2020 = ##"""
    {"$schema": "https://json-schema.org/draft/2020-12/schema",
     "$id": "https://json-schema.org/draft/2020-12/schema",
     "$vocabulary": {
       "https://json-schema.org/draft/2020-12/vocab/core": true,
       "https://json-schema.org/draft/2020-12/vocab/applicator": true,
       "https://json-schema.org/draft/2020-12/vocab/unevaluated": true,
       "https://json-schema.org/draft/2020-12/vocab/validation": true,
       "https://json-schema.org/draft/2020-12/vocab/meta-data": true,
       "https://json-schema.org/draft/2020-12/vocab/format-annotation": true,
       "https://json-schema.org/draft/2020-12/vocab/content": true},
     "$dynamicAnchor": "meta",
     "title": "Core and Validation specifications meta-schema",
     "allOf": [
       {"$ref": "meta/core"},
       {"$ref": "meta/applicator"},
       {"$ref": "meta/unevaluated"},
       {"$ref": "meta/validation"},
       {"$ref": "meta/meta-data"},
       {"$ref": "meta/format-annotation"},
       {"$ref": "meta/content"}],
     "type": ["object", "boolean"],
     "$comment": "Keywords of earlier drafts are still described, and keep their meaning.",
     "properties": {
       "definitions": {
         "$comment": "\"definitions\" has been replaced by \"$defs\".",
         "type": "object", "additionalProperties": {"$dynamicRef": "#meta"},
         "deprecated": true, "default": {}},
       "dependencies": {
         "$comment": "\"dependencies\" has become \"dependentSchemas\" and \"dependentRequired\".",
         "type": "object",
         "additionalProperties": {
           "anyOf": [
             {"$dynamicRef": "#meta"}, {"$ref": "meta/validation#/$defs/stringArray"}]},
         "deprecated": true, "default": {}},
       "$recursiveAnchor": {
         "$comment": "\"$recursiveAnchor\" has been replaced by \"$dynamicAnchor\".",
         "$ref": "meta/core#/$defs/anchorString", "deprecated": true},
       "$recursiveRef": {
         "$comment": "\"$recursiveRef\" has been replaced by \"$dynamicRef\".",
         "$ref": "meta/core#/$defs/uriReferenceString", "deprecated": true}}}
    """##

  private static let core2020 = ##"""
    "type": ["object", "boolean"],
    "properties": {
      "$id": {
        "$ref": "#/$defs/uriReferenceString",
        "$comment": "Non-empty fragments not allowed.", "pattern": "^[^#]*#?$"},
      "$schema": {"$ref": "#/$defs/uriString"},
      "$ref": {"$ref": "#/$defs/uriReferenceString"},
      "$anchor": {"$ref": "#/$defs/anchorString"},
      "$dynamicRef": {"$ref": "#/$defs/uriReferenceString"},
      "$dynamicAnchor": {"$ref": "#/$defs/anchorString"},
      "$vocabulary": {
        "type": "object", "propertyNames": {"$ref": "#/$defs/uriString"},
        "additionalProperties": {"type": "boolean"}},
      "$comment": {"type": "string"},
      "$defs": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}}},
    "$defs": {
      "anchorString": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
      "uriString": {"type": "string", "format": "uri"},
      "uriReferenceString": {"type": "string", "format": "uri-reference"}}
    """##

  private static let applicator2020 = ##"""
    "type": ["object", "boolean"],
    "properties": {
      "prefixItems": {"$ref": "#/$defs/schemaArray"},
      "items": {"$dynamicRef": "#meta"},
      "contains": {"$dynamicRef": "#meta"},
      "additionalProperties": {"$dynamicRef": "#meta"},
      "properties": {
        "type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
      "patternProperties": {
        "type": "object", "additionalProperties": {"$dynamicRef": "#meta"},
        "propertyNames": {"format": "regex"}, "default": {}},
      "dependentSchemas": {
        "type": "object", "additionalProperties": {"$dynamicRef": "#meta"}, "default": {}},
      "propertyNames": {"$dynamicRef": "#meta"},
      "if": {"$dynamicRef": "#meta"},
      "then": {"$dynamicRef": "#meta"},
      "else": {"$dynamicRef": "#meta"},
      "allOf": {"$ref": "#/$defs/schemaArray"},
      "anyOf": {"$ref": "#/$defs/schemaArray"},
      "oneOf": {"$ref": "#/$defs/schemaArray"},
      "not": {"$dynamicRef": "#meta"}},
    "$defs": {
      "schemaArray": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}}}
    """##

  private static let unevaluated2020 = ##"""
    "type": ["object", "boolean"],
    "properties": {
      "unevaluatedItems": {"$dynamicRef": "#meta"},
      "unevaluatedProperties": {"$dynamicRef": "#meta"}}
    """##
}
