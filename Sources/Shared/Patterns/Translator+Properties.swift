// Unicode properties: \p{Letter}, \p{gc=Lu}, \p{Script=Greek}, \p{Alphabetic}.

/// General categories by every name that ECMA-262 has for them, with RE2's name. Not among them are
/// C, Cn and LC: RE2 has none of the three, or counts other characters into them.
private let categories: [String: String] = {
  let names = [
    "L Letter", "Lu Uppercase_Letter", "Ll Lowercase_Letter", "Lt Titlecase_Letter",
    "Lm Modifier_Letter", "Lo Other_Letter", "M Mark Combining_Mark", "Mn Nonspacing_Mark",
    "Mc Spacing_Mark", "Me Enclosing_Mark", "N Number", "Nd Decimal_Number digit",
    "Nl Letter_Number", "No Other_Number", "P Punctuation punct", "Pc Connector_Punctuation",
    "Pd Dash_Punctuation", "Ps Open_Punctuation", "Pe Close_Punctuation",
    "Pi Initial_Punctuation", "Pf Final_Punctuation", "Po Other_Punctuation", "S Symbol",
    "Sm Math_Symbol", "Sc Currency_Symbol", "Sk Modifier_Symbol", "So Other_Symbol",
    "Z Separator", "Zs Space_Separator", "Zl Line_Separator", "Zp Paragraph_Separator",
    "Cc Control cntrl", "Cf Format", "Co Private_Use",
  ]
  var categories: [String: String] = [:]
  for line in names {
    let aliases = line.split(separator: " ").map(String.init)
    for alias in aliases { categories[alias] = aliases[0] }
  }
  return categories
}()

extension Translator {
  /// Reads the braces after `\p` or `\P`, and gives what RE2 has between brackets for it.
  mutating func property(_ letter: Unicode.Scalar) throws(PatternError) -> String {
    let start = position - 2
    guard next() == "{" else {
      throw syntaxError("\"\\\(letter)\" needs a name in braces", at: start)
    }
    var text = ""
    while let scalar = next(), scalar != "}" { text.unicodeScalars.append(scalar) }
    guard scalars[position - 1] == "}" else {
      throw syntaxError("\"\\\(letter){\" is not closed", at: start)
    }
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    let name = parts.last ?? ""
    switch parts.dropLast() {
    case []: if let set = category(name, letter) ?? binary(name, letter) { return set }
    case ["gc"], ["General_Category"]: if let set = category(name, letter) { return set }
    case ["sc"], ["Script"]: if let name = Scripts.name(name) { return "\\\(letter){\(name)}" }
    default: break
    }
    let known =
      "known are general categories (\\p{Letter}, \\p{Lu}), \\p{Script=Greek} and \\p{Alphabetic}"
      + " and its like"
    guard Self.mayBeProperty(parts) else {
      throw syntaxError(
        "\"\\\(letter){…}\" has a property that there is not; \(known)", at: start)
    }
    refuse(
      .unsupported, "\"\\\(letter){…}\" has a property that is not known here; \(known)", at: start)
    return "a"
  }

  /// Whether ECMA-262 has a property that is not known here. Which scripts there are, the next
  /// version of Unicode says.
  private static func mayBeProperty(_ parts: [String]) -> Bool {
    guard parts.count == 2 else { return parts.count == 1 && elsewhere.contains(parts[0]) }
    return ["sc", "Script", "scx", "Script_Extensions"].contains(parts[0])
      && !parts[1].isEmpty
      && parts[1].utf8.allSatisfy { $0 == UInt8(ascii: "_") || isLetterOrDigit($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
      || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  /// The binary properties of ECMA-262 that neither RE2 nor the standard library has. Those of
  /// strings need its flag `v`.
  private static let elsewhere: Set<String> = [
    "Emoji_Component", "EComp", "Extended_Pictographic", "ExtPict", "Regional_Indicator", "RI",
    "Terminal_Punctuation", "Term", "Basic_Emoji", "Emoji_Keycap_Sequence", "RGI_Emoji",
    "RGI_Emoji_Flag_Sequence", "RGI_Emoji_Modifier_Sequence", "RGI_Emoji_Tag_Sequence",
    "RGI_Emoji_ZWJ_Sequence",
  ]

  private func category(_ name: String, _ letter: Unicode.Scalar) -> String? {
    if let category = categories[name] { return "\\\(letter){\(category)}" }
    switch name {
    case "Cs", "Surrogate":
      // No text has them.
      return letter == "p" ? "" : Sets.all
    default:
      guard let has = CharacterSets.category(name) else { return nil }
      if isOnlyChecking { return "a" }
      return CharacterSets.ranges("gc=" + name, isNegated: letter == "P", where: has)
    }
  }

  private func binary(_ name: String, _ letter: Unicode.Scalar) -> String? {
    switch (name, letter) {
    case ("ASCII", "p"), ("ASCII", "P"):
      return letter == "p" ? "\\x{0}-\\x{7f}" : "\\x{80}-\\x{10ffff}"
    case ("Any", _): return letter == "p" ? Sets.all : ""
    default:
      guard let has = CharacterSets.property(name) else { return nil }
      if isOnlyChecking { return "a" }
      return CharacterSets.ranges(name, isNegated: letter == "P", where: has)
    }
  }
}
