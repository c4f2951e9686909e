import JSON
import Patterns

/// What one keyword, or a group of keywords that work together, asks of a value. This form is for
/// reading, explaining and filling in; `Code` is what the rules become for checking.
enum Rule: Sendable {
  /// The schema `false`.
  case never
  case type(Types)
  case constant(JSON)
  case enumeration([JSON])
  case bound(Bound, JSONNumber)
  case multiple(of: JSONNumber)
  case length(Count, Int)
  case pattern(Pattern)
  case format(Format)
  case content(Content)
  case itemCount(Count, Int)
  case uniqueItems
  case items(Items)
  case contains(Contains)
  case memberCount(Count, Int)
  case required([String])
  case members(Members)
  case propertyNames(Int)
  case dependentRequired([DependentRequired], keyword: String)
  case dependentSchemas([DependentSchema], keyword: String)
  case reference(Int, keyword: String)
  /// Leads to the anchor of the outermost resource on the way that has it.
  case dynamicReference(name: Int, otherwise: Int, keyword: String)
  case allOf([Int])
  case anyOf([Int])
  case oneOf([Int])
  case not(Int)
  case condition(Condition)
  /// Always the last ones of their subschema.
  case unevaluatedItems(Int)
  case unevaluatedProperties(Int)

  enum Count: Sendable { case least, most }

  enum Bound: String, Sendable {
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum
  }

  struct Items: Sendable {
    var prefix: [Int] = []
    var rest: Int?
    var prefixKeyword = "prefixItems"
    var restKeyword = "items"
  }

  struct Contains: Sendable {
    let target: Int
    var least = 1
    var most: Int?
    /// Whether what it finds counts as evaluated: since 2020-12.
    let evaluates: Bool
  }

  struct Members: Sendable {
    var properties: [Property] = []
    var patterns: [(pattern: Pattern, target: Int)] = []
    var others: Int?

    struct Property: Sendable {
      let key: String
      let target: Int
    }
  }

  struct DependentRequired: Sendable {
    let key: String
    let required: [String]
  }

  struct DependentSchema: Sendable {
    let key: String
    let target: Int
  }

  struct Condition: Sendable {
    let test: Int
    var then: Int?
    var otherwise: Int?
  }

  struct Content: Sendable, Equatable {
    var isBase64 = false
    var isJSON = false
  }

  /// The subschemas that look at the same place of the instance as this one. Where a dynamic
  /// reference leads is known only then; what it leads to otherwise is one of the possibilities.
  var inPlace: [Int] {
    switch self {
    case .reference(let target, _), .dynamicReference(_, let target, _), .not(let target): [target]
    case .allOf(let targets), .anyOf(let targets), .oneOf(let targets): targets
    case .dependentSchemas(let schemas, _): schemas.map(\.target)
    case .condition(let condition):
      [condition.test] + [condition.then, condition.otherwise].compactMap { $0 }
    case .never, .type, .constant, .enumeration, .bound, .multiple, .length, .pattern, .format,
      .content, .itemCount, .uniqueItems, .items, .contains, .memberCount, .required, .members,
      .propertyNames, .dependentRequired, .unevaluatedItems, .unevaluatedProperties:
      []
    }
  }

  var referenceTarget: Int? {
    guard case .reference(let target, _) = self else { return nil }
    return target
  }
}

/// The types that a value may have.
struct Types: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = Types(rawValue: 1)
  static let boolean = Types(rawValue: 2)
  static let integer = Types(rawValue: 4)
  static let number = Types(rawValue: 8)
  static let string = Types(rawValue: 16)
  static let array = Types(rawValue: 32)
  static let object = Types(rawValue: 64)
  static let all = Types(rawValue: 127)

  private static let named: [(Types, String)] = [
    (.null, "null"), (.boolean, "boolean"), (.integer, "integer"), (.number, "number"),
    (.string, "string"), (.array, "array"), (.object, "object"),
  ]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A type by its name in JSON Schema.
  init?(name: String) {
    guard let type = Self.named.first(where: { $0.1 == name })?.0 else { return nil }
    self = type
  }

  var names: [String] { Self.named.filter { contains($0.0) }.map(\.1) }

  func contains(typeOf value: JSON) -> Bool {
    switch value {
    case .null: contains(.null)
    case .bool: contains(.boolean)
    case .number(let number): contains(.number) || (contains(.integer) && number.isInteger)
    case .string: contains(.string)
    case .array: contains(.array)
    case .object: contains(.object)
    }
  }
}
