import JSON
import Schema
import Support
import Testing

private func codes(_ text: String, limits: SchemaLimits = .init()) throws -> [String] {
  try errors(text, limits: limits).map(\.code)
}

@Suite("Hostile schemas and instances") struct HostileSchemaTests {
  @Test("each limit of a schema has its code") func limits() throws {
    let members = (0..<10_001).map { "\"p\($0)\":{}" }.joined(separator: ",")
    #expect(try codes("{\"properties\":{\(members)}}") == ["schema.limit.subschemas"])
    #expect(try codes(nested(#"{"not":"#, "{}", "}", 65)) == ["schema.limit.depth"])
    #expect(try codes(nested(#"{"not":"#, "{}", "}", 60)) == [])
    let patterns = (0..<201).map { "{\"pattern\":\"a\($0)\"}" }.joined(separator: ",")
    #expect(try codes("{\"anyOf\":[\(patterns)]}") == ["schema.limit.patterns"])
    let same = Array(repeating: #"{"pattern":"a"}"#, count: 500).joined(separator: ",")
    #expect(try codes("{\"anyOf\":[\(same)]}") == [])
    let wrong = Array(repeating: #"{"x":1}"#, count: 500).joined(separator: ",")
    let errors = try codes("{\"anyOf\":[\(wrong)]}")
    #expect(errors.count == 101)
    #expect(errors.last == "schema.limit.errors")
  }

  @Test("a long chain of references is refused") func chain() throws {
    let links = (0..<9_000).map { "\"d\($0)\":{\"$ref\":\"#/$defs/d\($0 + 1)\"}" }
    for (end, code) in [("{}", "schema.limit.depth"), (##"{"$ref":"#"}"##, "schema.circular")] {
      let definitions = links.joined(separator: ",") + ",\"d9000\":\(end)"
      #expect(try codes("{\"$defs\":{\(definitions)},\"$ref\":\"#/$defs/d0\"}") == [code])
    }
  }

  @Test("defaults that double at each step are refused") func doublingDefaults() throws {
    let links = (0..<40).map { index in
      let next = "{\"$ref\":\"#/$defs/d\(index + 1)\",\"default\":{}}"
      return "\"d\(index)\":{\"properties\":{\"a\":\(next),\"b\":\(next)}}"
    }
    let text = "{\"$defs\":{\(links.joined(separator: ",")),\"d40\":{}},\"$ref\":\"#/$defs/d0\"}"
    #expect(try codes(text) == ["schema.limit.defaults"])
  }

  @Test("defaults that would cost too much are refused by the limit") func expensiveDefaults()
    throws
  {
    var limits = SchemaLimits()
    limits.maxWork = 5_000
    let zeros = Array(repeating: "0", count: 1_000).joined(separator: ",")
    let json = try JSON(
      parsing: "{\"items\":{\"properties\":{\"a\":{\"default\":[\(zeros)]}}}}")
    let schema = try Schema(json, limits: limits)
    let few: JSON = [[:], [:]]
    #expect(try schema.applyingDefaults(to: few) != few)
    let many: JSON = .array(Array(repeating: [:], count: 10))
    let limit = #expect(throws: Violation.self) { try schema.applyingDefaults(to: many) }
    #expect(limit?.keyword == "schema.limit.work")
  }

  @Test("a schema that doubles its work at each level ends at the limit of work") func doubling()
    throws
  {
    let branch = ##"{"properties":{"a":{"$ref":"#"}}}"##
    var limits = SchemaLimits()
    limits.maxWork = 200_000
    for keyword in ["allOf", "anyOf", "oneOf"] {
      let end = keyword == "anyOf" ? ",\"not\":{\"const\":1}" : ""
      let json = try JSON(parsing: "{\"\(keyword)\":[\(branch),\(branch)]\(end)}")
      let schema = try Schema(json, limits: limits)
      let instance = try JSON(parsing: nested(#"{"a":"#, "1", "}", 40))
      let violations = schema.validate(instance)
      #expect(violations.last?.keyword == "schema.limit.work")
    }
  }

  @Test("under \"not\" a limit is still no \"valid\"") func negated() throws {
    var limits = SchemaLimits()
    limits.maxWork = 100
    let json = try JSON(parsing: #"{"not":{"items":{"type":"integer"}}}"#)
    let schema = try Schema(json, limits: limits)
    let instance = JSON.array((0..<1_000).map(JSON.int))
    #expect(schema.validate(instance).map(\.keyword) == ["schema.limit.work"])
  }

  @Test("a report is bounded, and says that it is") func report() throws {
    let schema = try schema(#"{"items":{"type":"string"}, "additionalProperties": false}"#)
    let many = schema.validate(.array((0..<1_000).map(JSON.int)))
    #expect(many.count == 101)
    #expect(many.last?.keyword == "schema.limit.violations")
    let longKeys = JSONObject(
      (0..<100).map { ("\($0)" + String(repeating: "k", count: 10_000), JSON.null) })
    let few = schema.validate(.object(longKeys))
    #expect(few.last?.keyword == "schema.limit.violations")
    #expect(few.reduce(0) { $0 + $1.description.utf8.count } < 1_000_000)
  }

  @Test("an enumeration of a hundred thousand values is one look for each value") func enumeration()
    throws
  {
    let values = (0..<100_000).map { $0.isMultiple(of: 2) ? JSON.int($0) : .string("v\($0)") }
    let mixed = try Schema(["items": ["enum": .array(values)]])
    let words = try Schema(["items": ["enum": .array(values.filter { $0.string != nil })]])
    #expect(mixed.isValid(.array(values)))
    #expect(!mixed.isValid([99_999]))
    #expect(words.isValid(.array(values.filter { $0.string != nil })))
    #expect(!words.isValid(["v2"]))
  }

  @Test("an object of nine thousand known keys is one look for each member") func wide() throws {
    let keys = (0..<9_000).map { "key number \($0)" }
    let schema = try Schema([
      "properties": .object(JSONObject(keys.map { ($0, ["type": "integer"]) })),
      "required": .array(keys.map(JSON.string)), "additionalProperties": false,
    ])
    let members = keys.map { ($0, JSON.int(1)) }
    #expect(schema.isValid(.object(JSONObject(members))))
    #expect(!schema.isValid(.object(JSONObject(members.dropLast()))))
    #expect(!schema.isValid(.object(JSONObject(members + [("other", 1)]))))
  }

  @Test("references that fan out double the work and not the memory") func fanOut() throws {
    var limits = SchemaLimits()
    limits.maxWork = 500_000
    limits.maxDepth = 200
    let levels = (0..<60).map { level in
      let next = "{\"$ref\":\"#/$defs/d\(level + 1)\"}"
      return "\"d\(level)\":{\"allOf\":[\(next),\(next)]}"
    }
    let text = "{\"$defs\":{\(levels.joined(separator: ",")),\"d60\":{}},\"$ref\":\"#/$defs/d0\"}"
    let schema = try Schema(JSON(parsing: text), limits: limits)
    #expect(schema.validate(1).map(\.keyword) == ["schema.limit.work"])
  }

  @Test("a dynamic reference that leads back to its own place ends at the limit of depth")
  func dynamicLoop() throws {
    let text = ##"""
      {"$id": "https://example.com/outer", "$dynamicAnchor": "a", "$ref": "inner",
       "$defs": {"inner": {"$id": "inner", "$dynamicRef": "#a",
                           "$defs": {"a": {"$dynamicAnchor": "a"}}}}}
      """##
    let schema = try schema(text, options: SchemaOptions())
    #expect(schema.validate(1).map(\.keyword) == ["schema.limit.evaluationDepth"])
    #expect(!schema.isValid(1))
    #expect(!schema.output(of: 1).isValid)
  }

  @Test("looking for what nobody has looked at costs at most the limit of work") func unevaluated()
    throws
  {
    var limits = SchemaLimits()
    limits.maxWork = 100_000
    let branches = Array(repeating: #"{"properties": {"k1": true}}"#, count: 500)
    let text = "{\"anyOf\":[\(branches.joined(separator: ","))],\"unevaluatedProperties\":true}"
    let members = (0..<20_000).map { ("k\($0)", JSON.null) }
    let schema = try Schema(JSON(parsing: text), limits: limits)
    #expect(
      schema.validate(.object(JSONObject(members))).map(\.keyword) == ["schema.limit.work"])
  }

  @Test("documents that lead to each other are read once") func documents() throws {
    var options = SchemaOptions()
    for number in 0..<200 {
      let next = "urn:example:d\((number + 1) % 200)"
      options.documents.register(
        ["properties": ["a": ["$ref": .string(next)]], "type": "object"],
        at: "urn:example:d\(number)")
    }
    let schema = try Schema(["$ref": "urn:example:d0"], options: options)
    #expect(schema.isValid(["a": ["a": ["a": [:]]]]))
    #expect(!schema.isValid(["a": ["a": ["a": 1]]]))
  }

  @Test("big instances are checked in linear time") func big() throws {
    let schema = try schema(
      #"{"uniqueItems": true, "items": {"enum": [0], "type": "integer", "multipleOf": 7}}"#)
    #expect(
      schema.validate(.array((0..<100_000).map(JSON.int))).last?.keyword
        == "schema.limit.violations")
    let closed = try Schema([
      "additionalProperties": false, "patternProperties": ["^k[0-9]+$": true],
      "propertyNames": ["maxLength": 10], "maxProperties": 100_000,
    ])
    let members = (0..<100_000).map { ("k\($0)", JSON.int($0)) }
    #expect(closed.validate(.object(JSONObject(members))).isEmpty)
  }

  @Test("huge numbers cost no more than their digits") func numbers() throws {
    let schema = try schema(
      #"{"items":{"multipleOf": 0.0000000003, "maximum": 1e300, "type": "integer"}}"#)
    let digits = String(repeating: "9", count: 980)
    let instance = try JSON(
      parsing: "[1e999999999999999, -3e-999999999999999, \(digits)e999999999, 0.\(digits)]")
    #expect(schema.validate(instance).count > 3)
  }

  @Test("the deepest check fits a stack of 512 KiB") func stack() throws {
    let recursive = try schema(
      ##"""
      {"anyOf": [{"properties": {"a": {"$ref": "#"}}, "items": {"$ref": "#"},
       "patternProperties": {"b": {"$ref": "#"}}}], "properties": {"a": {"$ref": "#/anyOf/0"}}}
      """##)
    for (open, close) in [("[", "]"), (#"{"a":"#, "}"), (#"{"b":"#, "}")] {
      let instance = try JSON(
        parsing: nested(open, "1", close, 190), limits: JSONLimits(maxDepth: .max))
      #expect(
        SmallStack.run {
          (try? recursive.applyingDefaults(to: instance)) == instance
            && recursive.validate(instance).last?.keyword.hasPrefix("schema.limit.") == true
        })
    }
    #expect(
      SmallStack.run {
        (try? JSON(parsing: nested(#"{"items":"#, "{}", "}", 64)).bytes).map { bytes in
          guard let json = try? JSON(parsing: bytes), (try? Schema(json)) != nil else {
            return false
          }
          return true
        } ?? false
      })
  }
}
