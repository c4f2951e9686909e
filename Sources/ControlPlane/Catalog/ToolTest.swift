package import JSON
package import Model

/// One test that a definition carries.
package struct ToolTest: Sendable, Hashable {
  package enum Expectation: Sendable, Hashable {
    /// The arguments are refused, each of these places named.
    case invalidArguments([JSONPointer])
    /// The execution that is given is judged like this.
    case evaluation(Given, Expected)
    /// The tool runs on the machine of whoever tests it, and that is judged like this.
    case live(Stubs, Expected)
  }

  /// An execution as the tool would bring it about.
  package struct Given: Sendable, Hashable {
    package let ended: Ending
    /// As the tool prints it: with its secrets, and without regard to its limit.
    package let stdout: String
    package let stderr: String
    /// Of standard output, over its limit.
    package let droppedBytes: Int
  }

  package struct Expected: Sendable, Hashable {
    package let outcome: Outcome
    package let result: JSON?
    package let meaning: String?
    /// Where the result breaks its schema.
    package let violations: [JSONPointer]?
    /// What standard error contains; the empty text if nothing may be printed there.
    package let stderr: String?
  }

  /// Programs that a live test puts in the place of the machine's own.
  package enum Stubs: Sendable, Hashable {
    case none
    case scripts([Stub])
    /// A directory of programs beside the definition.
    case directory(String)
  }

  package struct Stub: Sendable, Hashable {
    /// The program that it stands for, as it is looked up on the path.
    package let command: String
    package let script: String
  }

  package let name: String
  package let arguments: JSON
  package let expectation: Expectation

  package var isLive: Bool {
    if case .live = expectation { return true }
    return false
  }
}
