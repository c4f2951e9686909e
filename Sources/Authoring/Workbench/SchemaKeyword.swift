/// The keywords of JSON Schema 2020-12 that hold schemas, or lead to one.
enum SchemaKeyword: String {
  case reference = "$ref"
  case dynamicReference = "$dynamicRef"
  case definitions = "$defs"
  case allOf, anyOf, oneOf, not
  case `if`, then, `else`
  case dependentSchemas, properties, patternProperties, additionalProperties, propertyNames
  case items, prefixItems, contains
  case unevaluatedItems, unevaluatedProperties, contentSchema

  enum Holding {
    case reference
    case schema
    case list
    case map
  }

  var holds: Holding {
    switch self {
    case .reference, .dynamicReference: .reference
    case .not, .if, .then, .else, .additionalProperties, .propertyNames, .items, .contains,
      .unevaluatedItems, .unevaluatedProperties, .contentSchema:
      .schema
    case .allOf, .anyOf, .oneOf, .prefixItems: .list
    case .definitions, .dependentSchemas, .properties, .patternProperties: .map
    }
  }
}
