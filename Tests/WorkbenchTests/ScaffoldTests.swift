import Catalog
import JSON
import Platform
import Schema
import Support
import Testing

@testable import Rehearsal
@testable import Workbench

@Suite struct ScaffoldTests {
  private static func all() -> [Scaffold] {
    var all: [Scaffold] = []
    let arguments: [[Scaffold.Argument]] = [
      [],
      [.init(name: "path", kind: .string, isRequired: true, words: "Where to look.")],
      [
        .init(name: "waitSeconds", kind: .integer, isRequired: false, words: "How long: 1, 2."),
        .init(name: "wait-seconds", kind: .number, isRequired: true, words: "\"Quoted\" # 'x'"),
        .init(name: "wait_seconds", kind: .boolean, isRequired: false, words: "yes"),
        .init(name: "machine", kind: .string, isRequired: true, words: "Which one"),
      ],
    ]
    for executor in Scaffold.Executor.allCases {
      for parse in ResultContract.Parse.allCases {
        for arguments in arguments {
          var scaffold = Scaffold(name: "area.thing", executor: executor)
          scaffold.parse = parse
          scaffold.arguments = arguments
          all.append(scaffold)
        }
      }
      var risky = Scaffold(name: "area.thing", executor: executor)
      (risky.readOnly, risky.destructive, risky.idempotent) = (false, true, false)
      risky.platforms = ["linux", "macos"]
      risky.approval = .twoPerson
      all.append(risky)
      risky.platforms = []
      all.append(risky)
    }
    return all
  }

  @Test("whatever was chosen, it is a tool whose tests pass")
  func valid() throws {
    for scaffold in Self.all() {
      let tool = try scaffold.tool()
      for report in Catalog.runGivenTests(tool) {
        #expect(report.passed, "\(scaffold.text)\n\(report)")
      }
      #expect(tool.effects.destructive == scaffold.destructive)
      #expect(tool.arguments.json["properties"]?.object?.count ?? 0 == scaffold.arguments.count)
    }
  }

  @Test("the live tests of a new shell tool pass at once")
  func live() throws {
    let scaffolds = Self.all().filter { $0.executor == .shell }
    let cases = try scaffolds.flatMap { scaffold in
      let tool = try scaffold.tool()
      return tool.tests.filter(\.isLive).map { TestCase($0, of: tool, in: "t.yaml") }
    }
    #expect(cases.count == 2 * scaffolds.count)
    var settings = Stage.Settings(plugins: try productsDirectory(), version: "1")
    settings.slots = 4
    let stage = try Stage(settings)
    defer { stage.close() }
    for result in try TestRun(cases, on: stage).run(jobs: 1, tell: { _ in }) {
      #expect(result.outcome == .passed, "\(result)")
    }
  }

  @Test("texts come back as they were given, or are refused by name")
  func texts() throws {
    let texts = [
      "Plain words", "yes", "a: b", "# no comment", "it's", "\"quoted\"", "1.0", "null", "a, b",
      "[x]", "{y}", "*z", "&a", "!tag", "| pipe", "> fold", "%d", "@at", "`tick`", "ends with ",
      "  two  blanks", "ä ö 😀", "back\\slash", String(repeating: "long words ", count: 8) + "end",
      "tab\tinside", "- dash", "? mark", "a #b", "trailing:", "word",
    ]
    for text in texts {
      var scaffold = Scaffold(name: "area.thing")
      scaffold.title = text
      scaffold.description = text
      scaffold.arguments = [
        .init(name: "a", kind: .string, isRequired: true, words: text)
      ]
      if text.contains("\t") || text.count > 100 {
        scaffold.title = "Title"
      }
      let tool = try scaffold.tool()
      #expect(tool.title == scaffold.title && tool.description == text)
      #expect(tool.arguments.json["properties"]?["a"]?["description"]?.string == text)
    }
    var wrong = Scaffold(name: "area.thing")
    wrong.title = "two\nlines"
    #expect(throws: DefinitionErrors.self) { try wrong.tool() }
  }

  @Test("variables of arguments are their own, whatever the arguments are called")
  func variables() throws {
    let names = ["path", "PATH", "waitSeconds", "wait_seconds", "wait-seconds", "HTTPPort", "a1"]
    var scaffold = Scaffold(name: "area.thing")
    scaffold.arguments = names.map {
      .init(name: $0, kind: .string, isRequired: true, words: "Something.")
    }
    let variables = ScaffoldScript(scaffold).variables.map(\.variable)
    #expect(Set(variables).count == names.count, "\(variables)")
    #expect(variables.allSatisfy { $0.hasPrefix("ARG_") })
    #expect(variables[0] == "ARG_PATH" && variables[2] == "ARG_WAIT_SECONDS")
    _ = try scaffold.tool()
  }
}
