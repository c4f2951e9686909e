/// A JSON number, exactly as written. Comparison is by value: `1`, `1.0` and `10e-1` are equal.
package struct JSONNumber: Sendable {
  private enum Storage: Sendable {
    /// The common case: an integer without fraction or exponent.
    case integer(Int)
    /// Any other number, in RFC 8259 syntax.
    case text(String)
  }

  private let storage: Storage

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

  package var text: String {
    switch storage {
    case .integer(let value): String(value)
    case .text(let text): text
    }
  }

  /// The value as an integer where it is one exactly and fits.
  package var int: Int? {
    switch storage {
    case .integer(let value): value
    case .text: nil
    }
  }

  package var isInteger: Bool { int != nil }
}

extension JSONNumber: Hashable {
  package static func == (left: JSONNumber, right: JSONNumber) -> Bool { left.text == right.text }
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
