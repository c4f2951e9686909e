internal import Catalog
internal import JSON
internal import Lint

/// A library that tools can be imported from.
package enum ImportKind: String, CaseIterable, Sendable {
  /// Tactical RMM's community scripts.
  case tactical
  /// Puppet Bolt's tasks.
  case bolt
  /// Documents of AWS Systems Manager.
  case ssm

  package var title: String {
    switch self {
    case .tactical: "Tactical RMM community scripts"
    case .bolt: "Puppet Bolt tasks"
    case .ssm: "AWS Systems Manager documents"
    }
  }
}

/// What became of one item of a library.
package struct ImportItem: Sendable {
  package enum Status: String, Sendable, CaseIterable {
    case imported
    case importedWithGaps
    case refused
  }

  /// The file that it is from.
  package let source: String
  /// Which of several items of the file.
  package let part: String?
  /// `nil` for one that is refused.
  package let tool: ImportedTool?
  package let refusal: Remark?
  package let gaps: [Remark]
  package let notes: [Remark]

  package var status: Status {
    if refusal != nil { return .refused }
    return gaps.isEmpty ? .imported : .importedWithGaps
  }
}

/// A definition that the catalog takes.
package struct ImportedTool: Sendable {
  package let name: String
  package let text: String

  package var fileName: String { name + ".yaml" }
}

/// What came of a whole library.
package struct ImportResult: Sendable {
  package let kind: ImportKind
  package let items: [ImportItem]
  /// What is to be said of the library, rather than of an item.
  package let notes: [Remark]

  package func count(_ status: ImportItem.Status) -> Int { items.count { $0.status == status } }
}

/// Reads a library and makes definitions of it. Nothing is written, and nothing but the library is
/// read.
package enum Importer {
  package static func run(_ kind: ImportKind, _ files: SourceFiles) -> ImportResult {
    let collector =
      switch kind {
      case .tactical: TacticalLibrary.read(files)
      case .bolt: BoltLibrary.read(files)
      case .ssm: SSMLibrary.read(files)
      }
    var names = ToolNames()
    var items: [ImportItem] = []
    for entry in collector.entries { items.append(item(entry, &names)) }
    return ImportResult(kind: kind, items: items, notes: files.notes + collector.notes)
  }

  private static func item(_ entry: ItemCollector.Entry, _ names: inout ToolNames) -> ImportItem {
    switch entry.outcome {
    case .refused(let refusal): return refused(entry, refusal.remark)
    case .imported(var imported):
      imported.draft.settleArguments(&imported.remarks)
      if imported.draft.isShortened {
        imported.remarks.note(
          .textShortened, "its title or description is longer than a definition takes, and cut")
      }
      for variant in imported.draft.variants where needsEscapes(variant.script) {
        imported.remarks.note(
          .textEscaped, "the script has characters that are written as escapes in the definition")
      }
      let name = names.name(for: imported.nameParts)
      if let reason = reasonAgainst(&imported, name) {
        names.free(name)
        return refused(entry, reason)
      }
      let text = imported.draft.yaml(name: name, gaps: imported.remarks.gaps)
      return ImportItem(
        source: entry.source, part: entry.shownPart, tool: ImportedTool(name: name, text: text),
        refusal: nil, gaps: imported.remarks.gaps, notes: imported.remarks.notes)
    }
  }

  /// The loader and the reviewer's rules have the last word: what `tools check` does not pass is not
  /// written.
  private static func reasonAgainst(
    _ imported: inout Imported, _ name: String
  ) -> Remark? {
    var errors = findings(imported, name)
    if case .success(let list) = errors, list.contains(where: { $0.code == reboot }) {
      imported.draft.takesDown = true
      errors = findings(imported, name)
    }
    switch errors {
    case .failure(let failure): return reason(failure)
    case .success(let list): return list.first.map(reason)
    }
  }

  /// A reboot that the description says nothing of.
  private static let reboot = LintRule.undeclaredReboot.code

  private static func findings(
    _ imported: Imported, _ name: String
  ) -> Result<[Finding], DefinitionErrors> {
    let text = imported.draft.yaml(name: name, gaps: imported.remarks.gaps)
    let bytes = Array(text.utf8)
    switch Catalog.read(bytes, file: name + ".yaml") {
    case .failure(let failure): return .failure(failure)
    case .success:
      let inspection = Catalog.inspect(bytes, file: name + ".yaml")
      return .success(Linter().report(on: inspection).findings.filter { $0.severity == .error })
    }
  }

  private static func needsEscapes(_ script: String) -> Bool {
    script.unicodeScalars.contains(where: YAMLText.mustEscape)
  }

  private static func refused(_ entry: ItemCollector.Entry, _ remark: Remark) -> ImportItem {
    ImportItem(
      source: entry.source, part: entry.shownPart, tool: nil, refusal: remark, gaps: [], notes: [])
  }

  private static func reason(_ finding: Finding) -> Remark {
    Remark(
      .lintError,
      "tools check would not pass it: \(finding.message); \(finding.remedy), or say in the script why"
        + " it is right: # signalbox-allow \(finding.code): … [\(finding.code)]")
  }

  private static func reason(_ failure: DefinitionErrors) -> Remark {
    guard let first = failure.errors.first else {
      return Remark(.definitionRefused, "the definition is refused")
    }
    let code: RemarkCode = first.rule == .script ? .scriptTooLarge : .definitionRefused
    return Remark(
      code, "no definition can say this: \(first.message); \(first.remedy) [\(first.rule.rawValue)]"
    )
  }
}
