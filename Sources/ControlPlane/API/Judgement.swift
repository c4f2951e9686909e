package import Catalog
package import ControlPlane
package import Engine
import JSON
import Model
import Schema

// What a finished execution amounts to, in words for a technician.

extension Toolbox {
  func judge(_ digest: String, _ execution: FinishedExecution) -> Verdict {
    guard let tool = tool(digest: digest) else { return .withoutDefinition(digest, execution) }
    return Verdict(of: execution, by: tool)
  }
}

extension Verdict {
  /// Judges a finished execution by the rules of its tool.
  package init(of execution: FinishedExecution, by tool: Tool) {
    let record = execution.record
    let evaluation = tool.evaluate(
      ended: record.ended, stdout: execution.stdout, stdoutAccount: record.stdout)
    self.init(evaluation, of: tool, record)
    if execution.isTooLong { outputWasTooLong(tool, record) }
    if !execution.isIntact { outputIsDamaged(execution) }
  }

  init(_ evaluation: Evaluation, of tool: Tool, _ record: ExecutionRecord) {
    self.init(
      outcome: evaluation.outcome, validity: evaluation.validity, meaning: "",
      result: evaluation.result, violations: evaluation.violations.map(\.json))
    describe(evaluation.meaning, record)
  }

  /// The executor's own word is kept where the rules to judge it by are gone.
  static func withoutDefinition(_ digest: String, _ execution: FinishedExecution) -> Verdict {
    let why = Violation(
      instancePointer: "", schemaPointer: "", keyword: "definition",
      expected: "the definition \(digest)", actual: "none that this version can read")
    var verdict = Verdict(
      outcome: .malformed, validity: .malformed, meaning: "", violations: [why.json])
    switch execution.record.ended {
    case .exit: break
    case .signal: verdict.outcome = .failed
    case .limit:
      verdict.outcome = execution.record.ended.interruption == nil ? .timedOut : .interrupted
    case .cancelled: verdict.outcome = .cancelled
    }
    verdict.describe(nil, execution.record)
    return verdict
  }

  private mutating func describe(_ authored: String?, _ record: ExecutionRecord) {
    let length = Words.text(record.duration)
    switch outcome {
    case .succeeded: meaning = authored ?? "it ran and succeeded, in \(length)"
    case .succeededEmpty:
      meaning = "it ran and printed nothing" + (authored.map { ": \($0)" } ?? "")
      remedy = "adjust the query, do not resend"
    case .failed:
      let limits = record.isolation?.exceeded ?? []
      let met = limits.map { "; it met its limit \($0.limit): \($0.evidence)" }.joined()
      meaning =
        "it ran and failed: \(authored ?? "no reason is given") (\(record.ended.words))\(met)"
      remedy =
        met.isEmpty
        ? "read its standard error, and mend the cause before you call again"
        : "give it less to do, or have its author raise the limit"
    case .malformed:
      let count = violations.count
      meaning =
        "it ran, but its output is not what the tool promises:"
        + " \(count) violation\(count == 1 ? "" : "s")"
      remedy = "the output is kept whole: read it, and tell the tool's author"
    case .timedOut:
      meaning = authored ?? "it was ended after \(length) by a limit"
      remedy = "what it printed until then is kept; it may have changed something"
    case .cancelled:
      meaning = "it was cancelled while it ran, after \(length)"
      remedy = "what it printed until then is kept; it may have changed something"
    case .interrupted:
      meaning = authored ?? record.ended.words
      remedy = "it may have changed something: look at the endpoint before you call again"
    case .rejected, .denied, .expired, .undeliverable, .unknown:
      meaning = authored ?? record.ended.words
    }
  }

  /// Only text can be taken without having been read as a whole.
  fileprivate mutating func outputWasTooLong(_ tool: Tool, _ record: ExecutionRecord) {
    guard outcome == .succeeded || outcome == .malformed else { return }
    result = nil
    guard tool.result.parse != .text else {
      outcome = .succeeded
      validity = .unchecked
      violations = []
      return describe(nil, record)
    }
    breaks(
      "limit.resultBytes", "at most 16 MiB, the longest output that is checked",
      "\(record.stdout.keptBytes) bytes", record)
  }

  /// The outcome of an execution that did not succeed stands whatever became of its output.
  fileprivate mutating func outputIsDamaged(_ execution: FinishedExecution) {
    let kept = execution.record.stdout.keptBytes
    let arrived = execution.isTooLong ? "another content" : "\(execution.stdout.count) bytes"
    let expected =
      "\(kept) bytes of stdout (sha256 \(execution.record.stdout.sha256)) and"
      + " \(execution.record.stderr.keptBytes) of stderr, as the executor kept them"
    let actual =
      execution.stdout.count == kept
      ? "output that is missing bytes or differs in them" : "\(arrived) of stdout"
    switch outcome {
    case .succeeded, .succeededEmpty, .malformed:
      result = nil
      breaks("output.incomplete", expected, actual, execution.record)
    case .failed, .timedOut, .cancelled, .interrupted, .rejected, .denied, .expired,
      .undeliverable, .unknown:
      violations.append(Self.violation("output.incomplete", expected, actual))
    }
  }

  private mutating func breaks(
    _ keyword: String, _ expected: String, _ actual: String, _ record: ExecutionRecord
  ) {
    outcome = .malformed
    validity = .malformed
    violations.append(Self.violation(keyword, expected, actual))
    describe(nil, record)
  }

  private static func violation(_ keyword: String, _ expected: String, _ actual: String) -> JSON {
    Violation(
      instancePointer: "", schemaPointer: "", keyword: keyword, expected: expected, actual: actual
    ).json
  }
}

extension Ending {
  var words: String {
    switch self {
    case .exit(let code): "exit code \(code)"
    case .signal(let number, let dumped):
      "ended by signal \(number)\(dumped ? ", core dumped" : "")"
    case .limit(let limit, _): interruption ?? "ended by its \(limit) limit"
    case .cancelled: "ended by a cancel"
    }
  }
}
