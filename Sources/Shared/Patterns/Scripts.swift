/// The names of scripts. RE2 shares the long ones with ECMA-262, and refuses those that it does not
/// know when it compiles.
enum Scripts {
  /// RE2's name for a script; `nil` for what cannot be one. It must not see its names for
  /// categories, which have at most two letters, nor the one for everything.
  static func name(_ name: String) -> String? {
    if let long = codes[name] { return long }
    let isWord = name.utf8.allSatisfy {
      $0 == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20
    }
    return isWord && (name.utf8.count > 2 || name == "Yi") && name != "Any" ? name : nil
  }

  /// The codes of ISO 15924 for the scripts that are in use and a few more, which are the short
  /// names of ECMA-262.
  private static let codes: [String: String] = {
    let list = """
      Arab Arabic Armn Armenian Beng Bengali Bopo Bopomofo Brai Braille Cans Canadian_Aboriginal
      Cher Cherokee Copt Coptic Qaac Coptic Cyrl Cyrillic Deva Devanagari Ethi Ethiopic
      Geor Georgian Goth Gothic Grek Greek Gujr Gujarati Guru Gurmukhi Hang Hangul Hani Han
      Hebr Hebrew Hira Hiragana Java Javanese Kana Katakana Khmr Khmer Knda Kannada Laoo Lao
      Latn Latin Mlym Malayalam Mong Mongolian Mymr Myanmar Nkoo Nko Ogam Ogham Orya Oriya
      Runr Runic Sinh Sinhala Sund Sundanese Syrc Syriac Taml Tamil Telu Telugu Tfng Tifinagh
      Tglg Tagalog Thaa Thaana Tibt Tibetan Vaii Vai Yiii Yi Zinh Inherited Qaai Inherited
      Zyyy Common
      """
    let words = list.split { $0 == " " || $0 == "\n" }.map(String.init)
    var codes: [String: String] = [:]
    for place in stride(from: 0, to: words.count - 1, by: 2) {
      codes[words[place]] = words[place + 1]
    }
    return codes
  }()
}
