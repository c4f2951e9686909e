/// How much a finding matters.
package enum Severity: String, Sendable, CaseIterable, Comparable {
  /// The check fails.
  case error
  /// The check fails if it is strict.
  case warning
  /// It is said, and never fails a check.
  case note

  private var rank: Int {
    switch self {
    case .error: 2
    case .warning: 1
    case .note: 0
    }
  }

  package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
