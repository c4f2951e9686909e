import Catalog
import Lint
import Testing

@Suite struct ShippedDefinitionTests {
  private static let report: CheckReport = {
    let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var report = CheckReport(Linter())
    Catalog.survey(["\(package)/ToolDefinitions"]) { report.add($0) }
    return report
  }()

  @Test("every shipped definition passes a strict check")
  func strict() {
    #expect(Self.report.files.count >= 20)
    #expect(Self.report.findings == [])
    #expect(Self.report.testCount > 100 && Self.report.failedTestCount == 0)
  }
}
