/// Whether a pattern of ours lets through only texts that mean nothing to a shell, to a program of
/// awk, or within an expression.
struct TamePattern {
  private let isAllowed: (Unicode.Scalar) -> Bool
  private let sets: [Unicode.Scalar]
  private let ranges: [ClosedRange<Unicode.Scalar>]

  /// Letters, digits and a few signs.
  static func isTame(_ text: String) -> Bool {
    TamePattern(isAllowed: isTame, sets: ["d", "w"], ranges: ["a"..."z", "A"..."Z", "0"..."9"])
      .accepts(text)
  }

  /// Digits, and a sign before or between them.
  static func isNumeric(_ text: String) -> Bool {
    TamePattern(
      isAllowed: { "0"..."9" ~= $0 || $0 == "-" }, sets: ["d"], ranges: ["0"..."9"]
    ).accepts(text)
  }

  /// Whatever a shell would not take for the end of a word or for a wildcard.
  static func hasNoBlanks(_ text: String) -> Bool {
    TamePattern(
      isAllowed: { "!"..."~" ~= $0 && !"*?[]\\".unicodeScalars.contains($0) }, sets: ["d", "w"],
      ranges: ["!"..."~"]
    ).accepts(text)
  }

  static func isTame(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": true
    default: "_.,@:-".unicodeScalars.contains(scalar)
    }
  }

  private func accepts(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard scalars.first == "^", scalars.last == "$", scalars.count >= 2,
      scalars[scalars.count - 2] != "\\"
    else { return false }
    var index = 1
    var groups = 0
    while index < scalars.count - 1 {
      switch scalars[index] {
      case "\\":
        guard index + 1 < scalars.count - 1, isAllowedEscape(scalars[index + 1]) else {
          return false
        }
        index += 1
      case "[":
        guard let end = endOfClass(scalars, index) else { return false }
        index = end
      case "(":
        groups += 1
        if scalars[index...].starts(with: "(?:".unicodeScalars) { index += 2 }
      case ")": groups -= 1
      case "|":
        // Outside of a group the anchors would belong to one branch each.
        guard groups > 0 else { return false }
      case "*", "+", "?": break
      case "{":
        guard let end = scalars[index...].firstIndex(of: "}") else { return false }
        index = end
      default:
        // Outside of a class a point is any character at all.
        guard isAllowed(scalars[index]), scalars[index] != "." else { return false }
      }
      index += 1
    }
    return groups == 0
  }

  private func isAllowedEscape(_ scalar: Unicode.Scalar) -> Bool {
    sets.contains(scalar) || (isAllowed(scalar) && !("a"..."z" ~= scalar || "A"..."Z" ~= scalar))
  }

  /// - Returns: the index of the `]`; `nil` for a class with other members.
  private func endOfClass(_ scalars: [Unicode.Scalar], _ start: Int) -> Int? {
    var index = start + 1
    while index < scalars.count, scalars[index] != "]" {
      if scalars[index] == "\\" {
        guard index + 1 < scalars.count, isAllowedEscape(scalars[index + 1]) else { return nil }
        index += 2
        continue
      }
      let isRange =
        index + 2 < scalars.count && scalars[index + 1] == "-" && scalars[index + 2] != "]"
      if isRange {
        let (first, last) = (scalars[index], scalars[index + 2])
        guard ranges.contains(where: { $0.contains(first) && $0.contains(last) }) else {
          return nil
        }
        index += 3
      } else {
        guard isAllowed(scalars[index]) else { return nil }
        index += 1
      }
    }
    return index < scalars.count ? index : nil
  }
}
