package import JSON

/// What an import did, for people and for programs.
package struct ImportReport: Sendable {
  /// What became of the file of a tool.
  package enum Written: String, Sendable {
    case written
    /// A dry run.
    case planned
    /// A file was there, and stays.
    case kept
    /// It could not be written.
    case failed
  }

  package let result: ImportResult
  /// By the names of the tools.
  package let written: [String: Written]

  package init(_ result: ImportResult, written: [String: Written]) {
    self.result = result
    self.written = written
  }

  package func count(_ state: Written) -> Int { written.values.count { $0 == state } }

  package var summary: String {
    let counts = ImportItem.Status.allCases.map { result.count($0) }
    return
      "\(result.items.count) items: \(counts[0]) imported, \(counts[1]) imported with gaps,"
      + " \(counts[2]) refused"
  }

  // MARK: For programs

  /// The version of this document.
  package static let format = 1

  package var json: JSON {
    [
      "format": .int(Self.format), "library": .string(result.kind.rawValue),
      "counts": [
        "items": .int(result.items.count), "imported": .int(result.count(.imported)),
        "importedWithGaps": .int(result.count(.importedWithGaps)),
        "refused": .int(result.count(.refused)),
      ],
      "items": .array(result.items.map(json)),
      "notes": .array(result.notes.map(Self.json)),
    ]
  }

  private func json(of item: ImportItem) -> JSON {
    var json = JSONObject([("source", .string(item.source))])
    if let part = item.part { json["part"] = .string(part) }
    json["status"] = .string(item.status.rawValue)
    if let tool = item.tool {
      json["tool"] = .string(tool.name)
      json["file"] = .string(tool.fileName)
      json["written"] = .string((written[tool.name] ?? .planned).rawValue)
    }
    if let refusal = item.refusal { json["reason"] = Self.json(of: refusal) }
    if item.tool != nil {
      json["gaps"] = .array(item.gaps.map(Self.json))
      json["notes"] = .array(item.notes.map(Self.json))
    }
    return .object(json)
  }

  private static func json(of remark: Remark) -> JSON {
    ["code": .string(remark.code.rawValue), "message": .string(remark.message)]
  }

  // MARK: For people

  package var markdown: String {
    var text = "# Import of \(result.kind.title)\n\n\(summary).\n"
    let refused = result.items.filter { $0.status == .refused }
    let gaps = result.items.filter { $0.status == .importedWithGaps }
    let whole = result.items.filter { $0.status == .imported }
    if !refused.isEmpty {
      text +=
        "\n## Refused\n\nNothing was written for these.\n\n| item | reason | |\n|---|---|---|\n"
      for item in refused {
        guard let reason = item.refusal else { continue }
        text +=
          "| \(Self.cell(Self.title(item))) | \(Self.cell(reason.message)) | \(Self.code(reason)) |\n"
      }
    }
    if !gaps.isEmpty {
      text += "\n## Imported with gaps\n"
      for item in gaps { text += section(item) }
    }
    if !whole.isEmpty {
      text += "\n## Imported\n"
      for item in whole { text += section(item) }
    }
    if !result.notes.isEmpty {
      text += "\n## Notes on the library\n\n"
      for note in result.notes { text += "- \(Self.cell(note.message)) \(Self.code(note))\n" }
    }
    return text
  }

  private func section(_ item: ImportItem) -> String {
    guard let tool = item.tool else { return "" }
    var text = "\n### \(tool.name)\n\nFrom \(Self.cell(Self.title(item)))"
    switch written[tool.name] ?? .planned {
    case .written: text += ", written to \(tool.fileName).\n"
    case .planned: text += ", to be written to \(tool.fileName).\n"
    case .kept: text += ". **\(tool.fileName) was there and is kept.**\n"
    case .failed: text += ". **\(tool.fileName) could not be written.**\n"
    }
    if !item.gaps.isEmpty || !item.notes.isEmpty { text += "\n" }
    for gap in item.gaps { text += "- gap: \(Self.cell(gap.message)) \(Self.code(gap))\n" }
    for note in item.notes { text += "- note: \(Self.cell(note.message)) \(Self.code(note))\n" }
    return text
  }

  package static func title(_ item: ImportItem) -> String {
    item.part.map { "\(item.source): \($0)" } ?? item.source
  }

  private static func code(_ remark: Remark) -> String { "`\(remark.code.rawValue)`" }

  /// What is quoted from elsewhere must not become Markdown.
  private static func cell(_ text: String) -> String {
    var out = ""
    for scalar in Draft.line(text).unicodeScalars {
      if "\\|`*_<>[]#".unicodeScalars.contains(scalar) { out += "\\" }
      out.unicodeScalars.append(scalar)
    }
    return out
  }
}
