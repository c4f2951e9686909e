import Catalog
import Lint
import Platform
import Support
import Testing

@Suite struct RulebookTests {
  @Test("every rule of the loader and of lint has one entry, and none a retired code")
  func complete() {
    let codes = Rulebook.entries.map(\.code)
    #expect(codes == codes.sorted() && Set(codes).count == codes.count)
    #expect(Set(codes) == Set(Rule.allCases.map(\.code) + LintRule.allCases.map(\.code)))
    #expect(Set(codes).isDisjoint(with: Rulebook.retired))
    #expect(Set(Rulebook.entries.map(\.name)).count == codes.count)
  }

  @Test("a code keeps its meaning: the list of all that were ever given")
  func stable() throws {
    let given = try Self.lines("Tests/LintTests/codes.txt")
    let present = Rulebook.entries.map { "\($0.code) \($0.name)" }
    let retired = Rulebook.retired.map(\.description)
    for line in given {
      #expect(present.contains(line) || retired.contains(String(line.prefix(6))), "\(line) is gone")
    }
    #expect(present.filter { !given.contains($0) } == [], "add these to codes.txt")
  }

  @Test("nothing is to be said about the sample")
  func sample() {
    let found = report(Rulebook.sample)
    #expect(found.findings == [])
    #expect(found.tests.count == 3 && found.tests.allSatisfy(\.passed))
  }

  @Test("an example triggers its rule and no other", arguments: Rulebook.entries.map(\.code))
  func bad(code: Code) throws {
    let entry = try #require(Rulebook[code])
    guard let (bad, _) = definitions(entry) else { return }
    let found = report(bad)
    #expect(Set(found.findings.map(\.code)) == [code], "\(found.findings)")
    #expect(found.findings.allSatisfy { $0.severity == entry.severity })
  }

  @Test("the other half of an example triggers nothing", arguments: Rulebook.entries.map(\.code))
  func good(code: Code) throws {
    let entry = try #require(Rulebook[code])
    guard let (_, good) = definitions(entry) else { return }
    #expect(report(good).findings == [])
  }

  private func definitions(_ entry: RuleEntry) -> (bad: [UInt8], good: [UInt8])? {
    switch entry.example {
    case .fields(let bad, let good):
      return (
        Examples.bytes(Examples.definition(bad)), Examples.bytes(Examples.definition(good))
      )
    case .whole(let bad, let good): return (Examples.bytes(bad), Examples.bytes(good))
    case .directory: return nil
    }
  }

  @Test("what is told of files and directories is told of real ones")
  func directories() throws {
    try withTemporaryDirectory { directory in
      func write(_ text: String, _ path: String) throws {
        try Files.makeDirectories(Files.directory(of: "\(directory)/\(path)"))
        try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(path)")
      }
      try write(Rulebook.sample, "a/service.state.yaml")
      try write(Rulebook.sample, "b/service.state.yaml")
      try write(Rulebook.sample.replacing("1.0.0", by: "2.0.0"), "c/state.yaml")
      try makeLink("\(directory)/d.yaml", to: "/etc/passwd")
      let deep = Array(repeating: "e", count: 18).joined(separator: "/")
      try write(Rulebook.sample, "\(deep)/service.state.yaml")
      var found: [String] = []
      Catalog.survey([directory, "\(directory)/nothing.yaml"]) { inspection in
        for finding in Linter().report(on: inspection).findings {
          found.append("\(Files.name(of: finding.file)) \(finding.code)")
        }
      }
      #expect(
        Set(found) == [
          "d.yaml SB0107", "service.state.yaml SB0108", "state.yaml SB0152", "e SB0109",
          "nothing.yaml SB0101",
        ])
      let told = Rulebook.entries.filter { entry in
        if case .directory = entry.example { true } else { false }
      }.map(\.code.description)
      #expect(Set(told).isSubset(of: found.map { String($0.suffix(6)) }))
    }
  }

  @Test("an explanation says what, why, what to do, and shows it")
  func explanation() throws {
    let text = try #require(Rulebook[Code(315)]).text(width: 72)
    #expect(text.hasPrefix("SB0315 lint.unquotedArgument: warning\n"))
    #expect(text.contains("printf 'state=%s\\n' $UNIT") && text.contains("signalbox-allow SB0315"))
    let lines = text.split { $0 == "\n" }.filter { $0.first != " " }
    #expect(lines.allSatisfy { $0.count < 80 })
    for entry in Rulebook.entries {
      let text = entry.text(width: 80)
      #expect(text.contains(entry.title) && text.hasSuffix("\n"))
      #expect(!entry.why.isEmpty && !entry.remedy.isEmpty)
    }
  }

  // MARK: - docs/LINT.md

  @Test("docs/LINT.md has the section of every code, and of no other")
  func document() throws {
    let page = try Self.lines("docs/LINT.md").joined(separator: "\n") + "\n"
    let sections = "\n" + Rulebook.page
    if Machine.environment("SIGNALBOX_WRITE_DOCS") == "1" {
      try Self.write(sections)
      return
    }
    let start = try #require(page.range(ofLine: "## Rules"))
    let written = page[start...].dropFirst("## Rules\n".count)
    let isSame = written == sections[...]
    #expect(isSame, "run this test with SIGNALBOX_WRITE_DOCS=1, and look at what changed")
    for entry in Rulebook.entries { #expect(page.contains("\n### \(entry.code)\n")) }
  }

  /// The sample is there too, word for word.
  @Test("docs/LINT.md shows the sample that the examples change")
  func documentSample() throws {
    let page = try Self.lines("docs/LINT.md").joined(separator: "\n")
    #expect(page.contains("```yaml\n\(Rulebook.sample)```\n"))
  }

  private static let package =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  private static func lines(_ path: String) throws -> [String] {
    let text = String(decoding: try Files.read("\(package)/\(path)"), as: UTF8.self)
    let lines = text.split(separator: "\n" as Character, omittingEmptySubsequences: false)
    return lines.dropLast().map(String.init)
  }

  private static func write(_ sections: String) throws {
    let page = try lines("docs/LINT.md").joined(separator: "\n") + "\n"
    let start = page.range(ofLine: "## Rules") ?? page.endIndex
    try Files.writeAtomically(
      Array("\(page[..<start])## Rules\n\(sections)".utf8), to: "\(package)/docs/LINT.md")
    // What was given once stays; only what is new is added.
    let given = try lines("Tests/LintTests/codes.txt")
    let new = Rulebook.entries.map { "\($0.code) \($0.name)" }.filter { !given.contains($0) }
    let codes = (given + new).sorted().map { "\($0)\n" }.joined()
    try Files.writeAtomically(Array(codes.utf8), to: "\(package)/Tests/LintTests/codes.txt")
  }
}

extension String {
  func replacing(_ old: String, by new: String) -> String {
    let parts: [Substring] = split(separator: old, omittingEmptySubsequences: false)
    return parts.joined(separator: new)
  }

  /// Where a line begins that is exactly this one.
  fileprivate func range(ofLine line: String) -> Index? {
    var index = startIndex
    while index < endIndex {
      let end = self[index...].firstIndex(of: "\n") ?? endIndex
      if self[index..<end] == line { return index }
      index = end < endIndex ? self.index(after: end) : endIndex
    }
    return nil
  }
}
