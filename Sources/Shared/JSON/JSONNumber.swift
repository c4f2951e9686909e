/// A JSON number, exactly as written. Comparison is by value: `1`, `1.0` and `10e-1` are equal, and
/// no digit is lost however many there are.
package struct JSONNumber: Sendable {
  package enum Storage: Sendable {
    /// The common case: an integer without fraction or exponent.
    case integer(Int)
    /// Any other number, in RFC 8259 syntax.
    case text(String)
  }

  /// How the number is kept: for readers that must not pay for the text of an integer.
  package let storage: Storage

  package init(_ value: Int) { storage = .integer(value) }

  /// - Parameter text: a number in RFC 8259 syntax; the parser has checked it.
  package init(validated text: String) {
    // "-0" keeps its sign only as text.
    if let value = Int(text), text != "-0", !text.hasPrefix("+") {
      storage = .integer(value)
    } else {
      storage = .text(text)
    }
  }

  /// A number from text that nobody has checked; `nil` unless it is one by RFC 8259 and within the
  /// default limits.
  package init?(_ text: String) {
    guard case .number(let number)? = try? JSON(parsing: text),
      text.utf8.last.map(isDigit) ?? false, text.utf8.first.map(isNumberStart) ?? false
    else { return nil }
    self = number
  }

  /// The number as it was written.
  package var text: String {
    switch storage {
    case .integer(let value): String(value)
    case .text(let text): text
    }
  }

  /// The value as an integer where it is one exactly and fits: also for `1.0` and `1e2`.
  package var int: Int? {
    switch storage {
    case .integer(let value): value
    case .text: decimal.int
    }
  }

  /// Whether the value is a whole number, of any size.
  package var isInteger: Bool {
    switch storage {
    case .integer: true
    case .text: decimal.isInteger
    }
  }

  /// The nearest `Double`; infinite where the value is beyond its range.
  package var double: Double {
    switch storage {
    case .integer(let value): Double(value)
    case .text(let text): Double(text) ?? .nan
    }
  }

  /// Whether the value is a whole number of times `divisor`. No number is a multiple of zero.
  package func isMultiple(of divisor: JSONNumber) -> Bool {
    if case .integer(let value) = storage, case .integer(let divisor) = divisor.storage {
      return divisor != 0 && value.isMultiple(of: divisor)
    }
    return decimal.isMultiple(of: divisor.decimal)
  }

  /// The one text that all numbers of this value share, laid out as ECMAScript lays out numbers:
  /// `100`, `0.001`, `1e+21`, `1.5e-7`.
  package var canonicalText: String {
    switch storage {
    case .integer(let value) where -1_000_000_000 < value && value < 1_000_000_000: String(value)
    case .integer, .text: decimal.canonicalText
    }
  }

  var decimal: Decimal { Decimal(text.utf8) }
}

private func isDigit(_ byte: UInt8) -> Bool { 0x30...0x39 ~= byte }
private func isNumberStart(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "-") }

extension JSONNumber: Hashable, Comparable {
  package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    switch (left.storage, right.storage) {
    case (.integer(let left), .integer(let right)): left == right
    default: left.decimal == right.decimal
    }
  }

  package static func < (left: JSONNumber, right: JSONNumber) -> Bool {
    switch (left.storage, right.storage) {
    case (.integer(let left), .integer(let right)): left < right
    default: left.decimal < right.decimal
    }
  }

  package func hash(into hasher: inout Hasher) {
    if let int {
      hasher.combine(int)
    } else {
      hasher.combine(decimal)
    }
  }
}
