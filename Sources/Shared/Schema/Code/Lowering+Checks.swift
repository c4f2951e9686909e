import JSON
import Patterns

// The checks for values of each type.

extension Lowering {
  // MARK: Numbers

  mutating func numberOps(_ rules: [Rule]) -> [Op] {
    var ops: [Op] = []
    var range = (lower: Int.min, upper: Int.max)
    let start = Int32(rows.bounds.count)
    var count: UInt8 = 0
    for case .bound(let bound, let number) in rules {
      rows.bounds.append(ExactBound(bound, number))
      count += 1
      narrow(&range, bound, number)
    }
    if count > 0 {
      ops.append(.range(lower: range.lower, upper: range.upper, bounds: start, count: count))
    }
    for case .multiple(let divisor) in rules {
      ops.append(.multiple(of: divisor.int ?? 0, exact: Int32(rows.bounds.count)))
      rows.bounds.append(ExactBound(.minimum, divisor))
    }
    return ops
  }

  /// The whole numbers within a bound. An empty range is one whose ends are the wrong way round.
  private func narrow(
    _ range: inout (lower: Int, upper: Int), _ bound: Rule.Bound, _ number: JSONNumber
  ) {
    let empty = (lower: Int.max, upper: Int.min)
    switch bound {
    case .minimum, .exclusiveMinimum:
      if number < JSONNumber(.min) { return }
      guard number <= JSONNumber(.max) else {
        range = empty
        return
      }
      let (floor, isExact) = number.floor
      guard !isExact || bound == .exclusiveMinimum else {
        range.lower = max(range.lower, floor)
        return
      }
      if floor == .max { range = empty } else { range.lower = max(range.lower, floor + 1) }
    case .maximum, .exclusiveMaximum:
      if number > JSONNumber(.max) { return }
      guard number >= JSONNumber(.min) else {
        range = empty
        return
      }
      let (floor, isExact) = number.floor
      guard isExact, bound == .exclusiveMaximum else {
        range.upper = min(range.upper, floor)
        return
      }
      if floor == .min { range = empty } else { range.upper = min(range.upper, floor - 1) }
    }
  }

  // MARK: Strings

  mutating func stringOps(_ rules: [Rule]) -> [Op] {
    var ops: [Op] = []
    var length = (least: 0, most: Int.max)
    for rule in rules {
      switch rule {
      case .length(.least, let count): length.least = max(length.least, count)
      case .length(.most, let count): length.most = min(length.most, count)
      default: break
      }
    }
    if length != (0, .max) {
      ops.append(.length(least: Int32(count: length.least), most: Int32(count: length.most)))
    }
    for rule in rules {
      switch rule {
      case .format(let format): ops.append(.format(format))
      case .pattern(let pattern): ops.append(.pattern(self.pattern(pattern)))
      case .content(let content):
        ops.append(.content(isBase64: content.isBase64, isJSON: content.isJSON))
      case .constant(let value): if let word = words([value]) { ops.append(word) }
      case .enumeration(let values): if let word = words(values) { ops.append(word) }
      default: break
      }
    }
    return ops
  }

  /// A check for one of some strings; `nil` if there are other values among them.
  private mutating func words(_ values: [JSON]) -> Op? {
    let words = values.compactMap(\.string)
    guard words.count == values.count else { return nil }
    rows.keyTables.append(keyTable(words))
    return .word(Int32(rows.keyTables.count - 1))
  }

  // MARK: Arrays

  mutating func arrayOps(_ rules: [Rule]) -> [Op] {
    var ops: [Op] = []
    var length = (least: 0, most: Int.max)
    for rule in rules {
      switch rule {
      case .itemCount(.least, let count): length.least = max(length.least, count)
      case .itemCount(.most, let count): length.most = min(length.most, count)
      case .uniqueItems: ops.append(.uniqueItems)
      case .items(let items):
        let prefix = list(items.prefix)
        // "true" has to be known as well: it looks at its items.
        let rest = items.rest.map(target) ?? Cell.none
        ops.append(.items(prefix: prefix.start, count: prefix.count, rest: rest))
      case .contains(let contains):
        ops.append(
          .contains(
            target(contains.target), least: Int32(count: contains.least),
            most: Int32(count: contains.most ?? .max), evaluates: contains.evaluates))
      default: break
      }
    }
    if length != (0, .max) {
      let count = Op.itemCount(least: Int32(count: length.least), most: Int32(count: length.most))
      ops.insert(count, at: 0)
    }
    return ops
  }

  // MARK: All values

  /// What concerns values of every type.
  mutating func commonOps(_ rules: [Rule], _ cell: inout Cell) -> [Op] {
    var ops: [Op] = []
    for rule in rules {
      switch rule {
      case .never:
        cell.types = []
        ops.append(.never)
      case .constant(let value): if let op = oneOf([value], &cell) { ops.append(op) }
      case .enumeration(let values): if let op = oneOf(values, &cell) { ops.append(op) }
      case .reference(let target, _): ops.append(.apply(self.target(target)))
      case .dynamicReference(let name, let otherwise, _):
        ops.append(.applyDynamic(name: Int32(name), otherwise: target(otherwise)))
      case .allOf(let targets):
        let list = list(targets)
        ops.append(.all(list.start, count: list.count))
      case .anyOf(let targets):
        let list = list(targets)
        ops.append(.any(list.start, count: list.count))
      case .oneOf(let targets):
        let list = list(targets)
        ops.append(.one(list.start, count: list.count))
      case .not(let target): ops.append(.not(self.target(target)))
      case .condition(let condition):
        ops.append(
          .condition(
            test: target(condition.test), then: condition.then.map(target) ?? Cell.none,
            otherwise: condition.otherwise.map(target) ?? Cell.none))
      case .type, .bound, .multiple, .length, .pattern, .format, .content, .itemCount, .uniqueItems,
        .items, .contains, .memberCount, .required, .members, .propertyNames, .dependentRequired,
        .dependentSchemas, .unevaluatedItems, .unevaluatedProperties:
        break
      }
    }
    return ops
  }

  /// Comparing with a few values is quicker than hashing.
  private static let maxComparedValues = 8

  private mutating func oneOf(_ values: [JSON], _ cell: inout Cell) -> Op? {
    guard values.contains(where: { $0.string == nil }) else {
      // The check is among those of strings.
      cell.types.formIntersection(.string)
      return nil
    }
    guard values.count <= Self.maxComparedValues else {
      rows.sets.append(Set(values))
      return .valueSet(Int32(rows.sets.count - 1))
    }
    let start = Int32(rows.values.count)
    rows.values.append(contentsOf: values)
    return .value(start, count: Int32(values.count))
  }
}

extension JSONNumber {
  /// The largest whole number that is not above this one, and whether it is this one. For numbers
  /// between the ends of `Int`.
  fileprivate var floor: (value: Int, isExact: Bool) {
    if let int { return (int, true) }
    // Not by way of `Double`, which may be off by many.
    var lower = Int128(Int.min)
    var upper = Int128(Int.max)
    while upper - lower > 1 {
      let middle = (lower + upper) >> 1
      if self < JSONNumber(Int(middle)) { upper = middle } else { lower = middle }
    }
    return (Int(lower), false)
  }
}
