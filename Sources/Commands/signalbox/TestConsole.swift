import API
import Catalog
import CommandLine
import JSON
import Rehearsal

/// What `tools test` shows while it runs: failures as they come, and on a terminal how far it is.
final class TestConsole {
  private let output = Terminal(.output)
  private let error = Terminal(.error)
  private let count: Int
  private let isVerbose: Bool
  private let isSilent: Bool
  private var ended = 0
  private var running: [String] = []
  private var isStatusShown = false

  init(count: Int, isVerbose: Bool, isSilent: Bool) {
    self.count = count
    self.isVerbose = isVerbose
    self.isSilent = isSilent
  }

  func errors(_ errors: [DefinitionError]) {
    guard !isSilent else { return }
    for error in errors { output.line(Visible.text("\(error)")) }
  }

  func show(_ progress: TestRun.Progress) {
    switch progress {
    case .began(let testCase):
      if !running.contains(testCase.title) { running.append(testCase.title) }
    case .ended(let result):
      ended += 1
      running.removeAll { $0 == result.testCase.title }
      if !isSilent { show(result) }
    }
    refresh()
  }

  private func show(_ result: TestResult) {
    let title = Visible.text(result.testCase.title)
    switch result.outcome {
    case .passed:
      if isVerbose { line(output.paint("passed", .green) + "  \(title)") }
    case .skipped(let why):
      line(output.paint("skipped", .yellow) + " \(title): \(Visible.text(why))")
    case .failed(let failures):
      line(output.paint("FAILED", .red) + "  \(title)")
      line("        \(Visible.text(result.testCase.file))")
      for failure in failures { line("        \(Visible.text(failure))") }
    }
  }

  func close(_ summary: TestSummary) {
    line(output.paint(summary.words, summary.isGood ? .green : .red))
  }

  private func line(_ text: String) {
    hideStatus()
    output.line(text)
  }

  private func refresh() {
    guard error.isTerminal, !isSilent else { return }
    hideStatus()
    guard ended < count else { return }
    let names = running.isEmpty ? "" : ", running " + running.joined(separator: "; ")
    let text = Visible.text("\(ended) of \(count) tests\(names)")
    error.write(error.paint(String(text.prefix(error.width - 1)), .dim))
    isStatusShown = true
  }

  private func hideStatus() {
    guard isStatusShown else { return }
    error.write("\r\u{1B}[K")
    isStatusShown = false
  }
}

/// All results in numbers.
struct TestSummary {
  private(set) var passed = 0
  private(set) var failed = 0
  private(set) var skipped = 0
  private let tools: Int
  private let errors: Int
  private let duration: Duration

  init(_ results: [TestResult], _ errors: Int, in duration: Duration) {
    self.errors = errors
    self.duration = duration
    tools = Set(results.map(\.testCase.tool.digest)).count
    for result in results {
      switch result.outcome {
      case .passed: passed += 1
      case .failed: failed += 1
      case .skipped: skipped += 1
      }
    }
  }

  var isGood: Bool { failed == 0 && errors == 0 }

  var words: String {
    let time = TimeWords.span(microseconds: Int(duration / .microseconds(1)))
    let wrong = errors == 0 ? "" : "\(Self.count(errors, "error")) in definitions, "
    return wrong
      + "\(Self.count(passed + failed + skipped, "test")) of \(Self.count(tools, "tool")):"
      + " \(passed) passed, \(failed) failed, \(skipped) skipped, in \(time)"
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  func document(_ results: [TestResult], _ errors: [DefinitionError]) -> JSON {
    [
      "summary": [
        "tools": .int(tools), "passed": .int(passed), "failed": .int(failed),
        "skipped": .int(skipped), "errors": .int(self.errors),
        "durationMs": .int(Int(duration / .milliseconds(1))),
      ],
      "tests": .array(results.map(\.json)), "errors": .array(errors.map(\.json)),
    ]
  }
}

extension TestResult {
  fileprivate var json: JSON {
    var object = JSONObject([
      ("tool", .string(testCase.tool.name)), ("version", .string(testCase.tool.version)),
      ("file", .string(testCase.file)), ("name", .string(testCase.test.name)),
      ("kind", .string(testCase.kind)),
    ])
    switch outcome {
    case .passed: object["outcome"] = "passed"
    case .failed(let failures):
      object["outcome"] = "failed"
      object["failures"] = .array(failures.map(JSON.string))
    case .skipped(let why):
      object["outcome"] = "skipped"
      object["reason"] = .string(why)
    }
    object["durationMs"] = .int(Int(duration / .milliseconds(1)))
    return .object(object)
  }
}
