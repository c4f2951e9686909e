import JSON
import Schema
import Testing

@Suite("Output") struct OutputTests {
  private static let text = ##"""
    {"$id": "https://example.com/polygon", "$defs": {
       "point": {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
                 "additionalProperties": false, "required": ["x", "y"]}},
     "type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 3}
    """##
  private static let instance: JSON = [["x": 1, "y": 2], ["x": 1, "z": 3]]

  @Test("flag has the verdict alone") func flag() throws {
    let schema = try schema(Self.text, options: SchemaOptions())
    #expect(schema.output(of: Self.instance).json(.flag).compact == #"{"valid":false}"#)
    #expect(schema.output(of: [1, 2, 3]).json(.flag) == ["valid": false])
  }

  @Test("basic lists all errors with their three places") func basic() throws {
    let schema = try schema(Self.text, options: SchemaOptions())
    let output = schema.output(of: Self.instance).json(.basic)
    let errors = try #require(output["errors"]?.array)
    let places = errors.map { error in
      [
        error["keywordLocation"]?.string, error["absoluteKeywordLocation"]?.string,
        error["instanceLocation"]?.string,
      ].map { $0 ?? "none" }
    }
    #expect(
      Set(places) == [
        [
          "/items/$ref/required", "https://example.com/polygon#/$defs/point/required",
          "/1/y",
        ],
        [
          "/items/$ref/additionalProperties",
          "https://example.com/polygon#/$defs/point/additionalProperties", "/1/z",
        ],
        ["/minItems", "https://example.com/polygon#/minItems", ""],
      ])
    #expect(errors.allSatisfy { $0["valid"] == false && $0["error"]?.string != nil })
  }

  @Test("detailed has them as a tree without mere steps") func detailed() throws {
    let schema = try schema(Self.text, options: SchemaOptions())
    let output = schema.output(of: Self.instance).json(.detailed)
    let errors = try #require(output["errors"]?.array)
    #expect(output["valid"] == false)
    #expect(
      errors.map { $0["keywordLocation"]?.string } == ["/minItems", "/items/$ref"]
        || errors.map { $0["keywordLocation"]?.string } == ["/items/$ref", "/minItems"])
    let inner = errors.first { $0["keywordLocation"] == "/items/$ref" }?["errors"]?.array ?? []
    #expect(
      Set(inner.map { $0["keywordLocation"]?.string }) == [
        "/items/$ref/required", "/items/$ref/additionalProperties",
      ])
  }

  @Test("below a combination every branch says what it found") func combination() throws {
    let schema = try schema(
      #"{"anyOf": [{"type": "string"}, {"minimum": 5}], "not": {"const": 3}}"#,
      options: SchemaOptions())
    let errors = schema.output(of: 3).json(.basic)["errors"]?.array ?? []
    #expect(
      errors.map { $0["keywordLocation"]?.string } == [
        "/anyOf", "/anyOf/0/type", "/anyOf/1/minimum", "/not",
      ])
    #expect(schema.validate(3).map(\.keyword) == ["anyOf", "not"])
    #expect(schema.output(of: 7).json(.basic)["errors"] == nil)
  }

  @Test("what a schema remarks about a valid instance is its annotations") func annotations() throws
  {
    let schema = try schema(
      ##"""
      {"title": "Unit", "properties": {"a": {"format": "date", "deprecated": true}},
       "patternProperties": {"^b": {"description": "more"}}, "additionalProperties": {"x-own": 1},
       "anyOf": [{"required": ["z"], "title": "no"}, {"title": "yes"}],
       "$defs": {"n": {"default": 5}}}
      """##, options: SchemaOptions())
    let output = schema.output(of: ["a": "x", "b": 1, "c": 2])
    #expect(output.isValid)
    let rows = (output.json(.basic)["annotations"]?.array ?? []).map {
      [$0["keywordLocation"]?.string ?? "", $0["annotation"]?.compact ?? ""]
    }
    #expect(
      Set(rows) == [
        ["/title", "\"Unit\""], ["/properties", "[\"a\"]"],
        ["/properties/a/format", "\"date\""], ["/properties/a/deprecated", "true"],
        ["/patternProperties", "[\"b\"]"], ["/patternProperties/^b/description", "\"more\""],
        ["/additionalProperties", "[\"c\"]"], ["/additionalProperties/x-own", "1"],
        ["/anyOf/1/title", "\"yes\""],
      ])
    #expect(output.json(.detailed)["annotations"]?.array?.isEmpty == false)
  }

  @Test("places are written as pointers and as fragments of a URI") func escapes() throws {
    let schema = try schema(
      #"{"properties": {"a/b~ é": {"type": "null"}}}"#, options: SchemaOptions())
    let error = try #require(
      schema.output(of: ["a/b~ é": 1]).json(.basic)["errors"]?.array?.first)
    #expect(error["keywordLocation"] == "/properties/a~1b~0 é/type")
    #expect(error["absoluteKeywordLocation"] == "#/properties/a~1b~0%20%C3%A9/type")
    #expect(error["instanceLocation"] == "/a~1b~0 é")
  }

  @Test("a secret is in no output") func redaction() throws {
    let schema = try schema(
      #"{"properties": {"key": {"anyOf": [{"const": "a"}, {"maxLength": 1}]}}}"#,
      options: SchemaOptions())
    let output = schema.output(of: ["key": "hidden"], redacting: [try JSONPointer("/key")])
    for form in SchemaOutput.Form.allCases {
      #expect(!output.json(form).compact.contains("hidden"))
    }
  }

  @Test("output is bounded") func bounded() throws {
    let schema = try schema(#"{"items": {"type": "null"}}"#, options: SchemaOptions())
    let output = schema.output(of: .array((0..<5_000).map(JSON.int)))
    #expect(!output.isValid)
    #expect(output.json(.basic)["errors"]?.array?.count == SchemaLimits().maxOutputUnits)
  }
}
