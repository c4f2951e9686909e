/// Unicode in letters, digits and hyphens: RFC 3492.
enum Punycode {
  private static let base = 36
  private static let tMin = 1
  private static let tMax = 26
  private static let initialBias = 72
  private static let initialCode: UInt32 = 128

  /// - Returns: `nil` for what could not be put into a label anyway.
  static func encode(_ scalars: [Unicode.Scalar]) -> [UInt8]? {
    var out = scalars.filter(\.isASCII).map { UInt8(truncatingIfNeeded: $0.value) }
    let basicCount = out.count
    var handled = basicCount
    if basicCount > 0 { out.append(UInt8(ascii: "-")) }
    var code = initialCode
    var delta = 0
    var bias = initialBias
    while handled < scalars.count {
      // The next larger character, and the steps over all places up to it.
      guard let next = scalars.map(\.value).filter({ $0 >= code }).min(), out.count < 256 else {
        return nil
      }
      delta += Int(next - code) * (handled + 1)
      code = next
      for scalar in scalars {
        if scalar.value < code { delta += 1 }
        guard scalar.value == code else { continue }
        append(delta, bias, &out)
        bias = adapt(delta, handled + 1, isFirst: handled == basicCount)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return out
  }

  private static func append(_ delta: Int, _ bias: Int, _ out: inout [UInt8]) {
    var rest = delta
    var place = base
    while true {
      let threshold = min(max(place - bias, tMin), tMax)
      if rest < threshold { break }
      out.append(digit(threshold + (rest - threshold) % (base - threshold)))
      rest = (rest - threshold) / (base - threshold)
      place += base
    }
    out.append(digit(rest))
  }

  static func decode(_ bytes: [UInt8]) -> [Unicode.Scalar]? {
    let hyphen = bytes.lastIndex(of: UInt8(ascii: "-"))
    var out = (hyphen.map { bytes[..<$0] } ?? []).map { Unicode.Scalar($0) }
    var rest = bytes[(hyphen.map { $0 + 1 } ?? 0)...]
    guard out.allSatisfy(\.isASCII) else { return nil }
    var code = Int(initialCode)
    var place = 0
    var bias = initialBias
    while !rest.isEmpty {
      guard let delta = number(&rest, bias) else { return nil }
      let count = out.count + 1
      bias = adapt(delta, count, isFirst: place == 0 && code == Int(initialCode))
      place += delta
      code += place / count
      place %= count
      guard code <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
      out.insert(scalar, at: place)
      place += 1
    }
    return out
  }

  /// A number of digits whose weights depend on the bias; `nil` if it has no end, or no use.
  private static func number(_ rest: inout ArraySlice<UInt8>, _ bias: Int) -> Int? {
    var value = 0
    var weight = 1
    var place = base
    while let byte = rest.popFirst() {
      guard let digit = digitValue(of: byte) else { return nil }
      value += digit * weight
      // No character is so far away.
      guard value <= 1 << 32 else { return nil }
      let threshold = min(max(place - bias, tMin), tMax)
      if digit < threshold { return value }
      weight *= base - threshold
      guard weight <= 1 << 32 else { return nil }
      place += base
    }
    return nil
  }

  private static func adapt(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var bias = 0
    while delta > (base - tMin) * tMax / 2 {
      delta /= base - tMin
      bias += base
    }
    return bias + (base - tMin + 1) * delta / (delta + 38)
  }

  private static func digit(_ value: Int) -> UInt8 {
    UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30)
  }

  private static func digitValue(of byte: UInt8) -> Int? {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 0x61
    case 0x30...0x39: Int(byte) - 0x30 + 26
    default: nil
    }
  }
}
