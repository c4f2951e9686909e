/// Why a pattern is not taken.
package struct PatternError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    /// Not a pattern of ECMA-262 with the flag `u`.
    case syntax = "pattern.syntax"
    /// A pattern of ECMA-262, with something that the engine cannot do in linear time, or whose
    /// meaning here could differ.
    case unsupported = "pattern.unsupported"
    case lengthLimit = "pattern.limit.length"
    case groupsLimit = "pattern.limit.groups"
    case sizeLimit = "pattern.limit.size"
  }

  package let reason: Reason
  /// What is wrong, and what to write instead.
  package let message: String
  /// Unicode scalars of the pattern before the place.
  package let offset: Int

  /// Stable, for programs: `pattern.unsupported`.
  package var code: String { reason.rawValue }

  package var description: String { "\(code) at character \(offset + 1): \(message)" }
}
