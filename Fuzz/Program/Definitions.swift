import Catalog
import Lint

/// Definitions: what the loader takes has a canonical form that it takes too, with the same digest.
enum Definitions {
  static func take(_ bytes: [UInt8]) {
    let inspection = Catalog.inspect(bytes, file: "input.yaml")
    let report = Linter().report(on: inspection)
    for finding in report.findings { expect(!finding.message.isEmpty, "a finding without words") }
    guard let tool = inspection.tool else {
      expect(!inspection.errors.isEmpty, "a definition is refused without a reason")
      return
    }
    expect(inspection.errors.isEmpty, "a definition is taken with errors")
    do {
      let stored = try Tool(definition: tool.definition)
      expect(stored.digest == tool.digest, "the stored form has another digest")
    } catch {
      fatalError("the stored form is refused: \(error)")
    }
  }
}
