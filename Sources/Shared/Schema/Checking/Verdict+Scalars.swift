import JSON
import Patterns

extension Verdict {
  // MARK: Numbers

  mutating func admitsNumber(_ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>) -> Bool {
    let types = cell.pointee.types
    // A schema without numbers takes none; every other one takes integers.
    guard types.contains(.integer) else { return false }
    let ops = UnsafeBufferPointer(
      start: tables.pointee.ops + Int(cell.pointee.start), count: Int(cell.pointee.numbersEnd))
    return lend(value) { value in
      guard case .number(let number) = value else { return false }
      switch number.storage {
      case .integer(let value): return admits(value, ops)
      case .text: return admits(number, types, ops)
      }
    }
  }

  @inline(__always)
  private func admits(_ value: Int, _ ops: UnsafeBufferPointer<Op>) -> Bool {
    for op in ops {
      switch op {
      case .range(let lower, let upper, _, _): if value < lower || value > upper { return false }
      case .multiple(let divisor, let exact):
        if divisor == 0 {
          let exact = tables.pointee.bounds + Int(exact)
          if !Self.isMultiple(ShortDecimal(value), JSONNumber(value), exact) { return false }
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
  private mutating func admits(
    _ number: JSONNumber, _ types: Types, _ ops: UnsafeBufferPointer<Op>
  ) -> Bool {
    // Digits are compared one by one.
    guard charge(number.weight) else { return false }
    let short = number.short
    if !types.contains(.number), !(short?.isInteger ?? number.isInteger) { return false }
    for op in ops {
      switch op {
      case .range(_, _, let bounds, let count):
        for place in Int(bounds)..<Int(bounds) + Int(count)
        where !Self.isWithin(tables.pointee.bounds + place, short, number) {
          return false
        }
      case .multiple(_, let exact):
        let divisor = tables.pointee.bounds + Int(exact)
        guard charge(number.weight * divisor.pointee.number.weight),
          Self.isMultiple(short, number, divisor)
        else { return false }
      default: break
      }
    }
    return true
  }

  private static func isWithin(
    _ bound: UnsafePointer<ExactBound>, _ short: ShortDecimal?, _ number: JSONNumber
  ) -> Bool {
    guard let short, let limit = bound.pointee.short else {
      return switch bound.pointee.bound {
      case .minimum: number >= bound.pointee.number
      case .maximum: number <= bound.pointee.number
      case .exclusiveMinimum: number > bound.pointee.number
      case .exclusiveMaximum: number < bound.pointee.number
      }
    }
    return switch bound.pointee.bound {
    case .minimum: !(short < limit)
    case .maximum: !(limit < short)
    case .exclusiveMinimum: limit < short
    case .exclusiveMaximum: short < limit
    }
  }

  private static func isMultiple(
    _ short: ShortDecimal?, _ number: JSONNumber, _ divisor: UnsafePointer<ExactBound>
  ) -> Bool {
    guard let short, let other = divisor.pointee.short else {
      return number.isMultiple(of: divisor.pointee.number)
    }
    return short.isMultiple(of: other)
  }

  // MARK: Strings

  /// - Precondition: there is a check for strings.
  @inline(__always)
  mutating func admitsString(
    _ cell: UnsafePointer<Cell>, _ text: UnsafePointer<String>
  ) -> Bool {
    let count = text.pointee.utf8.count
    work &-= count >> 4
    var op = tables.pointee.ops + (Int(cell.pointee.start) &+ Int(cell.pointee.numbersEnd))
    var rest = cell.pointee.stringsEnd &- cell.pointee.numbersEnd
    // Comes first, and mostly needs no look at the text.
    if case .length(let least, let most) = op.pointee {
      guard let isLength = isLength(count, Int(least), Int(most)) else {
        return admits(text, op, rest)
      }
      if !isLength { return false }
      op += 1
      rest &-= 1
    }
    if rest > 0, case .word(let table) = op.pointee {
      if tables.find(text, in: tables.pointee.keyTables + Int(table)) < 0 { return false }
      op += 1
      rest &-= 1
    }
    return rest == 0 || admits(text, op, rest)
  }

  @inline(never)
  private mutating func admits(
    _ text: UnsafePointer<String>, _ start: UnsafePointer<Op>, _ count: UInt16
  ) -> Bool {
    withBytes(of: text) { bytes in
      for op in UnsafeBufferPointer(start: start, count: Int(count)) {
        switch op {
        case .length(let least, let most):
          if !isLength(bytes, Int(least), Int(most)) { return false }
        case .word(let table):
          let table = tables.pointee.keyTables + Int(table)
          if tables.find(text, in: table) < 0 { return false }
        case .pattern(let pattern):
          let matcher = tables.pointee.matchers + Int(pattern)
          guard charge(matcher.pointee.cost(bytes.count)), matcher.pointee.matches(bytes) else {
            return false
          }
        case .format(let format):
          guard charge(1 + bytes.count >> 3), format.admits(bytes) else { return false }
        case .content(let isBase64, let isJSON):
          let content = Rule.Content(isBase64: isBase64, isJSON: isJSON)
          guard charge(1 + bytes.count), content.admits(bytes) else { return false }
        default: break
        }
      }
      return true
    }
  }
}

/// Whether a text of so many bytes has so many characters, where that can be told: each has one
/// byte to four.
@inline(__always)
private func isLength(_ byteCount: Int, _ least: Int, _ most: Int) -> Bool? {
  if byteCount < least { return false }
  return byteCount <= most && (byteCount >= least &* 4 || least <= 1) ? true : nil
}

/// The same by counting.
private func isLength(_ bytes: UnsafeBufferPointer<UInt8>, _ least: Int, _ most: Int) -> Bool {
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
