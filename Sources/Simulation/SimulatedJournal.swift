import Agent
import Digest
import JSON
import Journal
import Model
import Wire

/// The journal's file: what survives the agent. A value, so that a snapshot of it is a copy.
struct JournalFile {
  private(set) var entries: [Entry] = []
  private(set) var hashes: [String] = []
  private(set) var base = JournalHead.empty
  private(set) var head = JournalHead.empty
  var epoch: EpochID?
  private(set) var lowWater: CallID?
  private(set) var calls: [CallID: CallProgress] = [:]
  private(set) var tombstones: [CallID: Int] = [:]

  func isTombstone(_ call: CallID) -> Bool {
    if tombstones[call] != nil { return true }
    guard let lowWater, call < lowWater else { return false }
    return calls[call] == nil
  }

  /// The same rule as the journal's: which row may follow which.
  func refusal(of kind: EntryKind, for call: CallID) -> Refusal.Reason? {
    if let progress = calls[call] { return progress.refusal(of: kind) }
    if tombstones[call] != nil { return .alreadyConfirmed }
    if let lowWater, call < lowWater { return .belowLowWater }
    return CallProgress().refusal(of: kind)
  }

  mutating func append(_ call: CallID, _ kind: EntryKind, _ body: [UInt8], at now: Instant) {
    let sequence = head.sequence + 1
    let text = "\(head.hash) \(sequence) \(now.microseconds) \(kind.rawValue) \(call)"
    let hash = SHA256.hex(of: Array(text.utf8) + body)
    head = JournalHead(sequence: sequence, hash: hash)
    entries.append(Entry(sequence: sequence, call: call, kind: kind, at: now, body: body))
    hashes.append(hash)
    calls[call, default: CallProgress()].note(kind, sequence: sequence)
    if kind == .confirmed, let progress = calls.removeValue(forKey: call) {
      tombstones[call] = progress.sequences.first
    }
  }

  mutating func prune(before mark: CallID) {
    if let lowWater, mark < lowWater { return }
    lowWater = mark
    var end = head.sequence
    for progress in calls.values { end = min(end, (progress.sequences.first ?? end + 1) - 1) }
    for (call, first) in tombstones where call >= mark { end = min(end, first - 1) }
    tombstones = tombstones.filter { $0.key >= mark }
    guard end > base.sequence else { return }
    let dropped = end - base.sequence
    base = JournalHead(sequence: end, hash: hashes[dropped - 1])
    entries.removeFirst(dropped)
    hashes.removeFirst(dropped)
  }

  func row(at sequence: Int) -> JournalHead? {
    if sequence == base.sequence { return base }
    guard sequence > base.sequence, sequence <= head.sequence else { return nil }
    return JournalHead(sequence: sequence, hash: hashes[sequence - base.sequence - 1])
  }

  func openCalls() throws -> [Recollection] {
    let inOrder = calls.sorted { ($0.value.sequences.first ?? 0) < ($1.value.sequences.first ?? 0) }
    return try inOrder.map { call, progress throws in
      try Recollection(
        OpenCall(call: call, entries: progress.sequences.map { entries[$0 - base.sequence - 1] }))
    }
  }

  /// As a journal that does not know its calls any more.
  mutating func loseMemory() {
    calls.removeAll()
    tombstones.removeAll()
  }
}
