import Catalog
import JSON
import Testing
import Tools

/// One change of a sample. The place where it is refused is marked with `»` in the new text, or is
/// given where it is elsewhere.
struct Refusal: Sendable, CustomTestStringConvertible {
  let rule: Rule
  let text: String
  let place: String
  let testDescription: String

  init(
    _ rule: Rule, _ old: String, _ new: String, at place: String? = nil, from text: String = small
  ) {
    self.rule = rule
    let marked = text.replacing(old, by: new)
    self.text = marked.filter { $0 != "»" }
    let before = marked.prefix { $0 != "»" }
    let line = before.split(separator: "\n", omittingEmptySubsequences: false)
    let column = (line.last?.unicodeScalars.count ?? 0) + 1
    self.place = place ?? "\(line.count):\(column)"
    testDescription = "\(rule.rawValue): \(new)"
  }
}

@Suite struct RuleTests {
  static let script = "script: printf %s \"$WORD\""
  static let word = "{word: {type: string}}"

  static let head: [Refusal] = [
    Refusal(.unknownField, "title: Echo", "title: Echo\n»tags: [a]"),
    Refusal(.unknownField, "with: shell", "with: shell\n    »env: {}"),
    Refusal(.missingField, "title: Echo\n", "", at: "1:1"),
    Refusal(.missingField, "{readOnly: true, ", "»{"),
    Refusal(.missingField, "approval: none\n", "", at: "1:1"),
    Refusal(.missingField, "arguments: {", "params: {", at: "1:1"),
    Refusal(.missingField, "with: shell", "»when: {os: linux}"),
    Refusal(.missingField, script, "interpreter: /bin/sh", at: "10:5"),
    Refusal(.version, "signalbox: 1", "signalbox: »2"),
    Refusal(.version, "signalbox: 1", "signalbox: »\"1\""),
    Refusal(.name, "name: echo", "name: »echo it"),
    Refusal(.name, "name: echo", "name: »a/b"),
    Refusal(.name, "name: echo", "name: ».hidden"),
    Refusal(.name, "name: echo", "name: »\"\""),
    Refusal(.name, "name: echo", "name: »éa"),
    Refusal(.name, "name: echo", "name: »" + String(repeating: "a", count: 65)),
    Refusal(.type, "name: echo", "name: »12"),
    Refusal(.type, "name: echo", "name: »[echo]"),
    Refusal(.type, "readOnly: true", "readOnly: »1"),
    Refusal(.type, "readOnly: true", "readOnly: »\"true\""),
    Refusal(.version, "version: 1.0.0", "version: »1.0"),
    Refusal(.version, "version: 1.0.0", "version: »v1.0.0"),
    Refusal(.version, "version: 1.0.0", "version: »1.0.01"),
    Refusal(.version, "version: 1.0.0", "version: »1.0.0-"),
    Refusal(.length, "title: Echo", "title: »\"  \""),
    Refusal(.length, "title: Echo", "title: »" + String(repeating: "a", count: 101)),
    Refusal(.format, "title: Echo", "title: »\"a\\e[31m\""),
    Refusal(.format, "title: Echo", "title: »\"a\\nb\""),
    Refusal(.effects, "{readOnly: true, destructive: false", "»{readOnly: true, destructive: true"),
    Refusal(.value, "approval: none", "approval: »nobody"),
  ]

  static let schemas: [Refusal] = [
    Refusal(.argumentsSchema, word, "{word: {»type: text}}"),
    Refusal(.argumentsSchema, word, "{word: {type: string, »patern: a}}"),
    Refusal(.argumentsSchema, word, "{word: {type: string, »pattern: '('}}"),
    Refusal(.argumentDefault, word, "{word: {type: string, »default: 1}}"),
    Refusal(.argumentsSchema, word, "{word: {»$ref: 'http://a/b'}}"),
    Refusal(.argumentsSchema, word, "{word: {type: object, »required: [a, 1]}}"),
    Refusal(.argumentsOpen, "{type: object, additionalProperties: false, ", "»{type: object, "),
    Refusal(.argumentsOpen, "additionalProperties: false", "additionalProperties: »true"),
    Refusal(.argumentsOpen, "{type: object, add", "»{add"),
    Refusal(.argumentsOpen, "{type: object, add", "{type: »array, add"),
    Refusal(.type, "{type: object, additionalProperties: false, properties: \(word)}", "»true"),
    Refusal(.name, word, "{word: {type: string}, »a=b: {type: string}}"),
    Refusal(.name, word, "{word: {type: string}, »-a: {type: string}}"),
    Refusal(.argumentUnused, word, "{word: {type: string}, »more: {}}"),
    Refusal(.resultSchema, "{parse: text}", "{parse: json, schema: {»type: thing}}"),
    Refusal(.resultSchema, "{parse: text}", "{parse: key-value, schema: {type: »array}}"),
    Refusal(.resultSchema, "{parse: text}", "{parse: jsonl, schema: »{}}"),
    Refusal(.resultSchema, "{parse: text}", "{parse: text, schema: {type: »object}}"),
    Refusal(.missingField, "{parse: text}", "»{parse: json}"),
    Refusal(.missingField, "{parse: text}", "»{schema: {type: string}}"),
    Refusal(.value, "{parse: text}", "{parse: »yaml}"),
  ]

  static let run: [Refusal] = [
    Refusal(.type, "  - with: shell", "  - »shell\n  - with: shell"),
    Refusal(.binding, "/word", "»/wort"),
    Refusal(.binding, "/word", "»word"),
    Refusal(.binding, "/word", "»/word/0"),
    Refusal(.binding, "/word", "»\"\""),
    Refusal(.binding, "/word", "»/~2"),
    Refusal(.bindingName, "WORD: /word", "»1WORD: /word"),
    Refusal(.bindingName, "WORD: /word", "»A-B: /word"),
    Refusal(.bindingName, "WORD: /word", "»\"A=B\": /word"),
    Refusal(.bindingName, "WORD: /word", "»PATH: /word"),
    Refusal(.bindingName, "WORD: /word", "»LD_PRELOAD: /word"),
    Refusal(.bindingName, "WORD: /word", "»BASH_ENV: /word"),
    Refusal(.bindingName, "WORD: /word", "»ifs: /word"),
    Refusal(.type, "{env: {WORD: /word}}", "{env: »[/word]}"),
    Refusal(.type, "{env: {WORD: /word}}", "{argv: »/word}"),
    Refusal(.value, "{env: {WORD: /word}}", "{stdin: »yaml}"),
    Refusal(.unknownField, "{env: {WORD: /word}}", "{»environment: {WORD: /word}}"),
    Refusal(
      .bindingGap, "{env: {WORD: /word}}", "{argv: [»/word, /b]}",
      from: small.replacing(word, by: "{word: {type: string}, b: {type: string, default: x}}")),
    Refusal(.secretExposed, "/word", "»/word", from: small + "redact: [/word]\n"),
    Refusal(.value, "with: shell", "with: shell\n    runAs: »root; id"),
    Refusal(.value, "with: shell", "with: shell\n    runAs: »0"),
    Refusal(.value, "with: shell", "with: shell\n    runAs: »-nobody"),
    Refusal(.value, "with: shell", "with: shell\n    runAs: »[nobody]"),
    Refusal(.value, "with: shell", "with: shell\n    needs: »root"),
    Refusal(.value, "with: shell", "with: shell\n    needs: [agent, »agents]"),
    Refusal(.value, "with: shell", "with: shell\n    needs: [agent, »agent]"),
    Refusal(.type, "with: shell", "with: shell\n    needs: »[]"),
    Refusal(.unit, "result:", "limits: {memory: »512}\nresult:"),
    Refusal(.unit, "result:", "limits: {memory: »512m}\nresult:"),
    Refusal(.limit, "result:", "limits: {memory: »1MiB}\nresult:"),
    Refusal(.limit, "result:", "limits: {memory: »20000GiB}\nresult:"),
    Refusal(.limit, "result:", "limits: {processes: »0}\nresult:"),
    Refusal(.type, "result:", "limits: {processes: »64B}\nresult:"),
    Refusal(.limit, "result:", "limits: {openFiles: »3}\nresult:"),
    Refusal(.limit, "result:", "limits: {fileSize: »0B}\nresult:"),
    Refusal(.unit, "result:", "limits: {cpu: »30}\nresult:"),
    Refusal(.limit, "result:", "limits: {cpu: »500ms}\nresult:"),
    Refusal(
      .secretExposed, "/word", "»/word", from: nested + "redact: [/word/key]\n"),
    Refusal(
      .secretExposed, "{env: {WORD: /word}}", "{argv: [»/word]}", from: small + "redact: [/word]\n"),
    Refusal(.redact, "result:", "redact: [/word, »/word]\nresult:"),
    Refusal(.redact, "result:", "redact: [»/word]\nresult:", from: nested),
    Refusal(.binding, "result:", "redact: [»/wort]\nresult:"),
    Refusal(
      .redact, word, "{word: {type: string, »default: a}}", from: small + "redact: [/word]\n"),
    Refusal(.type, "result:", "redact: »/word\nresult:"),
    Refusal(.script, script, "script: »\"  \""),
    Refusal(.script, script, "script: »\"a\\0b\""),
    Refusal(.script, script, "script: »\"a\\r\\nb\""),
    Refusal(.type, script, "script: »[a]"),
    Refusal(.template, script, "script: »echo {{word}}"),
    Refusal(.template, script, "script: |\n      echo\n      echo \"a $»{{ arguments.word }}\""),
    Refusal(.template, script, "script: |\n\n\n      ä »{{/word}}"),
    Refusal(.template, script, "script: |\n      docker ps --format '{{.ID}} »{{word}}'"),
    Refusal(.unreachable, "  - with: shell", "  - {with: shell, script: a}\n  - »with: shell"),
    Refusal(
      .unreachable, "  - with: shell",
      """
        - {when: {os: [linux, macos]}, with: shell, script: a}
        - »when: {os: linux, commands: [b]}
          with: shell
      """),
    Refusal(.value, "with: shell", "with: »Shell"),
    Refusal(.value, "with: shell", "with: shell\n    interpreter: »bin/sh"),
    Refusal(.value, "with: shell", "with: shell\n    interpreter: »null"),
    Refusal(.value, "with: shell", "with: shell\n    when: {os: »linus}"),
    Refusal(.value, "with: shell", "with: shell\n    when: {os: [linux, »linux]}"),
    Refusal(.value, "with: shell", "with: shell\n    when: {commands: »/bin/ls}"),
    Refusal(.type, "with: shell", "with: shell\n    when: {os: »[]}"),
    Refusal(.type, "result:", "tests: »{}\nresult:"),
  ]

  /// The argument is an object with a secret in it.
  static let nested = small.replacing(
    word, by: "{word: {type: object, properties: {key: {type: string}}}}")

  static let rest: [Refusal] = [
    Refusal(.exitCode, "0: succeeded", "»4294967296: succeeded", from: sample),
    Refusal(.exitCode, "0: succeeded", "»-1: succeeded", from: sample),
    Refusal(.exitCode, "0: succeeded", "»\"00\": succeeded", from: sample),
    Refusal(.exitCode, "0: succeeded", "0: »failed", from: sample),
    Refusal(.exitCode, "0: succeeded", "0: »{failed: a, succeeded: b}", from: sample),
    Refusal(.exitCode, "{0: succeeded, ", "»{0: {failed: a}, ", from: sample),
    Refusal(.unknownField, "{failed: restart command failed}", "{»fails: a}", from: sample),
    Refusal(.length, "{failed: restart command failed}", "{failed: »\"\"}", from: sample),
    Refusal(.unit, "run: 150s", "run: »150", from: sample),
    Refusal(.unit, "run: 150s", "run: »150 s", from: sample),
    Refusal(.unit, "run: 150s", "run: »1.5h", from: sample),
    Refusal(.unit, "run: 150s", "run: »-1s", from: sample),
    Refusal(.unit, "run: 150s", "run: »99999999999999999999s", from: sample),
    Refusal(.unit, "run: 150s", "run: »9223372036854775807d", from: sample),
    Refusal(.unit, "stdout: 64KiB", "stdout: »64KB", from: sample),
    Refusal(.unit, "stdout: 64KiB", "stdout: »64kib", from: sample),
    Refusal(.unknownField, "run: 150s", "»runMs: 150000", from: sample),
    Refusal(.limit, "run: 150s", "run: »25h", from: sample),
    Refusal(.limit, "run: 150s", "run: »99ms", from: sample),
    Refusal(.limit, "killGrace: 10s", "killGrace: »6m", from: sample),
    Refusal(.limit, "stdout: 64KiB", "stdout: »5GiB", from: sample),
    Refusal(.limit, "stdout: 64KiB", "stdout: »17MiB", from: sample),
    Refusal(.limit, "stdout: 64KiB", "stdout: »0B", from: sample),
    Refusal(.limit, "attempts: 5", "attempts: »0", from: sample),
    Refusal(.limit, "attempts: 5", "attempts: »1000000000000000000000", from: sample),
    Refusal(.type, "attempts: 5", "attempts: »many", from: sample),
    Refusal(
      .limit, "expiresAfter: 24h, ackWithin: ", "expiresAfter: 5s, ackWithin: »", from: sample),
    Refusal(.value, "whenOffline: queue", "whenOffline: »wait", from: sample),
    Refusal(.value, "whenOffline: queue", "runtime: »sessions", from: sample),
    Refusal(
      .value, "with: shell", "with: shell\n    runAs: »nobody",
      from: small + "delivery: {runtime: any}\n"),
    Refusal(.recovery, "attempts: 1", "attempts: »2", from: sample),
    Refusal(.recovery, "onLostAfterStart: unknown", "onLostAfterStart: »retry", from: sample),
    Refusal(
      .test, "name: active after restart", "name: »metacharacters never reach the endpoint",
      from: sample),
    Refusal(.value, "outcome: succeeded", "outcome: »rejected", from: sample),
    Refusal(.test, "{exitCode: 0", "»{exitCode: 0, signal: 9", from: sample),
    Refusal(.test, "{exitCode: 0, ", "»{", from: sample),
    Refusal(.limit, "exitCode: 0", "exitCode: »4294967296", from: sample),
    Refusal(.type, "exitCode: 0", "cancelled: »false", from: sample),
    Refusal(.test, "invalidArguments: /unit", "invalidArguments: »unit", from: sample),
    Refusal(.missingField, "{invalidArguments: /unit}", "»{outcome: failed}", from: sample),
    Refusal(.unknownField, "outcome: succeeded", "»outcom: succeeded", from: sample),
    Refusal(.type, "{unit: \"x; reboot\"}", "»[1]", from: sample),
  ]

  private static let destructive = small.replacing(
    "readOnly: true, destructive: false", by: "readOnly: false, destructive: true")

  private static func live(
    _ rule: Rule, _ test: String, from text: String = small
  ) -> Refusal {
    Refusal(rule, "result:", "tests: [{name: a, arguments: {}, \(test)}]\nresult:", from: text)
  }

  static let live: [Refusal] = [
    live(.test, "live: true, given: »{exitCode: 0}, expect: {outcome: succeeded}"),
    live(.test, "stubs: »{ls: echo}, expect: {outcome: succeeded}"),
    live(.test, "stubs: »{ls: echo}, given: {exitCode: 0}, expect: {outcome: succeeded}"),
    live(.test, "live: »true, expect: {outcome: succeeded}", from: destructive),
    live(.type, "live: »false, expect: {outcome: succeeded}"),
    live(.type, "live: »1, expect: {outcome: succeeded}"),
    live(.type, "live: true, stubs: »{}, expect: {outcome: succeeded}"),
    live(.type, "live: true, stubs: »[ls], expect: {outcome: succeeded}"),
    live(.type, "live: true, stubs: {ls: »[echo]}, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: {»/bin/ls: echo}, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: {»-a: echo}, expect: {outcome: succeeded}"),
    live(.script, "live: true, stubs: {ls: »\" \"}, expect: {outcome: succeeded}"),
    live(.script, "live: true, stubs: {ls: »\"a\\0\"}, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: »/tmp/stubs, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: »../stubs, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: »stubs/../../a, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: »stubs//a, expect: {outcome: succeeded}"),
    live(.value, "live: true, stubs: »\"\", expect: {outcome: succeeded}"),
    live(.unknownField, "live: true, expect: {»invalidArguments: /word}"),
    live(.type, "live: true, expect: {outcome: succeeded, stderr: »1}"),
  ]

  static let page = NativeSectionTests.frame.replacing("CALL", by: NativeSectionTests.soundCalls[0])
  static let native: [Refusal] = [
    Refusal(.native, "returns: int32", "returns: »integer", from: page),
    Refusal(
      .nativeMemory, NativeSectionTests.soundCalls[0],
      "{function: gethostname, parameters: [»{name: h, out: {text: 8}}, {type: uint64, value: 9}],"
        + " returns: int32}", from: page),
  ]

  static let all = head + schemas + run + native + rest + live

  @Test("a broken rule is told where it is broken", arguments: all)
  func refused(refusal: Refusal) {
    let found = places(refusal.text)
    #expect(found.contains("\(refusal.place) \(refusal.rule.rawValue)"), "\(found)")
  }

  @Test("every rule of a definition has a refusal here")
  func complete() {
    let covered = Set(Self.all.map(\.rule))
    let rules = Rule.allCases.filter { $0.rawValue.hasPrefix("tool.") }
    #expect(rules.filter { !covered.contains($0) }.isEmpty)
  }

  @Test("templates of other programs are let through")
  func foreignTemplates() throws {
    let script = "script: \"docker ps --format '{{.ID}} {{json .}} {{end}}' | awk '{{print $1}}'\""
    _ = try tool(small.replacing(Self.script, by: script + "\n# $WORD"))
  }

  @Test(
    "a slip of the finger is told what was meant",
    arguments: [
      ("titel", "title"), ("exitcodes", "exitCodes"), ("exit_codes", "exitCodes"),
      ("limit", "limits"), ("argumnets", "arguments"), ("resutl", "result"),
      ("recover", "recovery"),
      ("test", "tests"), ("Run", "run"),
    ])
  func suggestion(word: String, meant: String) {
    let found = errors(small + "\(word): x\n")
    #expect(found.contains { $0.remedy == "did you mean \"\(meant)\"?" }, "\(found)")
  }

  @Test("a word that is near to nothing is told all there is")
  func noSuggestion() {
    let found = errors(small + "colour: red\n")
    #expect(found.map(\.rule) == [.unknownField])
    #expect(found.first?.remedy.hasPrefix("the fields here are signalbox, name") ?? false)
  }
}
