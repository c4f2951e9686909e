/// Names for tools: by MCP's rule without the slash, in lower case, and each once.
struct ToolNames {
  static let maxLength = 64
  private var taken: Set<String> = []
  /// By a name: the number that its next double gets.
  private var numbers: [String: Int] = [:]

  /// - Parameter parts: the most general first: `["tactical", "Firefox - Clean Cache"]` becomes
  ///   `tactical.firefox-clean-cache`.
  mutating func name(for parts: [String]) -> String {
    var words = parts.map(Self.word)
    for index in words.indices where words[index].isEmpty { words[index] = "item" }
    let name = Self.shortened(words.joined(separator: "."), to: Self.maxLength)
    if taken.insert(name).inserted { return name }
    while true {
      let number = numbers[name, default: 2]
      numbers[name] = number + 1
      let suffix = "-\(number)"
      let candidate = Self.shortened(name, to: Self.maxLength - suffix.count) + suffix
      if taken.insert(candidate).inserted { return candidate }
    }
  }

  mutating func free(_ name: String) { taken.remove(name) }

  private static func word(_ text: String) -> String {
    var word = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "0"..."9": word.unicodeScalars.append(scalar)
      case "A"..."Z": word += String(scalar).lowercased()
      case "_": word += "_"
      case ".": if !word.isEmpty, word.last != "-", word.last != "." { word += "." }
      case "'", "\u{2019}": break
      default:
        if let plain = letters[scalar] {
          word += plain
        } else if !word.isEmpty, word.last != "-", word.last != "." {
          word += "-"
        }
      }
    }
    while let last = word.last, last == "-" || last == "." { word.removeLast() }
    return word
  }

  /// The letters of Western Europe without their marks, so that their words stay words.
  private static let letters: [Unicode.Scalar: String] = {
    let table: [(String, String)] = [
      ("àáâãåÀÁÂÃÅ", "a"), ("äæÄÆ", "ae"), ("çÇ", "c"), ("èéêëÈÉÊË", "e"), ("ìíîïÌÍÎÏ", "i"),
      ("ñÑ", "n"), ("òóôõøÒÓÔÕØ", "o"), ("öœÖŒ", "oe"), ("ùúûÙÚÛ", "u"), ("üÜ", "ue"), ("ß", "ss"),
      ("ýÿÝ", "y"),
    ]
    var letters: [Unicode.Scalar: String] = [:]
    for (marked, plain) in table {
      for scalar in marked.unicodeScalars { letters[scalar] = plain }
    }
    return letters
  }()

  private static func shortened(_ name: String, to length: Int) -> String {
    var name = String(name.prefix(length))
    while let last = name.last, last == "-" || last == "." { name.removeLast() }
    return name
  }
}
