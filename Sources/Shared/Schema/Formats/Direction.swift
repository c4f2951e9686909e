/// The direction of a character that a label may have (the property Bidi_Class of Unicode), as far
/// as RFC 5893 tells them apart.
///
/// The standard library does not have the property. It follows from the blocks that Unicode keeps
/// for scripts written from the right, because labels have letters, marks and digits only.
enum Direction {
  case left, right, digit, arabicDigit, mark, neutral

  init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x30...0x39, 0x6F0...0x6F9: self = .digit
    case 0x660...0x669, 0x10D30...0x10D39: self = .arabicDigit
    // Hyphen, middle dots, keraia, joiners.
    case 0x2D, 0xB7, 0x375, 0x30FB, 0x200C, 0x200D: self = .neutral
    default: self = Direction(letter: scalar)
    }
  }

  private init(letter scalar: Unicode.Scalar) {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark:
      self = .mark
      return
    default: break
    }
    switch scalar.value {
    case 0x590...0x8FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF:
      self = .right
    default: self = .left
    }
  }

  /// Whether a label of these is allowed in a name with right-to-left letters: RFC 5893, section 2.
  static func isAllowed(_ label: [Direction]) -> Bool {
    guard let first = label.first, let last = label.last(where: { $0 != .mark }) else {
      return false
    }
    switch first {
    case .right:
      return !label.contains(.left) && [.right, .digit, .arabicDigit].contains(last)
        && !(label.contains(.digit) && label.contains(.arabicDigit))
    case .left:
      return !label.contains(.right) && !label.contains(.arabicDigit)
        && [.left, .digit].contains(last)
    case .digit, .arabicDigit, .mark, .neutral: return false
    }
  }
}
