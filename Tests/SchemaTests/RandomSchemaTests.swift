import JSON
import Schema
import Support
import Testing

@Suite("Random schemas") struct RandomSchemaTests {
  @Test("checking and explaining come to the same verdict on random schemas") func random()
    throws
  {
    var random = SeededGenerator(state: 11)
    var taken = 0
    var valid = 0
    for round in 0..<6_000 {
      let json = randomSchema(depth: 4, &random)
      let options = round.isMultiple(of: 2) ? SchemaOptions.strict : asserting
      guard let schema = try? Schema(json, options: options) else { continue }
      taken += 1
      for _ in 0..<6 {
        let instance = randomValue(depth: 4, &random)
        let isValid = schema.isValid(instance)
        valid += isValid ? 1 : 0
        #expect(schema.validate(instance).isEmpty == isValid, "\(json.compact) \(instance.compact)")
        #expect(
          schema.output(of: instance).isValid == isValid, "\(json.compact) \(instance.compact)")
        let filled = try schema.applyingDefaults(to: instance)
        #expect(try schema.applyingDefaults(to: filled) == filled)
      }
    }
    #expect(taken > 1_500)
    #expect(valid > 1_000)
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
      "propertyNames", "patternProperties", "minContains", "multipleOf", "unevaluatedItems",
      "unevaluatedProperties", "unevaluatedProperties", "dependentSchemas", "dependentRequired",
      "maxContains", "minLength", "maxProperties", "$dynamicRef",
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
      case "minItems", "maxLength", "minimum", "minContains", "multipleOf", "maxContains",
        "minLength", "maxProperties":
        object[keyword] = 1
      case "dependentSchemas": object[keyword] = ["a": child]
      case "dependentRequired": object[keyword] = ["b": ["a"]]
      case "pattern": object[keyword] = "^a"
      case "format": object[keyword] = "date"
      case "$ref", "$dynamicRef":
        object[keyword] = ["#", "#/properties/a", "#/items"].randomElement(using: &random)
      case "uniqueItems": object[keyword] = true
      default: object[keyword] = child
      }
    }
    return .object(object)
  }
}
