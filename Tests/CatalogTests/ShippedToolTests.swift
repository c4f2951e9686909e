import Catalog
import JSON
import Model
import Schema
import Testing
import Tools

@Suite struct ShippedToolTests {
  static let loading = Catalog.load(directory: ScriptRun.definitions)

  @Test("every shipped definition loads")
  func loads() {
    #expect(Self.loading.errors.isEmpty, "\(Self.loading.errors.map(\.description))")
    #expect(Self.loading.tools.count >= 20)
  }

  @Test("every test of a shipped definition passes", arguments: loading.tools.map(\.name))
  func embedded(name: String) throws {
    let tool = try #require(Self.loading.tools.first { $0.name == name })
    for report in Catalog.runGivenTests(tool) {
      #expect(report.passed, "\(name), \(report.name): \(report.failures)")
    }
  }

  @Test(
    "every shipped definition tests success, refusal and each exit code",
    arguments: loading.tools.map(\.name))
  func coverage(name: String) throws {
    let tool = try #require(Self.loading.tools.first { $0.name == name })
    var codes: Set<Int> = []
    var refusals = 0
    for test in tool.tests {
      switch test.expectation {
      case .invalidArguments: refusals += 1
      case .evaluation(let given, _):
        if case .exit(code: let code) = given.ended { codes.insert(code) }
      case .live: break
      }
    }
    #expect(refusals > 0)
    #expect(codes.isSuperset(of: tool.exitCodes.meanings.keys), "\(tool.exitCodes.meanings.keys)")
    let texts = tool.tests.map(\.arguments.compact)
    #expect(texts.contains { $0.contains(where: ";$|`&".contains) }, "metacharacters")
  }

  @Test("one function writes JSON strings in every script that needs it")
  func oneFunction() {
    var functions: Set<String> = []
    for script in Self.loading.tools.flatMap(\.plan.variants).map(\.script) {
      let lines = script.split(separator: "\n").map { $0.drop { $0 == " " } }
      guard let start = lines.firstIndex(where: { $0.hasPrefix("function json(") }),
        let end = lines.firstIndex(where: { $0.hasPrefix("BEGIN { for (i = 1; i < 256") })
      else { continue }
      functions.insert(lines[start...end].joined(separator: "\n"))
    }
    #expect(functions.count == 1)
  }
}
