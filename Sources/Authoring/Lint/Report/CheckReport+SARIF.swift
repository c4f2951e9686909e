internal import Catalog
package import JSON

/// SARIF 2.1.0, the format of OASIS for the results of static analysis, as GitHub's code scanning
/// and most editors read it.
extension CheckReport {
  /// - Parameter version: of this program.
  package func sarif(version: String) -> JSON {
    let results = files.flatMap { file in
      file.findings.map { $0.sarif(reason: nil) }
        + file.allowed.map { $0.finding.sarif(reason: $0.reason) }
    }
    return [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        [
          "tool": [
            "driver": [
              "name": "signalbox", "semanticVersion": .string(version),
              "rules": .array(Rulebook.entries.map(\.sarif)),
            ]
          ],
          "columnKind": "unicodeCodePoints",
          "results": .array(results),
        ]
      ],
    ]
  }
}

extension RuleEntry {
  fileprivate var sarif: JSON {
    [
      "id": .string(code.description), "name": .string(name),
      "shortDescription": ["text": .string(title)],
      "fullDescription": ["text": .string(why)],
      "help": ["text": .string(remedy)],
      "defaultConfiguration": ["level": .string(severity.rawValue)],
    ]
  }
}

extension Finding {
  fileprivate func sarif(reason: String?) -> JSON {
    var object = JSONObject([
      ("ruleId", .string(code.description)),
      ("level", .string(severity.rawValue)),
      ("message", ["text": .string("\(message). Remedy: \(remedy).")]),
      (
        "locations",
        [
          [
            "physicalLocation": [
              "artifactLocation": ["uri": .string(Self.uri(of: file))],
              "region": [
                "startLine": .int(position.line), "startColumn": .int(position.column),
                "endColumn": .int(position.column + length),
              ],
            ]
          ]
        ]
      ),
    ])
    if let index = Rulebook.index(of: code) { object["ruleIndex"] = .int(index) }
    if let reason {
      object["suppressions"] = [["kind": "inSource", "justification": .string(reason)]]
    }
    return .object(object)
  }

  /// RFC 3986: a relative reference, or `file:` for a path from the root.
  static func uri(of path: String) -> String {
    var out = path.hasPrefix("/") ? "file://" : ""
    for byte in path.utf8 {
      let isPlain = ShellParser.isName(byte) || "-.~/".utf8.contains(byte)
      if isPlain {
        out.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        out += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return out
  }
}
