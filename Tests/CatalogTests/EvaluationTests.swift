import Catalog
import JSON
import Model
import Schema
import Testing
import Tools

@Suite struct EvaluationTests {
  /// The small tool with another result.
  static func tool(_ result: String, _ codes: String = "") throws -> Tool {
    try load(small.replacing("{parse: text}", by: result) + codes).get()
  }

  static func judge(
    _ tool: Tool, _ stdout: String, _ ended: Ending = .exit(code: 0), dropped: Int = 0
  ) -> Evaluation { judge(tool, Array(stdout.utf8), ended, dropped: dropped) }

  static func judge(
    _ tool: Tool, _ stdout: [UInt8], _ ended: Ending = .exit(code: 0), dropped: Int = 0
  ) -> Evaluation {
    tool.evaluate(
      ended: ended, stdout: stdout,
      stdoutAccount: StreamAccount(
        producedBytes: stdout.count + dropped, keptBytes: stdout.count, droppedBytes: dropped,
        redactions: 0, sha256: ""))
  }

  @Test("how an execution ended decides before its output does")
  func endings() throws {
    let tool = try Self.tool(
      "{parse: json, schema: {}}",
      "exitCodes: {0: {succeeded: all is well}, 3: {failed: no such thing}, 4: {succeeded: nothing to do}}\n"
    )
    func outcome(_ ended: Ending, _ stdout: String = "x") -> String {
      let evaluation = Self.judge(tool, stdout, ended)
      return "\(evaluation.outcome.rawValue) \(evaluation.validity.rawValue)"
        + (evaluation.meaning.map { ": \($0)" } ?? "")
    }
    #expect(
      outcome(.limit("run", signal: 15)) == "timedOut unchecked: ended after 1m, its run limit")
    #expect(outcome(.limit("memory", signal: 9)) == "timedOut unchecked: ended by its memory limit")
    #expect(
      outcome(.limit("supervisor", signal: 9))
        == "interrupted unchecked: it began and did not finish: the supervisor of its processes was"
        + " killed")
    #expect(outcome(.cancelled(signal: 15)) == "cancelled unchecked")
    #expect(outcome(.signal(number: 9, coreDumped: false)) == "failed unchecked: ended by signal 9")
    #expect(
      outcome(.signal(number: 11, coreDumped: true))
        == "failed unchecked: ended by signal 11, core dumped")
    #expect(outcome(.exit(code: 3)) == "failed unchecked: no such thing")
    #expect(
      outcome(.exit(code: 5)) == "failed unchecked: exit code 5, which the tool does not list")
    #expect(outcome(.exit(code: 0)) == "malformed malformed: all is well")
    #expect(outcome(.exit(code: 0), "{}") == "succeeded valid: all is well")
    #expect(outcome(.exit(code: 4), "{}") == "succeeded valid: nothing to do")
  }

  @Test(
    "ran and printed nothing is succeededEmpty in every mode, and nothing is checked",
    arguments: [
      "{parse: text}", "{parse: text, schema: {type: string, minLength: 5}}",
      "{parse: json, schema: {type: object}}", "{parse: jsonl, schema: {type: array, minItems: 1}}",
      "{parse: key-value, schema: {type: object, required: [a]}}",
    ])
  func empty(result: String) throws {
    let evaluation = Self.judge(try Self.tool(result), "")
    #expect(evaluation.outcome == .succeededEmpty && evaluation.validity == .unchecked)
    #expect(evaluation.result == nil && evaluation.violations.isEmpty)
  }

  @Test("output of which nothing was kept is not taken for no output")
  func droppedWhole() throws {
    #expect(
      Self.judge(try Self.tool("{parse: json, schema: {}}"), "", dropped: 9).outcome == .malformed)
    #expect(Self.judge(try Self.tool("{parse: text}"), "", dropped: 9).outcome == .succeeded)
  }

  @Test("text is a string, checked by a schema where there is one")
  func text() throws {
    let plain = try Self.tool("{parse: text}")
    let checked = try Self.tool("{parse: text, schema: {type: string, maxLength: 3}}")
    #expect(Self.judge(plain, "a\r\nb\n").result == "a\r\nb\n")
    #expect(Self.judge(plain, "a").validity == .unchecked)
    #expect(Self.judge(checked, "abc").validity == .valid)
    #expect(Self.judge(checked, "abcd").outcome == .malformed)
    #expect(Self.judge(plain, [0x61, 0xFF]).violations.map(\.keyword) == ["encoding"])
    #expect(Self.judge(checked, "abcd", dropped: 5).outcome == .succeeded)
  }

  @Test("a character that the limit cut in two is left off the text")
  func tornCharacter() throws {
    let tool = try Self.tool("{parse: text}")
    for text in ["aé", "a€", "a😀"] {
      let bytes = Array(text.utf8)
      for count in 2..<bytes.count {
        #expect(Self.judge(tool, Array(bytes[..<count]), dropped: 1).result == "a")
        #expect(Self.judge(tool, Array(bytes[..<count])).outcome == .malformed)
      }
      #expect(Self.judge(tool, bytes, dropped: 1).result == .string(text))
    }
    #expect(Self.judge(tool, [0x80, 0x80, 0x80, 0x80], dropped: 1).outcome == .malformed)
  }

  @Test("json is one whole document")
  func json() throws {
    let tool = try Self.tool(
      "{parse: json, schema: {type: object, required: [a], properties: {a: {type: integer}}}}")
    #expect(Self.judge(tool, " {\"a\": 1}\n").result == ["a": 1])
    let wrong = Self.judge(tool, "{\"a\": \"x\"}")
    #expect(wrong.outcome == .malformed && wrong.result == nil)
    #expect(wrong.violations.map(\.instancePointer) == ["/a"])
    #expect(Self.judge(tool, "{}").violations.map(\.instancePointer) == ["/a"])
    for text in [
      "{\"a\": 1} {}", "{\"a\": 1", "warning\n{\"a\": 1}", "{\"a\":1,\"a\":2}", "\n", "NaN",
    ] {
      let evaluation = Self.judge(tool, text)
      #expect(evaluation.violations.map(\.keyword) == ["parse"], "\(text)")
    }
    let cut = Self.judge(tool, "{\"a\": 1}", dropped: 1)
    #expect(cut.violations.map(\.keyword) == ["truncated"])
  }

  @Test("jsonl is a document on each line, and each broken line is told")
  func jsonl() throws {
    let tool = try Self.tool("{parse: jsonl, schema: {type: array, items: {type: integer}}}")
    #expect(Self.judge(tool, "1\r\n\n2\n3").result == [1, 2, 3])
    let broken = Self.judge(tool, "1\nx\n3\n{")
    #expect(broken.violations.map(\.instancePointer) == ["/1", "/3"])
    #expect(broken.violations.first?.actual.hasSuffix("on line 2") ?? false)
    #expect(Self.judge(tool, "1\n\"a\"\n").violations.map(\.instancePointer) == ["/1"])
    #expect(Self.judge(tool, String(repeating: "x\n", count: 5_000)).violations.count == 100)
    let long = Self.judge(tool, String(repeating: "1\n", count: 100_001))
    #expect(long.violations.map(\.keyword) == ["limit"])
  }

  static let pairs = """
    {parse: key-value, schema: {type: object, required: [num], properties: {
    s: {type: string}, num: {type: integer}, d: {type: number}, b: {type: boolean},
    o: {type: [integer, "null"]}, e: {enum: [1, x]}}}}
    """.filter { $0 != "\n" }

  @Test("key=value lines become members, in the types that the schema declares")
  func keyValue() throws {
    let tool = try Self.tool(Self.pairs)
    let text = "s=1\nnum=12\nd=-0.50\nb=true\no=\ne=x\nother=a=b=c\nempty=\n"
    #expect(
      Self.judge(tool, text).result == [
        "s": "1", "num": 12, "d": .number(JSONNumber("-0.5") ?? JSONNumber(0)), "b": true,
        "o": .null,
        "e": "x", "other": "a=b=c", "empty": "",
      ])
    #expect(Self.judge(tool, "num=1\r\n\r\n").result == ["num": 1])
  }

  @Test(
    "a value that is not of its type stays a string, for the schema to refuse",
    arguments: [
      "num=", "num=1.5", "num=01", "num=+1", "num=0x1", "num= 1", "num=1e999999999999999999",
      "num=one",
    ])
  func keyValueTypes(line: String) throws {
    let evaluation = Self.judge(try Self.tool(Self.pairs), line + "\n")
    #expect(evaluation.outcome == .malformed)
    #expect(evaluation.violations.map(\.instancePointer) == ["/num"], "\(evaluation)")
  }

  @Test("a boolean is true or false and nothing else", arguments: ["yes", "True", "1", "", "on"])
  func keyValueBooleans(text: String) throws {
    let evaluation = Self.judge(try Self.tool(Self.pairs), "num=1\nb=\(text)\n")
    #expect(evaluation.violations.map(\.instancePointer) == ["/b"])
  }

  @Test("lines that are no pairs, and keys that come twice, are all told")
  func keyValueLines() throws {
    let tool = try Self.tool(Self.pairs)
    let evaluation = Self.judge(tool, "num=1\nwarning: x\n=a\nnum=2\na b=c\n\u{1}=x\n")
    #expect(
      evaluation.violations.map(\.keyword) == ["parse", "parse", "duplicateKey", "parse", "parse"])
    #expect(evaluation.violations[2].instancePointer == "/num")
    #expect(
      Self.judge(tool, Array("num=1\ns=".utf8) + [0xFF]).violations.map(\.keyword) == ["encoding"])
    #expect(Self.judge(tool, "num=1\n", dropped: 3).violations.map(\.keyword) == ["truncated"])
  }

  @Test("the tests of a definition are judged like real executions, and failures say why")
  func givenTests() throws {
    let tests = """
      tests:
        - {name: passes, arguments: {}, given: {exitCode: 0, stdout: a}, expect: {outcome: succeeded, result: a}}
        - {name: outcome, arguments: {}, given: {exitCode: 1}, expect: {outcome: succeeded}}
        - {name: result, arguments: {}, given: {exitCode: 0, stdout: a}, expect: {outcome: succeeded, result: b}}
        - {name: meaning, arguments: {}, given: {signal: 9}, expect: {outcome: failed, meaning: x}}
        - {name: arguments, arguments: {word: 1}, given: {exitCode: 0}, expect: {outcome: succeeded}}
        - {name: valid, arguments: {word: a}, expect: {invalidArguments: /word}}
        - {name: elsewhere, arguments: {word: 1}, expect: {invalidArguments: /other}}
        - {name: refused, arguments: {word: 1, more: 2}, expect: {invalidArguments: [/word, /more]}}
        - {name: violations, arguments: {}, given: {exitCode: 0, stdout: a}, expect: {outcome: succeeded, violations: [/a]}}
        - {name: limit, arguments: {}, given: {limit: run}, expect: {outcome: timedOut}}
        - {name: cancelled, arguments: {}, given: {cancelled: true}, expect: {outcome: cancelled}}

      """
    let reports = Catalog.runGivenTests(try load(small + tests).get())
    #expect(
      reports.filter(\.passed).map(\.name) == ["passes", "refused", "limit", "cancelled"],
      "\(reports)")
    #expect(
      reports.first { $0.name == "outcome" }?.failures
        == [
          "expected the outcome succeeded, and it is failed: exit code 1, which the tool does not"
            + " list"
        ])
    #expect(
      reports.first { $0.name == "result" }?.failures
        == [#"the result: expected "b", found "a""#])
  }
}
