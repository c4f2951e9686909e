package import Catalog
import Platform

/// One test of a definition, with where it comes from.
package struct TestCase: Sendable {
  package let tool: Tool
  package let file: String
  package let test: ToolTest

  package init(_ test: ToolTest, of tool: Tool, in file: String) {
    self.tool = tool
    self.file = file
    self.test = test
  }

  /// By which `--filter` finds it: `service.restart: active after the restart`.
  package var title: String { "\(tool.name): \(test.name)" }

  /// What is checked without running anything: `refused` arguments and `given` executions.
  package var kind: String {
    switch test.expectation {
    case .invalidArguments: "refused"
    case .evaluation: "given"
    case .live: "live"
    }
  }

  var directory: String { Files.directory(of: file) }
}

/// How a test went.
package enum TestOutcome: Sendable, Hashable {
  case passed
  /// What was expected and is not so.
  case failed([String])
  /// It cannot be run here.
  case skipped(String)
}

package struct TestResult: Sendable {
  package let testCase: TestCase
  package let outcome: TestOutcome
  package let duration: Duration

  package init(_ testCase: TestCase, _ outcome: TestOutcome, in duration: Duration) {
    self.testCase = testCase
    self.outcome = outcome
    self.duration = duration
  }
}
