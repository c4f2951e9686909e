internal import Tools

/// Patterns for numbers within bounds, because a JSON Schema has no other way to bound the number
/// in a text such as `150s`.
enum NumberPattern {
  /// Matches the durations from `range` milliseconds, as `Quantity` reads them.
  static func durations(_ range: ClosedRange<Int>) -> String {
    quantities(range, Quantity.durationUnits)
  }

  /// Matches the sizes from `range` bytes, as `Quantity` reads them.
  static func sizes(_ range: ClosedRange<Int>) -> String {
    quantities(range, Quantity.sizeUnits)
  }

  private static func quantities(_ range: ClosedRange<Int>, _ units: [(String, Int)]) -> String {
    let choices = units.compactMap { unit, factor -> String? in
      let lower = (range.lowerBound + factor - 1) / factor
      let upper = range.upperBound / factor
      return lower > upper ? nil : "(?:\(numbers(lower...upper)))\(unit)"
    }
    return "^0*(?:\(choices.joined(separator: "|")))$"
  }

  /// Matches the whole numbers of a range, written without zeros in front.
  /// - Precondition: the range has no negative numbers.
  static func numbers(_ range: ClosedRange<Int>) -> String {
    precondition(range.lowerBound >= 0, "only numbers without a sign")
    var choices: [String] = []
    var lower = range.lowerBound
    while true {
      let length = String(lower).count
      let (power, overflow) = (0..<length).reduce((1, false)) { sum, _ in
        let (value, isOver) = sum.0.multipliedReportingOverflow(by: 10)
        return (value, sum.1 || isOver)
      }
      let upper = overflow ? range.upperBound : min(range.upperBound, power - 1)
      choices += sameLength(digits(lower), digits(upper))
      guard upper < range.upperBound else { return choices.joined(separator: "|") }
      lower = upper + 1
    }
  }

  private static func digits(_ number: Int) -> ArraySlice<UInt8> {
    Array(String(number).utf8)[...]
  }

  /// The numbers between two of the same length, both included.
  private static func sameLength(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>) -> [String] {
    guard let first = low.first, let last = high.first else { return [""] }
    let rest = low.count - 1
    let isWhole =
      low.dropFirst().allSatisfy { $0 == UInt8(ascii: "0") }
      && high.dropFirst().allSatisfy { $0 == UInt8(ascii: "9") }
    if isWhole { return [digit(first, last) + any(rest)] }
    if first == last {
      return sameLength(low.dropFirst(), high.dropFirst()).map { digit(first, first) + $0 }
    }
    let nines = Array(repeating: UInt8(ascii: "9"), count: rest)[...]
    let zeros = Array(repeating: UInt8(ascii: "0"), count: rest)[...]
    var choices = sameLength(low.dropFirst(), nines).map { digit(first, first) + $0 }
    if first + 1 < last { choices.append(digit(first + 1, last - 1) + any(rest)) }
    return choices + sameLength(zeros, high.dropFirst()).map { digit(last, last) + $0 }
  }

  private static func digit(_ low: UInt8, _ high: UInt8) -> String {
    let (first, last) = (Unicode.Scalar(low), Unicode.Scalar(high))
    return low == high ? "\(first)" : "[\(first)-\(last)]"
  }

  private static func any(_ count: Int) -> String {
    switch count {
    case 0: ""
    case 1: "[0-9]"
    default: "[0-9]{\(count)}"
    }
  }
}
