import Catalog
import Platform
import Testing

@testable import Rehearsal
@testable import Workbench

/// docs/TOOLS.md: "Your first tool" leads to a tool whose tests pass.
@Suite struct TutorialTests {
  @Test("whoever follows the page has a tool that is tested")
  func firstTool() throws {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = String(decoding: try Files.read("/\(package)/docs/TOOLS.md"), as: UTF8.self)
    let start = try #require(page.firstRange(of: "```yaml tool\n"))
    let end = try #require(page[start.upperBound...].firstRange(of: "\n```"))
    let change = page[start.upperBound..<end.lowerBound]

    var scaffold = Scaffold(name: "file.lines")
    scaffold.title = "Lines of a file"
    scaffold.description = "Counts the lines of one text file. Use file.tail to read them."
    scaffold.arguments = [
      .init(
        name: "path", kind: .string, isRequired: true, words: "The whole path of the file.")
    ]
    let begun = scaffold.text
    let script = try #require(begun.firstRange(of: "    script: |\n"))
    let text = (String(begun[..<script.lowerBound]) + change + "\n")
      .replacing("commands: [uname]", by: "commands: [wc]")
    let tool = try Catalog.read(Array(text.utf8), file: "file.lines.yaml").get()
    #expect(tool.tests.count == 5)
    let stage = try Stage(.init(plugins: productsDirectory(), version: "1"))
    defer { stage.close() }
    let cases = tool.tests.map { TestCase($0, of: tool, in: "file.lines.yaml") }
    for result in try TestRun(cases, on: stage).run(jobs: 1, tell: { _ in }) {
      #expect(result.outcome == .passed, "\(result)")
    }
  }
}
