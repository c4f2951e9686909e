import Patterns

/// Patterns: our table and the engine agree, and what can be matched is a pattern.
enum Patterns {
  static func take(_ bytes: [UInt8]) {
    let (line, rest) = bytes.firstLineAndRest
    let text = String(decoding: line, as: UTF8.self)
    let isPattern = Pattern.isRegularExpression(text)
    do throws(PatternError) {
      let pattern = try Pattern(text)
      expect(isPattern, "what can be matched is no pattern")
      for subject in [String(decoding: rest, as: UTF8.self), text, ""] {
        expect(
          pattern.matches(subject) == pattern.matchesByEngine(subject),
          "the table and the engine differ")
      }
    } catch {
      expect(
        isPattern == (error.reason != .syntax) || error.reason == .lengthLimit,
        "\(error) is refused with another reason than it has")
    }
  }
}
