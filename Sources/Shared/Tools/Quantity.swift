/// Durations and sizes as people write them in definitions and settings: `150s`, `64KiB`.
package enum Quantity {
  package static let durationRemedy = "write a whole number and a unit: 500ms, 150s, 5m, 24h or 7d"
  package static let sizeRemedy = "write a whole number and a unit: 100B, 64KiB, 1MiB or 2GiB"

  package static let durationUnits = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]
  package static let sizeUnits = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]

  /// - Returns: `nil` for text that is no duration, or one beyond `Int`.
  package static func milliseconds(_ text: String) -> Int? { value(text, durationUnits) }

  /// - Returns: `nil` for text that is no size, or one beyond `Int`.
  package static func bytes(_ text: String) -> Int? { value(text, sizeUnits) }

  /// The shortest way to write a duration: `90s`, `24h`.
  package static func text(milliseconds: Int) -> String { self.text(milliseconds, durationUnits) }

  /// The shortest way to write a size: `64KiB`, `1000B`.
  package static func text(bytes: Int) -> String { text(bytes, sizeUnits) }

  private static func value(_ text: String, _ units: [(String, Int)]) -> Int? {
    let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    let unit = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)
    guard let count = Int(String(decoding: digits, as: UTF8.self)),
      let factor = units.first(where: { $0.0 == unit })?.1
    else { return nil }
    let (value, overflow) = count.multipliedReportingOverflow(by: factor)
    return overflow ? nil : value
  }

  private static func text(_ value: Int, _ units: [(String, Int)]) -> String {
    for (name, factor) in units.reversed() where value != 0 && value.isMultiple(of: factor) {
      return "\(value / factor)\(name)"
    }
    return "\(value)\(units[0].0)"
  }
}
