import JSON
import Schema
import Testing

/// Work that no subschema and no value of its own stands for is counted as well: each of these would
/// take minutes or gigabytes, and ends at a limit.
@Suite("Work that hides") struct HiddenWorkTests {
  private let clock = ContinuousClock()

  private func isStopped(_ schema: Schema, _ instance: JSON) -> Bool {
    var violations: [Violation] = []
    let took = clock.measure { violations = schema.validate(instance) }
    return violations.map(\.keyword) == ["schema.limit.work"] && took < .seconds(60)
  }

  @Test("many looks at many members of which each costs nothing") func members() throws {
    let branches = Array(repeating: #"{"required":["x"]}"#, count: 2_000).joined(separator: ",")
    let schema = try schema("{\"anyOf\":[\(branches)]}", options: SchemaOptions())
    let members = (0..<20_000).map { ("key \($0)", JSON.null) }
    #expect(isStopped(schema, .object(JSONObject(members))))
  }

  @Test("work that ends with the last check is no verdict either") func last() throws {
    for text in [
      #"{"uniqueItems": true}"#, #"{"items": {"maxLength": 1000000}}"#, #"{"required": ["k1"]}"#,
      #"{"const": [1, 2]}"#, #"{"not": {"minItems": 1000000}}"#,
    ] {
      var ended = 0
      let long = JSON.string(String(repeating: "long", count: 100))
      let instance: JSON = [long, [long, long], ["k": long], 1]
      for work in 0..<120 {
        var limits = SchemaLimits()
        limits.maxWork = work
        let schema = try Schema(JSON(parsing: text), limits: limits)
        let violations = schema.validate(instance)
        #expect(schema.isValid(instance) == violations.isEmpty)
        if violations.first?.keyword == "schema.limit.work" { ended += 1 }
      }
      #expect(ended > 0)
    }
  }

  @Test("many items that nobody has looked at, again and again") func unevaluated() throws {
    let branches = Array(
      repeating:
        #"{"unevaluatedItems":{"type":"null"},"contains":{"type":"string"},"minContains":0,"not":{}}"#,
      count: 500)
    let schema = try schema(
      "{\"anyOf\":[\(branches.joined(separator: ","))]}", options: SchemaOptions())
    #expect(isStopped(schema, .array(Array(repeating: .null, count: 100_000))))
  }

  @Test("division of long numbers by longer ones") func division() throws {
    let divisor = "1" + String(repeating: "7", count: 900)
    var limits = SchemaLimits()
    limits.maxWork = 500_000
    let schema = try Schema(
      JSON(parsing: "{\"items\":{\"multipleOf\":\(divisor)}}"), limits: limits)
    let dividend = try JSON(parsing: divisor + "e900000000")
    #expect(isStopped(schema, .array(Array(repeating: dividend, count: 100_000))))
    let small = schema.validate([7])
    #expect(small.map(\.keyword) == ["multipleOf"])
  }

  @Test("a regular expression of many properties is read without writing them out") func regex()
    throws
  {
    let schema = try schema(#"{"format": "regex"}"#, options: asserting)
    let text = String(repeating: #"[\p{Alphabetic}\P{Lowercase}]"#, count: 20_000)
    var isValid = false
    let took = clock.measure { isValid = schema.isValid(.string(text)) }
    #expect(isValid)
    #expect(took < .seconds(30))
  }

  @Test("dynamic anchors in many resources cost memory for each, not for each pair") func anchors()
    throws
  {
    let parts = (0..<3_000).map { number in
      """
      "d\(number)": {"$id": "r\(number)", "$dynamicAnchor": "a\(number)",
                     "items": {"$dynamicRef": "#a\(number)"}}
      """
    }
    let schema = try schema(
      "{\"$id\":\"urn:x:y\",\"$defs\":{\(parts.joined(separator: ","))}}", options: SchemaOptions())
    #expect(schema.isValid(1))
  }

  @Test("defaults of many members in many items") func defaults() throws {
    let members = (0..<2_000).map { "\"k\($0)\":{}" }.joined(separator: ",")
    let schema = try schema(
      "{\"items\":{\"properties\":{\(members),\"d\":{\"default\":1}}}}", options: SchemaOptions())
    let items = JSON.array(Array(repeating: [:], count: 50_000))
    #expect(throws: Violation.self) { try schema.applyingDefaults(to: items) }
  }
}
