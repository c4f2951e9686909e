package import Model

/// What the journal knows of its calls in memory: which entry may follow, which calls must not run
/// again, and what may go. Pure; the journal keeps it in step with its file.
package struct CallBook: Sendable {
  package internal(set) var calls: [CallID: CallProgress] = [:]
  /// Confirmed calls, with the sequence of their first entry that is still there.
  package internal(set) var tombstones: [CallID: Int] = [:]
  package internal(set) var lowWater: CallID?

  package init() {}

  package func isTombstone(_ call: CallID) -> Bool {
    if tombstones[call] != nil { return true }
    guard let lowWater, call < lowWater else { return false }
    return calls[call] == nil
  }

  /// Why `kind` must not follow, nil where it may.
  package func refusal(of kind: EntryKind, for call: CallID) -> Refusal.Reason? {
    if let progress = calls[call] { return progress.refusal(of: kind) }
    if tombstones[call] != nil { return .alreadyConfirmed }
    if let lowWater, call < lowWater { return .belowLowWater }
    let bytes = call.text.utf8
    guard !bytes.isEmpty, bytes.count <= Journal.callBytesMax, !bytes.contains(0) else {
      return .invalidCall
    }
    return CallProgress().refusal(of: kind)
  }

  /// - Returns: the sequences whose bodies may go, once the call is confirmed.
  package mutating func note(_ call: CallID, _ kind: EntryKind, sequence: Int) -> [Int] {
    calls[call, default: CallProgress()].note(kind, sequence: sequence)
    guard kind == .confirmed, let progress = calls.removeValue(forKey: call) else { return [] }
    tombstones[call] = progress.sequences.first
    return progress.sequences
  }

  /// The last entry, up to `last`, before the first one of a call that has to be remembered.
  package func lastPrunable(before lowWater: CallID, through last: Int) -> Int {
    var end = last
    for progress in calls.values {
      if let first = progress.sequences.first { end = min(end, first - 1) }
    }
    for (call, first) in tombstones where call >= lowWater { end = min(end, first - 1) }
    return end
  }

  package mutating func prune(before lowWater: CallID) {
    self.lowWater = lowWater
    tombstones = tombstones.filter { $0.key >= lowWater }
  }
}
