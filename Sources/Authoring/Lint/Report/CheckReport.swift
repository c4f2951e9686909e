package import Catalog

/// What a check of files came to, before anyone decides how to print it.
package struct CheckReport: Sendable {
  /// One file with what there is to say about it.
  package struct File: Sendable {
    package let path: String
    /// `nil` if the definition is refused.
    package let tool: Summary?
    package let tests: [TestReport]
    package let findings: [Finding]
    /// The line of each finding.
    package let lines: [SourceExcerpt]
    package let allowed: [AllowedFinding]
    package let errors: [DefinitionError]
  }

  package struct Summary: Sendable {
    package let name: String
    package let version: String
    package let digest: String
  }

  package private(set) var files: [File] = []
  private let linter: Linter

  package init(_ linter: Linter) { self.linter = linter }

  /// Checks one file; of its text only the lines with findings are kept.
  package mutating func add(_ inspection: Inspection) {
    let report = linter.report(on: inspection)
    let isLoaded = inspection.errors.isEmpty
    files.append(
      File(
        path: inspection.file,
        tool: isLoaded
          ? inspection.tool.map {
            Summary(name: $0.name, version: $0.version, digest: $0.digest)
          } : nil,
        tests: report.tests, findings: report.findings,
        lines: report.findings.map { SourceExcerpt(of: $0, in: inspection.source) },
        allowed: report.allowed, errors: inspection.errors))
  }

  package var findings: [Finding] { files.flatMap(\.findings) }

  package func count(_ severity: Severity) -> Int {
    files.reduce(0) { sum, file in sum + file.findings.count { $0.severity == severity } }
  }

  /// Whether the check failed.
  /// - Parameter isStrict: warnings count as errors.
  package func hasFailed(isStrict: Bool) -> Bool {
    count(.error) > 0 || isStrict && count(.warning) > 0
  }

  /// Live tests are not run by a check, and do not count.
  package var testCount: Int {
    files.reduce(0) { sum, file in sum + file.tests.count { !$0.isLive } }
  }
  package var failedTestCount: Int {
    files.reduce(0) { sum, file in sum + file.tests.count { !$0.passed } }
  }
  package var allowedCount: Int { files.reduce(0) { $0 + $1.allowed.count } }
}

/// The part of a line that a finding is about, with what stands around it.
package struct SourceExcerpt: Sendable, Hashable {
  /// Wide enough for a line of the house style.
  package static let maxCharacters = 110

  package let text: String
  /// Characters before what is marked.
  package let indentation: Int
  package let length: Int

  init(of finding: Finding, in source: SourceLines) {
    let line = source[finding.position.line]
    // A hostile line may have a megabyte; what is shown of it begins shortly before the mark.
    let characters = Array(String(decoding: line, as: UTF8.self).unicodeScalars)
    let column = min(max(0, finding.position.column - 1), characters.count)
    let start = characters.count <= Self.maxCharacters ? 0 : max(0, column - 40)
    let shown = characters[start...].prefix(Self.maxCharacters)
    var text = start > 0 ? "…" : ""
    for scalar in shown { text.unicodeScalars.append(scalar == "\t" ? " " : scalar) }
    if shown.endIndex < characters.count { text += "…" }
    self.text = text
    indentation = column - start + (start > 0 ? 1 : 0)
    length = max(1, min(finding.length, shown.endIndex - column))
  }
}
