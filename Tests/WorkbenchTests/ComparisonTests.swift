import Catalog
import JSON
import Support
import Testing

@testable import Workbench

@Suite struct ComparisonTests {
  private static let base = Sample(
    version: "1.2.0",
    arguments:
      "{word: {type: string, maxLength: 100}, count: {type: integer, minimum: 0, maximum: 9, default: 1}}",
    when: "{os: [linux, macos], commands: [awk]}", input: "{env: {WORD: /word, COUNT: /count}}",
    result:
      "{parse: json, schema: {type: object, required: [a], properties: {a: {type: string}, b: {type: integer}}}}",
    more: """
      exitCodes: {0: succeeded, 3: {failed: nothing there}}
      limits: {run: 30s, stdout: 64KiB}
      delivery: {expiresAfter: 1h}
      tests:
        - {name: a word of ten, arguments: {word: "0123456789"}, given: {exitCode: 3}, expect: {outcome: failed}}
      """)

  private func compare(_ old: String, _ new: String) throws -> ToolComparison {
    let text = Self.base.text
    return ToolComparison(
      try Self.base.tool(),
      try Catalog.read(Array(text.replacing(old, by: new).utf8), file: "t.yaml").get())
  }

  @Test(
    "a change that callers may not survive is told",
    arguments: [
      ("name: echo.word", "name: echo.text", "name"),
      ("maxLength: 100", "maxLength: 50", "arguments/word"),
      ("maxLength: 100", "maxLength: 5", "arguments/word"),
      ("maximum: 9", "maximum: 8", "arguments/count"),
      ("{type: string, maxLength: 100}", "{type: integer}", "arguments/word"),
      (
        "{type: string, maxLength: 100}", "{type: string, maxLength: 100, pattern: '^[a-z]*$'}",
        "arguments/word"
      ),
      ("default: 1", "default: 2", "arguments/count"),
      ("properties: {word:", "required: [word], properties: {word:", "arguments/word"),
      ("readOnly: true", "readOnly: false", "effects/readOnly"),
      ("idempotent: true", "idempotent: false", "effects/idempotent"),
      ("openWorld: false", "openWorld: true", "effects/openWorld"),
      ("approval: none", "approval: operator", "approval"),
      ("approval: none", "approval: user", "approval"),
      ("parse: json", "parse: key-value", "result/parse"),
      ("a: {type: string}", "a: {type: [string, 'null']}", "result/a"),
      ("required: [a]", "required: [b]", "result/a"),
      (", b: {type: integer}", "", "result/b"),
      ("3: {failed: nothing there}", "3: {succeeded: nothing there}", "exitCodes/3"),
      ("3: {failed: nothing there}", "3: {failed: all is lost}", "exitCodes/3"),
      (", 3: {failed: nothing there}", "", "exitCodes/3"),
      ("os: [linux, macos]", "os: linux", "run/0"),
      ("commands: [awk]", "commands: [awk, sed]", "run/0"),
      ("with: shell", "with: powershell", "run/0"),
      ("with: shell", "with: shell\n    interpreter: /bin/bash", "run/0"),
      ("run: 30s", "run: 10s", "limits/run"),
      ("stdout: 64KiB", "stdout: 1KiB", "limits/stdout"),
      ("stdout: 64KiB", "stdout: 64KiB, memory: 1GiB", "limits/memory"),
      ("stdout: 64KiB", "stdout: 64KiB, cpu: 10s", "limits/cpu"),
      ("with: shell", "with: shell\n    runAs: nobody", "run/0/runAs"),
      ("expiresAfter: 1h", "expiresAfter: 5m", "delivery/expiresAfter"),
      ("expiresAfter: 1h", "expiresAfter: 1h, whenOffline: refuse", "delivery/whenOffline"),
    ])
  func incompatible(old: String, new: String, place: String) throws {
    let comparison = try compare(old, new)
    #expect(!comparison.isCompatible)
    #expect(
      comparison.changes.contains { $0.effect == .incompatible && $0.place == place },
      "\(comparison.changes)")
    #expect(comparison.neededStep == .major && comparison.neededVersion == "2.0.0")
    #expect(!comparison.isVersionEnough)
  }

  @Test(
    "an addition asks for a minor step",
    arguments: [
      ("maxLength: 100", "maxLength: 200", "arguments/word"),
      ("count: {", "more: {type: string, default: x}, count: {", "arguments/more"),
      (
        "{type: string, maxLength: 100}", "{type: [string, 'null'], maxLength: 100}",
        "arguments/word"
      ),
      ("a: {type: string}", "a: {type: string, minLength: 1}", "result/a"),
      (", b: {type: integer}", ", b: {type: integer}, c: {type: integer}", "result/c"),
      ("os: [linux, macos]", "os: [linux, macos, windows]", "run/0"),
      ("commands: [awk]", "os: [linux]", "run/0"),
      ("run: 30s", "run: 60s", "limits/run"),
      ("expiresAfter: 1h", "expiresAfter: 2h", "delivery/expiresAfter"),
    ])
  func additions(old: String, new: String, place: String) throws {
    var (old, new) = (old, new)
    if old.hasPrefix("count") { new += "" }
    if new.contains("more:") {
      (old, new) = (
        "count: {type: integer, minimum: 0, maximum: 9, default: 1}}",
        "count: {type: integer, minimum: 0, maximum: 9, default: 1}, more: {type: string}}"
      )
    }
    if new == "os: [linux]" { (old, new) = (", commands: [awk]", "") }
    let text = Self.base.text.replacing(old, by: new)
      .replacing(
        "COUNT: /count}", by: new.contains("more:") ? "COUNT: /count, M: /more}" : "COUNT: /count}")
    let comparison = ToolComparison(
      try Self.base.tool(), try Catalog.read(Array(text.utf8), file: "t.yaml").get())
    #expect(comparison.isCompatible, "\(comparison.changes)")
    #expect(
      comparison.changes.contains { $0.effect == .addition && $0.place == place },
      "\(comparison.changes)")
    #expect(comparison.neededStep == .minor && comparison.neededVersion == "1.3.0")
  }

  @Test(
    "what callers need not know asks for a patch step",
    arguments: [
      ("title: Echo a word", "title: Say a word"),
      ("printf %s", "printf '%s'"),
      ("with: shell", "with: shell\n    needs: agent"),
      ("nothing there", "Nothing there!"),
      ("name: a word of ten", "name: a word"),
      ("limits: {run: 30s", "limits: {killGrace: 3s, run: 30s"),
      ("word: {type: string,", "word: {description: What to say., type: string,"),
    ])
  func details(old: String, new: String) throws {
    let comparison = try compare(old, new)
    #expect(comparison.isCompatible && comparison.neededStep == .patch, "\(comparison.changes)")
  }

  @Test(
    "a bound of its processes that is looser, or gone, is an addition; a tighter one breaks calls")
  func resources() throws {
    func tool(_ limit: String) throws -> Tool {
      let text = Self.base.text.replacing("stdout: 64KiB", by: "stdout: 64KiB\(limit)")
      return try Catalog.read(Array(text.utf8), file: "t.yaml").get()
    }
    let (none, tight, loose) = (
      try tool(""), try tool(", processes: 10"), try tool(", processes: 20")
    )
    #expect(ToolComparison(tight, loose).neededStep == .minor)
    #expect(ToolComparison(loose, none).neededStep == .minor)
    #expect(ToolComparison(loose, tight).neededStep == .major)
    #expect(ToolComparison(none, tight).neededStep == .major)
  }

  @Test("nothing changed asks for nothing")
  func same() throws {
    let comparison = ToolComparison(try Self.base.tool(), try Self.base.tool())
    #expect(comparison.changes.isEmpty && comparison.neededStep == .none)
    #expect(comparison.isVersionEnough && comparison.isCompatible)
  }

  @Test("the old tests are a proof of what is refused now")
  func proof() throws {
    let comparison = try compare("maxLength: 100", "maxLength: 5")
    #expect(
      comparison.changes.contains { $0.what.contains("the old test \"a word of ten\" are refused") }
    )
  }

  @Test("patterns are compared by the texts that they are found in")
  func patterns() throws {
    func tool(_ pattern: String) throws -> Tool {
      try Sample(arguments: "{word: {type: string, maxLength: 99, pattern: '\(pattern)'}}").tool()
    }
    let (short, long) = (try tool("^[a-z]{1,60}\\.service$"), try tool("^[a-z]{1,80}[.]service$"))
    #expect(ToolComparison(short, long).changes.map(\.effect) == [.addition])
    #expect(ToolComparison(long, short).changes.map(\.effect) == [.incompatible])
    #expect(ToolComparison(long, short).changes.map(\.isDecided) == [true])
    let same = ToolComparison(try tool("^[ab]*$"), try tool("^(?:b|a)*$"))
    #expect(same.isCompatible && same.neededStep == .patch, "\(same.changes)")
  }

  @Test("a secret more or less changes what callers may do and see")
  func secrets() throws {
    let open = Sample(input: "{stdin: json}", script: "cat")
    var secret = open
    secret.more = "redact: [/word]"
    let more = ToolComparison(try open.tool(), try secret.tool())
    let less = ToolComparison(try secret.tool(), try open.tool())
    #expect(!more.isCompatible && !less.isCompatible)
    #expect(more.changes.map(\.place) == ["redact"] && less.changes.map(\.place) == ["redact"])
  }

  @Test(
    "a version says what changed, or does not",
    arguments: [
      ("1.2.0", "1.2.0", SemanticVersion.Step.none), ("1.2.0", "1.2.1", .patch),
      ("1.2.0", "1.3.0", .minor), ("1.2.9", "2.0.0", .major), ("1.2.0", "1.1.9", nil),
      ("1.9.0", "1.10.0", .minor), ("2.0.0-rc.1", "2.0.0", .major),
      ("1.0.0", "1.0.0-rc.1", nil), ("1.0.0-a", "1.0.0-b", .major), ("1.0.0-2", "1.0.0-10", .major),
      ("1.0.0-a.1", "1.0.0-a", nil), ("1.0.0+a", "1.0.0+b", nil),
      ("1.2.99999999999999999999", "1.2.100000000000000000000", .patch),
    ])
  func steps(old: String, new: String, step: SemanticVersion.Step?) throws {
    var (before, after) = (Sample(version: old), Sample(version: new))
    before.more = ""
    after.more = ""
    #expect(ToolComparison(try before.tool(), try after.tool()).takenStep == step)
  }

  @Test("before 1.0.0 an incompatible change asks for a minor step")
  func initial() throws {
    let version = try #require(SemanticVersion("0.4.7"))
    #expect(version.needed(for: .major) == .minor && version.needed(for: .minor) == .patch)
    #expect(version.after(.minor) == "0.5.0" && version.after(.patch) == "0.4.8")
    let long = try #require(SemanticVersion("1.0.99999999999999999999"))
    #expect(long.after(.patch) == "1.0.100000000000000000000")
  }

  @Test("the document says it all")
  func document() throws {
    let json = try compare("maximum: 9", "maximum: 8").json
    #expect(json["compatible"] == false)
    #expect(
      json["version"] == ["needed": "major", "taken": "none", "enough": false, "least": "2.0.0"])
    #expect(json["changes"]?.array?.first?["place"] == "arguments/count")
    #expect(json["changes"]?.array?.first?["decided"] == true)
  }
}
