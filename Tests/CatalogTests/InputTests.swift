import Catalog
import JSON
import Model
import Platform
import Schema
import Support
import Testing
import Tools

@Suite struct InputTests {
  /// Texts that a shell would take apart if they ever met its grammar.
  static let hostile = [
    "", " ", "x; reboot", "$(reboot)", "`reboot`", "${IFS}", "a\nb", "a\r\nb", "\n", "'", "\"",
    "\\",
    "\\\\\"'", "a && b || c", "> /tmp/x", "| sh", "#", "-rf", "--", "*", "?", "~", "%s%n%x", "!",
    "&",
    "ä ö 😀", "e\u{301}", "\u{E9}", "\u{202E}", "\u{1B}[2J", "\u{1}\u{7F}", "{{word}}",
    "${{ word }}",
    "=", "a=b", "$0", "$@", "\t", "()", "function", "\u{FEFF}x",
    String(repeating: "a", count: 100_000),
  ]

  @Test("hostile arguments arrive byte for byte, by environment, list and standard input")
  func bytes() throws {
    let text = small.replacing(
      "{env: {WORD: /word}}", by: "{env: {WORD: /word}, argv: [/word, /word], stdin: json}"
    ).replacing(
      RuleTests.script,
      by:
        "script: |\n      printf '%s\\0%s\\0%s\\0' \"$WORD\" \"$1\" \"$2\"; cat; printf '\\0%s' $#")
    var run = ScriptRun(try tool(text))
    for shell in ["/bin/sh", "/bin/bash"] where Files.isExecutable(shell) {
      run.shell = shell
      for word in Self.hostile {
        let ended = try run.run(["word": .string(word)])
        let arguments: JSON = ["word": .string(word)]
        let expected = "\(word)\0\(word)\0\(word)\0\(arguments.compact)\0" + "2"
        #expect(
          Array(ended.stdout.utf8) == Array(expected.utf8), "\(word.debugDescription) in \(shell)")
      }
    }
  }

  @Test("values of each type have one text")
  func types() throws {
    let input = Input(
      environment: ["a", "b", "c", "d", "e", "f"].map {
        Input.Variable(name: $0, pointer: JSONPointer(tokens: [$0]))
      }, arguments: [], hasStdin: true)
    let arguments = try JSON(
      parsing: #"{"a":12345678901234567890.10,"b":true,"c":[1,"x"],"d":{"k":null},"e":null}"#)
    let resolved = try input.resolve(arguments: arguments)
    #expect(
      resolved.environment.map { "\($0.name)=\($0.value)" } == [
        "a=12345678901234567890.10", "b=true", #"c=[1,"x"]"#, #"d={"k":null}"#,
      ])
    #expect(resolved.stdin == arguments.compact)
  }

  @Test("an absent argument is left out at the end of the list, and refused before its end")
  func absent() throws {
    let input = Input(
      environment: [], arguments: ["a", "b", "c"].map { JSONPointer(tokens: [$0]) }, hasStdin: false
    )
    #expect(try input.resolve(arguments: ["a": "1"]).arguments == ["1"])
    #expect(
      try input.resolve(arguments: ["a": "1", "b": "2", "c": .null]).arguments == ["1", "2"])
    #expect(try input.resolve(arguments: [:]).arguments.isEmpty)
    let error = #expect(throws: BindingError.self) { try input.resolve(arguments: ["c": "3"]) }
    #expect(error?.code == .absent && error?.pointer.text == "/a")
  }

  @Test("NUL, an overlong value and an overlong whole are refused before a process is started")
  func limits() throws {
    let tool = try tool(small)
    func code(_ arguments: JSON) -> BindingError.Code? {
      do throws(BindingError) {
        _ = try tool.plan.variants[0].input.resolve(arguments: arguments)
        return nil
      } catch { return error.code }
    }
    // "WORD=" and the NUL at the end count, as execve(2) counts them.
    let longest = String(repeating: "a", count: 131_072 - 6)
    #expect(code(["word": .string(longest)]) == nil)
    #expect(code(["word": .string(longest + "a")]) == .tooLong)
    #expect(code(["word": "a\0b"]) == .containsNUL)
    let ended = try ScriptRun(tool).run(["word": .string(longest)])
    #expect(ended.evaluation.outcome == .succeeded && ended.stdout == longest)

    let many = Input(
      environment: [], arguments: Array(repeating: JSONPointer(tokens: ["a"]), count: 9),
      hasStdin: false)
    let error = #expect(throws: BindingError.self) {
      try many.resolve(arguments: ["a": .string(String(repeating: "a", count: 131_000))])
    }
    #expect(error?.code == .totalTooLong)
  }

  @Test("what no process can be started with is an invalid argument")
  func check() throws {
    guard case .invalid(let violations) = try tool(small).check(arguments: ["word": "a\0b"]) else {
      Issue.record("valid")
      return
    }
    #expect(violations.map(\.instancePointer) == ["/word"])
    #expect(violations.map(\.keyword) == ["binding"])
    #expect(violations.map(\.schemaPointer) == ["/run/0/input"])
  }

  @Test("defaults are filled in before arguments are bound")
  func defaults() throws {
    let tool = try tool(sample)
    guard case .valid(let arguments) = tool.check(arguments: ["unit": "a.service"]) else {
      Issue.record("invalid")
      return
    }
    #expect(arguments == ["unit": "a.service", "waitSeconds": 10])
    let input = try tool.plan.variants[0].input.resolve(arguments: arguments)
    #expect(
      input.environment.map { "\($0.name)=\($0.value)" }.sorted() == ["UNIT=a.service", "WAIT=10"])
  }

  @Test("a secret is told to the executor for redaction, and never stands in a violation")
  func secrets() throws {
    let text =
      small.replacing("{env: {WORD: /word}}", by: "{stdin: json}")
      .replacing("{type: string}", by: "{type: string, pattern: '^[a-z]+$'}") + "redact: [/word]\n"
    let tool = try tool(text)
    #expect(tool.plan.secrets(in: ["word": "hunter"]) == ["hunter"])
    #expect(tool.plan.secrets(in: ["word": ""]).isEmpty && tool.plan.secrets(in: [:]).isEmpty)
    for wrong: JSON in [["word": "Hunter2"], ["word": ["Hunter2"]], ["word": "Hunter2", "x": 1]] {
      guard case .invalid(let violations) = tool.check(arguments: wrong) else {
        Issue.record("valid")
        continue
      }
      #expect(!violations.isEmpty && !"\(violations)".contains("Hunter2"), "\(violations)")
    }
  }
}
