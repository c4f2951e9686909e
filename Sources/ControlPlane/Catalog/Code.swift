/// The stable number of one rule, of the loader or of lint: `SB0131`. A number is never given to
/// another rule, not even after its own is gone.
package struct Code: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let number: Int

  package init(_ number: Int) {
    precondition((1...9_999).contains(number), "a code has four digits")
    self.number = number
  }

  /// - Parameter text: `SB0131`, with letters in either case.
  package init?(text: String) {
    let digits = text.utf8.dropFirst(2)
    guard text.utf8.count == 6, text.prefix(2).uppercased() == "SB",
      digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let number = Int(String(decoding: digits, as: UTF8.self)), number > 0
    else { return nil }
    self.number = number
  }

  package var description: String {
    let digits = String(number)
    return "SB" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  package static func < (left: Code, right: Code) -> Bool { left.number < right.number }
}
