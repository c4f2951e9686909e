import JSON
import Schema
import Support
import Testing

@testable import Workbench

/// Whether all that one schema admits is admitted by another.
@Suite struct ContainmentTests {
  private func findings(_ first: String, _ second: String) throws -> [String] {
    Containment.findings(of: try JSON(parsing: first), in: try JSON(parsing: second)).map {
      "\($0.place.text) \($0.words(.argumentsNarrowed))"
    }
  }

  @Test(
    "what is admitted all the same is no finding",
    arguments: [
      (#"{"type":"string"}"#, #"{"type":["string","null"]}"#),
      (#"{"type":"integer"}"#, #"{"type":"number"}"#),
      (#"{"type":"string"}"#, "{}"),
      (#"{"enum":["a","b"]}"#, #"{"enum":["b","a","c"]}"#),
      (#"{"enum":["a","b"]}"#, #"{"type":"string","pattern":"^[a-z]$","maxLength":1}"#),
      (#"{"const":5}"#, #"{"type":"integer","minimum":0,"maximum":5}"#),
      (#"{"type":"integer","minimum":1,"maximum":5}"#, #"{"minimum":0,"maximum":5.5}"#),
      (#"{"type":"integer","exclusiveMinimum":0}"#, #"{"minimum":1}"#),
      (#"{"type":"integer","minimum":1}"#, #"{"exclusiveMinimum":0}"#),
      (#"{"type":"number","exclusiveMaximum":5}"#, #"{"maximum":5}"#),
      (#"{"type":"integer","multipleOf":6}"#, #"{"multipleOf":3}"#),
      (#"{"type":"integer"}"#, #"{"multipleOf":0.5}"#),
      (#"{"type":"string","minLength":2,"maxLength":3}"#, #"{"minLength":1,"maxLength":3}"#),
      (#"{"type":"string","pattern":"^a"}"#, #"{"type":"string","pattern":"^a"}"#),
      (#"{"type":"string","pattern":"^[ab]$"}"#, #"{"pattern":"^[a-b]$"}"#),
      (#"{"type":"string","pattern":"^[a-z]+$","maxLength":9}"#, #"{"pattern":"^[a-z]{1,9}$"}"#),
      (#"{"type":"string","maxLength":3}"#, #"{"pattern":"^[^]{0,3}$"}"#),
      (
        #"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}}"#,
        #"{"type":"object","additionalProperties":false,"properties":{"a":{},"b":{}}}"#
      ),
      (#"{"type":"object","required":["a","b"]}"#, #"{"required":["b"],"minProperties":2}"#),
      (
        #"{"type":"object","additionalProperties":false,"properties":{"a":{},"b":{}}}"#,
        #"{"maxProperties":2,"propertyNames":{"pattern":"^[ab]$"}}"#
      ),
      (
        #"{"type":"array","items":{"type":"integer"},"maxItems":3}"#,
        #"{"type":"array","items":{"type":"number"},"maxItems":4}"#
      ),
      (
        #"{"type":"array","prefixItems":[{"const":1}],"items":{"const":2}}"#,
        #"{"items":{"enum":[1,2]}}"#
      ),
      (#"{"type":"array","maxItems":1}"#, #"{"uniqueItems":true}"#),
      (#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#, #"{"type":["null","string"]}"#),
      (#"{"type":["string","null"]}"#, #"{"anyOf":[{"type":"string"},{"type":"null"}]}"#),
      (#"{"type":["string","null"]}"#, #"{"oneOf":[{"type":"string"},{"type":"null"}]}"#),
      (
        #"{"allOf":[{"type":"integer"},{"minimum":3}]}"#,
        #"{"allOf":[{"type":"number"},{"minimum":2}]}"#
      ),
      (
        ##"{"$defs":{"x":{"type":"string","maxLength":2}},"properties":{"a":{"$ref":"#/$defs/x"}}}"##,
        #"{"properties":{"a":{"type":"string","maxLength":3}},"type":["object","null","boolean","number","string","array"]}"#
      ),
      (#"{"type":"object","properties":{"a":false}}"#, #"{"properties":{"a":{"type":"null"}}}"#),
      (#"{"type":"boolean"}"#, #"{"enum":[true,false,null]}"#),
      (#"{"type":"string","title":"a"}"#, #"{"type":"string","description":"b","examples":[]}"#),
      ("false", #"{"type":"string"}"#),
    ])
  func contained(first: String, second: String) throws {
    #expect(try findings(first, second).isEmpty)
  }

  @Test(
    "what is not admitted any more is told with its place",
    arguments: [
      (#"{"type":["string","null"]}"#, #"{"type":"string"}"#, " takes no null any more"),
      (
        #"{"type":"number"}"#, #"{"type":"integer"}"#, " takes no number that is not whole any more"
      ),
      (#"{"enum":["a","b"]}"#, #"{"enum":["a"]}"#, #" does not take "b" any more"#),
      (#"{"type":"string"}"#, #"{"enum":["a"]}"#, #" takes nothing but "a" now"#),
      (
        #"{"type":"integer","maximum":5}"#, #"{"type":"integer","maximum":4}"#,
        " maximum was 5, and is 4"
      ),
      (#"{"type":"integer"}"#, #"{"type":"integer","minimum":0}"#, " minimum is 0 now"),
      (#"{"type":"number","minimum":1}"#, #"{"exclusiveMinimum":1}"#, " exclusiveMinimum is 1 now"),
      (#"{"type":"integer","multipleOf":3}"#, #"{"multipleOf":6}"#, " multipleOf was 3, and is 6"),
      (#"{"type":"string"}"#, #"{"maxLength":5}"#, " maxLength is 5 now"),
      (#"{"type":"string"}"#, #"{"pattern":"^a"}"#, #" pattern is "^a" now"#),
      (#"{"type":"string"}"#, #"{"format":"ipv4"}"#, #" format is "ipv4" now"#),
      (
        #"{"type":"object","properties":{"a":{}}}"#,
        #"{"type":"object","properties":{"a":{}},"required":["a"]}"#, "/a is required now"
      ),
      (
        #"{"type":"object","additionalProperties":false,"properties":{"a":{},"b":{}}}"#,
        #"{"type":"object","additionalProperties":false,"properties":{"b":{}}}"#,
        "/a is not taken any more"
      ),
      (
        #"{"type":"object"}"#, #"{"type":"object","additionalProperties":false}"#,
        "/* is not taken any more"
      ),
      (
        #"{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}}}}"#,
        #"{"properties":{"a":{"items":{"type":"integer"}}}}"#, "/a/* takes no string any more"
      ),
      (#"{"type":"array"}"#, #"{"uniqueItems":true}"#, " uniqueItems is true now"),
      (
        #"{"type":["string","null"]}"#, #"{"anyOf":[{"type":"string"}]}"#, " takes no null any more"
      ),
      (
        #"{"anyOf":[{"type":"string"},{"type":"integer"}]}"#, #"{"type":"string"}"#,
        " takes no integer any more"
      ),
    ])
  func lost(first: String, second: String, words: String) throws {
    #expect(try findings(first, second) == [words])
  }

  @Test(
    "what cannot be decided says so",
    arguments: [
      (#"{"type":"string","pattern":"^\\p{Lu}$"}"#, #"{"pattern":"^\\p{L}$"}"#, "pattern"),
      (#"{"type":"string"}"#, #"{"not":{"const":"a"}}"#, "not"),
      (#"{"type":"integer"}"#, #"{"if":{"minimum":3},"then":{"maximum":5}}"#, "if"),
      (#"{"type":"array"}"#, #"{"contains":{"const":1}}"#, "contains"),
      (
        #"{"type":"integer"}"#,
        #"{"oneOf":[{"minimum":3},{"maximum":4}]}"#, "oneOf"
      ),
      (#"{"type":"object"}"#, #"{"unevaluatedProperties":false}"#, "unevaluatedProperties"),
      (
        ##"{"type":"object","properties":{"a":{"$ref":"#"}}}"##, #"{"type":"object"}"#,
        "a schema that contains itself"
      ),
    ])
  func undecided(first: String, second: String, keyword: String) throws {
    let words = try findings(first, second)
    #expect(
      words.map { $0.drop { $0 != "w" } } == [
        "whether all that was taken still is cannot be told: \(keyword) differs"
      ])
  }

  @Test("a default stands in for a member that has to be there")
  func defaults() throws {
    let second = try JSON(parsing: #"{"required":["a"],"properties":{"a":{"default":1}}}"#)
    let filled = Set(SchemaPlaces(second).defaults.keys)
    #expect(Containment.findings(of: ["type": "object"], in: second, filled: filled).isEmpty)
  }

  // MARK: - At random

  private static let values: [JSON] = [
    .null, true, false, -1, 0, 1, 2, 3, 5, "", "a", "b", "ab", "abc", [], [1], [1, 1], ["a"],
    [1, "a"], [1, 2, 3], [:], ["a": 1], ["a": "a"], ["b": 1], ["a": 1, "b": 2], ["c": .null],
    ["a": ["a": 1]], ["a": [1]],
  ]

  private static func schema(_ generator: inout SeededGenerator, depth: Int) -> JSON {
    func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
    if depth == 0 || below(8) == 0 {
      return [true, false, [:], ["type": "integer"], ["type": "string"]][below(5)]
    }
    var object = JSONObject()
    let types: [JSON] = [
      "integer", "number", "string", "array", "object", "null", ["string", "null"],
      ["integer", "object"],
    ]
    if below(3) > 0 { object["type"] = types[below(types.count)] }
    for _ in 0...below(3) {
      switch below(16) {
      case 0: object["minimum"] = .int(below(4))
      case 1: object["maximum"] = .int(below(4))
      case 2: object["exclusiveMinimum"] = .int(below(3))
      case 3: object["minLength"] = .int(below(3))
      case 4: object["maxLength"] = .int(below(4))
      case 5: object["enum"] = .array((0...below(3)).map { values[($0 * 7 + below(3)) % 28] })
      case 6: object["pattern"] = ["^a", "b$", "^[ab]*$"][below(3)]
      case 7: object["required"] = [["a"], ["b"], ["a", "b"]][below(3)]
      case 8: object["additionalProperties"] = schema(&generator, depth: 0)
      case 9:
        object["properties"] = [
          "a": schema(&generator, depth: depth - 1), "b": schema(&generator, depth: depth - 1),
        ]
      case 10: object["items"] = schema(&generator, depth: depth - 1)
      case 11: object["prefixItems"] = [schema(&generator, depth: depth - 1)]
      case 12: object["maxItems"] = .int(below(3))
      case 13:
        object[["anyOf", "oneOf", "allOf"][below(3)]] = [
          schema(&generator, depth: depth - 1), schema(&generator, depth: depth - 1),
        ]
      case 14: object["patternProperties"] = ["^a": schema(&generator, depth: depth - 1)]
      default: object["not"] = schema(&generator, depth: 0)
      }
    }
    if let values = object["enum"]?.array, Set(values).count != values.count {
      object["enum"] = .array(Array(Set(values)))
    }
    return .object(object)
  }

  @Test("no schema is called contained that admits a value which the other refuses")
  func soundness() throws {
    var generator = SeededGenerator(state: 11)
    var counts = (contained: 0, not: 0)
    for _ in 0..<6_000 {
      let first = Self.schema(&generator, depth: 2)
      // A neighbour is likelier to contain it than a stranger.
      var second = Self.schema(&generator, depth: 2)
      if Bool.random(using: &generator), case .object(var object) = first,
        case .object(let other) = second, let key = other.keys.first
      {
        object[key] = other[key]
        second = .object(object)
      }
      guard let one = try? Schema(first), let other = try? Schema(second) else { continue }
      guard Containment.findings(of: first, in: second).isEmpty else {
        counts.not += 1
        continue
      }
      counts.contained += 1
      for value in Self.values where one.validate(value).isEmpty {
        #expect(
          other.validate(value).isEmpty,
          "\(value.compact) is in \(first.compact) and not in \(second.compact)")
      }
    }
    #expect(counts.contained > 500 && counts.not > 1_000, "\(counts)")
  }
}
