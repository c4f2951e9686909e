/// One subschema as it is checked: which types it takes, and where its checks are for each of them,
/// so that no check is met by a value that it does not concern.
struct Cell {
  var types = Types.all
  /// Whether the type is all that it asks for.
  var isPlain = true
  /// Ends of the checks for numbers, strings, arrays, objects, and all values, which stand in this
  /// order from `start` on.
  var start: Int32 = 0
  var numbersEnd: UInt16 = 0
  var stringsEnd: UInt16 = 0
  var arraysEnd: UInt16 = 0
  var objectsEnd: UInt16 = 0
  var end: UInt16 = 0
  /// What members that nothing has looked at must be; `none` if that does not matter.
  var unevaluatedProperties = Cell.none
  var unevaluatedItems = Cell.none
  var resource: Int32 = 0

  /// No subschema: everything is taken.
  static let none: Int32 = -1
}

/// One check. All that it holds is numbers, so that copying one costs nothing; what needs memory is
/// in `Tables`.
enum Op {
  case never
  /// Whole numbers that fit `Int` are between the two; for all others there are exact bounds.
  case range(lower: Int, upper: Int, bounds: Int32, count: UInt8)
  /// - Parameter short: the divisor, where it is an `Int`; else 0.
  case multiple(of: Int, exact: Int32)
  case length(least: Int32, most: Int32)
  case pattern(Int32)
  case format(Format)
  case content(isBase64: Bool, isJSON: Bool)
  /// One of some strings.
  case word(Int32)
  case itemCount(least: Int32, most: Int32)
  case uniqueItems
  case items(prefix: Int32, count: Int32, rest: Int32)
  case contains(Int32, least: Int32, most: Int32, evaluates: Bool)
  case memberCount(least: Int32, most: Int32)
  case members(Int32)
  case propertyNames(Int32)
  case dependentRequired(Int32, count: Int32)
  case dependentSchemas(Int32, count: Int32)
  /// One of some values.
  case value(Int32, count: Int32)
  /// One of many values.
  case valueSet(Int32)
  case apply(Int32)
  case applyDynamic(name: Int32, otherwise: Int32)
  case all(Int32, count: Int32)
  case any(Int32, count: Int32)
  case one(Int32, count: Int32)
  case not(Int32)
  case condition(test: Int32, then: Int32, otherwise: Int32)
}

/// What `properties`, `patternProperties`, `additionalProperties` and `required` ask together of
/// each member.
struct MembersPlan {
  /// The table of them.
  let keys: Int32
  /// How many of the keys must be there. Keys of an object differ, so counting them is enough.
  let requiredCount: Int32
  let patterns: Int32
  let patternCount: Int32
  /// For members that no key and no pattern names.
  let others: Int32
}

/// What is known of a key.
struct MemberEntry {
  /// `Cell.none` takes everything.
  let target: Int32
  /// 1 or 0, to be counted.
  let isRequired: Int32
  /// False if it is only required: patterns and the rest then decide.
  let isDeclared: Bool
}

struct PatternEntry {
  let pattern: Int32
  let target: Int32
}

struct DependentEntry {
  let key: Int32
  /// Keys that must be there then.
  let required: Int32
  let requiredCount: Int32
  let target: Int32
}
