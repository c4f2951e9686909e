import Catalog
import CommandLine
import JSON
import Model
import Platform
import Support
import Testing

@testable import Workbench
@testable import signalbox

/// The commands as an author at a shell has them.
@Suite struct ToolsCommandTests {
  private struct Result {
    let exit: Int
    let stdout: String
    let stderr: String
  }

  private func signalbox(_ root: String, _ words: String...) throws -> Result {
    try run(root, words)
  }

  private func run(_ root: String, _ words: [String]) throws -> Result {
    let path = try builtProgram("signalbox")
    for name in ["out", "err"] { try Files.remove("\(root)/\(name)") }
    let child = try ChildProcess.spawn(
      Launch(
        path, arguments: [path, "tools"] + words,
        environment: [("PATH", "/usr/bin:/bin"), ("USER", "ann"), ("TMPDIR", root)],
        directory: root),
      stdin: try Files.open("/dev/null", .read),
      stdout: try Files.open(root + "/out", .append),
      stderr: try Files.open(root + "/err", .append))
    let exit: Int =
      switch try child.wait().how {
      case .exit(let code): code
      case .signal(let number, _): -Int(number)
      }
    func text(_ name: String) throws -> String {
      String(decoding: try Files.read("\(root)/\(name)"), as: UTF8.self)
    }
    return Result(exit: exit, stdout: try text("out"), stderr: try text("err"))
  }

  private func put(_ text: String, _ path: String) throws {
    try Files.writeAtomically(Array(text.utf8), to: path)
  }

  @Test("from nothing to a tool that is checked, tested, run and documented")
  func author() throws {
    try withTemporaryDirectory { root throws in
      let made = try signalbox(
        root, "new", "area.thing", "--argument", "word:string:required:What to say.", "--parse",
        "json")
      #expect(made.exit == 0 && made.stdout.contains("tools run area.thing.yaml word=…"))
      #expect(made.stderr.isEmpty)
      let schema = try Files.read(root + "/" + Scaffold.schemaName)
      #expect(try JSON(parsing: schema)["title"] == "Signalbox tool definition")
      #expect(try signalbox(root, "check", "area.thing.yaml").exit == 0)
      let tested = try signalbox(root, "test", "area.thing.yaml")
      #expect(tested.exit == 0, "\(tested)")
      #expect(tested.stdout.hasPrefix("6 tests of 1 tool: 6 passed, 0 failed, 0 skipped"))
      let run = try signalbox(root, "run", "area.thing.yaml", "word=hi")
      #expect(run.exit == 0 && run.stdout.contains(#""word":"hi"}"#), "\(run)")
      #expect(run.stderr.contains("succeeded: area.thing on localhost (call "))
      let docs = try signalbox(root, "docs", "area.thing.yaml", "--out", "a/b")
      #expect(docs.exit == 0 && Files.exists(root + "/a/b/tools/area.thing.md"))
      let again = try signalbox(root, "new", "area.thing")
      #expect(again.exit == 73 && again.stderr.contains("is there already"))
      let left = try Files.list(root).filter { $0.hasPrefix("signalbox-stage") }
      #expect(left.isEmpty)
    }
  }

  @Test("new refuses what makes no definition, and asks nobody without a terminal")
  func new() throws {
    try withTemporaryDirectory { root throws in
      for (words, exit, said) in [
        ([], 64, "NAME is missing, and there is no terminal to ask on"),
        (["bad name"], 65, "cannot be the name of a tool"),
        (["a.b", "--effects", "readonly"], 64, "did you mean \"readOnly\"?"),
        (["a.b", "--effects", "readOnly,destructive"], 65, "cannot be destructive"),
        (["a.b", "--argument", "x"], 64, "--argument is NAME:TYPE"),
        (["a.b", "--argument", "x:string:maybe"], 64, "\"required\" or \"optional\""),
        (["a.b", "--argument", "x y:string"], 65, "cannot be the name of an argument"),
        (["a.b", "--with", "perl"], 64, "--with is one of shell, powershell, osascript"),
        (["a.b", "--out", "no/such/place.yaml"], 73, "cannot be written"),
      ] as [([String], Int, String)] {
        let result = try run(root, ["new"] + words)
        #expect(result.exit == exit && result.stderr.contains(said), "\(words): \(result)")
      }
      #expect(try Files.list(root).filter { $0.hasSuffix(".yaml") }.isEmpty)
    }
  }

  @Test("test tells failures, filters, and writes results for programs")
  func test() throws {
    try withTemporaryDirectory { root throws in
      let sample = Sample(
        more: """
          tests:
            - {name: good, arguments: {}, given: {exitCode: 0, stdout: x}, expect: {outcome: succeeded}}
            - {name: bad, arguments: {word: hi}, live: true, expect: {outcome: succeeded, result: ho}}
          """)
      try put(sample.text, root + "/t.yaml")
      let all = try signalbox(root, "test", "t.yaml", "--junit", "j.xml")
      #expect(all.exit == 65 && all.stdout.contains("FAILED  echo.word: bad\n        t.yaml\n"))
      #expect(all.stdout.contains(#"the result: expected "ho", found "hi""#))
      #expect(String(decoding: try Files.read(root + "/j.xml"), as: UTF8.self).contains("<failure"))
      #expect(try signalbox(root, "test", "t.yaml", "--filter", "GOOD").exit == 0)
      #expect(try signalbox(root, "test", "t.yaml", "--no-live").stdout.contains("1 skipped"))
      let none = try signalbox(root, "test", "t.yaml", "--filter", "nothing")
      #expect(none.exit == 64 && none.stderr.contains("none of the 2 tests"))
      let json = try JSON(parsing: try signalbox(root, "test", "t.yaml", "--json").stdout)
      #expect(json["summary"]?["failed"] == 1 && json["summary"]?["passed"] == 1)
      #expect(json["tests"]?.array?.map { $0["kind"] } == ["given", "live"])
      try put("signalbox: 1\n", root + "/wrong.yaml")
      let wrong = try signalbox(root, "test", ".", "--filter", "good")
      #expect(wrong.exit == 65 && wrong.stdout.contains("wrong.yaml:1:1:"))
    }
  }

  @Test(
    "run ends with the exit status of the outcome",
    arguments: [
      ("printf hi", "30s", 0), ("exit 3", "30s", 10), ("sleep 60", "300ms", 12), (":", "30s", 0),
    ])
  func runs(script: String, limit: String, exit: Int) throws {
    try withTemporaryDirectory { root throws in
      try put(
        Sample(script: script, more: "limits: {run: \(limit), killGrace: 100ms}").text,
        root + "/t.yaml")
      let result = try signalbox(root, "run", "t.yaml", "word=x", "--json")
      #expect(result.exit == exit, "\(result)")
      let json = try JSON(parsing: result.stdout)
      let outcome = json["call"]?["outcome"]?.string.flatMap { Outcome(rawValue: $0) }
      #expect(outcome.map { Int($0.exit.code) } == exit)
    }
  }

  @Test("run refuses before anything is run, and says what this machine lacks")
  func refusals() throws {
    try withTemporaryDirectory { root throws in
      try put(Sample(executor: "powershell").text, root + "/t.yaml")
      let wrong = try signalbox(root, "run", "t.yaml", "wrod=x")
      #expect(wrong.exit == 65 && wrong.stderr.contains("did you mean \"word\"?"))
      let long = try signalbox(root, "run", "t.yaml", "word=" + String(repeating: "a", count: 101))
      #expect(long.exit == 65 && long.stderr.contains("/word: expected"))
      let rejected = try signalbox(root, "run", "t.yaml", "word=x")
      #expect(rejected.exit == 15 && rejected.stderr.contains("no executor for powershell"))
      let missing = try signalbox(root, "run", "none.yaml")
      #expect(missing.exit == 65 && missing.stderr.contains("none.yaml:1:1:"))
      let nowhere = try signalbox(root, "run", "t.yaml", "--plugins", "nowhere")
      #expect(nowhere.exit == 73, "\(nowhere)")
    }
  }

  @Test("diff ends by what it found, or by what the version says")
  func diff() throws {
    try withTemporaryDirectory { root throws in
      try put(Sample(version: "1.0.0").text, root + "/a.yaml")
      let narrow = Sample(version: "2.0.0", arguments: "{word: {type: string, maxLength: 9}}")
      try put(narrow.text, root + "/b.yaml")
      let result = try signalbox(root, "diff", "a.yaml", "b.yaml")
      #expect(result.exit == 1)
      #expect(
        result.stdout == """
          incompatible  arguments/word: maxLength was 100, and is 9
          incompatible: echo.word 1.0.0 -> 2.0.0
          semver asks for a major step: 2.0.0 or later; the version is right

          """)
      #expect(try signalbox(root, "diff", "a.yaml", "b.yaml", "--by-version").exit == 0)
      #expect(try signalbox(root, "diff", "b.yaml", "a.yaml").exit == 0)
      #expect(try signalbox(root, "diff", "b.yaml", "a.yaml", "--by-version").exit == 1)
      #expect(try signalbox(root, "diff", "a.yaml", "none.yaml").exit == 65)
      let json = try JSON(parsing: try signalbox(root, "diff", "a.yaml", "a.yaml", "--json").stdout)
      #expect(json["compatible"] == true && json["changes"] == [])
    }
  }

  @Test("export and schema print what programs read")
  func documents() throws {
    try withTemporaryDirectory { root throws in
      try put(Sample().text, root + "/a.yaml")
      let exported = try JSON(parsing: try signalbox(root, "export", "--mcp", "a.yaml").stdout)
      #expect(exported["tools"]?.array?.map { $0["name"] } == ["echo.word"])
      #expect(try signalbox(root, "export", "a.yaml").exit == 64)
      #expect(try signalbox(root, "export", "--mcp", "--data", root).exit == 69)
      let schema = try signalbox(root, "schema").stdout
      #expect(try JSON(parsing: schema)["required"]?.array?.count == 10)
      #expect(try signalbox(root, "schema", "--out", "s.json").exit == 0)
      #expect(try Files.read(root + "/s.json") == Array(schema.utf8))
      #expect(try signalbox(root, "docs", "a.yaml").exit == 64)
    }
  }
}

@Suite struct QuestionsTests {
  private func scaffold(_ answers: [String]) throws -> Scaffold {
    var questions = Questions(Terminal(.error, isTerminal: false, hasColour: false))
    var rest = answers[...]
    questions.readLine = { rest.popFirst() }
    return try questions.scaffold()
  }

  @Test("empty answers take what is offered")
  func defaults() throws {
    let scaffold = try scaffold(["area.thing"] + Array(repeating: "", count: 10))
    #expect(scaffold.text == Scaffold(name: "area.thing").text)
  }

  @Test("answers become the definition, and what cannot be is asked for again")
  func answers() throws {
    let scaffold = try scaffold([
      "no name!", "area.thing", "powershel", "powershell", "A title", "It does this and that.",
      "any", "no", "perhaps", "yes", "no", "yes", "two-person", "1st", "first", "integer", "no", "",
      "The first.", "first", "second", "string", "yes", "The second.", "", "json",
    ])
    #expect(scaffold.executor == .powershell && scaffold.platforms.isEmpty)
    #expect(!scaffold.readOnly && scaffold.destructive && !scaffold.idempotent)
    #expect(scaffold.openWorld && scaffold.approval == .twoPerson && scaffold.parse == .json)
    #expect(scaffold.arguments.map(\.name) == ["first", "second"])
    #expect(scaffold.arguments.map(\.isRequired) == [false, true])
    let tool = try scaffold.tool()
    #expect(tool.title == "A title")
  }

  @Test("answers that end too soon are told")
  func end() {
    #expect(throws: Failure.self) { try scaffold(["area.thing", "shell"]) }
  }
}
