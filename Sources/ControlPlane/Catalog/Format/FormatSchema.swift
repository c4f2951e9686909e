package import JSON
internal import Model
internal import Tools

extension Catalog {
  /// The JSON Schema of the definition format, for editors. Made of the same bounds and words as
  /// the loader: whatever it refuses, the loader refuses. What only the loader can refuse is in
  /// `rulesBeyondSchema`.
  package static let formatSchema: JSON = FormatSchema.root

  /// Rules of the loader that a JSON Schema cannot say, or not wholly.
  package static let rulesBeyondSchema: [(rule: Rule, what: String)] = [
    (.argumentsSchema, "that patterns and references of the schema are right"),
    (.argumentDefault, "that a default keeps to its own schema"),
    (.resultSchema, "all that of the result's schema"),
    (.argumentUnused, "that each argument reaches a variant"),
    (.binding, "that a pointer points at a declared argument"),
    (.bindingGap, "that nothing in argv comes after what may be absent"),
    (.secretExposed, "that no secret is in env or argv"),
    (.redact, "that a secret is a string, and not told by its own schema"),
    (.template, "that a script has no {{name}} in it"),
    (.unreachable, "that each variant can be reached"),
    (.limit, "that ackWithin is not longer than expiresAfter"),
    (.native, "what is in a native section"),
    (.nativeMemory, "that no function writes more than there is room for"),
    (.script, "the length of a script in bytes, where it is not ASCII"),
    (.value, "the length of an interpreter's path in bytes, where it is not ASCII"),
    (.test, "that the names of tests differ"),
  ]
}

/// The parts of the schema. Each is next to what the reader of that part says.
enum FormatSchema {
  static var root: JSON {
    [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "Signalbox tool definition",
      "description":
        "Format 1 of Signalbox's tool definitions. \"signalbox tools check\" says the rest.",
      "type": "object",
      "additionalProperties": false,
      "required": [
        "signalbox", "name", "version", "title", "description", "effects", "approval", "arguments",
        "run", "result",
      ],
      "properties": .object(properties),
      "allOf": [recoveryNeedsIdempotence, parsedOutputIsBounded, dangerNeedsStubs],
      "$defs": .object(definitions),
    ]
  }

  private static var properties: JSONObject {
    JSONObject(
      head + [
        ("arguments", arguments), ("run", run), ("result", result), ("exitCodes", exitCodes),
        ("limits", limits), ("delivery", delivery), ("recovery", recovery), ("redact", redact),
        ("tests", tests),
      ])
  }

  private static var definitions: JSONObject {
    JSONObject([
      ("pointer", pointer(mayBeRoot: false)), ("place", pointer(mayBeRoot: true)),
      ("places", places), ("failed", meaning("failed")), ("succeeded", meaning("succeeded")),
      ("variant", variant), ("test", test), ("given", given), ("stubs", stubs),
      ("expected", expected), ("schema", SchemaDialect.schema(isRoot: true)),
      ("subschema", SchemaDialect.schema(isRoot: false)),
    ])
  }

  // MARK: - The head

  private static var head: [(String, JSON)] {
    [
      (
        "signalbox",
        described(["const": .int(ExecutionPlan.format)], "The version of this format.")
      ),
      (
        "name",
        described(
          matching("^[A-Za-z][A-Za-z0-9._-]{0,\(Words.maxToolName - 1)}$"),
          "By which the tool is called, such as service.restart.")
      ),
      (
        "version",
        described(
          matching(semanticVersion, maxLength: 64),
          "A semantic version, changed with every change, such as 1.0.0.")
      ),
      ("title", text(100, "For people, in one line.")),
      (
        "description",
        text(
          4_000,
          "What it does, what it returns, and when not to use it: for people and AI clients.",
          isMultiline: true)
      ),
      ("effects", effects),
      (
        "approval",
        described(
          words(Approval.allCases.map(\.rawValue)),
          "Who has to agree before a call is delivered. user: the person at the endpoint.")
      ),
    ]
  }

  private static let semanticVersion: String = {
    let number = "(?:0|[1-9][0-9]*)"
    let pre = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    let build = "[0-9A-Za-z-]+"
    return #"^\#(number)\.\#(number)\.\#(number)(?:-\#(pre)(?:\.\#(pre))*)?"#
      + #"(?:\+\#(build)(?:\.\#(build))*)?$"#
  }()

  private static var effects: JSON {
    let flags: [(String, String)] = [
      ("readOnly", "The endpoint is the same afterwards."),
      ("destructive", "Something may be lost or interrupted."),
      ("idempotent", "A second execution with the same arguments changes nothing more."),
      ("openWorld", "It deals with more than the endpoint, such as other hosts."),
    ]
    var schema = closed(
      flags.map { ($0.0, described(["type": "boolean"], $0.1)) }, required: flags.map(\.0))
    schema["description"] = "What a call may do, in the words of MCP's tool annotations."
    schema["not"] = [
      "properties": ["readOnly": ["const": true], "destructive": ["const": true]],
      "required": ["readOnly", "destructive"],
    ]
    return .object(schema)
  }

  // MARK: - What parts say together

  private static var recoveryNeedsIdempotence: JSON {
    [
      "if": has("effects", has("idempotent", ["const": false])),
      "then": [
        "properties": [
          "recovery": [
            "properties": ["attempts": ["maximum": 1], "onLostAfterStart": ["const": "unknown"]]
          ]
        ]
      ],
    ]
  }

  private static var parsedOutputIsBounded: JSON {
    [
      "if": has("result", has("parse", ["enum": ["json", "jsonl", "key-value"]])),
      "then": [
        "properties": [
          "limits": [
            "properties": [
              "stdout": [
                "pattern": .string(NumberPattern.sizes(1...DefinitionReader.maxParsedBytes))
              ]
            ]
          ]
        ]
      ],
    ]
  }

  private static var dangerNeedsStubs: JSON {
    [
      "if": has("effects", has("destructive", ["const": true])),
      "then": [
        "properties": [
          "tests": ["items": ["if": ["required": ["live"]], "then": ["required": ["stubs"]]]]
        ]
      ],
    ]
  }

  private static func has(_ name: String, _ schema: JSON) -> JSON {
    [
      "type": "object", "required": [.string(name)],
      "properties": .object(JSONObject([(name, schema)])),
    ]
  }
}
