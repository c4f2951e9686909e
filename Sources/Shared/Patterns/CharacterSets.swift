import Platform

/// Sets of characters that RE2 does not know by a name, from what the standard library knows of
/// each character. Finding one out looks at every character there is, and takes some ten
/// milliseconds, so that it is done once in a process.
enum CharacterSets {
  typealias Has = @Sendable (Unicode.Scalar.Properties) -> Bool

  private static let known = Locked<[String: [ClosedRange<UInt32>]]>([:])

  /// The set as what RE2 has between brackets.
  static func ranges(_ name: String, isNegated: Bool, where has: Has) -> String {
    let ranges = known.withLock { known in
      if let ranges = known[name] { return ranges }
      let ranges = Self.members(where: has)
      known[name] = ranges
      return ranges
    }
    return (isNegated ? complement(of: ranges) : ranges)
      .map { "\\x{\(String($0.lowerBound, radix: 16))}-\\x{\(String($0.upperBound, radix: 16))}" }
      .joined()
  }

  private static func members(where has: Has) -> [ClosedRange<UInt32>] {
    var ranges: [ClosedRange<UInt32>] = []
    var start: UInt32?
    for code in 0...0x10FFFF as ClosedRange<UInt32> {
      // A range may go over the surrogates, which no text has.
      guard let scalar = Unicode.Scalar(code) else { continue }
      if has(scalar.properties) {
        if start == nil { start = code }
      } else if let first = start {
        ranges.append(first...(code - 1))
        start = nil
      }
    }
    if let start { ranges.append(start...0x10FFFF) }
    return ranges
  }

  private static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
    return gaps
  }

  /// General categories that RE2 does not have as ECMA-262 has them.
  static func category(_ name: String) -> Has? {
    switch name {
    case "LC", "Cased_Letter":
      return {
        [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter].contains($0.generalCategory)
      }
    case "Cn", "Unassigned": return { $0.generalCategory == .unassigned }
    case "C", "Other":
      return {
        [.control, .format, .unassigned, .privateUse, .surrogate].contains($0.generalCategory)
      }
    default: return nil
    }
  }

  /// Binary properties, by the names and short names of ECMA-262.
  static func property(_ name: String) -> Has? { casing(name) ?? letters(name) ?? signs(name) }

  private static func casing(_ name: String) -> Has? {
    switch name {
    case "Case_Ignorable", "CI": { $0.isCaseIgnorable }
    case "Cased": { $0.isCased }
    case "Changes_When_Casefolded", "CWCF": { $0.changesWhenCaseFolded }
    case "Changes_When_Casemapped", "CWCM": { $0.changesWhenCaseMapped }
    case "Changes_When_Lowercased", "CWL": { $0.changesWhenLowercased }
    case "Changes_When_NFKC_Casefolded", "CWKCF": { $0.changesWhenNFKCCaseFolded }
    case "Changes_When_Titlecased", "CWT": { $0.changesWhenTitlecased }
    case "Changes_When_Uppercased", "CWU": { $0.changesWhenUppercased }
    case "Lowercase", "Lower": { $0.isLowercase }
    case "Uppercase", "Upper": { $0.isUppercase }
    case "Soft_Dotted", "SD": { $0.isSoftDotted }
    default: nil
    }
  }

  private static func letters(_ name: String) -> Has? {
    switch name {
    case "ASCII_Hex_Digit", "AHex": { $0.isASCIIHexDigit }
    case "Alphabetic", "Alpha": { $0.isAlphabetic }
    case "Diacritic", "Dia": { $0.isDiacritic }
    case "Extender", "Ext": { $0.isExtender }
    case "Grapheme_Base", "Gr_Base": { $0.isGraphemeBase }
    case "Grapheme_Extend", "Gr_Ext": { $0.isGraphemeExtend }
    case "Hex_Digit", "Hex": { $0.isHexDigit }
    case "IDS_Binary_Operator", "IDSB": { $0.isIDSBinaryOperator }
    case "IDS_Trinary_Operator", "IDST": { $0.isIDSTrinaryOperator }
    case "ID_Continue", "IDC": { $0.isIDContinue }
    case "ID_Start", "IDS": { $0.isIDStart }
    case "Ideographic", "Ideo": { $0.isIdeographic }
    case "Logical_Order_Exception", "LOE": { $0.isLogicalOrderException }
    case "Radical": { $0.isRadical }
    case "Unified_Ideograph", "UIdeo": { $0.isUnifiedIdeograph }
    case "XID_Continue", "XIDC": { $0.isXIDContinue }
    case "XID_Start", "XIDS": { $0.isXIDStart }
    default: nil
    }
  }

  private static func signs(_ name: String) -> Has? {
    switch name {
    case "Assigned": { $0.generalCategory != .unassigned }
    case "Bidi_Control", "Bidi_C": { $0.isBidiControl }
    case "Bidi_Mirrored", "Bidi_M": { $0.isBidiMirrored }
    case "Dash": { $0.isDash }
    case "Default_Ignorable_Code_Point", "DI": { $0.isDefaultIgnorableCodePoint }
    case "Deprecated", "Dep": { $0.isDeprecated }
    case "Emoji": { $0.isEmoji }
    case "Emoji_Modifier", "EMod": { $0.isEmojiModifier }
    case "Emoji_Modifier_Base", "EBase": { $0.isEmojiModifierBase }
    case "Emoji_Presentation", "EPres": { $0.isEmojiPresentation }
    case "Join_Control", "Join_C": { $0.isJoinControl }
    case "Math": { $0.isMath }
    case "Noncharacter_Code_Point", "NChar": { $0.isNoncharacterCodePoint }
    case "Pattern_Syntax", "Pat_Syn": { $0.isPatternSyntax }
    case "Pattern_White_Space", "Pat_WS": { $0.isPatternWhitespace }
    case "Quotation_Mark", "QMark": { $0.isQuotationMark }
    case "Sentence_Terminal", "STerm": { $0.isSentenceTerminal }
    case "Variation_Selector", "VS": { $0.isVariationSelector }
    case "White_Space", "space": { $0.isWhitespace }
    default: nil
    }
  }
}
