import Catalog
import JSON
import Platform
import Testing

/// docs/TOOLS.md says what the code does.
@Suite struct DocumentTests {
  static let page: String = {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let bytes = (try? Files.read("/\(package)/docs/TOOLS.md")) ?? []
    return String(decoding: bytes, as: UTF8.self)
  }()

  static func blocks(_ language: String) -> [String] {
    page.split(separator: "\n```").map(String.init).filter { $0.hasPrefix("\(language)\n") }.map {
      String($0.dropFirst(language.count + 1)) + "\n"
    }
  }

  @Test("every rule is explained")
  func rules() {
    for rule in Rule.allCases {
      let link = "[\(rule.code)](LINT.md#\(rule.code.description.lowercased()))"
      #expect(Self.page.contains("\n| \(link) | `\(rule.rawValue)` | "), "\(rule.rawValue)")
    }
  }

  @Test("what only the loader can refuse is listed")
  func beyondSchema() {
    for (rule, what) in Catalog.rulesBeyondSchema {
      #expect(Self.page.contains("\n| `\(rule.rawValue)` | \(what) |"), "\(rule.rawValue)")
    }
  }

  @Test("the examples are tools, and their tests pass")
  func examples() throws {
    let examples = Self.blocks("yaml")
    #expect(examples.count == 2)
    for example in examples {
      let reports = Catalog.runGivenTests(try tool(example))
      let failed = reports.filter { !$0.passed }
      #expect(failed.isEmpty)
    }
  }

  @Test("the canonical form and the digest are those of the example")
  func canonical() throws {
    let example = try tool(try #require(Self.blocks("yaml").last))
    let printed = try #require(Self.blocks("json").first).filter { $0 != "\n" }
    #expect(Array(printed.utf8) == example.canonical)
    #expect(Self.page.contains("`\(example.digest)`"))
  }
}
