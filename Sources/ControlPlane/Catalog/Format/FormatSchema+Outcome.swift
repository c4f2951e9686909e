internal import JSON
internal import Model
internal import Tools

// What comes out of an execution, how much it may take, and how it is handed over.

extension FormatSchema {
  static var result: JSON {
    var schema = closed(
      [
        (
          "parse",
          described(
            words(ResultContract.Parse.allCases.map(\.rawValue)),
            "What standard output is: text, one JSON document, one on each line, or key=value"
              + " lines.")
        ),
        ("schema", described(reference("schema"), "A JSON Schema of what parse yields.")),
      ], required: ["parse"])
    schema["allOf"] = [
      yields("text", "string", isRequired: false), yields("json", nil), yields("jsonl", "array"),
      yields("key-value", "object"),
    ]
    return .object(schema)
  }

  private static func yields(_ parse: String, _ type: String?, isRequired: Bool = true) -> JSON {
    var schema = JSONObject([("type", "object")])
    if let type {
      schema["required"] = ["type"]
      schema["properties"] = ["type": ["const": .string(type)]]
    }
    var then = JSONObject([("properties", ["schema": .object(schema)])])
    if isRequired { then["required"] = ["schema"] }
    return [
      "if": ["required": ["parse"], "properties": ["parse": ["const": .string(parse)]]],
      "then": .object(then),
    ]
  }

  static var exitCodes: JSON {
    [
      "description":
        "What each exit code means. Of those not listed 0 is a success, all others are failures.",
      "type": "object",
      "propertyNames": ["pattern": .string("^(?:\(NumberPattern.numbers(Bounds.exitCodes)))$")],
      "additionalProperties": [
        "anyOf": [["const": "succeeded"], reference("succeeded"), reference("failed")]
      ],
      // At least one code has to be a success.
      "if": ["required": ["0"], "properties": ["0": reference("failed")]],
      "then": ["not": ["additionalProperties": reference("failed")]],
    ]
  }

  static func meaning(_ word: String) -> JSON {
    .object(closed([(word, text(200, "What it means, in one line."))], required: [word]))
  }

  // MARK: - Bounds

  static var limits: JSON {
    described(
      .object(
        closed([
          ("run", duration("How long an execution may take", Bounds.runMs, Bounds.standardRunMs)),
          (
            "killGrace",
            duration(
              "Between the request to end and the kill", Bounds.killGraceMs,
              Bounds.standardKillGraceMs)
          ),
          ("stdout", size("Bytes of standard output that are kept", Bounds.standardStdoutBytes)),
          ("stderr", size("Bytes of standard error that are kept", Bounds.standardStderrBytes)),
          ("memory", size("Memory of its processes", Bounds.memoryBytes)),
          ("processes", count("Processes at a time", Bounds.processes)),
          ("openFiles", count("Open files of a process", Bounds.openFiles)),
          ("fileSize", size("How long a file may become", Bounds.fileSizeBytes)),
          ("cpu", duration("Processor time of a process", Bounds.cpuMs)),
        ])), "How much one execution may take.")
  }

  static var delivery: JSON {
    let whenOffline = DeliveryPolicy.WhenOffline.allCases.map(\.rawValue)
    return described(
      .object(
        closed([
          (
            "whenOffline",
            described(words(whenOffline), "queue: the call waits; refuse: it is refused at once.")
          ),
          (
            "expiresAfter",
            duration(
              "The call expires if it was not released by then", Bounds.expiresAfterMs,
              Bounds.standardExpiresAfterMs)
          ),
          (
            "ackWithin",
            duration(
              "How long an offer may stay unanswered", Bounds.ackWithinMs,
              Bounds.standardAckWithinMs)
          ),
          (
            "attempts",
            described(
              whole(Bounds.deliveryAttempts),
              "Offers before the call is undeliverable; \(Bounds.standardDeliveryAttempts) if it is"
                + " left out.")
          ),
          (
            "runtime",
            described(
              words(Placement.allCases.map(\.rawValue)),
              "service: the agent's own, as if it is left out; session: that of a user who is logged"
                + " in; any: a session where there is one, else the service.")
          ),
        ])), "How a call is handed over.")
  }

  static var recovery: JSON {
    let onLost = RecoveryPolicy.OnLostAfterStart.allCases.map(\.rawValue)
    return described(
      .object(
        closed([
          (
            "attempts",
            described(
              whole(Bounds.recoveryAttempts), "Executions in all; more than 1 needs idempotent.")
          ),
          (
            "onLostAfterStart",
            described(
              words(onLost), "unknown: say so, and do nothing; retry: run it again, if idempotent.")
          ),
        ])), "What may be done about an execution that did not end well.")
  }

  private static func duration(
    _ what: String, _ range: ClosedRange<Int>, _ standard: Int
  ) -> JSON {
    described(
      matching(NumberPattern.durations(range)),
      "\(what): a whole number and ms, s, m, h or d, from"
        + " \(Quantity.text(milliseconds: range.lowerBound)) to"
        + " \(Quantity.text(milliseconds: range.upperBound));"
        + " \(Quantity.text(milliseconds: standard)) if it is left out.")
  }

  private static let ofTheEndpoint = "the endpoint's own bound if it is left out."

  private static func duration(_ what: String, _ range: ClosedRange<Int>) -> JSON {
    described(
      matching(NumberPattern.durations(range)),
      "\(what): a whole number and ms, s, m, h or d, from"
        + " \(Quantity.text(milliseconds: range.lowerBound)) to"
        + " \(Quantity.text(milliseconds: range.upperBound)); \(ofTheEndpoint)")
  }

  private static func size(_ what: String, _ range: ClosedRange<Int>) -> JSON {
    described(
      matching(NumberPattern.sizes(range)),
      "\(what): a whole number and B, KiB, MiB or GiB, from"
        + " \(Quantity.text(bytes: range.lowerBound)) to \(Quantity.text(bytes: range.upperBound));"
        + " \(ofTheEndpoint)")
  }

  private static func count(_ what: String, _ range: ClosedRange<Int>) -> JSON {
    described(
      whole(range),
      "\(what), from \(range.lowerBound) to \(range.upperBound); \(ofTheEndpoint)")
  }

  private static func size(_ what: String, _ standard: Int) -> JSON {
    described(
      matching(NumberPattern.sizes(Bounds.streamBytes)),
      "\(what): a whole number and B, KiB, MiB or GiB; \(Quantity.text(bytes: standard)) if it is"
        + " left out.")
  }
}
