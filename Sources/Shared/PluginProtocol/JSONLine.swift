internal import JSON

/// A line of JSON whose shape is known where it is written, for messages and frames of every call: no
/// tree is built of it.
struct JSONLine {
  private(set) var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(Self.usualBytes) }

  private static let usualBytes = 256

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func write(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func add(_ value: JSON) { value.write(to: &bytes) }

  mutating func add(_ before: StaticString, _ value: JSON, _ after: StaticString) {
    write(before)
    add(value)
    write(after)
  }

  mutating func add(
    _ first: StaticString, _ value: JSON, _ second: StaticString, _ other: JSON
  ) {
    add(first, value, second)
    add(other)
  }

  mutating func add(_ number: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var index = 20
      var rest = number.magnitude
      repeat {
        index -= 1
        digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      bytes.append(contentsOf: digits[index...])
    }
  }
}
