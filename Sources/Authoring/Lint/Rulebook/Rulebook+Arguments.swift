internal import Catalog

extension Rulebook {
  private static let unit = """
    arguments:
      type: object
      additionalProperties: false
      required: [unit]
      properties:
        unit: {type: string, description: The unit's name., pattern: '^[a-z0-9@_.]{1,120}$'}
    """

  /// The arguments of the sample with one more.
  private static func argument(_ text: String) -> String {
    """
    \(unit)
        \(text)
    run:
      - when: {os: linux, commands: [systemctl]}
        with: shell
        input: {env: {UNIT: /unit, MORE: /more}}
        script: printf 'state=%s\\n' "$UNIT $MORE"
    exitCodes: {0: succeeded}
    """
  }

  static let arguments: [RuleEntry] = [
    RuleEntry(
      .argumentsSchema, "A schema of arguments that is wrong",
      why: "A check that the author asked for and nobody makes would be worse than none: keywords"
        + " that are not known, values they cannot have, and a $ref out of the schema are refused.",
      remedy: "Correct the keyword that is told, by JSON Schema 2020-12.",
      .fields(
        bad: argument(
          "more: {type: string, description: Some text., maxLenght: 100,"
            + " maxLength: 100}"),
        good: argument("more: {type: string, description: Some text., maxLength: 100}"))),
    RuleEntry(
      .argumentsOpen, "Arguments that are no closed object",
      why: "A misspelt argument would be taken and ignored.",
      remedy: "Add \"type: object\" and \"additionalProperties: false\".",
      .fields(
        bad: unit.exchanging("\n  additionalProperties: false", by: ""), good: unit)),
    RuleEntry(
      .argumentUnused, "An argument that reaches no variant",
      why: "A caller would set it, and nothing would come of it.",
      remedy: "Bind it under \"input\", or remove it.",
      .fields(
        bad: argument("more: {type: boolean, description: Whether.}")
          .exchanging(", MORE: /more", by: "").exchanging(" $MORE", by: ""),
        good: argument("more: {type: boolean, description: Whether.}"))),
    RuleEntry(
      .argumentDefault, "A default that breaks its own schema",
      why: "Every call that leaves the argument out would be refused.",
      remedy: "Correct the default or the schema.",
      .fields(
        bad: argument(
          "more: {type: integer, description: How many., minimum: 1, maximum: 9, default: 10}"),
        good: argument(
          "more: {type: integer, description: How many., minimum: 1, maximum: 9, default: 9}"))),
    RuleEntry(
      .binding, "A pointer to what is no declared argument",
      why: "The script would wait for a value that never comes.",
      remedy: "Write \"/\" and the name of an argument, such as /unit.",
      .fields(
        bad: argument("more: {type: boolean, description: Whether.}")
          .exchanging("MORE: /more", by: "MORE: /more, ALSO: /mode")
          .exchanging("$MORE", by: "$MORE $ALSO"),
        good: argument("more: {type: boolean, description: Whether.}"))),
    RuleEntry(
      .bindingName, "A variable with a name that it cannot or must not have",
      why: "PATH, IFS, LD_PRELOAD and their like change what programs load or run; a caller could"
        + " run what the script does not.",
      remedy: "Choose a name of your own, such as UNIT.",
      .fields(
        bad: argument("more: {type: boolean, description: Whether.}")
          .exchanging("MORE: /more", by: "PATH: /more").exchanging("$MORE", by: "$PATH"),
        good: argument("more: {type: boolean, description: Whether.}"))),
    RuleEntry(
      .bindingGap, "An argument that may be absent, before one that is always there",
      why: "A list of arguments has no gaps, so the call would be refused whenever it is absent.",
      remedy: "Move it to the end of argv, make it required, or give it a default.",
      .fields(
        bad: argument("more: {type: boolean, description: Whether.}")
          .exchanging("{env: {UNIT: /unit, MORE: /more}}", by: "{argv: [/more, /unit]}")
          .exchanging("$UNIT $MORE", by: "$1 $2"),
        good: argument("more: {type: boolean, description: Whether.}")
          .exchanging("{env: {UNIT: /unit, MORE: /more}}", by: "{argv: [/unit, /more]}")
          .exchanging("$UNIT $MORE", by: "$1 $2"))),
    RuleEntry(
      .openArgument, "An argument that takes members that nobody declared",
      why: "A misspelt member would be taken and ignored, and any amount of anything comes in.",
      remedy: "Add \"additionalProperties: false\" to the object.",
      .fields(
        bad: argument(
          "more: {type: object, description: More., properties: {all: {type: boolean, description:"
            + " All.}}}"),
        good: argument(
          "more: {type: object, description: More., additionalProperties: false, properties: {all:"
            + " {type: boolean, description: All.}}}"))),
    RuleEntry(
      .unboundedString, "An argument that may be a text of any length",
      why: "A process takes 128 KiB in one string, and most programs misbehave long before. A bound"
        + " is also the cheapest defence against what nobody thought of.",
      remedy: "Add \"maxLength\", a \"pattern\" from ^ to $ without * and +, or \"enum\".",
      .fields(
        bad: argument("more: {type: string, description: Some text.}"),
        good: argument("more: {type: string, description: Some text., maxLength: 100}"))),
    RuleEntry(
      .unboundedArray, "An argument that may have any number of elements",
      why: "As with text: what can grow without a bound will.",
      remedy: "Add \"maxItems\".",
      .fields(
        bad: argument("more: {type: array, description: Some., items: {type: boolean}}"),
        good: argument(
          "more: {type: array, description: Some., maxItems: 9, items: {type: boolean}}"))),
    RuleEntry(
      .unboundedNumber, "An argument that may be a number of any size",
      why: "A wait of 10^18 seconds, or of -1, is rarely meant.",
      remedy: "Add \"minimum\" and \"maximum\".",
      .fields(
        bad: argument("more: {type: integer, description: How many., minimum: 0}"),
        good: argument("more: {type: integer, description: How many., minimum: 0, maximum: 9}"))),
    RuleEntry(
      .undescribedArgument, "An argument without a description",
      why: "Technicians and AI clients see the name, the type and this.",
      remedy: "Add \"description\": what it means, and in which unit or form.",
      .fields(
        bad: argument("more: {type: boolean}"),
        good: argument("more: {type: boolean, description: Whether to say more.}"))),
    RuleEntry(
      .unreadArgument, "An argument that a script is given and never reads",
      why: "A caller sets it, and nothing comes of it.",
      remedy: "Use it in the script, or take it out of \"input\" and of the arguments.",
      .fields(
        bad: argument("more: {type: boolean, description: Whether.}")
          .exchanging(" $MORE", by: ""),
        good: argument("more: {type: boolean, description: Whether.}"))),
    RuleEntry(
      .untypedArgument, "An argument of any type",
      why: "The script gets whatever a caller sends: a list as JSON, null as nothing at all.",
      remedy: "Add the \"type\" that it has.",
      .fields(
        bad: argument("more: {description: Something.}"),
        good: argument("more: {type: boolean, description: Something.}"))),
  ]
}

extension String {
  /// The text with `old`, which is in it once, in another form.
  func exchanging(_ old: String, by new: String) -> String {
    let text = Array(utf8)
    let parts = text.indices.filter { text[$0...].starts(with: old.utf8) }
    precondition(parts.count == 1, "\(old) stands \(parts.count) times in the example")
    return String(decoding: text[..<parts[0]], as: UTF8.self) + new
      + String(decoding: text[(parts[0] + old.utf8.count)...], as: UTF8.self)
  }
}
