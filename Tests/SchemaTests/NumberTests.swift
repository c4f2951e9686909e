import JSON
import Schema
import Support
import Testing

@Suite("Exact numbers") struct NumberTests {
  @Test(
    "bounds hold beyond every machine number",
    arguments: [
      (#"{"maximum": 9223372036854775807}"#, "9223372036854775807", true),
      (#"{"maximum": 9223372036854775807}"#, "9223372036854775808", false),
      (#"{"exclusiveMaximum": 9223372036854775808}"#, "9223372036854775807", true),
      (#"{"exclusiveMaximum": 9223372036854775807}"#, "9223372036854775807", false),
      (#"{"minimum": -9223372036854775808}"#, "-9223372036854775808", true),
      (#"{"minimum": -9223372036854775808}"#, "-9223372036854775809", false),
      (#"{"exclusiveMinimum": -9223372036854775808}"#, "-9223372036854775808", false),
      (#"{"exclusiveMinimum": -9223372036854775808}"#, "-9223372036854775807", true),
      (#"{"minimum": 1e30}"#, "9223372036854775807", false),
      (#"{"maximum": 1e30}"#, "9223372036854775807", true),
      (#"{"minimum": -1e30}"#, "-9223372036854775808", true),
      (#"{"maximum": -1e30}"#, "-9223372036854775808", false),
      (#"{"minimum": 2.5}"#, "2", false), (#"{"minimum": 2.5}"#, "3", true),
      (#"{"exclusiveMinimum": 2.5}"#, "3", true), (#"{"maximum": -2.5}"#, "-2", false),
      (#"{"maximum": -2.5}"#, "-3", true), (#"{"exclusiveMaximum": 2.0}"#, "2", false),
      (#"{"exclusiveMaximum": 2.0}"#, "1.9999999999999999999999999", true),
      (#"{"minimum": 0.1}"#, "0.1", true), (#"{"exclusiveMinimum": 0.1}"#, "0.1", false),
      (#"{"exclusiveMinimum": 0.1}"#, "0.10000000000000000000000000001", true),
      (#"{"minimum": -1e-30}"#, "-0", true), (#"{"minimum": 1e-30}"#, "0", false),
      (#"{"multipleOf": 0.1}"#, "0.3", true), (#"{"multipleOf": 0.1}"#, "0.35", false),
      (#"{"multipleOf": 3}"#, "9e15", true), (#"{"multipleOf": 7}"#, "1e15", false),
      (#"{"multipleOf": 1e-8}"#, "12391239123", true), (#"{"multipleOf": 1e-8}"#, "1e-9", false),
      (#"{"multipleOf": 12345678901234567890}"#, "24691357802469135780", true),
      (#"{"multipleOf": 12345678901234567890}"#, "24691357802469135781", false),
      (#"{"type": "integer"}"#, "1.0", true), (#"{"type": "integer"}"#, "1.5e1", true),
      (#"{"type": "integer"}"#, "1.55e1", false), (#"{"type": "integer"}"#, "1e400", true),
      (#"{"type": "integer"}"#, "0.0", true), (#"{"type": "integer"}"#, "1e-400", false),
      (#"{"const": 1.0}"#, "1", true), (#"{"enum": [1e2]}"#, "100", true),
      (#"{"const": 0.1}"#, "0.10", true), (#"{"uniqueItems": true}"#, "[1, 1.0]", false),
    ])
  func exact(schema text: String, instance: String, isValid: Bool) throws {
    let schema = try schema(text, options: SchemaOptions())
    let instance = try JSON(parsing: instance)
    #expect(schema.isValid(instance) == isValid)
    #expect(schema.validate(instance).isEmpty == isValid)
  }

  @Test("short numbers are compared and divided as long ones are") func shortAsLong() throws {
    var random = SeededGenerator(state: 5)
    func number() -> String {
      let digits = Int.random(in: 1...12, using: &random)
      let whole = Int.random(in: 0..<Int(1e12), using: &random) % (digits < 4 ? 100 : Int(1e12))
      let sign = Bool.random(using: &random) ? "-" : ""
      switch Int.random(in: 0..<4, using: &random) {
      case 0: return "\(sign)\(whole)"
      case 1: return "\(sign)\(whole % 1000).\(whole % 10_000)"
      case 2: return "\(sign)\(whole % 100)e\(Int.random(in: -20...20, using: &random))"
      default: return "\(sign)0.\(whole)"
      }
    }
    for _ in 0..<4_000 {
      let (left, right) = (number(), number())
      let value = try JSON(parsing: left)
      let limit = try #require(JSONNumber(right))
      let other = try #require(value.number)
      func holds(_ keyword: String, _ bound: String) throws -> Bool {
        try schema("{\"\(keyword)\": \(bound)}", options: SchemaOptions()).isValid(value)
      }
      #expect(try holds("minimum", right) == (other >= limit), "\(left) \(right)")
      #expect(try holds("exclusiveMaximum", right) == (other < limit), "\(left) \(right)")
      #expect(try holds("type", "\"integer\"") == other.isInteger)
      guard limit > JSONNumber(0) else { continue }
      #expect(try holds("multipleOf", right) == other.isMultiple(of: limit), "\(left) \(right)")
    }
  }
}
