package import Model
import Mutants

/// Whether a process of a call ran, as far as it is proved.
package enum Ran: String, Sendable {
  case yes, no, notKnown

  /// - Parameter resolution: how it ended, as the endpoint told after the call had ended as `unknown`.
  package init(
    _ outcome: Outcome?, _ delivery: Delivery, _ execution: Execution, resolution: String?
  ) {
    switch execution {
    case .started, .ended:
      self = .yes
      return
    case .released, .lost, .notStarted: break
    }
    self =
      switch outcome {
      case .succeeded, .succeededEmpty, .failed, .malformed, .timedOut, .interrupted: .yes
      // A cancel without an execution record is reported only after its absence was proved.
      case .cancelled, .rejected, .denied, .expired, .undeliverable: .no
      case .unknown: Self.afterAll(resolution)
      // Handed over, the endpoint may have begun without having been able to say so.
      case nil: delivery == .queued || delivery == .held ? .no : .notKnown
      }
  }

  private static func afterAll(_ resolution: String?) -> Ran {
    switch resolution {
    case "ended", "interrupted": .yes
    case nil: .notKnown
    default: .no
    }
  }

  /// Whether the call may be done again although nobody said that it may run twice.
  package func mayRepeat(isIdempotent: Bool) -> Bool {
    isIdempotent || self == .no || Mutant.retryUnguarded.isPlanted
  }
}
