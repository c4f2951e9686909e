import Platform

/// Small tools, one for each rule.
enum Definitions {
  static func write(to directory: String) throws {
    try Files.makeDirectories(directory)
    for (name, text) in all {
      try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(name).yaml")
    }
  }

  static let all: [(String, String)] = [
    ("echo", tool("test.echo")),
    ("keyed", tool("test.keyed", parse: "key-value", schema: keyedSchema)),
    ("secret", tool("test.secret", properties: secret, input: "{stdin: json}", tail: redact)),
    ("long", tool("test.long", properties: "{text: {type: string}}", input: "{stdin: json}")),
    ("operator", tool("test.operator", approval: "operator")),
    ("pair", tool("test.pair", approval: "two-person")),
    ("once", tool("test.once", idempotent: false)),
    ("any", tool("test.any", tail: "delivery: {runtime: any}\n")),
    ("session", tool("test.session", tail: "delivery: {runtime: session}\n")),
    (
      "session-now",
      tool("test.session-now", tail: "delivery: {runtime: session, whenOffline: refuse}\n")
    ),
    ("now", tool("test.now", tail: "delivery: {whenOffline: refuse}\n")),
  ]

  private static let secret =
    "{text: {type: string, maxLength: 5}, password: {type: string, minLength: 8}}"
  private static let redact = "redact: [/password]\n"
  private static let keyedSchema =
    "{type: object, required: [state], properties: {state: {type: string, enum: [up, down]}}}"

  private static func tool(
    _ name: String, parse: String = "text", schema: String? = nil, approval: String = "none",
    properties: String = "{text: {type: string, maxLength: 5}}",
    input: String = "{env: {TEXT: /text}}", tail: String = "", idempotent: Bool = true
  ) -> String {
    """
    signalbox: 1
    name: \(name)
    version: 1.0.0
    title: A tool for tests
    description: Does what the test says.
    effects: {readOnly: true, destructive: false, idempotent: \(idempotent), openWorld: false}
    approval: \(approval)
    arguments:
      type: object
      additionalProperties: false
      properties: \(properties)
    run:
      - when: {os: linux}
        with: shell
        input: \(input)
        script: |
          cat
    result:
      parse: \(parse)\(schema.map { "\n  schema: \($0)" } ?? "")
    exitCodes: {0: succeeded, 5: {failed: the thing is broken}}
    limits: {run: 30s, killGrace: 1s, stdout: 16MiB, stderr: 1MiB}
    \(tail)
    """
  }
}
