import JSON
import Patterns

extension Verdict {
  // MARK: Numbers

  mutating func admitsNumber(_ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>) -> Bool {
    let types = cell.pointee.types
    // A schema without numbers takes none; every other one takes integers.
    guard types.contains(.integer) else { return false }
    let ops = UnsafeBufferPointer(
      start: tables.ops + Int(cell.pointee.start), count: Int(cell.pointee.numbersEnd))
    let isIntegral = !types.contains(.number)
    var rest = work
    defer { work = rest }
    let tables = tables
    return lend(value) { value in
      guard case .number(let number) = value else { return false }
      switch number.storage {
      case .integer(let value): return Self.admits(value, ops, tables)
      case .text:
        // Digits are compared one by one.
        rest &-= number.weight
        return Self.admits(number, isIntegral, ops, tables)
      }
    }
  }

  @inline(__always)
  private static func admits(
    _ value: Int, _ ops: UnsafeBufferPointer<Op>, _ tables: Tables
  ) -> Bool {
    for op in ops {
      switch op {
      case .range(let lower, let upper, _, _): if value < lower || value > upper { return false }
      case .multiple(let divisor, let exact):
        if divisor == 0 {
          if !isMultiple(ShortDecimal(value), JSONNumber(value), tables.bounds[Int(exact)]) {
            return false
          }
        } else if !value.isMultiple(of: divisor) {
          return false
        }
      default: break
      }
    }
    return true
  }

  /// A number with a fraction, a power of ten, or more digits than `Int` has.
  @inline(never)
  private static func admits(
    _ number: JSONNumber, _ isIntegral: Bool, _ ops: UnsafeBufferPointer<Op>, _ tables: Tables
  ) -> Bool {
    let short = number.short
    if isIntegral, !(short?.isInteger ?? number.isInteger) { return false }
    for op in ops {
      switch op {
      case .range(_, _, let bounds, let count):
        for place in Int(bounds)..<Int(bounds) + Int(count)
        where !isWithin(tables.bounds[place], short, number) {
          return false
        }
      case .multiple(_, let exact):
        if !isMultiple(short, number, tables.bounds[Int(exact)]) { return false }
      default: break
      }
    }
    return true
  }

  private static func isWithin(
    _ bound: ExactBound, _ short: ShortDecimal?, _ number: JSONNumber
  ) -> Bool {
    guard let short, let limit = bound.short else {
      return switch bound.bound {
      case .minimum: number >= bound.number
      case .maximum: number <= bound.number
      case .exclusiveMinimum: number > bound.number
      case .exclusiveMaximum: number < bound.number
      }
    }
    return switch bound.bound {
    case .minimum: !(short < limit)
    case .maximum: !(limit < short)
    case .exclusiveMinimum: limit < short
    case .exclusiveMaximum: short < limit
    }
  }

  private static func isMultiple(
    _ short: ShortDecimal?, _ number: JSONNumber, _ divisor: ExactBound
  ) -> Bool {
    guard let short, let other = divisor.short else {
      return number.isMultiple(of: divisor.number)
    }
    return short.isMultiple(of: other)
  }

  // MARK: Strings

  mutating func admitsString(
    _ start: Int32, _ end: Int32, _ value: UnsafePointer<JSON>
  ) -> Bool {
    var rest = work
    defer { work = rest }
    let tables = tables
    return lend(value) { value in
      guard case .string(let text) = value else { return false }
      return withBytes(of: text) { bytes in
        for place in Int(start)..<Int(end) {
          rest &-= 1 + bytes.count >> 6
          switch tables.ops[place] {
          case .length(let least, let most):
            if !isLength(bytes, Int(least), Int(most)) { return false }
          case .pattern(let pattern):
            let matcher = tables.matchers[Int(pattern)]
            rest &-= matcher.cost(bytes.count)
            if rest < 0 || !matcher.matches(bytes) { return false }
          case .format(let format):
            rest &-= bytes.count >> 3
            if rest < 0 || !format.admits(bytes) { return false }
          case .content(let isBase64, let isJSON):
            rest &-= bytes.count
            let content = Rule.Content(isBase64: isBase64, isJSON: isJSON)
            if rest < 0 || !content.admits(bytes) { return false }
          default: break
          }
        }
        return true
      }
    }
  }
}

/// Whether the text has so many characters. Each has one byte to four, so that most lengths need no
/// counting.
private func isLength(_ bytes: UnsafeBufferPointer<UInt8>, _ least: Int, _ most: Int) -> Bool {
  if bytes.count < least { return false }
  if bytes.count <= most, bytes.count >= (least &* 4) || least <= 1 { return true }
  var count = 0
  for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
  return least <= count && count <= most
}

extension JSONNumber {
  fileprivate var short: ShortDecimal? {
    switch storage {
    case .integer(let value): ShortDecimal(value)
    case .text(let text): ShortDecimal(text)
    }
  }
}

extension Pattern.Matcher {
  /// An engine of linear time takes at most one step for each byte and instruction, of 8 ns, though
  /// it mostly takes one step for each byte. A step of ours is worth a hundred of them.
  func cost(_ byteCount: Int) -> Int { 1 + byteCount * (1 + programSize / 100) }
}
