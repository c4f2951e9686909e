/// A piece of a script in a language that is only known by its tokens.
struct Token: Sendable {
  enum Kind: Sendable {
    case word
    /// The text is what stands between the quotes, with escapes as they are.
    case string
    /// `$name`, with the text `name`; PowerShell alone.
    case variable
    case symbol
    case lineEnd
  }

  let kind: Kind
  let text: String
  let range: Range<Int>
  /// Of a string: whether something is put into it, as in "a $b".
  var isExpanded = false

  /// For languages that do not tell letters by their case.
  var lower: String { text.lowercased() }

  func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
  func isWord(_ words: String...) -> Bool { kind == .word && words.contains(lower) }
}
