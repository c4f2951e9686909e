internal import JSON

extension FormatSchema {
  static var tests: JSON {
    described(
      list(of: reference("test"), 0...DefinitionReader.maxTests),
      "Tests: of refused arguments, of executions that are given, and live ones.")
  }

  static var test: JSON {
    var schema = closed(
      [
        ("name", text(200, "One line, and no other test has it.")),
        ("arguments", described(["type": "object"], "Of the call.")),
        ("given", reference("given")),
        (
          "live",
          described(["const": true], "The tool is run on the machine of whoever tests it.")
        ),
        ("stubs", reference("stubs")),
        ("expect", described(["type": "object"], "What has to come of it.")),
      ], required: ["name", "arguments", "expect"])
    schema["allOf"] = [
      ["if": ["required": ["stubs"]], "then": ["required": ["live"]]],
      ["not": ["required": ["given", "live"]]],
      [
        "if": ["anyOf": [["required": ["given"]], ["required": ["live"]]]],
        "then": ["properties": ["expect": reference("expected")]],
        "else": [
          "properties": [
            "expect": .object(
              closed(
                [("invalidArguments", reference("places"))], required: ["invalidArguments"]))
          ]
        ],
      ],
    ]
    return .object(schema)
  }

  static var given: JSON {
    let endings: [(String, JSON)] = [
      ("exitCode", whole(Bounds.exitCodes)), ("signal", whole(1...64)),
      ("limit", text(40, "The name of the limit that was met, such as run.")),
      ("cancelled", ["const": true]),
    ]
    var schema = closed(
      endings + [
        ("stdout", described(["type": "string"], "As the tool prints it, secrets included.")),
        ("stderr", ["type": "string"]),
        (
          "droppedBytes",
          described(
            whole(0...Bounds.streamBytes.upperBound), "Of standard output, over its limit.")
        ),
      ])
    schema["description"] = "An execution, as the tool would bring it about. Nothing is run."
    schema["oneOf"] = .array(endings.map { ["required": [.string($0.0)]] })
    return .object(schema)
  }

  static var stubs: JSON {
    let commands: JSON = [
      "type": "object", "minProperties": 1, "maxProperties": .int(ToolTest.Stubs.maxCount),
      "propertyNames": ["pattern": #"^[A-Za-z0-9._+@][A-Za-z0-9._+@-]{0,127}$"#],
      "additionalProperties": filled(ToolTest.Stubs.maxScriptBytes, without: #"\u0000\r"#),
    ]
    let name = "[A-Za-z0-9_-][A-Za-z0-9._-]*"
    let path = matching("^\(name)(?:/\(name))*$", maxLength: ToolTest.Stubs.maxPathCharacters)
    return [
      "description":
        "Programs in the place of the machine's: commands with scripts, or a directory's path.",
      "anyOf": [commands, path],
    ]
  }

  static var expected: JSON {
    .object(
      closed(
        [
          ("outcome", words(EndedOutcome.allCases.map(\.rawValue))),
          ("result", described(true, "The parsed result, member for member.")),
          ("meaning", text(200, "What the exit code means.")),
          ("violations", reference("places")),
          (
            "stderr",
            described(
              ["type": "string"], "What standard error contains; \"\" if it has to be empty.")
          ),
        ], required: ["outcome"]))
  }
}
