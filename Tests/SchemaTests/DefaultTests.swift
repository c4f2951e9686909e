import JSON
import Schema
import Testing

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
      try schema.applyingDefaults(to: ["wait": 5, "list": [[:], [:], 3]]) == [
        "wait": 5, "mode": "fast", "options": ["retries": 3],
        "list": [["first": 1], ["later": 2], 3], "extra": .null,
      ])
    #expect(
      try schema.applyingDefaults(to: [:]).compact
        == #"{"extra":null,"wait":10,"mode":"fast","options":{"retries":3}}"#)
    #expect(
      try schema.applyingDefaults(to: ["options": ["retries": .null]])["options"]
        == ["retries": .null])
    #expect(try schema.applyingDefaults(to: 5) == 5)
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
