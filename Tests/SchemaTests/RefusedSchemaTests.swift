import JSON
import Schema
import Testing

@Suite("Refused schemas") struct RefusedSchemaTests {
  @Test(
    "a keyword that is not supported is an error with its place",
    arguments: [
      "definitions", "dependencies", "additionalItems", "$recursiveRef", "id", "nullable",
      "minLenght", "$vocabulary", "",
    ])
  func unsupported(keyword: String) throws {
    let json: JSON = ["properties": ["a/b": .object(JSONObject([(keyword, true)]))]]
    let errors = try errors(json.compact)
    #expect(errors.map(\.code) == ["schema.unsupportedKeyword"])
    #expect(errors.first?.pointer == "/properties/a~1b/\(keyword)")
  }

  @Test(
    "a keyword with a value that it cannot have is an error with its place",
    arguments: [
      (#"{"type": "int"}"#, "/type"), (#"{"type": []}"#, "/type"),
      (#"{"type": ["null", "null"]}"#, "/type"), (#"{"type": 1}"#, "/type"),
      (#"{"enum": {}}"#, "/enum"), (#"{"enum": [1, 1.0]}"#, "/enum"),
      (#"{"required": "a"}"#, "/required"), (#"{"required": ["a", "a"]}"#, "/required"),
      (#"{"required": [1]}"#, "/required"), (#"{"minLength": -1}"#, "/minLength"),
      (#"{"maxItems": 1.5}"#, "/maxItems"),
      (#"{"maxLength": "1"}"#, "/maxLength"), (#"{"minimum": "0"}"#, "/minimum"),
      (#"{"multipleOf": 0}"#, "/multipleOf"), (#"{"multipleOf": -1}"#, "/multipleOf"),
      (#"{"dependentRequired": {"a": [1]}}"#, "/dependentRequired"),
      (#"{"dependentSchemas": []}"#, "/dependentSchemas"), (#"{"$anchor": "1a"}"#, "/$anchor"),
      (#"{"$dynamicAnchor": 1}"#, "/$dynamicAnchor"),
      (#"{"unevaluatedItems": 1}"#, "/unevaluatedItems"),
      (#"{"contentEncoding": 1}"#, "/contentEncoding"),
      (#"{"contentSchema": 1}"#, "/contentSchema"),
      (#"{"uniqueItems": 1}"#, "/uniqueItems"), (#"{"pattern": 1}"#, "/pattern"),
      (#"{"format": 1}"#, "/format"), (#"{"allOf": []}"#, "/allOf"), (#"{"anyOf": {}}"#, "/anyOf"),
      (#"{"oneOf": [1]}"#, "/oneOf/0"), (#"{"not": null}"#, "/not"),
      (#"{"items": [true]}"#, "/items"),
      (#"{"prefixItems": {}}"#, "/prefixItems"), (#"{"properties": []}"#, "/properties"),
      (#"{"properties": {"a": 1}}"#, "/properties/a"), (#"{"$defs": 1}"#, "/$defs"),
      (#"{"minContains": -1}"#, "/minContains"), (#"{"then": 1}"#, "/then"),
      (#"{"title": 1}"#, "/title"), (#"{"examples": {}}"#, "/examples"),
      (#"{"readOnly": "yes"}"#, "/readOnly"), (#"{"$ref": 1}"#, "/$ref"),
      (#"{"$schema": "http://json-schema.org/draft-07/schema#"}"#, "/$schema"),
      (#"{"$id": "x#y"}"#, "/$id"), ("1", ""), ("[]", ""),
    ])
  func values(text: String, pointer: String) throws {
    let errors = try errors(text)
    #expect(errors.map(\.code) == ["schema.keywordValue"])
    #expect(errors.first?.pointer == pointer)
  }

  @Test(
    "a reference leads to a subschema of this schema, or is an error",
    arguments: [
      "other.json", "https://example.com/x", "#anchor", "#/$defs/none", "#/properties", "#/enum/0",
      "#/default", "#/%zz", "#/%ff", "#/~2", "#/allOf/1", "#/allOf/00", "#/properties/a/",
      "#/properties/a/x",
    ])
  func references(reference: String) throws {
    let json: JSON = [
      "properties": ["a": ["type": "string"], "b": ["$ref": .string(reference)]],
      "enum": [[:]], "allOf": [true],
    ]
    let errors = try errors(json.compact)
    #expect(errors.map(\.code) == ["schema.reference"])
    #expect(errors.first?.pointer == "/properties/b/$ref")
  }

  @Test("other errors have their codes") func codes() throws {
    for (text, code, pointer) in [
      (#"{"items": {"format": "colour"}}"#, "schema.unsupportedFormat", "/items/format"),
      (#"{"not": {"pattern": "(?=a)"}}"#, "schema.pattern", "/not/pattern"),
      (#"{"patternProperties": {"(": true}}"#, "schema.pattern", "/patternProperties"),
      (#"{"items": {"$id": "x"}}"#, "schema.unsupportedKeyword", "/items/$id"),
      (##"{"$ref": "#"}"##, "schema.circular", ""),
      (##"{"allOf": [{"not": {"$ref": "#/allOf/0"}}]}"##, "schema.circular", "/allOf/0/not"),
      (
        ##"{"if": {"$ref": "#/then"}, "then": {"anyOf": [{"$ref": "#/if"}]}}"##,
        "schema.circular", "/if"
      ),
      (
        #"{"properties": {"a": {"type": "string", "default": 1}}}"#, "schema.default",
        "/properties/a/default"
      ),
    ] {
      let error = try #require(try errors(text).first)
      #expect(error.code == code)
      #expect(error.pointer == pointer)
    }
  }

  @Test("all errors are reported at once, in order") func all() throws {
    let errors = try errors(
      #"{"type": "int", "x": 1, "properties": {"a": {"y": 1}}, "minimum": ""}"#)
    #expect(errors.map(\.pointer) == ["/type", "/x", "/minimum", "/properties/a/y"])
  }

  @Test("in the standard's own rules what is not known is a remark") func lenient() throws {
    let text = ##"""
      {"nullable": true, "format": "colour", "additionalItems": false,
       "definitions": {"a": {"type": "string"}}, "enum": [1, 1.0], "default": "x",
       "items": {"$id": "x", "$ref": "#/examples/0", "examples": [{"type": "integer"}]}}
      """##
    #expect(try errors(text, options: SchemaOptions()) == [])
    #expect(try !schema(text, options: SchemaOptions()).isValid([1]))
  }

  @Test("what is wrong is wrong in the standard's own rules as well") func standard() throws {
    for (text, code, pointer) in [
      (#"{"type": "int"}"#, "schema.keywordValue", "/type"),
      (#"{"$id": "x#y"}"#, "schema.keywordValue", "/$id"),
      (#"{"$schema": "https://example.com/mine"}"#, "schema.dialect", "/$schema"),
      (#"{"$ref": "https://example.com/other"}"#, "schema.reference", "/$ref"),
      (##"{"$ref": "#/enum/0", "enum": [1]}"##, "schema.reference", "/$ref"),
      (
        #"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"#, "schema.identifier",
        "/$defs/b/$anchor"
      ),
      (#"{"$defs": {"a": {"$id": "x"}, "b": {"$id": "x"}}}"#, "schema.identifier", "/$defs/b/$id"),
      (##"{"$ref": "#"}"##, "schema.circular", ""),
      (##"{"$dynamicRef": "#a", "$dynamicAnchor": "a"}"##, "schema.circular", ""),
    ] {
      let error = try #require(try errors(text, options: SchemaOptions()).first)
      #expect(error.code == code)
      #expect(error.pointer == pointer)
    }
  }
}
