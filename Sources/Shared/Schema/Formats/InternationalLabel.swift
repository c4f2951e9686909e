import Patterns

/// What may stand in a label that is not ASCII: RFC 5891, section 4.2, and RFC 5892.
///
/// The tables of RFC 5892 are rules about properties of Unicode, and are computed from those that
/// the standard library knows. What it does not know (scripts, the joining of letters) comes from
/// the pattern engine and from the names of characters.
enum InternationalLabel {
  static func isValid(_ scalars: [Unicode.Scalar]) -> Bool {
    guard let first = scalars.first, !isMark(first), first != "-", scalars.last != "-",
      !(scalars.count > 3 && scalars[2] == "-" && scalars[3] == "-"), isComposed(scalars)
    else { return false }
    return scalars.indices.allSatisfy { place in
      switch Standing(scalars[place]) {
      case .valid: true
      case .disallowed: false
      case .byContext: isValid(scalars, at: place)
      }
    }
  }

  /// RFC 5892, section 2: the derived property.
  enum Standing {
    case valid, disallowed, byContext

    init(_ scalar: Unicode.Scalar) {
      self = Standing(exception: scalar) ?? Standing(derived: scalar)
    }

    /// Section 2.6, and the joiners of section 2.8.
    private init?(exception scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0xDF, 0x3C2, 0x6FD, 0x6FE, 0xF0B, 0x3007: self = .valid
      case 0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB, 0x660...0x669, 0x6F0...0x6F9, 0x200C, 0x200D:
        self = .byContext
      case 0x640, 0x7FA, 0x302E, 0x302F, 0x3031...0x3035, 0x303B: self = .disallowed
      default: return nil
      }
    }

    private init(derived scalar: Unicode.Scalar) {
      switch scalar {
      case "a"..."z", "0"..."9", "-":
        self = .valid
        return
      default: break
      }
      switch scalar.value {
      // Old Hangul Jamo (2.9), and the blocks that are ignored (2.4).
      case 0x1100...0x11FF, 0xA960...0xA97F, 0xD7B0...0xD7FF, 0x20D0...0x20FF, 0x1D100...0x1D24F:
        self = .disallowed
        return
      default: break
      }
      let properties = scalar.properties
      // Unstable (2.2), and what is ignored anyway (2.3).
      guard !properties.changesWhenNFKCCaseFolded, !properties.isDefaultIgnorableCodePoint,
        !properties.isWhitespace, !properties.isNoncharacterCodePoint
      else {
        self = .disallowed
        return
      }
      switch properties.generalCategory {
      case .lowercaseLetter, .uppercaseLetter, .otherLetter, .modifierLetter, .decimalNumber,
        .nonspacingMark, .spacingMark:
        self = .valid
      default: self = .disallowed
      }
    }
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  /// Whether the label is in normal form C.
  private static func isComposed(_ scalars: [Unicode.Scalar]) -> Bool {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    let string = String(text)
    var span = string.utf8Span
    return span.checkForNFC(quickCheck: false)
  }

  // MARK: Context: RFC 5892, appendix A

  private static func isValid(_ scalars: [Unicode.Scalar], at place: Int) -> Bool {
    let before = place > 0 ? scalars[place - 1] : nil
    let after = place + 1 < scalars.count ? scalars[place + 1] : nil
    switch scalars[place].value {
    case 0x200C: return isVirama(before) || Joining.isBroken(scalars, at: place)
    case 0x200D: return isVirama(before)
    case 0xB7: return before == "l" && after == "l"
    case 0x375: return after.map { isFound($0, greek) } ?? false
    case 0x5F3, 0x5F4: return before.map { isFound($0, hebrew) } ?? false
    case 0x30FB: return scalars.contains { isFound($0, japanese) }
    case 0x660...0x669: return !scalars.contains { 0x6F0...0x6F9 ~= $0.value }
    case 0x6F0...0x6F9: return !scalars.contains { 0x660...0x669 ~= $0.value }
    default: return false
    }
  }

  private static func isVirama(_ scalar: Unicode.Scalar?) -> Bool {
    scalar?.properties.canonicalCombiningClass == .virama
  }

  private static let greek = try? Pattern(#"\p{Script=Greek}"#)
  private static let hebrew = try? Pattern(#"\p{Script=Hebrew}"#)
  private static let japanese = try? Pattern(
    #"[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]"#)

  /// - Parameter script: `nil` if the engine did not know it; no character is then of it.
  private static func isFound(_ scalar: Unicode.Scalar, _ script: Pattern?) -> Bool {
    script?.matches(String(scalar)) ?? false
  }
}
