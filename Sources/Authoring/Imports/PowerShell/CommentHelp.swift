/// Comment-based help: what a script says about itself under `.SYNOPSIS`, `.DESCRIPTION` and
/// `.PARAMETER name`.
struct CommentHelp {
  private(set) var synopsis = ""
  private(set) var description = ""
  /// By the parameter's name in lower case.
  private(set) var parameters: [String: String] = [:]

  private static let keywords: Set<String> = [
    "synopsis", "description", "parameter", "example", "inputs", "outputs", "notes", "link",
    "component", "role", "functionality", "forwardhelptargetname", "forwardhelpcategory",
    "remotehelprunspace", "externalhelp",
  ]

  /// At the beginning of the script, or at its end.
  init(_ script: String) {
    var scanner = PowerShellScanner(script)
    for text in Self.groups(ParamBlock.skipUsing(&scanner)) + Self.last(script) {
      read(text)
      if !synopsis.isEmpty || !description.isEmpty || !parameters.isEmpty { return }
    }
  }

  /// Block comments, and lines of comments that follow each other.
  private static func groups(_ comments: [PowerShellScanner.Comment]) -> [String] {
    var groups: [String] = []
    var end = -2
    for comment in comments {
      if !comment.isBlock, comment.range.lowerBound <= end + 1, !groups.isEmpty {
        groups[groups.count - 1] += "\n" + comment.text
      } else {
        groups.append(comment.text)
      }
      end = comment.isBlock ? -2 : comment.range.upperBound
    }
    return groups
  }

  private static func last(_ script: String) -> [String] {
    guard let start = script.range(ofLast: "<#"), let end = script.range(ofLast: "#>"),
      start.upperBound <= end.lowerBound,
      script[end.upperBound...].allSatisfy(\.isWhitespace)
    else { return [] }
    return [String(script[start.upperBound..<end.lowerBound])]
  }

  private mutating func read(_ text: String) {
    var keyword = ""
    var argument = ""
    var lines: [Substring] = []
    func finish(_ help: inout CommentHelp) {
      let body = Self.dedented(lines)
      switch keyword {
      case "synopsis": help.synopsis = body
      case "description": help.description = body
      case "parameter": help.parameters[argument.lowercased()] = body
      default: break
      }
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(whereSeparator: \.isWhitespace)
      if let first = words.first, first.hasPrefix("."), first.count > 1,
        Self.keywords.contains(first.dropFirst().lowercased()), words.count <= 2
      {
        finish(&self)
        keyword = first.dropFirst().lowercased()
        argument = words.count > 1 ? String(words[1]) : ""
        lines = []
      } else {
        lines.append(line)
      }
    }
    finish(&self)
  }

  private static func dedented(_ lines: [Substring]) -> String {
    let indentation =
      lines.filter { !$0.allSatisfy(\.isWhitespace) }
      .map { $0.prefix(while: \.isWhitespace).count }.min() ?? 0
    return Draft.paragraphs(lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n"))
  }
}

extension String {
  /// Where a text occurs last.
  fileprivate func range(ofLast text: String) -> Range<String.Index>? {
    let needle = Array(text.utf8)
    let bytes = Array(utf8)
    guard bytes.count >= needle.count else { return nil }
    for start in stride(from: bytes.count - needle.count, through: 0, by: -1)
    where bytes[start..<(start + needle.count)].elementsEqual(needle) {
      let lower = utf8.index(utf8.startIndex, offsetBy: start)
      return lower..<utf8.index(lower, offsetBy: needle.count)
    }
    return nil
  }
}
