import Engine
import Journal
import Model

/// What many seeds together must have met: a fault that never strikes and a path that is never taken
/// prove nothing.
enum Marks {
  /// The store writes the first by itself; the second is of agents that tell no start.
  private static let unreached = ["transition resolved", "transition released"]

  static var required: [String] {
    FaultKind.allCases.map { "fault \($0.rawValue)" }
      // Nothing holds a call for an approval yet.
      + Outcome.allCases.filter { $0 != .denied }.map { "outcome \($0.rawValue)" }
      + Transition.Kind.allCases.map { "transition \($0.rawValue)" }
      .filter { !unreached.contains($0) }
      + EntryKind.allCases.map { "journal \($0.rawValue)" }
      + ["ended", "interrupted", "rejected", "cancelled", "expired", "lost"].map { "report \($0)" }
      + [
        "resolved", "offered again", "key used again", "executor killed because it hung",
        "batch", "ordered batch", "key of a batch used again", "cancel of a batch asked for",
        "step started in its turn", "batch stopped", "done again", "retry refused",
        "what ran is done again", "limit of concurrency met", "went before an older call",
        "returned after a while", "handed over at a pace", "held while the bridge is degraded",
        "damaged journal refused", "plugin started again", "a heard start that the disk forgot",
        "a welcome named a call that is over",
        "spool left to the journal",
        "session", "call of a session", "session closed", "session closed by itself",
        "ran in a session of a user",
        "refused because \(RefusalCause.noRuntime.rawValue)", "requeued because it was refused",
        "requeued to another runtime", "rejected because no runtime took it",
        "unknown because the endpoint was removed",
        "unknown because the executor or its spool is gone",
        "unknown because the journal was tampered with",
        "unknown because of the recovery horizon",
      ]
  }
}
