internal import Catalog

/// The commands by which a step of a GitHub workflow puts marks beside the lines of a change.
extension CheckReport {
  package var workflowCommands: String {
    findings.map { $0.workflowCommand + "\n" }.joined()
  }
}

extension Finding {
  fileprivate var workflowCommand: String {
    let kind: String
    switch severity {
    case .error: kind = "error"
    case .warning: kind = "warning"
    case .note: kind = "notice"
    }
    let properties = [
      ("file", file), ("line", String(position.line)), ("col", String(position.column)),
      ("endColumn", String(position.column + length)),
      ("title", "\(code) \(Rulebook[code]?.title ?? "")"),
    ].map { "\($0)=\(Self.escaped($1, alsoIn: ":,"))" }.joined(separator: ",")
    return "::\(kind) \(properties)::\(Self.escaped("\(message); \(remedy)"))"
  }

  /// A percent sign, and what ends a command or, in a property, the property.
  private static func escaped(_ text: String, alsoIn more: String = "") -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": out += "%25"
      case "\r": out += "%0D"
      case "\n": out += "%0A"
      case ":" where more.contains(":"): out += "%3A"
      case "," where more.contains(","): out += "%2C"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
