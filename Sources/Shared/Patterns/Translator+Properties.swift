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
    refuse(
      .unsupported,
      "\"\\\(letter){…}\" has a property that is not known here; known are general categories "
        + "(\\p{Letter}, \\p{Lu}), \\p{Script=Greek} and \\p{Alphabetic} and its like", at: start)
    return "a"
  }

  private func category(_ name: String, _ letter: Unicode.Scalar) -> String? {
    if let category = categories[name] { return "\\\(letter){\(category)}" }
    switch name {
    case "Cs", "Surrogate":
      // No text has them.
      return letter == "p" ? "" : Sets.all
    default:
      guard let has = CharacterSets.category(name) else { return nil }
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
      return CharacterSets.ranges(name, isNegated: letter == "P", where: has)
    }
  }
}
