internal import Digest
internal import JSON
internal import Model
internal import Schema
internal import Tools

/// How one test of a definition went.
package struct TestReport: Sendable, Hashable {
  package let name: String
  /// What was expected and what there was; empty if the test passed.
  package let failures: [String]

  package var passed: Bool { failures.isEmpty }
}

extension Catalog {
  /// Runs the tests that a definition carries. Nothing is executed: arguments are checked, and
  /// executions that the tests give are judged.
  package static func runGivenTests(_ tool: Tool) -> [TestReport] {
    tool.tests.map { test in
      TestReport(name: test.name, failures: tool.failures(of: test))
    }
  }
}

extension Tool {
  fileprivate func failures(of test: ToolTest) -> [String] {
    switch (test.expectation, check(arguments: test.arguments)) {
    case (.invalidArguments(let places), .invalid(let violations)):
      return Self.missing(places, in: violations)
    case (.invalidArguments, .valid):
      return ["expected the arguments to be refused, and they are valid"]
    case (.evaluation, .invalid(let violations)):
      return violations.map { "the arguments are refused: \($0)" }
    case (.evaluation(let given, let expected), .valid(let arguments)):
      return Self.differences(expected, evaluation(of: given, arguments))
    }
  }

  /// - Parameter arguments: those of the call; what of them is secret never leaves the endpoint.
  private func evaluation(of given: ToolTest.Given, _ arguments: JSON) -> Evaluation {
    let masking = Masking(plan.secrets(in: arguments))
    let bytes = Array(masking.masked(given.stdout).utf8)
    return evaluate(
      ended: given.ended, stdout: bytes,
      stdoutAccount: StreamAccount(
        producedBytes: bytes.count + given.droppedBytes, keptBytes: bytes.count,
        droppedBytes: given.droppedBytes, redactions: 0, sha256: SHA256.hex(of: bytes)))
  }

  private static func missing(_ places: [JSONPointer], in violations: [Violation]) -> [String] {
    places.filter { place in !violations.contains { $0.instancePointer == place.text } }.map {
      "expected a violation at \"\($0.text)\", and there are \(violations)"
    }
  }

  private static func differences(
    _ expected: ToolTest.Expected, _ actual: Evaluation
  ) -> [String] {
    var failures: [String] = []
    if expected.outcome != actual.outcome {
      let why = actual.violations.map { ": \($0)" }.joined()
      failures.append(
        "expected the outcome \(expected.outcome.rawValue), and it is"
          + " \(actual.outcome.rawValue)\(why)")
    }
    if let result = expected.result, result != actual.result {
      failures.append(
        "expected the result \(result.compact), and it is \(actual.result?.compact ?? "absent")")
    }
    if let meaning = expected.meaning, meaning != actual.meaning {
      failures.append(
        "expected the meaning \"\(meaning)\", and it is \"\(actual.meaning ?? "")\"")
    }
    if let places = expected.violations { failures += missing(places, in: actual.violations) }
    return failures
  }
}
