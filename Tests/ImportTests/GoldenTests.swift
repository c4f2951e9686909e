import Catalog
import Imports
import JSON
import Testing

@Suite struct GoldenTests {
  static let libraries: [(kind: ImportKind, path: String)] = [
    (.tactical, "tactical/library"), (.tactical, "tactical/no-list"),
    (.tactical, "tactical/no-array"), (.tactical, "tactical/not-json"),
    (.bolt, "bolt/modules"), (.ssm, "ssm/documents"),
  ]

  @Test("a library becomes what it became when someone looked", arguments: libraries)
  func goldens(_ library: (kind: ImportKind, path: String)) throws {
    let result = Importer.run(library.kind, try Fixture.files(library.path))
    var texts = ["report.md": ImportReport(result, written: [:]).markdown]
    for tool in result.items.compactMap(\.tool) { texts[tool.fileName] = tool.text }
    if Fixture.writesGoldens {
      try Fixture.write(texts, to: library.path)
      return
    }
    for (name, text) in texts {
      let golden = try Fixture.golden("\(library.path)/\(name)")
      #expect(text == golden, "\(library.path)/\(name)")
    }
  }

  @Test("every definition is one that the catalog takes", arguments: libraries)
  func loaded(_ library: (kind: ImportKind, path: String)) throws {
    let result = Importer.run(library.kind, try Fixture.files(library.path))
    for item in result.items where item.tool != nil {
      let tool = try item.loaded()
      #expect(tool.name == item.tool?.name)
      #expect(tool.effects.destructive && !tool.effects.readOnly && !tool.effects.idempotent)
      #expect(tool.approval == .operator)
      #expect(tool.description.contains("TODO(review)"))
      #expect(item.tool?.text.contains("\n# TODO(review): ") ?? false)
      for gap in item.gaps { #expect(item.tool?.text.contains("[\(gap.code.rawValue)]") ?? false) }
    }
  }

  @Test(
    "a library of each kind has more than thirty items, and whole ones, gaps and refusals among them",
    arguments: [
      (ImportKind.tactical, "tactical/library"), (.bolt, "bolt/modules"), (.ssm, "ssm/documents"),
    ])
  func breadth(_ kind: ImportKind, _ path: String) throws {
    let result = Importer.run(kind, try Fixture.files(path))
    #expect(result.items.count > 30)
    for status in ImportItem.Status.allCases { #expect(result.count(status) >= 8, "\(status)") }
    // Every item is one thing, and says why.
    for item in result.items {
      #expect((item.tool == nil) == (item.refusal != nil))
      #expect(item.refusal.map { !$0.message.isEmpty } ?? true)
    }
  }

  @Test("the same library gives the same result again")
  func deterministic() throws {
    for library in Self.libraries {
      let first = ImportReport(
        Importer.run(library.kind, try Fixture.files(library.path)), written: [:])
      let second = ImportReport(
        Importer.run(library.kind, try Fixture.files(library.path)), written: [:])
      #expect(first.json == second.json)
    }
  }

  @Test("names are different, and MCP takes them")
  func names() throws {
    for library in Self.libraries {
      let result = Importer.run(library.kind, try Fixture.files(library.path))
      let names = result.items.compactMap { $0.tool?.name }
      #expect(Set(names).count == names.count)
      for name in names { #expect(name.utf8.count <= 64) }
    }
  }

  @Test("the report for programs holds every item and reads as JSON")
  func report() throws {
    let result = Importer.run(.ssm, try Fixture.files("ssm/documents"))
    let json = ImportReport(result, written: [:]).json
    #expect(try JSON(parsing: json.pretty) == json)
    #expect(json["items"]?.array?.count == result.items.count)
    #expect(json["counts"]?["refused"]?.int == result.count(.refused))
    for item in json["items"]?.array ?? [] {
      #expect(ImportItem.Status(rawValue: item["status"]?.string ?? "") != nil)
    }
  }
}
