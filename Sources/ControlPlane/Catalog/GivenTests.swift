internal import Digest
internal import JSON
internal import Model
internal import Redaction
internal import Schema
internal import Tools

/// How one test of a definition went.
package struct TestReport: Sendable, Hashable {
  package let name: String
  /// What was expected and what there was; empty if the test passed.
  package let failures: [String]
  /// A live test: nothing is known of it before somebody runs it.
  package let isLive: Bool

  package var passed: Bool { failures.isEmpty }
}

extension Catalog {
  /// Runs the tests that execute nothing: arguments are checked, and executions that the tests give
  /// are judged. Live tests are left to `signalbox tools test`.
  /// - Returns: a report for each test, in their order.
  package static func runGivenTests(_ tool: Tool) -> [TestReport] {
    tool.tests.map { test in
      TestReport(
        name: test.name, failures: tool.failures(ofGiven: test) ?? [], isLive: test.isLive)
    }
  }
}

extension Tool {
  /// - Returns: `nil` for a live test.
  package func failures(ofGiven test: ToolTest) -> [String]? {
    switch (test.expectation, check(arguments: test.arguments)) {
    case (.live, _): return nil
    case (.invalidArguments(let places), .invalid(let violations)):
      return Self.missing(places, in: violations)
    case (.invalidArguments, .valid):
      return ["expected the arguments to be refused, and they are valid"]
    case (.evaluation, .invalid(let violations)):
      return violations.map { "the arguments are refused: \($0)" }
    case (.evaluation(let given, let expected), .valid(let arguments)):
      let secrets = plan.secrets(in: arguments)
      let stderr = Kept(given.stderr, secrets, limit: limits.stderrBytes)
      return failures(of: expected, evaluation(of: given, secrets), stderr: stderr.bytes)
    }
  }

  /// What was expected of an execution and is not so.
  package func failures(
    of expected: ToolTest.Expected, _ actual: Evaluation, stderr: [UInt8]
  ) -> [String] {
    var failures: [String] = []
    if expected.outcome != actual.outcome {
      let why = (actual.meaning.map { [$0] } ?? []) + actual.violations.map(\.description)
      failures.append(
        "expected the outcome \(expected.outcome.rawValue), and it is"
          + " \(actual.outcome.rawValue)" + why.map { ": \($0)" }.joined())
    }
    if let result = expected.result, result != actual.result {
      failures += Differences(expected: result, actual: actual.result, of: "the result").lines
    }
    if let meaning = expected.meaning, meaning != actual.meaning {
      failures.append(
        "expected the meaning \"\(meaning)\", and it is \"\(actual.meaning ?? "")\"")
    }
    if let places = expected.violations { failures += Self.missing(places, in: actual.violations) }
    if let text = expected.stderr { failures += Self.differences(text, inStderr: stderr) }
    return failures
  }

  private func evaluation(of given: ToolTest.Given, _ secrets: [String]) -> Evaluation {
    let stdout = Kept(given.stdout, secrets, limit: limits.stdoutBytes)
    let dropped = given.droppedBytes + stdout.droppedBytes
    return evaluate(
      ended: given.ended, stdout: stdout.bytes,
      stdoutAccount: StreamAccount(
        producedBytes: given.stdout.utf8.count + given.droppedBytes,
        keptBytes: stdout.bytes.count, droppedBytes: dropped, redactions: stdout.redactions,
        sha256: SHA256.hex(of: stdout.bytes)))
  }

  private static func missing(_ places: [JSONPointer], in violations: [Violation]) -> [String] {
    places.filter { place in !violations.contains { $0.instancePointer == place.text } }.map {
      "expected a violation at \"\($0.text)\", and there are \(violations)"
    }
  }

  private static func differences(_ expected: String, inStderr bytes: [UInt8]) -> [String] {
    let actual = String(decoding: bytes, as: UTF8.self)
    if expected.isEmpty {
      return actual.isEmpty
        ? [] : ["expected nothing on standard error, and it has \(quotation(actual))"]
    }
    if bytes.contains(Array(expected.utf8)) { return [] }
    return [
      "expected standard error to contain \(quotation(expected)), and it"
        + (actual.isEmpty ? " is empty" : " has \(quotation(actual))")
    ]
  }
}

/// What the endpoint keeps of a text that a tool prints: secrets are replaced, then limits count.
private struct Kept {
  let bytes: [UInt8]
  let droppedBytes: Int
  let redactions: Int

  init(_ text: String, _ secrets: [String], limit: Int) {
    var whole = Array(text.utf8)
    var count = 0
    if var redactor = Redactor(secrets) {
      var out: [UInt8] = []
      whole.withUnsafeBytes { redactor.redact($0, into: &out) }
      redactor.finish(into: &out)
      (whole, count) = (out, redactor.count)
    }
    bytes = Array(whole.prefix(limit))
    droppedBytes = whole.count - bytes.count
    redactions = count
  }
}
