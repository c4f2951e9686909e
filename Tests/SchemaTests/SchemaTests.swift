import JSON
import Schema
import Testing

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
