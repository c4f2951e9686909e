import Catalog
import Imports
import JSON
import Lint

/// Libraries of scripts: each item is imported or refused, and what is imported passes
/// `tools check`.
enum Libraries {
  static func take(_ bytes: [UInt8], as kind: ImportKind) {
    let result = Importer.run(kind, Library(bytes).files)
    for item in result.items {
      expect((item.tool == nil) != (item.refusal == nil), "an item is neither or both")
      if let refusal = item.refusal { expect(!refusal.message.isEmpty, "no reason") }
      guard let tool = item.tool else { continue }
      let inspection = Catalog.inspect(Array(tool.text.utf8), file: tool.fileName)
      expect(inspection.tool != nil, "an imported definition is refused: \(inspection.errors)")
      let findings = Linter().report(on: inspection).findings
      expect(!findings.contains { $0.severity == .error }, "an imported definition has errors")
      expect(
        findings.contains { $0.code == LintRule.awaitsReview.code }, "nobody is asked to read it")
    }
    _ = ImportReport(result, written: [:]).json.bytes
  }
}

/// The files of a library in one input: each begins with its path on a line, and ends with the
/// ASCII character that separates records.
struct Library {
  static let separator: UInt8 = 0x1E

  private(set) var contents: [(path: String, bytes: [UInt8])] = []

  init(_ contents: [(path: String, bytes: [UInt8])]) { self.contents = contents }

  init(_ bytes: [UInt8]) {
    for record in bytes.split(separator: Self.separator) {
      let (line, rest) = Array(record).firstLineAndRest
      contents.append((String(decoding: line, as: UTF8.self), rest))
    }
  }

  var files: SourceFiles {
    SourceFiles(Dictionary(contents.map { ($0.path, $0.bytes) }) { first, _ in first })
  }

  var bytes: [UInt8] {
    Array(
      contents.map { Array($0.path.utf8) + [0x0A] + $0.bytes }.joined(separator: [Self.separator]))
  }
}
