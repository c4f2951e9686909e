import JSON
import Schema
import Testing

private func schema(_ text: String) throws -> Schema { try Schema(JSON(parsing: text)) }

private func errors(_ text: String, limits: SchemaLimits = .init()) throws -> [SchemaError] {
  let json = try JSON(parsing: text)
  do throws(SchemaErrors) {
    _ = try Schema(json, limits: limits)
    return []
  } catch {
    return error.errors
  }
}

@Suite("Schemas") struct SchemaTests {
  static let tool = """
    {"type": "object", "additionalProperties": false, "required": ["unit"],
     "properties": {
       "unit": {"type": "string", "pattern": "^[a-z]+\\\\.service$"},
       "waitSeconds": {"type": "integer", "minimum": 0, "maximum": 120, "default": 10},
       "labels": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": true}}}
    """

  @Test("a valid instance has no violations") func valid() throws {
    let schema = try schema(Self.tool)
    #expect(schema.validate(["unit": "nginx.service", "labels": ["a", "b"]]).isEmpty)
    #expect(schema.validate(["unit": "x.service", "waitSeconds": 120]).isEmpty)
  }

  @Test("each violation says where, which keyword, what was expected and what was found")
  func violations() throws {
    let violations = try schema(Self.tool).validate(
      try JSON(parsing: #"{"waitSeconds": 120.5, "labels": ["a", "c", "a"], "a/b": 1}"#))
    let rows = violations.map { [$0.instancePointer, $0.schemaPointer, $0.expected, $0.actual] }
    #expect(
      Set(rows) == [
        ["/unit", "/required", "the member \"unit\"", "no such member"],
        ["/waitSeconds", "/properties/waitSeconds/type", "the type integer", "120.5"],
        ["/waitSeconds", "/properties/waitSeconds/maximum", "at most 120", "120.5"],
        ["/labels/1", "/properties/labels/items/enum", "one of \"a\", \"b\"", "\"c\""],
        [
          "/labels/2", "/properties/labels/uniqueItems", "items that differ from each other",
          "the same as item 0",
        ],
        [
          "/a~1b", "/additionalProperties",
          "no members but \"unit\", \"waitSeconds\", \"labels\"", "the unknown member \"a/b\"",
        ],
      ])
    #expect(
      violations.first { $0.instancePointer == "/labels/1" }?.description
        == "/labels/1: expected one of \"a\", \"b\", found \"c\" (/properties/labels/items/enum)")
  }

  @Test("behind a reference the schema pointer is where the keyword stands") func references()
    throws
  {
    let schema = try schema(
      ##"{"$defs": {"n~/d": {"items": {"$ref": "#/$defs/n~0~1d"}, "maxItems": 1}}, "##
        + ##""$ref": "#/$defs/n~0~1d"}"##)
    let violation = try #require(schema.validate([[1, 2]]).first)
    #expect(violation.instancePointer == "/0")
    #expect(violation.schemaPointer == "/$defs/n~0~1d/maxItems")
    #expect(violation.actual == "2 items")
  }

  @Test("a long string is cut, and a secret is never shown") func redaction() throws {
    let schema = try schema(
      #"{"properties": {"key": {"properties": {"secret": {"maxLength": 3, "type": "null"}}}}}"#)
    let long = String(repeating: "é", count: 60)
    let instance: JSON = ["key": ["secret": .string(long)]]
    let shown = try #require(schema.validate(instance).first { $0.keyword == "type" })
    #expect(shown.actual == "\"" + String(repeating: "é", count: 40) + "\"…")
    for place in ["/key/secret", "/key", ""] {
      let hidden = schema.validate(instance, redacting: [try JSONPointer(place)])
      #expect(hidden.count == 2)
      #expect(!hidden.contains { $0.description.contains("é") })
      #expect(hidden.contains { $0.actual == "a string (redacted)" })
    }
    #expect(schema.validate(instance, redacting: [try JSONPointer("/ke")]).contains(shown))
  }

  @Test("strings are compared by code points, lengths counted in them") func codePoints() throws {
    let schema = try schema(#"{"enum": ["é"], "minLength": 1, "maxLength": 1}"#)
    #expect(schema.validate("\u{E9}").isEmpty)
    #expect(schema.validate("e\u{301}").map(\.keyword) == ["enum", "maxLength"])
    let properties = try self.closed
    #expect(properties.validate(["\u{E9}": 1]).isEmpty)
    #expect(properties.validate(["e\u{301}": 1]).count == 1)
  }

  private var closed: Schema {
    get throws { try schema(#"{"properties": {"é": true}, "additionalProperties": false}"#) }
  }

  @Test("numbers are exact") func numbers() throws {
    let schema = try schema(
      #"{"multipleOf": 0.01, "exclusiveMaximum": 9007199254740993, "minimum": -1e400}"#)
    for text in ["0.07", "9007199254740992.99", "-1e400", "1.10"] {
      #expect(schema.validate(try JSON(parsing: text)).isEmpty)
    }
    for text in ["0.075", "9007199254740993", "1e999999999", "-1.1e400", "1e-999999999"] {
      #expect(schema.validate(try JSON(parsing: text)).count == 1)
    }
  }
}

@Suite("Refused schemas") struct RefusedSchemaTests {
  @Test(
    "a keyword that is not supported is an error with its place",
    arguments: [
      "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems",
      "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "contentEncoding",
      "contentMediaType", "contentSchema", "definitions", "dependencies", "additionalItems", "id",
      "nullable", "minLenght", "",
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
      (#"{"maxItems": 1.5}"#, "/maxItems"), (#"{"minProperties": 1e30}"#, "/minProperties"),
      (#"{"maxLength": "1"}"#, "/maxLength"), (#"{"minimum": "0"}"#, "/minimum"),
      (#"{"multipleOf": 0}"#, "/multipleOf"), (#"{"multipleOf": -1}"#, "/multipleOf"),
      (#"{"multipleOf": 1234567890123456789012345}"#, "/multipleOf"),
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
      "#/default", "#/%zz", "#/%ff", "#/~2", "#/allOf/1", "#/allOf/00", "#/properties/a/", "",
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
      (#"{"items": {"format": "regex"}}"#, "schema.unsupportedFormat", "/items/format"),
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
}

@Suite("Defaults") struct DefaultTests {
  @Test("missing members get their default, at every depth, and present ones stay") func filling()
    throws
  {
    let schema = try schema(
      ##"""
      {"properties": {
         "wait": {"default": 10}, "mode": {"$ref": "#/$defs/mode"},
         "options": {"default": {}, "properties": {"retries": {"default": 3}}},
         "list": {"prefixItems": [{"properties": {"first": {"default": 1}}}],
                  "items": {"properties": {"later": {"default": 2}}}}},
       "allOf": [{"properties": {"extra": {"default": null}}}],
       "anyOf": [{"properties": {"never": {"default": 1}}}],
       "$defs": {"mode": {"enum": ["fast", "slow"], "default": "fast"}}}
      """##)
    #expect(
      schema.applyingDefaults(to: ["wait": 5, "list": [[:], [:], 3]]) == [
        "wait": 5, "mode": "fast", "options": ["retries": 3],
        "list": [["first": 1], ["later": 2], 3], "extra": .null,
      ])
    #expect(
      schema.applyingDefaults(to: [:]).compact
        == #"{"extra":null,"wait":10,"mode":"fast","options":{"retries":3}}"#)
    #expect(
      schema.applyingDefaults(to: ["options": ["retries": .null]])["options"]
        == ["retries": .null])
    #expect(schema.applyingDefaults(to: 5) == 5)
  }

  @Test("without defaults the instance comes back as it was") func none() throws {
    let instance: JSON = ["a": [1]]
    #expect(try schema(#"{"properties": {"b": {}}}"#).applyingDefaults(to: instance) == instance)
  }

  @Test("a default that would contain itself is refused") func circular() throws {
    let text = ##"{"properties": {"child": {"$ref": "#", "default": {}}}}"##
    #expect(try errors(text).map(\.code) == ["schema.default"])
    // A default that has the member itself ends.
    let ends = ##"{"properties": {"child": {"$ref": "#", "default": {"child": null}}}}"##
    #expect(try schema(ends).applyingDefaults(to: [:]) == ["child": ["child": .null]])
  }

  @Test("a default is checked with the defaults inside of it") func filledDefault() throws {
    let inner = #""properties": {"n": {"default": 1}}, "required": ["n"]"#
    #expect(try errors(#"{"properties": {"a": {"default": {}, \#(inner)}}}"#).isEmpty)
  }
}
