import JSON

/// Texts as a definition has them.
enum YAMLText {
  /// Plain where every reader of YAML takes it for the same text; else in JSON's quotes, which are
  /// YAML's too.
  static func scalar(_ text: String) -> String {
    isPlain(text) ? text : JSON.string(text).compact
  }

  /// Long texts in lines, if they are made of words alone.
  static func folded(_ text: String) -> String {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    let isSimple =
      words.allSatisfy { !$0.isEmpty }
      && text.unicodeScalars.allSatisfy { scalar in
        scalar.value >= 0x20 && scalar.value < 0x7F
      }
    guard isSimple, text.count > 60 else { return scalar(text) }
    var out = ">-\n"
    var line = " "
    for word in words {
      if line.count + word.count > 97, line != " " {
        out += line + "\n"
        line = " "
      }
      line += " " + word
    }
    return out + line
  }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first.properties.isAlphabetic, first.isASCII,
      text.last != " ", text.split(separator: " ").count > 1
    else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || " ./()'-;_".unicodeScalars.contains(scalar))
    }
  }

  static func indented(_ text: String, by count: Int) -> String {
    let blanks = String(repeating: " ", count: count)
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "\n" : "\(blanks)\($0)\n" }.joined()
  }
}
