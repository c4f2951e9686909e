/// What the end of a script means as an exit code.
package enum ScriptEnd {
  /// An error ended the script, as `pwsh -File` tells it too.
  package static let terminatingError = 1
  /// The script came to its end, and there were errors that it went on after. PowerShell itself would
  /// end with 0.
  package static let nonTerminatingErrors = 2

  /// `exit N` is the author's word and stands. Without it, what the last program ended with counts, as
  /// in any shell; then errors.
  package static func code(of sentinel: Sentinel) -> Int {
    switch sentinel.how {
    case .exit: return sentinel.code ?? 0
    // One that was stopped by somebody else than us.
    case .error, .stopped: return terminatingError
    case .end:
      if let code = sentinel.code, code != 0 { return code }
      return sentinel.errors > 0 ? nonTerminatingErrors : 0
    }
  }
}

/// When a host is replaced by a fresh one. .NET keeps the types that a script defined and the modules
/// that it loaded for as long as the process lives.
package struct Retirement: Sendable, Equatable {
  package enum Reason: String, Sendable {
    /// It has had its share of calls.
    case calls
    /// It is too big.
    case size
    /// It has grown too much since it came up.
    case growth
    /// A script in it was stopped.
    case stopped
  }

  package var maxCalls: Int
  package var maxBytes: Int
  package var maxGrowthBytes: Int

  package init(maxCalls: Int = 50, maxBytes: Int = 768 << 20, maxGrowthBytes: Int = 384 << 20) {
    self.maxCalls = maxCalls
    self.maxBytes = maxBytes
    self.maxGrowthBytes = maxGrowthBytes
  }

  package func reason(
    served: Int, wasStopped: Bool, bytes: Int, firstBytes: Int
  ) -> Reason? {
    if wasStopped { return .stopped }
    if served >= maxCalls { return .calls }
    if bytes > maxBytes { return .size }
    if bytes - firstBytes > maxGrowthBytes { return .growth }
    return nil
  }
}
