/// How letters of cursive scripts join (the property Joining_Type of Unicode), as far as the rule
/// for ZERO WIDTH NON-JOINER needs it: RFC 5892, appendix A.1.
///
/// The standard library does not have the property. For Arabic it follows from the presentation
/// forms: a letter with an initial form joins on both sides, one that has a final form alone joins
/// to the one before it. A letter with marks ("BEH WITH THREE DOTS BELOW") joins as the letter
/// itself does.
enum Joining {
  case none, right, dual, transparent

  init(_ scalar: Unicode.Scalar) {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: self = .transparent
    case .otherLetter: self = Joining(letter: scalar)
    default: self = .none
    }
  }

  private init(letter scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x620...0x6FF, 0x750...0x77F, 0x8A0...0x8FF: self = Joining(arabic: scalar)
    // Syriac: Alaph, Dalath and its kin, He to Zain, Sadhe, Rish, Taw.
    case 0x710, 0x715...0x719, 0x71E, 0x728, 0x72A, 0x72C, 0x72F, 0x74D: self = .right
    case 0x712...0x72E, 0x74E...0x758: self = .dual
    // N'Ko, Mongolian, Phags-pa.
    case 0x7CA...0x7EA, 0x1820...0x1878, 0x1887...0x18A8, 0x18AA, 0xA840...0xA871: self = .dual
    default: self = .none
    }
  }

  private init(arabic scalar: Unicode.Scalar) {
    guard let name = scalar.properties.name, name.hasPrefix(Self.prefix) else {
      self = .none
      return
    }
    let letter = String(name.dropFirst(Self.prefix.count))
    let with = letter.indices.first { letter[$0...].hasPrefix(" WITH ") }
    let base = with.map { String(letter[..<$0]) } ?? letter
    self = Self.forms[letter] ?? Self.forms[base] ?? .none
  }

  private static let prefix = "ARABIC LETTER "

  /// The joining of letters by their names.
  private static let forms: [String: Joining] = {
    var forms: [String: Joining] = [:]
    for code in Array(0xFB50...0xFDFF) + Array(0xFE70...0xFEFC) {
      guard let name = Unicode.Scalar(UInt32(code))?.properties.name, name.hasPrefix(prefix) else {
        continue
      }
      // Where the forms of a letter were encoded later, they have the languages in their names.
      var letter = String(name.dropFirst(prefix.count))
      let languages = "UIGHUR KAZAKH KIRGHIZ "
      if letter.hasPrefix(languages) { letter.removeFirst(languages.count) }
      if letter.hasSuffix(" INITIAL FORM") {
        forms[String(letter.dropLast(" INITIAL FORM".count))] = .dual
      } else if letter.hasSuffix(" FINAL FORM") {
        let letter = String(letter.dropLast(" FINAL FORM".count))
        if forms[letter] == nil { forms[letter] = .right }
      }
    }
    return forms
  }()

  /// Whether the place stands between two letters that would join without it.
  static func isBroken(_ scalars: [Unicode.Scalar], at place: Int) -> Bool {
    let before = scalars[..<place].last { Joining($0) != .transparent }
    let after = scalars[(place + 1)...].first { Joining($0) != .transparent }
    guard let before, let after else { return false }
    return Joining(before) == .dual && (Joining(after) == .dual || Joining(after) == .right)
  }
}
