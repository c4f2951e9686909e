internal import Catalog

/// An entry of the rulebook in words: what `signalbox tools check --explain` prints.
extension Rulebook {
  /// The part of docs/LINT.md that lists and explains all codes.
  package static var page: String {
    let rows = entries.map { entry in
      let code = entry.code.description
      return "| [\(code)](#\(code.lowercased())) | \(entry.severity.rawValue) |"
        + " \(RuleEntry.cell(entry.title)) |\n"
    }
    return "| code | severity | what is found |\n|---|---|---|\n" + rows.joined() + "\n"
      + entries.map(\.section).joined(separator: "\n")
  }
}

extension RuleEntry {
  /// What stands in a table has no bar.
  fileprivate static func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }

  /// For a terminal of `width` columns.
  package func text(width: Int) -> String {
    var parts = ["\(code) \(name): \(severity.rawValue)", title]
    parts += [why, remedy].map { Self.wrapped($0, width: width) }
    switch example {
    case .fields(let bad, let good):
      parts += ["Told of:", Self.indented(bad), "Not of:", Self.indented(good)]
    case .whole(let bad, _): parts += ["Told of a file with:", Self.indented(bad)]
    case .directory(let command): parts += ["For example:", Self.indented(command)]
    }
    parts.append(
      isOfTheLoader
        ? "The control plane does not load the definition."
        : "To allow it, behind the line or above it: # signalbox-allow \(code): the reason")
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
      .joined(separator: "\n")
  }

  private static func wrapped(_ text: String, width: Int) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.unicodeScalars.count + 1 + word.unicodeScalars.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return (lines + [line]).joined(separator: "\n")
  }

  /// The section of docs/LINT.md.
  var section: String {
    var text =
      "### \(code)\n\n**\(title)** (`\(name)`, \(severity.rawValue))\n\n"
    text += "\(Self.wrapped(why, width: 100))\n\n\(Self.wrapped(remedy, width: 100))\n"
    func block(_ intro: String, _ code: String, _ language: String = "yaml") {
      text += "\n\(intro)\n\n```\(language)\n\(code.hasSuffix("\n") ? code : code + "\n")```\n"
    }
    switch example {
    case .fields(let bad, let good):
      block("Told of", bad)
      block("and not of", good)
    case .whole(let bad, let good):
      block("Told of a file with", bad)
      if good != "‹sample›" { block("and not of one with", good) }
    case .directory(let command): block("For example by", command, "sh")
    }
    return text
  }
}
