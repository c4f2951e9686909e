/// Small tools, one for each way that a call can go.
enum Definitions {
  /// - Parameters:
  ///   - arguments: the schema's properties, indented by four.
  ///   - input: the bindings, in flow style.
  static func shell(
    _ name: String, _ script: String, arguments: String? = nil, input: String? = nil,
    parse: String = "text", schema: String = "{type: string}", exitCodes: String = "{0: succeeded}",
    limits: String = "run: 60s, killGrace: 2s, stdout: 1MiB, stderr: 64KiB",
    executor: String = "shell", redact: String? = nil
  ) -> String {
    let body = script.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "      " + $0 }.joined(separator: "\n")
    return """
      signalbox: 1
      name: \(name)
      version: 1.0.0
      title: Test tool \(name)
      description: A tool of the end-to-end tests.
      effects: {readOnly: false, destructive: false, idempotent: false, openWorld: false}
      approval: none
      arguments:
        type: object
        additionalProperties: false
        properties:\(arguments.map { "\n" + $0 } ?? " {}")
      run:
        - when: {os: linux}
          with: \(executor)
      \(input.map { "    input: \($0)\n" } ?? "")    script: |
      \(body)
      result:
        parse: \(parse)
        schema: \(schema)
      exitCodes: \(exitCodes)
      limits: {\(limits)}
      delivery: {whenOffline: queue, expiresAfter: 24h, ackWithin: 10s, attempts: 20}
      \(redact.map { "redact: \($0)\n" } ?? "")
      """
  }

  /// In a script with the variable `GO`: until a test makes that file, or is over.
  static let hold = #"until [ -e "$GO" ] || [ ! -d "${GO%/*}" ]; do sleep 0.05; done"#

  static let all = [
    shell("print.hello", "echo hello"),
    shell("print.nothing", "true"),
    shell(
      "exit.three", "echo half; echo why >&2; exit 3",
      exitCodes: "{0: succeeded, 3: {failed: the third way}}"),
    shell("die.by-signal", "echo half; kill -9 $$"),
    shell(
      "run.too-long", "echo begun; sleep 60",
      limits: "run: 2s, killGrace: 1s, stdout: 64KiB, stderr: 64KiB"),
    shell(
      "print.bad-json", "echo '{\"count\": \"seven\"}'", parse: "json",
      schema: "{type: object, required: [count], properties: {count: {type: integer}}}"),
    shell("print.no-json", "echo not json", parse: "json", schema: "{type: object}"),
    shell(
      "hold.marked", "echo begun; echo \"$MARK\" >> \"$FILE\"; \(hold); echo done",
      arguments: """
            mark: {type: string, maxLength: 64}
            file: {type: string, maxLength: 256}
            go: {type: string, maxLength: 256}
        """, input: "{env: {MARK: /mark, FILE: /file, GO: /go}}",
      limits: "run: 10m, killGrace: 2s, stdout: 64KiB, stderr: 64KiB"),
    shell(
      "ledger.append", "printf '%s\\n' \"$MARK\" >> \"$FILE\"",
      arguments: """
            mark: {type: string, maxLength: 64}
            file: {type: string, maxLength: 256}
        """, input: "{env: {MARK: /mark, FILE: /file}}"),
    shell("wrong.platform", "return 1", executor: "osascript"),
    shell(
      "echo.env", "printf '%s' \"$TEXT\"",
      arguments: "        text: {type: string}", input: "{env: {TEXT: /text}}"),
    shell(
      "echo.argv", "printf '%s' \"$1\"",
      arguments: "        text: {type: string}", input: "{argv: [/text]}"),
    shell(
      "echo.stdin", "cat", arguments: "        text: {type: string}", input: "{stdin: json}",
      limits: "run: 60s, killGrace: 2s, stdout: 32MiB, stderr: 64KiB"),
    shell(
      "echo.secret", "cat; cat /dev/null", arguments: "        password: {type: string}",
      input: "{stdin: json}", redact: "[/password]"),
    shell(
      "print.much", "head -c 5000000 /dev/zero | tr '\\0' x; echo end >&2",
      limits: "run: 60s, killGrace: 2s, stdout: 1MiB, stderr: 64KiB"),
  ]
}
