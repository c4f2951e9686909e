/// A number of at most 18 digits, exactly, without memory of its own: `mantissa` times ten to the
/// power of `exponent`. `JSONNumber` does the same for numbers of any length, and allocates for it.
struct ShortDecimal {
  var mantissa: Int
  var exponent: Int

  private static let maxDigits = 18

  init(_ value: Int) {
    mantissa = value
    exponent = 0
  }

  /// - Parameter text: a number in RFC 8259 syntax.
  /// - Returns: `nil` if it has more digits than fit.
  init?(_ text: String) {
    guard let number = withBytes(of: text, Self.read) else { return nil }
    self = number
  }

  private init(mantissa: Int, exponent: Int) {
    self.mantissa = mantissa
    self.exponent = exponent
  }

  private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> ShortDecimal? {
    var number = ShortDecimal(0)
    var isNegative = false
    var digits = 0
    var hasPoint = false
    for (place, byte) in bytes.enumerated() {
      switch byte {
      case 0x30...0x39:
        if digits > 0 || byte != 0x30 { digits += 1 }
        guard digits <= maxDigits else { return nil }
        number.mantissa = number.mantissa &* 10 &+ Int(byte &- 0x30)
        if hasPoint { number.exponent -= 1 }
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): hasPoint = true
      default:
        // "e" or "E"
        number.exponent += power(bytes, from: place + 1)
        if isNegative { number.mantissa = -number.mantissa }
        return number
      }
    }
    if isNegative { number.mantissa = -number.mantissa }
    return number
  }

  /// The parser lets no power through that would not fit.
  private static func power(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var power = 0
    var isNegative = false
    for byte in bytes[start...] {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "+"): break
      default: power = power &* 10 &+ Int(byte &- 0x30)
      }
    }
    return isNegative ? -power : power
  }

  var isInteger: Bool {
    if exponent >= 0 || mantissa == 0 { return true }
    guard exponent >= -Self.maxDigits else { return false }
    return mantissa.isMultiple(of: Self.powerOfTen(-exponent))
  }

  /// Ten to a power of at most 18.
  private static func powerOfTen(_ power: Int) -> Int {
    (0..<power).reduce(1) { value, _ in value * 10 }
  }

  static func < (left: ShortDecimal, right: ShortDecimal) -> Bool {
    if left.mantissa.signum() != right.mantissa.signum() || left.mantissa == 0 {
      return left.mantissa < right.mantissa
    }
    let shift = left.exponent - right.exponent
    // Beyond 18 one is larger than the other whatever their digits are: `Int` has 19.
    guard abs(shift) <= maxDigits else { return (shift < 0) == (left.mantissa > 0) }
    let scale = Int128(powerOfTen(abs(shift)))
    return shift < 0
      ? Int128(left.mantissa) < Int128(right.mantissa) * scale
      : Int128(left.mantissa) * scale < Int128(right.mantissa)
  }

  /// - Precondition: the divisor is above 0.
  func isMultiple(of divisor: ShortDecimal) -> Bool {
    if mantissa == 0 { return true }
    let shift = exponent - divisor.exponent
    if shift >= 0 {
      let zeros = Self.power(of: 10, shift, modulo: divisor.mantissa)
      let rest = Int128(mantissa % divisor.mantissa) * Int128(zeros)
      return rest % Int128(divisor.mantissa) == 0
    }
    guard shift >= -Self.maxDigits, mantissa.isMultiple(of: divisor.mantissa) else { return false }
    return (mantissa / divisor.mantissa).isMultiple(of: Self.powerOfTen(-shift))
  }

  private static func power(of base: Int, _ power: Int, modulo: Int) -> Int {
    var result = Int128(1 % modulo)
    var square = Int128(base % modulo)
    var rest = power
    while rest > 0 {
      if rest & 1 == 1 { result = result * square % Int128(modulo) }
      square = square * square % Int128(modulo)
      rest >>= 1
    }
    return Int(result)
  }
}
