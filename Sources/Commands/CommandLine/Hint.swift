package import Platform

extension Nearest {
  /// `did you mean "list"?`, or something else.
  package static func hint(
    for word: String, among known: [String], orElse: String, prefix: String = ""
  ) -> String {
    self.word(to: word, among: known).map { "did you mean \"\(prefix)\($0)\"?" } ?? orElse
  }
}
