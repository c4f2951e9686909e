internal import JSON
internal import NativeCalls
internal import Tools

extension FormatSchema {
  static var arguments: JSON {
    [
      "description":
        "A JSON Schema 2020-12 of the arguments: a closed object, its members typed and bounded.",
      "allOf": [reference("schema")],
      "type": "object",
      "required": ["type", "additionalProperties"],
      "properties": [
        "type": ["const": "object"], "additionalProperties": ["const": false],
        "properties": [
          "propertyNames": matching("^[A-Za-z][A-Za-z0-9_-]{0,\(Words.maxToolName - 1)}$")
        ],
      ],
    ]
  }

  static var run: JSON {
    described(
      list(of: reference("variant"), 1...DefinitionReader.maxVariants),
      "The ways to run it; the first one whose \"when\" holds on the endpoint is run.")
  }

  static var variant: JSON {
    var variant = closed(
      [
        ("when", when),
        (
          "with",
          described(
            matching("^[a-z][a-z0-9._-]{0,\(Words.maxToolName - 1)}$"),
            "The executor: shell, powershell, osascript, native, or one of your plugins.")
        ),
        (
          "interpreter",
          described(
            matching(#"^(?:/|[A-Za-z]:[\\/])[^\u0000-\u001F]+$"#, maxLength: 4_096),
            "An absolute path, such as /bin/bash; the executor's own if it is left out.")
        ),
        ("input", input),
        (
          "runAs",
          described(
            matching("^[A-Za-z_][A-Za-z0-9._-]{0,31}$"),
            "The user of the endpoint that it runs as, such as nobody; the agent's own if it is left"
              + " out.")
        ),
        ("needs", needs), ("script", script), ("native", native),
      ], required: ["with"])
    // Exactly one of the two, each with its own executors.
    variant["if"] = ["properties": ["with": ["const": "native"]], "required": ["with"]]
    variant["then"] = [
      "required": ["native"],
      "properties": [
        "script": false, "input": false, "interpreter": false, "runAs": false, "needs": false,
      ],
    ]
    variant["else"] = ["required": ["script"], "properties": ["native": false]]
    return .object(variant)
  }

  private static var native: JSON {
    described(
      .object(
        closed(
          [
            (
              "library",
              described(
                .object(closed([("linux", ["type": "string"]), ("macos", ["type": "string"])])),
                "The library for each platform, such as {linux: libc.so.6}.")
            ),
            (
              "structs",
              ["type": "object", "description": "The members of each struct, by C's rules."]
            ),
            ("calls", list(of: ["type": "object"], 1...NativePlan.maxCalls)),
            ("output", ["type": "object", "description": "The result: a pointer for each name."]),
            (
              "stateless",
              described(
                ["type": "boolean"],
                "The functions leave nothing behind: one process may serve several calls of this tool."
              )
            ),
          ], required: ["library", "calls", "output"])),
      "The functions to call, instead of a script; for the executor native.")
  }

  private static var script: JSON {
    described(
      filled(DefinitionReader.maxScriptBytes, without: #"\u0000\r"#),
      "The script's text. Arguments never become part of it: bind them under input.")
  }

  private static var when: JSON {
    let os = words(Variant.Conditions.platforms)
    let command = matching(#"^[A-Za-z0-9._+@][A-Za-z0-9._+@-]{0,127}$"#)
    return described(
      .object(
        closed([
          ("os", described(oneOrMore(os), "linux, macos, windows, or a list of them.")),
          (
            "commands",
            described(oneOrMore(command), "Programs that have to be on the path, all of them.")
          ),
        ])), "What has to hold on the endpoint.")
  }

  private static var needs: JSON {
    described(
      oneOrMore(words(Variant.Need.allCases.map(\.rawValue))),
      "What the script is not given otherwise. privileges: programs such as sudo may give it more"
        + " than it has; agent: where the agent, its state and its plugins are.")
  }

  private static func oneOrMore(_ item: JSON) -> JSON {
    ["anyOf": [item, list(of: item, 1...16, unique: true)]]
  }

  private static var input: JSON {
    let env: JSON = [
      "description": "A variable of the environment for each: {UNIT: /unit}.",
      "type": "object", "maxProperties": .int(VariantReader.maxBindings),
      "propertyNames": [
        "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$", "not": ["pattern": .string(dangerousName)],
      ],
      "additionalProperties": reference("pointer"),
    ]
    return described(
      .object(
        closed([
          ("env", env),
          (
            "argv",
            described(
              list(of: reference("pointer"), 0...VariantReader.maxBindings),
              "The script's arguments, $1 and so on.")
          ),
          (
            "stdin",
            described(["const": "json"], "All the arguments as one line of JSON.")
          ),
        ])), "How arguments reach the script.")
  }

  /// A variable that changes what programs load or run, in any case.
  private static let dangerousName: String = {
    func anyCase(_ name: String) -> String {
      name.unicodeScalars.map { scalar in
        let (upper, lower) = ("\(scalar)".uppercased(), "\(scalar)".lowercased())
        return upper == lower ? upper : "[\(upper)\(lower)]"
      }.joined()
    }
    let names = VariantReader.dangerousVariables.sorted().map { anyCase($0) + "$" }
    let prefixes = VariantReader.dangerousPrefixes.map(anyCase)
    return "^(?:\((names + prefixes).joined(separator: "|")))"
  }()

  static var redact: JSON {
    described(
      list(of: reference("pointer"), 0...DefinitionReader.maxSecrets, unique: true),
      "Arguments that are secrets: their text is replaced wherever it appears in the output.")
  }
}
