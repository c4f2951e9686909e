/// The help text of a command, from its declaration.
struct Help {
  let command: Command
  let path: [String]
  let width: Int
  /// Marks headings.
  let emphasise: (String) -> String

  var text: String {
    var parts = [command.summary, usage]
    if !command.discussion.isEmpty { parts.append(wrapped(command.discussion)) }
    parts += [commands, positionals, options, exitCodes].compactMap { $0 }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var usage: String {
    var words = path
    if command.run == nil {
      words.append("COMMAND")
    } else {
      words.append("[OPTIONS]")
      words += command.positionals.map { positional in
        switch positional.count {
        case .one: positional.name
        case .optional: "[\(positional.name)]"
        case .any: "[\(positional.name)...]"
        case .atLeastOne: "\(positional.name)..."
        }
      }
    }
    return emphasise("Usage:") + " " + words.joined(separator: " ")
  }

  private var commands: String? {
    table(
      "Commands:",
      command.subcommands.map { sub in
        (sub.name, sub.summary + (sub.name == command.defaultSubcommand ? " (the default)" : ""))
      })
  }

  private var positionals: String? {
    table("Arguments:", command.positionals.map { ($0.name, $0.summary) })
  }

  private var options: String? {
    table(
      "Options:",
      (command.options + [.help]).map { option in
        var summary = option.summary
        if !option.choices.isEmpty { summary += " (\(option.choices.joined(separator: ", ")))" }
        return ("--\(option.name)\(option.value.map { " " + $0 } ?? "")", summary)
      })
  }

  private var exitCodes: String? {
    guard !command.exitCodes.isEmpty else { return nil }
    return table("Exit status:", command.exitCodes.map { ("\($0.code)", $0.meaning) })
  }

  private func table(_ title: String, _ rows: [(String, String)]) -> String? {
    guard !rows.isEmpty else { return nil }
    let column = min(30, rows.map(\.0.count).max() ?? 0) + 4
    var lines = [emphasise(title)]
    for (name, text) in rows {
      let texts = Self.fold(text, to: max(30, width - column))
      let head = "  " + name
      if head.count + 2 > column {
        lines.append(head)
        lines += texts.map { Self.spaces(column) + $0 }
      } else {
        for (index, line) in texts.enumerated() {
          lines.append(
            (index == 0 ? head + Self.spaces(column - head.count) : Self.spaces(column))
              + line)
        }
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Paragraphs are folded; lines that begin with a space stay as they are.
  private func wrapped(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
      line.hasPrefix(" ") || line.isEmpty ? [String(line)] : Self.fold(String(line), to: width)
    }.joined(separator: "\n")
  }

  static func fold(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    lines.append(line)
    return lines
  }

  private static func spaces(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}
