import JSON
import Patterns

/// A schema, read once: subschemas by number, so that references are numbers too and recursive
/// schemas need no cycles of objects.
final class Program: Sendable {
  let nodes: [Node]
  /// The default that each subschema gives.
  let defaults: [FilledDefault?]
  let limits: SchemaLimits
  /// Whether there is anything to fill in.
  let hasDefaults: Bool

  init(nodes: [Node], defaults: [FilledDefault?], limits: SchemaLimits) {
    self.nodes = nodes
    self.defaults = defaults
    self.limits = limits
    hasDefaults = defaults.contains { $0 != nil }
  }

  /// The place of a subschema. Made on demand: the pointers of all nodes together would cost the
  /// product of their number and the length of the longest key.
  func pointer(to node: Int) -> JSONPointer { nodes.pointer(to: node) }
}

extension [Node] {
  func pointer(to node: Int) -> JSONPointer {
    var tokens: [String] = []
    var node = node
    while let parent = self[node].parent {
      tokens.append(contentsOf: self[node].edge.reversed())
      node = parent
    }
    return JSONPointer(tokens: tokens.reversed())
  }
}

/// One subschema.
struct Node: Sendable {
  let parent: Int?
  /// The steps from the parent: a keyword, and a key or index where the keyword has several.
  let edge: [String]
  var checks: [Check] = []
  /// As the schema has it.
  var ownDefault: JSON?
}

/// What one keyword, or a group of keywords that work together, asks of an instance.
enum Check: Sendable {
  /// The schema `false`.
  case never
  case type(Types)
  case constant(JSON, cost: Int)
  case enumeration(Set<JSON>, shown: String)
  case bound(Bound, JSONNumber)
  case multiple(of: JSONNumber)
  case length(Count, Int)
  case pattern(Pattern)
  case format(Format)
  case itemCount(Count, Int)
  case uniqueItems
  case items(Items)
  case contains(Int, least: Int, most: Int?)
  case memberCount(Count, Int)
  case required([String], cost: Int)
  case members(Members)
  case propertyNames(Int)
  case reference(Int)
  case allOf([Int])
  case anyOf([Int])
  case oneOf([Int])
  case not(Int)
  case condition(Int, then: Int?, otherwise: Int?)

  enum Count: Sendable { case least, most }

  enum Bound: String, Sendable {
    case minimum, maximum, exclusiveMinimum, exclusiveMaximum
  }

  struct Items: Sendable {
    var prefix: [Int] = []
    var rest: Int?
  }

  struct Members: Sendable {
    var properties: [ExactKey: Int] = [:]
    /// In the order of the schema.
    var keys: [String] = []
    var patterns: [(Pattern, Int)] = []
    var others: Int?
  }

  var referenceTarget: Int? {
    guard case .reference(let target) = self else { return nil }
    return target
  }

  /// The subschemas that look at the same place of the instance as this one.
  var inPlace: [Int] {
    switch self {
    case .reference(let node), .not(let node): [node]
    case .allOf(let nodes), .anyOf(let nodes), .oneOf(let nodes): nodes
    case .condition(let node, let then, let otherwise):
      [node] + [then, otherwise].compactMap { $0 }
    case .never, .type, .constant, .enumeration, .bound, .multiple, .length, .pattern, .format,
      .itemCount, .uniqueItems, .items, .contains, .memberCount, .required, .members,
      .propertyNames:
      []
    }
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

  private static let names: [(Types, String)] = [
    (.null, "null"), (.boolean, "boolean"), (.integer, "integer"), (.number, "number"),
    (.string, "string"), (.array, "array"), (.object, "object"),
  ]

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// A type by its name in JSON Schema.
  init?(name: String) {
    guard let type = Self.names.first(where: { $0.1 == name })?.0 else { return nil }
    self = type
  }

  var names: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

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

extension JSON {
  /// About how much reading the whole value costs: one for each value and each 64 bytes of text.
  var weight: Int {
    switch self {
    case .null, .bool: 1
    case .number(let number): number.weight
    case .string(let text): text.weight
    case .array(let elements): elements.reduce(1) { $0 + $1.weight }
    case .object(let object): object.members.reduce(1) { $0 + $1.key.weight + $1.value.weight }
    }
  }

  /// Values in it, itself included.
  var valueCount: Int {
    switch self {
    case .null, .bool, .number, .string: 1
    case .array(let elements): elements.reduce(1) { $0 + $1.valueCount }
    case .object(let object): object.members.reduce(1) { $0 + $1.value.valueCount }
    }
  }
}

extension String {
  var weight: Int { 1 + utf8.count / 64 }
}

extension JSONNumber {
  /// Digits are compared one by one.
  var weight: Int { 1 + text.utf8.count / 16 }
}
