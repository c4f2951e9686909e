// Unicode properties: \p{Letter}, \p{gc=Lu}, \p{Script=Greek}.

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
  /// Reads the braces after `\p` or `\P`.
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
    switch (parts.dropLast(), name) {
    case ([], "ASCII"): return letter == "p" ? "\\x{0}-\\x{7f}" : "\\x{80}-\\x{10ffff}"
    case ([], "Any") where letter == "p": return "\\x{0}-\\x{10ffff}"
    case ([], _), (["gc"], _), (["General_Category"], _):
      if let category = categories[name] { return "\\\(letter){\(category)}" }
    case (["sc"], _), (["Script"], _):
      if isScript(name) { return "\\\(letter){\(name)}" }
    default: break
    }
    throw PatternError(
      reason: .unsupported,
      message: "\"\\\(letter){…}\" has a property that is not known here; "
        + "known are general categories (\\p{Letter}, \\p{Lu}) and \\p{Script=Greek}",
      offset: start)
  }

  /// RE2 shares the long names of scripts with ECMA-262, and refuses the others when it compiles.
  /// What it must not see as a script are its names for categories, which have at most two letters,
  /// and for everything.
  private func isScript(_ name: String) -> Bool {
    name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || isLetter($0) }
      && (name.utf8.count > 2 || name == "Yi") && name != "Any"
  }
}

private func isLetter(_ byte: UInt8) -> Bool {
  UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
}
