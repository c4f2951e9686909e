import Catalog
import JSON
import Model
import Schema
import Tools

/// What a reference says of one tool, before it is laid out.
struct ToolPage {
  struct Example {
    let title: String
    let command: String
    let outcome: String
    /// As JSON for people; nothing where the test does not say.
    let result: String?
  }

  struct Script {
    let title: String
    let language: String
    let text: String
  }

  /// Examples of one tool.
  private static let maxExamples = 3

  let tool: Tool

  init(_ tool: Tool) { self.tool = tool }

  /// A name that no other page has; also an anchor and the name of a file.
  func key(isOnlyVersion: Bool) -> String {
    isOnlyVersion ? tool.name : "\(tool.name)@\(tool.version)"
  }

  var paragraphs: [String] {
    tool.description.split(separator: "\n").map(String.init)
  }

  /// What a call may do, in few words.
  var risk: String {
    if tool.effects.readOnly { return "reads" }
    return tool.effects.destructive ? "changes, may destroy" : "changes"
  }

  var platforms: [String] {
    tool.plan.variants.reduce(into: []) { names, variant in
      for name in variant.when.os.isEmpty ? ["any platform"] : variant.when.os
      where !names.contains(name) {
        names.append(name)
      }
    }
  }

  var facts: [(name: String, text: String)] {
    let effects = [
      tool.effects.readOnly ? "only reads" : "changes the endpoint",
      tool.effects.destructive ? "may lose or interrupt something" : nil,
      tool.effects.idempotent ? "twice is as once" : "twice is not as once",
      tool.effects.openWorld ? "deals with other hosts" : "stays on the endpoint",
    ]
    let offline =
      switch tool.delivery.whenOffline {
      case .queue:
        "waits for the endpoint, up to "
          + Quantity.text(milliseconds: Int(tool.delivery.expiresAfter.wholeMilliseconds))
      case .refuse: "is refused"
      }
    return [
      ("Effects", effects.compactMap(\.self).joined(separator: "; ")),
      ("Approval", tool.approval == .none ? "nobody is asked" : tool.approval.rawValue),
      ("Runs on", tool.plan.variants.map(Self.words).joined(separator: "; or ")),
      (
        "Limits",
        "runs for \(Quantity.text(milliseconds: Int(tool.limits.run.wholeMilliseconds))); keeps"
          + " \(Quantity.text(bytes: tool.limits.stdoutBytes)) of output"
      ),
      ("Endpoint away", "a call " + offline),
      ("Version", tool.version),
      ("Digest", tool.digest),
    ]
  }

  private static func words(_ variant: Variant) -> String {
    let place = variant.when.os.isEmpty ? "any platform" : variant.when.os.joined(separator: ", ")
    let commands = variant.when.commands
    let need = commands.isEmpty ? "" : ", where there is " + commands.joined(separator: ", ")
    return "\(place) with \(variant.executor)\(need)"
  }

  var arguments: [SchemaRows.Row] { SchemaRows(tool.arguments.json).rows }

  func isSecret(_ row: SchemaRows.Row) -> Bool {
    tool.redact.contains { $0.tokens.joined(separator: ".").isExactly(row.name) }
  }

  var result: (words: String, bounds: [SchemaWords.Bound], rows: [SchemaRows.Row]) {
    let words =
      switch tool.result.parse {
      case .text: "Text."
      case .json: "One JSON document."
      case .jsonl: "A list, printed as one JSON document on each line."
      case .keyValue: "An object, printed as lines of key=value."
      }
    let schema = tool.result.schema?.json ?? ["type": "string"]
    return (words, SchemaWords.bounds(schema), SchemaRows(schema).rows)
  }

  var exitCodes: [(code: String, outcome: String, meaning: String)] {
    tool.exitCodes.meanings.keys.sorted().map { code in
      let meaning = tool.exitCodes.meaning(of: code)
      return (String(code), meaning.isSuccess ? "succeeded" : "failed", meaning.text ?? "")
    }
  }

  /// Successes that the tests show.
  var examples: [Example] {
    let shown = tool.tests.compactMap { test -> Example? in
      let expected: ToolTest.Expected
      switch test.expectation {
      case .invalidArguments: return nil
      case .evaluation(_, let wanted), .live(_, let wanted): expected = wanted
      }
      guard expected.outcome == .succeeded else { return nil }
      return Example(
        title: test.name, command: CallLine(tool, test.arguments).text,
        outcome: expected.outcome.rawValue, result: expected.result?.pretty)
    }
    return Array(shown.prefix(Self.maxExamples))
  }

  var scripts: [Script] {
    tool.plan.variants.enumerated().map { index, variant in
      let number = tool.plan.variants.count > 1 ? " \(index + 1)" : ""
      return Script(
        title: "Script\(number): \(Self.words(variant))",
        language: variant.executor == "shell" ? "sh" : variant.executor,
        text: variant.script)
    }
  }
}
