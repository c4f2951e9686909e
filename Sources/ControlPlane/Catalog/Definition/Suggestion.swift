import Platform

/// What to do about a word that is not known.
enum Suggestion {
  /// `did you mean "limits"?`, or all the words there are.
  static func remedy(for word: String, among known: [String], called things: String) -> String {
    if let nearest = Nearest.word(to: word, among: known) { return "did you mean \"\(nearest)\"?" }
    return "the \(things) here are \(known.joined(separator: ", "))"
  }
}
