/// The exact value of a number: `digits` times ten to the power of `exponent`.
///
/// Each value has one form, because `digits` neither starts nor ends with a zero, and zero has no
/// digits, no sign and no exponent. Nothing here ever expands an exponent: `1e999999999` costs as
/// much as `1`.
struct Decimal: Hashable {
  var isNegative = false
  /// Values 0 to 9, not characters.
  var digits: [UInt8] = []
  var exponent = 0

  /// - Parameter text: a number in RFC 8259 syntax.
  init(_ text: String.UTF8View) {
    var written: [UInt8] = []
    written.reserveCapacity(text.count)
    var fractionDigits = 0
    var power = 0
    var powerIsNegative = false
    var part = Part.whole
    for byte in text {
      switch (byte, part) {
      case (UInt8(ascii: "-"), .power): powerIsNegative = true
      case (UInt8(ascii: "-"), _): isNegative = true
      case (UInt8(ascii: "."), _): part = .fraction
      case (UInt8(ascii: "e"), _), (UInt8(ascii: "E"), _): part = .power
      case (0x30...0x39, .power):
        // Stops growing far above what the parser lets through, and far below `Int.max`.
        if power <= 10 * JSONLimits.exponentCeiling { power = power * 10 + Int(byte - 0x30) }
      case (0x30...0x39, _):
        written.append(byte - 0x30)
        if part == .fraction { fractionDigits += 1 }
      default: break
      }
    }
    let trailingZeros = written.reversed().prefix { $0 == 0 }.count
    digits = Array(written.dropLast(trailingZeros).drop { $0 == 0 })
    if digits.isEmpty {
      isNegative = false
    } else {
      exponent = (powerIsNegative ? -power : power) - fractionDigits + trailingZeros
    }
  }

  private enum Part { case whole, fraction, power }

  var isInteger: Bool { exponent >= 0 }

  /// The power of ten just above the first digit: 123 has 3, 0.05 has -1.
  var magnitude: Int { digits.count + exponent }

  var int: Int? {
    guard isInteger, magnitude <= 19 else { return nil }
    // Counts down for negative numbers: `Int.min` has no positive twin.
    var value = 0
    for place in 0..<magnitude {
      let digit = Int(place < digits.count ? digits[place] : 0)
      let (tens, overflow1) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = tens.addingReportingOverflow(isNegative ? -digit : digit)
      if overflow1 || overflow2 { return nil }
      value = sum
    }
    return value
  }
}

extension Decimal: Comparable {
  static func < (left: Decimal, right: Decimal) -> Bool {
    guard left.isNegative == right.isNegative else { return left.isNegative }
    return left.isNegative ? right.isNearerZero(than: left) : left.isNearerZero(than: right)
  }

  private func isNearerZero(than other: Decimal) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    guard magnitude == other.magnitude else { return magnitude < other.magnitude }
    return digits.lexicographicallyPrecedes(other.digits)
  }
}

extension Decimal {
  func isMultiple(of divisor: Decimal) -> Bool {
    if divisor.digits.isEmpty { return false }
    if digits.isEmpty { return true }
    // Neither digit string ends with a zero, so a divisor with the greater power of ten leaves a
    // rest.
    let shift = exponent - divisor.exponent
    if shift < 0 { return false }
    // The question is whether digits * 10^shift divides by the divisor's digits. More zeros than
    // those have bits add no prime factor that could still matter.
    let zeros = min(shift, divisor.digits.count * 4)
    var rest = Remainder(divisor: divisor.digits)
    for digit in digits { rest.append(digit) }
    for _ in 0..<zeros { rest.append(0) }
    return rest.isZero
  }

  var canonicalText: String {
    if digits.isEmpty { return "0" }
    let point = magnitude
    var text = isNegative ? "-" : ""
    func append(_ digits: ArraySlice<UInt8>) {
      for digit in digits { text.unicodeScalars.append(Unicode.Scalar(0x30 + digit)) }
    }
    if digits.count <= point && point <= 21 {
      append(digits[...])
      text += String(repeating: "0", count: point - digits.count)
    } else if 0 < point && point <= 21 {
      append(digits[..<point])
      text += "."
      append(digits[point...])
    } else if -6 < point && point <= 0 {
      text += "0." + String(repeating: "0", count: -point)
      append(digits[...])
    } else {
      append(digits[..<1])
      if digits.count > 1 {
        text += "."
        append(digits[1...])
      }
      text += point > 0 ? "e+" : "e-"
      text += String((point - 1).magnitude)
    }
    return text
  }
}

/// Long division of a stream of decimal digits, of which only the rest is kept.
private struct Remainder {
  /// In limbs of nine decimal digits, the least first.
  private let divisor: [UInt32]
  private var rest: [UInt32]
  private static let base: UInt32 = 1_000_000_000

  init(divisor digits: [UInt8]) {
    var limbs: [UInt32] = []
    var end = digits.count
    while end > 0 {
      let start = max(0, end - 9)
      limbs.append(digits[start..<end].reduce(0) { $0 * 10 + UInt32($1) })
      end = start
    }
    // One limb to spare: before it is reduced, the rest is up to ten times the divisor.
    limbs.append(0)
    divisor = limbs
    rest = Array(repeating: 0, count: limbs.count)
  }

  var isZero: Bool { rest.allSatisfy { $0 == 0 } }

  mutating func append(_ digit: UInt8) {
    var carry = UInt64(digit)
    for place in rest.indices {
      carry += UInt64(rest[place]) * 10
      rest[place] = UInt32(carry % UInt64(Self.base))
      carry /= UInt64(Self.base)
    }
    // At most nine times.
    while !isLessThanDivisor { subtractDivisor() }
  }

  private var isLessThanDivisor: Bool {
    for place in rest.indices.reversed() where rest[place] != divisor[place] {
      return rest[place] < divisor[place]
    }
    return false
  }

  private mutating func subtractDivisor() {
    var borrow: UInt32 = 0
    for place in rest.indices {
      let taken = divisor[place] + borrow
      borrow = rest[place] < taken ? 1 : 0
      rest[place] = rest[place] + (borrow == 1 ? Self.base : 0) - taken
    }
  }
}
