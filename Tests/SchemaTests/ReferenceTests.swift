import JSON
import Schema
import Testing

@Suite("References") struct ReferenceTests {
  private func options(_ documents: [(String, String)]) throws -> SchemaOptions {
    var options = SchemaOptions()
    for (uri, text) in documents { options.documents.register(try JSON(parsing: text), at: uri) }
    return options
  }

  @Test("a reference leads to what is registered, by its place or by its own identifier")
  func registered() throws {
    let options = try options([
      (
        "https://example.com/place.json",
        #"{"$id": "https://example.com/own", "$defs": {"n": {"$anchor": "n", "type": "integer"}}}"#
      )
    ])
    for reference in [
      "https://example.com/place.json#/$defs/n", "https://example.com/own#n",
      "HTTPS://Example.com/a/../own#/%24defs/n",
    ] {
      let schema = try Schema(["items": ["$ref": .string(reference)]], options: options)
      #expect(schema.isValid([1]))
      let violation = try #require(schema.validate(["x"]).first)
      #expect(violation.schemaPointer == "https://example.com/own#/$defs/n/type")
      #expect(violation.instancePointer == "/0")
    }
  }

  @Test("what is not registered does not exist, and the error says that nothing is fetched")
  func unregistered() throws {
    let text = #"{"$ref": "http://localhost:1234/integer.json"}"#
    let error = try #require(try errors(text, options: SchemaOptions()).first)
    #expect(error.code == "schema.reference")
    #expect(error.message.contains("not registered, and nothing is fetched"))
  }

  @Test("an error in a registered document says which one") func documentErrors() throws {
    let options = try options([("urn:example:broken", #"{"items": {"type": "int"}}"#)])
    let errors = try errors(#"{"$ref": "urn:example:broken"}"#, options: options)
    #expect(errors.map(\.pointer) == ["urn:example:broken#/items/type"])
  }

  @Test(
    "references are resolved as RFC 3986 says",
    arguments: [
      ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
      ("/g", "http://a/g"), ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"),
      ("g?y", "http://a/b/c/g?y"), (";x", "http://a/b/c/;x"), ("../g", "http://a/b/g"),
      ("../..", "http://a/"), ("../../../g", "http://a/g"), ("/./g", "http://a/g"),
      ("./g/.", "http://a/b/c/g/"), ("g/../h", "http://a/b/c/h"), ("g;x=1/../y", "http://a/b/c/y"),
    ])
  func resolution(reference: String, uri: String) throws {
    let options = try options([(uri, #"{"type": "integer"}"#)])
    let schema = try Schema(
      ["$id": "http://a/b/c/d;p?q", "items": ["$ref": .string(reference)]], options: options)
    #expect(schema.isValid([1]))
    #expect(!schema.isValid(["x"]))
  }

  @Test("a strict schema leads nowhere else, whatever is registered") func strict() throws {
    var options = try options([("urn:example:x", "true")])
    options.isStrict = true
    #expect(
      try errors(#"{"$ref": "urn:example:x"}"#, options: options).map(\.code)
        == ["schema.reference"])
    let meta = #"{"$ref": "https://json-schema.org/draft/2020-12/schema"}"#
    #expect(try errors(meta, options: options).map(\.code) == ["schema.reference"])
    let local = ##"{"$defs": {"a": {"$anchor": "here", "type": "null"}}, "$ref": "#here"}"##
    #expect(try schema(local).isValid(.null))
  }

  @Test("a recursive reference of 2019-09 leads to the outermost schema that allows it")
  func recursive() throws {
    let tree = """
      {"$schema": "https://json-schema.org/draft/2019-09/schema", "$id": "https://example.com/tree",
       "$recursiveAnchor": true, "type": "object",
       "properties": {"children": {"type": "array", "items": {"$recursiveRef": "#"}}}}
      """
    let strict = """
      {"$schema": "https://json-schema.org/draft/2019-09/schema",
       "$id": "https://example.com/strict",
       "$recursiveAnchor": true, "$ref": "tree", "unevaluatedProperties": false}
      """
    let options = try options([("https://example.com/tree", tree)])
    let loose: JSON = ["children": [["childen": []]]]
    #expect(try schema(tree, options: options).isValid(loose))
    #expect(try !schema(strict, options: options).isValid(loose))
    #expect(try schema(strict, options: options).isValid(["children": [["children": []]]]))
  }

  @Test("a dynamic reference asks the way that the check took") func dynamic() throws {
    let text = ##"""
      {"$id": "https://example.com/root",
       "$ref": "list", "$defs": {
         "strings": {"$dynamicAnchor": "item", "type": "string"},
         "list": {"$id": "list", "type": "array", "items": {"$dynamicRef": "#item"},
                  "$defs": {"any": {"$dynamicAnchor": "item"}}}}}
      """##
    let schema = try schema(text, options: SchemaOptions())
    #expect(schema.isValid(["a"]))
    let violation = try #require(schema.validate(["a", 1]).first)
    #expect(violation.instancePointer == "/1")
    #expect(violation.schemaPointer == "/$defs/strings/type")
  }

  @Test("vocabularies that a meta-schema leaves out say nothing, and unknown ones are refused")
  func vocabularies() throws {
    let core = #""https://json-schema.org/draft/2020-12/vocab/core": true"#
    func meta(_ more: String) -> String {
      """
      {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:example:meta",
       "$vocabulary": {\(core)\(more)}}
      """
    }
    let text = #"{"$schema": "urn:example:meta", "type": "string", "properties": {"a": false}}"#
    let bare = try options([("urn:example:meta", meta(""))])
    #expect(try schema(text, options: bare).isValid(["a": 1]))
    let more = #", "https://json-schema.org/draft/2020-12/vocab/applicator": true"#
    let applicator = try options([("urn:example:meta", meta(more))])
    #expect(try !schema(text, options: applicator).isValid(["a": 1]))
    #expect(try schema(text, options: applicator).isValid(["b": 1]))
    let optional = try options([("urn:example:meta", meta(#", "urn:example:mine": false"#))])
    #expect(try errors(text, options: optional) == [])
    let required = try options([("urn:example:meta", meta(#", "urn:example:mine": true"#))])
    #expect(try errors(text, options: required).map(\.code) == ["schema.vocabulary"])
  }
}

@Suite("Dialects") struct DialectTests {
  @Test("beside a reference draft-07 reads nothing, and 2020-12 does") func siblings() throws {
    let text = ##"{"definitions": {"a": true}, "$ref": "#/definitions/a", "type": "string"}"##
    #expect(try schema(text, options: draft7).isValid(1))
    #expect(try !schema(text, options: SchemaOptions()).isValid(1))
  }

  @Test("each dialect has its own keywords") func keywords() throws {
    let tuple = #"{"items": [{"type": "null"}], "additionalItems": {"type": "string"}}"#
    #expect(try !schema(tuple, options: draft7).isValid([.null, 1]))
    #expect(try schema(tuple, options: draft7).isValid([.null, "a"]))
    #expect(try errors(tuple, options: SchemaOptions()).map(\.pointer) == ["/items"])
    let newer = """
      {"dependentRequired": {"a": ["b"]}, "unevaluatedProperties": false, "maxContains": 0,
       "contains": true}
      """
    #expect(try schema(newer, options: draft7).isValid(["a": 1]))
    #expect(try !schema(newer, options: SchemaOptions()).isValid(["a": 1]))
    #expect(try schema(newer, options: draft7).isValid([1]))
    #expect(try !schema(newer, options: SchemaOptions()).isValid([1]))
  }

  @Test("an identifier that is a fragment is an anchor in draft-07") func anchors() throws {
    let text = ##"{"definitions": {"a": {"$id": "#here", "type": "null"}}, "$ref": "#here"}"##
    #expect(try schema(text, options: draft7).isValid(.null))
    #expect(try !schema(text, options: draft7).isValid(1))
  }

  @Test("a document says its dialect, and one in another may lie in it") func embedded() throws {
    let text = ##"""
      {"$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "old", "$defs": {
        "old": {"$schema": "http://json-schema.org/draft-07/schema#", "$id": "old",
                "items": [{"type": "null"}], "prefixItems": [{"type": "string"}]}}}
      """##
    #expect(try schema(text, options: SchemaOptions()).isValid([.null]))
    #expect(try !schema(text, options: SchemaOptions()).isValid(["a"]))
  }

  @Test("content is a remark, and checked where that is asked for") func content() throws {
    let text = #"{"contentMediaType": "application/json", "contentEncoding": "base64"}"#
    for options in [SchemaOptions(), draft7] {
      #expect(try schema(text, options: options).isValid("{}"))
    }
    #expect(try !schema(text, options: asserting).isValid("{}"))
    #expect(try schema(text, options: asserting).isValid("e30="))
    #expect(try !schema(text, options: asserting).isValid("e30"))
    #expect(try !schema(text, options: asserting).isValid("eyI="))
    let other = #"{"contentMediaType": "text/html", "contentEncoding": "quoted-printable"}"#
    #expect(try schema(other, options: asserting).isValid("<"))
  }
}

@Suite("Meta-schemas") struct MetaSchemaTests {
  @Test(
    "each meta-schema fits itself",
    arguments: [
      "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema",
      "https://json-schema.org/draft/2020-12/schema",
    ])
  func selfDescription(uri: String) throws {
    let meta = try Schema(["$ref": .string(uri)])
    #expect(meta.isValid(["type": "object"]))
    #expect(!meta.isValid(["type": "int"]))
    #expect(!meta.isValid(["properties": ["a": ["minLength": -1]]]))
    #expect(!meta.isValid(["allOf": []]))
    #expect(meta.isValid(true))
    #expect(!meta.isValid(1))
  }

  @Test("a schema is held against the meta-schema that it names") func named() throws {
    #expect(try Schema.violations(ofSchema: ["type": "object"]).isEmpty)
    let wrong = try Schema.violations(ofSchema: ["items": ["minimum": "0"]])
    #expect(wrong.map(\.instancePointer) == ["/items/minimum"])
    #expect(
      wrong.first?.schemaPointer
        == "https://json-schema.org/draft/2020-12/meta/validation#/properties/minimum/type")
    let old: JSON = ["$schema": "http://json-schema.org/draft-07/schema#", "items": []]
    #expect(try Schema.violations(ofSchema: old).map(\.instancePointer) == ["/items"])
    #expect(throws: SchemaErrors.self) {
      try Schema.violations(ofSchema: ["$schema": "https://example.com/mine"])
    }
    var options = SchemaOptions()
    options.documents.register(["required": ["title"]], at: "https://example.com/mine")
    let mine: JSON = ["$schema": "https://example.com/mine"]
    #expect(
      try Schema.violations(ofSchema: mine, options: options).map(\.instancePointer) == ["/title"])
  }
}
