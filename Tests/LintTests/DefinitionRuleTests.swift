import Catalog
import Lint
import Testing

/// What is told of arguments, results, effects and tests, beyond the examples of the rulebook.
@Suite struct DefinitionRuleTests {
  private func argument(_ schema: String) -> [String] {
    let fields = """
      arguments:
        type: object
        additionalProperties: false
        required: [unit]
        properties:
          unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.]{1,120}$'}
          more: {description: More., \(schema)}
      \(variant("echo \"$UNIT\" \"$MORE\"", input: "{env: {UNIT: /unit, MORE: /more}}"))
      """
    return codes(Examples.definition(fields))
  }

  @Test(
    "what bounds an argument, and what does not",
    arguments: [
      ("type: string", ["SB0222"]), ("type: string, maxLength: 9", []),
      ("type: string, enum: [a]", []), ("type: string, const: a", []),
      ("type: string, format: date-time", []), ("type: string, format: uri", ["SB0222"]),
      ("type: string, pattern: '^a{1,9}$'", []), ("type: string, pattern: '^a+$'", ["SB0222"]),
      ("type: string, pattern: 'a{1,9}'", ["SB0222"]),
      ("type: string, pattern: '^a|b$'", ["SB0222"]),
      ("type: string, pattern: '^(a|b)$'", []), ("type: string, pattern: '^a$|^b$'", []),
      ("type: string, pattern: '^[*+]\\*$'", []), ("type: string, pattern: '^a{2,}$'", ["SB0222"]),
      ("type: string, pattern: '^a\\$'", ["SB0222"]),
      ("type: [string, 'null']", ["SB0222"]), ("type: integer", ["SB0224"]),
      ("type: integer, minimum: 1", ["SB0224"]),
      ("type: number, minimum: 0, exclusiveMaximum: 1", []),
      ("type: boolean", []), ("type: array, items: {type: boolean}", ["SB0223"]),
      ("type: array, maxItems: 3, items: {type: string}", ["SB0222"]),
      ("type: object, properties: {a: {type: boolean, description: A.}}", ["SB0221"]),
      ("type: object, additionalProperties: false, properties: {a: {type: boolean}}", ["SB0225"]),
      ("type: object, additionalProperties: {type: boolean}", []),
      (
        "type: object, unevaluatedProperties: false, properties: {a: {type: boolean, description: A.}}",
        []
      ),
      ("type: array, prefixItems: [{type: boolean}], unevaluatedItems: false", []),
      ("anyOf: [{type: string}, {type: boolean}]", []), ("enum: [1, 2]", []),
      ("minimum: 1", ["SB0227"]),
    ])
  func bounds(schema: String, expected: [String]) {
    #expect(argument(schema) == expected)
  }

  private func result(_ fields: String) -> [String] {
    let text = Examples.definition(fields + "\n" + Self.tests)
    return codes(text).filter { !$0.hasPrefix("SB06") }
  }

  private static let tests = """
    tests:
      - {name: a, arguments: {unit: a}, given: {exitCode: 0}, expect: {outcome: succeededEmpty}}
      - {name: b, arguments: {}, expect: {invalidArguments: /unit}}
      - {name: c, arguments: {unit: a}, given: {exitCode: 3}, expect: {outcome: failed}}
    """

  @Test(
    "what a schema of the result promises, and what promises nothing",
    arguments: [
      ("{parse: text}", ["SB0411"]), ("{parse: text, schema: {type: string}}", ["SB0412"]),
      ("{parse: text, schema: {type: string, minLength: 1}}", []),
      ("{parse: json, schema: {}}", ["SB0412"]),
      ("{parse: json, schema: {type: object}}", ["SB0412"]),
      ("{parse: json, schema: {title: All}}", ["SB0412"]),
      ("{parse: json, schema: {type: integer}}", []),
      ("{parse: json, schema: {type: object, additionalProperties: true}}", ["SB0412"]),
      ("{parse: json, schema: {type: object, additionalProperties: {type: string}}}", []),
      ("{parse: jsonl, schema: {type: array}}", ["SB0412"]),
      ("{parse: jsonl, schema: {type: array, items: {}}}", ["SB0412"]),
      ("{parse: jsonl, schema: {type: array, items: {type: string, minLength: 1}}}", []),
      (
        "{parse: jsonl, schema: {type: array, items: {type: object, properties: {a: {}}}}}",
        ["SB0419"]
      ),
      ("{parse: key-value, schema: {type: object, required: [a]}}", []),
    ])
  func results(schema: String, expected: [String]) {
    #expect(result("result: \(schema)") == expected)
  }

  @Test(
    "a name that says what it does not do",
    arguments: [
      ("service.restart", ["SB0512"]), ("system.reboot-required", []),
      ("user.delete-account", ["SB0512"]),
      ("user.deleted", []), ("package.install-date", []), ("disk.format", ["SB0512"]),
      ("network.set", ["SB0512"]), ("settings.list", []),
    ])
  func names(name: String, expected: [String]) {
    #expect(codes(Examples.definition("name: \(name)")) == expected)
  }

  @Test("a title that says what it does not do")
  func titles() {
    #expect(codes(Examples.definition("title: Restart a service")) == ["SB0512"])
    #expect(codes(Examples.definition("title: Restart required")) == [])
    #expect(codes(Examples.definition("title: Set of services")) == [])
    let changing =
      "effects: {readOnly: false, destructive: false, idempotent: true, openWorld: false}"
    #expect(codes(Examples.definition("title: Restart a service\n\(changing)")) == [])
  }

  @Test(
    "names that secrets have",
    arguments: [
      "password", "DB_PASSWORD", "dbPassword", "api-key", "apiKey", "client_secret", "authToken",
      "privateKey", "connectionString", "PASS", "PASSPHRASE", "accessKey",
    ])
  func secretNames(name: String) {
    let fields = """
      arguments:
        type: object
        additionalProperties: false
        required: [unit]
        properties:
          unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.]{1,120}$'}
          \(name): {type: string, description: A secret., maxLength: 100}
      \(variant("tool", input: "{stdin: json}"))
      """
    #expect(codes(Examples.definition(fields)) == ["SB0516"], "\(name)")
  }

  @Test(
    "names that only sound like it",
    arguments: [
      "passwordFile", "tokenCount", "pwd", "keyboard", "key", "passed", "compass", "tokenizer",
      "passwordLength", "secretName", "API_KEY_ID", "monkey", "author",
    ])
  func plainNames(name: String) {
    let fields = """
      arguments:
        type: object
        additionalProperties: false
        required: [unit]
        properties:
          unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.]{1,120}$'}
          \(name): {type: string, description: No secret., maxLength: 100}
      \(variant("tool", input: "{stdin: json}"))
      """
    #expect(codes(Examples.definition(fields)) == [], "\(name)")
  }

  @Test("findings of lint come with the errors of the loader, by position")
  func together() {
    let found = report(Examples.definition("titel: x\nlimits: {run: 20s}\nversion: 0.1.0"))
    #expect(found.findings.map(\.code.description) == ["SB0153", "SB0413", "SB0131"])
    #expect(found.tests == [])
  }

  @Test("a mark of a review is found wherever it stands, with what it says")
  func review() {
    let found = report(Examples.definition(variant("# TODO(review): is it so?\necho \"$UNIT\"")))
      .findings
    #expect(found.map(\.code.description) == ["SB0155"])
    #expect(found.first?.message == "this awaits a review: is it so?")
    #expect(codes(Examples.definition("title: State of a service  # TODO: later")) == [])
  }

  @Test("a test shows what becomes of a secret, and fails if it shows up")
  func redaction() throws {
    guard case .fields(_, let good)? = Rulebook[Code(614)]?.example else {
      Issue.record("no example")
      return
    }
    #expect(codes(Examples.definition(good)) == [])
    let shown = good.replacing("[redacted]", by: "hunter2")
    #expect(codes(Examples.definition(shown)) == ["SB0602"])
  }

  @Test("a live test shows a success, and the exit code that its meaning tells")
  func live() {
    let tests = """
      tests:
        - name: a unit that runs
          arguments: {unit: nginx}
          live: true
          stubs: {systemctl: echo active}
          expect: {outcome: succeeded, result: {state: active}}
        - name: metacharacters never reach the endpoint
          arguments: {unit: "x; reboot"}
          expect: {invalidArguments: /unit}
        - name: a container without systemd
          arguments: {unit: nginx}
          live: true
          stubs: {systemctl: exit 1}
          expect: {outcome: failed, meaning: systemd does not answer}
      """
    let found = report(Examples.definition(tests))
    #expect(found.findings == [] && found.tests.count { $0.isLive } == 2)
    let other = tests.replacing("meaning: systemd does not answer", by: "stderr: systemd")
    #expect(codes(Examples.definition(other)) == ["SB0613"])
  }
}
