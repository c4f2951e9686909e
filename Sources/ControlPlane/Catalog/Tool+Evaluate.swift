package import JSON
package import Model
package import Schema
internal import Tools

/// What an execution that ended amounts to.
package struct Evaluation: Sendable, Hashable {
  /// `succeeded`, `succeededEmpty`, `failed`, `malformed`, `timedOut` or `cancelled`.
  package let outcome: Outcome
  /// What the ending means, in words.
  package let meaning: String?
  package let validity: Validity
  /// What the output says; only where it is what the tool promised.
  package let result: JSON?
  package let violations: [Violation]
}

extension Tool {
  /// Judges an execution by its record and its standard output. Pure: the same evidence has the
  /// same outcome whenever it is asked.
  package func evaluate(
    ended: Ending, stdout: [UInt8], stdoutAccount: StreamAccount
  ) -> Evaluation {
    // No limit of the tool was met, so nothing timed out.
    if let interruption = ended.interruption { return unchecked(.interrupted, interruption) }
    switch ended {
    case .limit(let limit, _): return unchecked(.timedOut, meaning(ofLimit: limit))
    case .cancelled: return unchecked(.cancelled, nil)
    case .signal(let number, let coreDumped):
      // A function that took its process down did not come to its end, and nothing told what it did.
      if plan.variants.allSatisfy({ $0.executor == VariantReader.nativeExecutor }) {
        return unchecked(.interrupted, "the function ended its process with signal \(number)")
      }
      return unchecked(
        .failed, "ended by signal \(number)\(coreDumped ? ", core dumped" : "")")
    case .exit(let code):
      let meaning = exitCodes.meaning(of: code)
      guard meaning.isSuccess else {
        return unchecked(.failed, meaning.text ?? "exit code \(code), which the tool does not list")
      }
      return evaluateSuccess(meaning.text, stdout, stdoutAccount)
    }
  }

  private func unchecked(_ outcome: Outcome, _ meaning: String?) -> Evaluation {
    Evaluation(
      outcome: outcome, meaning: meaning, validity: .unchecked, result: nil, violations: [])
  }

  private func meaning(ofLimit limit: String) -> String {
    guard limit == "run" else { return "ended by its \(limit) limit" }
    let length = Quantity.text(milliseconds: Int(limits.run.wholeMilliseconds))
    return "ended after \(length), its run limit"
  }

  private func evaluateSuccess(
    _ meaning: String?, _ stdout: [UInt8], _ account: StreamAccount
  ) -> Evaluation {
    // "Ran and printed nothing" is what the process did, not what was kept of it.
    guard account.producedBytes > 0 || !stdout.isEmpty else {
      return unchecked(.succeededEmpty, meaning)
    }
    let isTruncated = account.droppedBytes > 0 || stdout.count < account.keptBytes
    switch OutputParser(result).read(stdout, isTruncated: isTruncated) {
    case .success(let reading):
      return Evaluation(
        outcome: .succeeded, meaning: meaning, validity: reading.isChecked ? .valid : .unchecked,
        result: reading.value, violations: [])
    case .failure(let malformed):
      return Evaluation(
        outcome: .malformed, meaning: meaning, validity: .malformed, result: nil,
        violations: malformed.violations)
    }
  }
}

extension Ending {
  /// What ended a process that met no limit of its tool, in words; `nil` for all other endings.
  package var interruption: String? {
    guard case .limit(let limit, _) = self else { return nil }
    switch limit {
    case "supervisor":
      return "it began and did not finish: the supervisor of its processes was killed"
    case "shutdown": return "it began and did not finish: its executor was asked to stop"
    case "spool":
      return "it ran, and how it ended is not known for certain: the endpoint's disk failed or was"
        + " full"
    default: return nil
    }
  }
}
