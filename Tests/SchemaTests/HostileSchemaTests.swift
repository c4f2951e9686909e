import JSON
import Schema
import Support
import Testing

private func nested(_ open: String, _ inner: String, _ close: String, _ depth: Int) -> String {
  String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)
}

private func schema(_ text: String) throws -> Schema { try Schema(JSON(parsing: text)) }

private func codes(_ text: String, limits: SchemaLimits = .init()) throws -> [String] {
  let json = try JSON(parsing: text)
  do throws(SchemaErrors) {
    _ = try Schema(json, limits: limits)
    return []
  } catch {
    return error.errors.map(\.code)
  }
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

  @Test("where defaults would cost too much, checking says so") func expensiveDefaults() throws {
    var limits = SchemaLimits()
    limits.maxWork = 5_000
    let zeros = Array(repeating: "0", count: 1_000).joined(separator: ",")
    let json = try JSON(
      parsing: "{\"items\":{\"properties\":{\"a\":{\"default\":[\(zeros)]}}}}")
    let schema = try Schema(json, limits: limits)
    let few: JSON = [[:], [:]]
    #expect(schema.applyingDefaults(to: few) != few)
    #expect(schema.validate(few).isEmpty)
    let many: JSON = .array(Array(repeating: [:], count: 10))
    #expect(schema.applyingDefaults(to: many) == many)
    #expect(schema.validate(many).map(\.keyword) == ["schema.limit.work"])
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
          recursive.applyingDefaults(to: instance) == instance
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

  @Test("random schemas are taken or refused, and checks of random instances end") func random()
    throws
  {
    var random = SeededGenerator(state: 11)
    var taken = 0
    for _ in 0..<2_000 {
      let json = randomSchema(depth: 4, &random)
      guard let schema = try? Schema(json) else { continue }
      taken += 1
      for _ in 0..<4 {
        let instance = randomValue(depth: 4, &random)
        let filled = schema.applyingDefaults(to: instance)
        #expect(schema.validate(instance) == schema.validate(instance))
        #expect(schema.applyingDefaults(to: filled) == filled)
      }
    }
    #expect(taken > 300)
  }

  private func randomValue(depth: Int, _ random: inout SeededGenerator) -> JSON {
    let scalars: [JSON] = [.null, true, false, 0, 1, -1, 2, "", "a", "ab", "2026-01-01", 1_000_000]
    let count = Int.random(in: 0...3, using: &random)
    switch depth > 0 ? Int.random(in: 0..<4, using: &random) : 0 {
    case 1: return .array((0..<count).map { _ in randomValue(depth: depth - 1, &random) })
    case 2:
      return .object(
        JSONObject(
          ["a", "b", "c"].prefix(count).map { ($0, randomValue(depth: depth - 1, &random)) }))
    default: return scalars.randomElement(using: &random) ?? .null
    }
  }

  private func randomSchema(depth: Int, _ random: inout SeededGenerator) -> JSON {
    let keywords = [
      "type", "enum", "const", "properties", "required", "additionalProperties", "items",
      "prefixItems", "contains", "minItems", "maxLength", "pattern", "format", "minimum", "allOf",
      "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "default", "uniqueItems",
      "propertyNames", "patternProperties", "minContains", "multipleOf",
    ]
    if depth == 0 { return .bool(.random(using: &random)) }
    var object = JSONObject()
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let keyword = keywords.randomElement(using: &random) ?? ""
      let child = randomSchema(depth: depth - 1, &random)
      let other = randomSchema(depth: depth - 1, &random)
      // Now and then a value that the keyword cannot have.
      if Int.random(in: 0..<40, using: &random) == 0 {
        object[keyword] = randomValue(depth: 1, &random)
        continue
      }
      switch keyword {
      case "type":
        object[keyword] = ["object", "array", "integer", "string"].randomElement(using: &random)
      case "enum": object[keyword] = [randomValue(depth: 2, &random)]
      case "const", "default": object[keyword] = randomValue(depth: 2, &random)
      case "properties": object[keyword] = ["a": child, "b": other]
      case "patternProperties": object[keyword] = ["a|c": child]
      case "required": object[keyword] = ["a"]
      case "prefixItems", "allOf", "anyOf", "oneOf": object[keyword] = [child, other]
      case "minItems", "maxLength", "minimum", "minContains", "multipleOf": object[keyword] = 1
      case "pattern": object[keyword] = "^a"
      case "format": object[keyword] = "date"
      case "$ref":
        object[keyword] = ["#", "#/properties/a", "#/items"].randomElement(using: &random)
      case "uniqueItems": object[keyword] = true
      default: object[keyword] = child
      }
    }
    return .object(object)
  }
}
