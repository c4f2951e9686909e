import Catalog
import JSON
import Model
import Platform
import Synchronization
import Wire

/// Runs the tests of definitions: those that execute nothing on as many threads as there are
/// processors, live ones on a stage.
package final class TestRun: Sendable {
  package enum Progress: Sendable {
    case began(TestCase)
    case ended(TestResult)
  }

  private struct News: Sendable {
    let index: Int
    let progress: Progress
  }

  private let cases: [TestCase]
  private let stage: Stage?
  private let news = Mailbox<News>()
  private let next = Atomic(0)

  /// - Parameter stage: where live tests are run; without one they are skipped.
  package init(_ cases: [TestCase], on stage: Stage?) {
    self.cases = cases
    self.stage = stage
  }

  /// - Parameters:
  ///   - jobs: threads for the tests that execute nothing.
  ///   - tell: called on this thread.
  /// - Returns: a result for each case, in their order.
  package func run(jobs: Int, tell: (Progress) -> Void) throws -> [TestResult] {
    for (index, testCase) in cases.enumerated() { begin(index, testCase) }
    var threads: [WorkerThread] = []
    for _ in 0..<jobs { threads.append(try WorkerThread(name: "tests") { self.work() }) }
    var results = [TestResult?](repeating: nil, count: cases.count)
    var taken: [News] = []
    while results.contains(where: { $0 == nil }) {
      taken.removeAll(keepingCapacity: true)
      _ = news.drain(into: &taken)
      for news in taken {
        if case .ended(let result) = news.progress { results[news.index] = result }
        tell(news.progress)
      }
    }
    for thread in threads { thread.join() }
    return results.compactMap(\.self)
  }

  // MARK: Tests that execute nothing

  private func work() {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < cases.count else { return }
      let testCase = cases[index]
      let start = ContinuousClock.now
      guard let failures = testCase.tool.failures(ofGiven: testCase.test) else { continue }
      end(index, failures.isEmpty ? .passed : .failed(failures), since: start)
    }
  }

  // MARK: Live tests

  private func begin(_ index: Int, _ testCase: TestCase) {
    guard case .live(let stubs, let expected) = testCase.test.expectation else { return }
    let start = ContinuousClock.now
    guard let stage else {
      return end(index, .skipped("live tests were not asked for"), since: start)
    }
    switch testCase.tool.check(arguments: testCase.test.arguments) {
    case .invalid(let violations):
      end(index, .failed(violations.map { "the arguments are refused: \($0)" }), since: start)
    case .valid(let arguments):
      do throws(StubError) {
        let order = Order(
          testCase.tool, arguments: arguments,
          stubs: try Stubs(stubs, beside: testCase.directory), by: "test")
        stage.run(order) { self.hear($0, index, testCase, expected, since: start) }
      } catch {
        end(index, .failed(["\(error)"]), since: start)
      }
    }
  }

  private func hear(
    _ happening: Happening, _ index: Int, _ testCase: TestCase, _ expected: ToolTest.Expected,
    since start: ContinuousClock.Instant
  ) {
    switch happening {
    case .state(.started, _): news.post(News(index: index, progress: .began(testCase)))
    case .state, .output: break
    case .failed(let why): end(index, .failed([why]), since: start)
    case .ended(let performance):
      let outcome = Self.judge(performance, expected, testCase.tool, notes: stage?.notes ?? [])
      end(index, outcome, since: start, took: performance.duration)
    }
  }

  /// What the machine lacks is no fault of the tool.
  private static let lacks = [
    "noExecutor", "executor.missing", "tool.wrongPlatform", "tool.missingCommand",
    "interpreter.missing",
  ]

  /// - Parameter notes: what the agent said of itself: a plugin that it did not take is why there
  ///   is no executor.
  static func judge(
    _ performance: Performance, _ expected: ToolTest.Expected, _ tool: Tool, notes: [String]
  ) -> TestOutcome {
    if case .rejected(let code, let reason, let remedy) = performance.report {
      let refused = code == "noExecutor" ? notes.filter { $0.hasPrefix("plugin ") } : []
      let why = (["\(reason); \(remedy)"] + refused).joined(separator: "; ")
      return lacks.contains(code) ? .skipped(why) : .failed(["it was rejected: \(why)"])
    }
    guard let evaluation = performance.evaluation else {
      let reason = performance.call["reason"]?.string ?? ""
      return .failed(["it is \(performance.outcome.rawValue): \(reason)"])
    }
    var failures = tool.failures(of: expected, evaluation, stderr: performance.stderr)
    if performance.outcome != evaluation.outcome {
      failures.append("its output did not arrive as it was printed")
    }
    if failures.isEmpty { return .passed }
    return .failed(failures + performance.printed)
  }

  private func end(
    _ index: Int, _ outcome: TestOutcome, since start: ContinuousClock.Instant,
    took: Duration? = nil
  ) {
    let result = TestResult(cases[index], outcome, in: took ?? ContinuousClock.now - start)
    news.post(News(index: index, progress: .ended(result)))
  }
}

extension Performance {
  fileprivate var duration: Duration? {
    guard case .ended(let record) = report else { return nil }
    return record.duration
  }

  /// Lines of what it printed, for whoever looks for the reason.
  fileprivate var printed: [String] {
    [("stdout", stdout), ("stderr", stderr)].flatMap { name, bytes -> [String] in
      let maxLines = 10
      let text = String(decoding: bytes.prefix(4_096), as: UTF8.self)
      let lines = text.split(separator: "\n").map { "\(name): \($0)" }
      return lines.prefix(maxLines) + (lines.count > maxLines ? ["\(name): …"] : [])
    }
  }
}
