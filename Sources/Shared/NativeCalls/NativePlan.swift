package import JSON

/// The native section of a tool, read and found safe to call.
package struct NativePlan: Sendable, Hashable {
  package static let maxCalls = 32
  package static let maxParameters = 16
  package static let maxMembers = 256
  package static let maxStructs = 32
  package static let maxOutputs = 128
  /// Of one parameter's memory.
  package static let maxBufferBytes = 1 << 20
  /// Of a struct that is passed or returned by value.
  package static let maxValueBytes = 1 << 10
  /// Of a text that a function returned.
  package static let maxTextBytes = 64 << 10
  /// The name under which an output finds the call's arguments.
  package static let argumentsName = "arguments"

  /// The library for each platform.
  package let libraries: [String: String]
  package let calls: [NativeFunction]
  package let outputs: [Output]
  /// The functions leave nothing behind that another call of the tool would meet, so it may be served by
  /// the same process, one call after the other.
  package let isStateless: Bool

  package struct Output: Sendable, Hashable {
    package let name: String
    package let expression: NativeExpression
  }

  /// - Throws: nothing; what is wrong is in the result, all of it.
  package static func read(_ json: JSON) -> Result<NativePlan, NativeFaults> {
    var reader = NativeReader(json)
    let plan = reader.plan()
    if let plan, reader.faults.isEmpty { return .success(plan) }
    return .failure(NativeFaults(all: reader.faults))
  }

  init(
    libraries: [String: String], calls: [NativeFunction], outputs: [Output], isStateless: Bool
  ) {
    self.libraries = libraries
    self.calls = calls
    self.outputs = outputs
    self.isStateless = isStateless
  }
}

package struct NativeFaults: Error, Sendable {
  package let all: [NativeFault]
}
