package import Catalog
package import JSON
package import Model
package import Wire

/// A tool to be run on this machine.
package struct Order: Sendable {
  package var tool: Tool
  /// Checked, with defaults.
  package var arguments: JSON
  package var stubs: Stubs
  /// Who asks, for the record.
  package var by: String

  package init(_ tool: Tool, arguments: JSON, stubs: Stubs = .none, by: String) {
    self.tool = tool
    self.arguments = arguments
    self.stubs = stubs
    self.by = by
  }
}

/// What is told of a tool that runs. Told on the stage's thread, which waits until it is taken.
package enum Happening: Sendable {
  /// Where the call stands, in words.
  case state(Execution, String)
  case output(OutputStream, [UInt8])
  case ended(Performance)
  /// The machinery itself failed; whether the tool ran is not known.
  case failed(String)
}

/// How a run went.
package struct Performance: Sendable {
  /// As the API would show the call.
  package let call: JSON
  package let outcome: Outcome
  /// What the agent reported; nothing if the call ended before it had it.
  package let report: Report?
  /// What the tool's rules say of the execution, if it came to an end.
  package let evaluation: Evaluation?
  /// As far as it is kept here: `Stage.maxKeptBytes`.
  package let stdout: [UInt8]
  package let stderr: [UInt8]
}
