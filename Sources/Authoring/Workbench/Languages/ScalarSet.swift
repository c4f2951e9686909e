/// A set of Unicode scalars, as ranges that neither meet nor overlap.
struct ScalarSet: Hashable {
  private(set) var ranges: [ClosedRange<UInt32>] = []

  static let last: UInt32 = 0x10FFFF
  static let all = ScalarSet([0...last])

  init(_ ranges: [ClosedRange<UInt32>] = []) {
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let before = self.ranges.last, range.lowerBound <= before.upperBound + 1 else {
        self.ranges.append(range)
        continue
      }
      self.ranges[self.ranges.count - 1] =
        before.lowerBound...max(before.upperBound, range.upperBound)
    }
  }

  init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  var complement: ScalarSet {
    var found: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { found.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.last { found.append(next...Self.last) }
    return ScalarSet(found)
  }

  func contains(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }

  // MARK: - What ECMA-262 has names for

  static let digits = ScalarSet([0x30...0x39])
  static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  /// WhiteSpace and LineTerminator, sections 12.2 and 12.3.
  static let space = ScalarSet([
    0x9...0xD, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
  static let lineEnds = ScalarSet([0xA...0xA, 0xD...0xD, 0x2028...0x2029])
}
