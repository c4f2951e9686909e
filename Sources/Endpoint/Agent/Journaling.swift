import Digest
package import Journal
package import Model
import Platform
package import Wire

/// The journal as the agent's rules see it.
package protocol Journaling: AnyObject {
  /// The newest row that is on disk: the only one that may be told.
  var head: JournalHead { get }
  /// Of the newest row, in the open batch too.
  var pendingSequence: Int { get }
  var epoch: EpochID? { get }
  func isTombstone(_ call: CallID) -> Bool
  /// The row at `sequence`, if the journal still has it.
  func row(at sequence: Int) throws -> JournalHead?
  /// Every call that is not confirmed, oldest first.
  func openCalls() throws -> [OpenCall]

  func begin()
  func append(_ kind: EntryKind, _ body: [UInt8], of call: CallID, at now: Instant) throws
  func setEpoch(_ epoch: EpochID) throws
  /// - Parameter last: no row behind it goes.
  func prune(before mark: CallID, through last: Int) throws
  /// On return the batch is on disk; one of nothing but confirmations and pruning may wait for the
  /// next.
  func commit() throws
  func close() throws
  /// Verifies a small piece of what is on disk, from where the piece before ended. Where a round of
  /// pieces ends is the journal's choice.
  func inspect() -> SelfCheckMachine.Finding
}

/// The journal on this machine's disk.
final class DiskJournal: Journaling {
  private let journal: Journal
  private var inspectedRows = 0

  /// A piece takes about a millisecond, between two turns of the agent's loop.
  private static let rowsOfPiece = 128
  private static let bytesOfPiece = 256 << 10
  /// A longer journal is verified in several rounds.
  private static let rowsOfRound = 4_096

  init(path: String) throws {
    let limits = Journal.Limits()
    journal = try Journal.open(path: path, limits: limits)
    // SQLite begins its log again from the start when it was moved: it never grows beyond this.
    try Files.fill(path + "-wal", to: limits.walBytesMax + (1 << 20))
  }

  var head: JournalHead {
    let head = journal.head
    return JournalHead(sequence: head.sequence, hash: Hex.text(head.hash))
  }

  var pendingSequence: Int { journal.pendingHead.sequence }
  var epoch: EpochID? { journal.epoch }
  func isTombstone(_ call: CallID) -> Bool { journal.isTombstone(call) }

  func row(at sequence: Int) throws -> JournalHead? {
    try journal.hash(at: sequence).map { JournalHead(sequence: sequence, hash: Hex.text($0)) }
  }

  func openCalls() throws -> [OpenCall] { try journal.openCalls() }
  func begin() { journal.begin() }

  func append(_ kind: EntryKind, _ body: [UInt8], of call: CallID, at now: Instant) throws {
    _ = try journal.append(call: call, kind: kind, at: now, body: body)
  }

  func setEpoch(_ epoch: EpochID) throws { try journal.setEpoch(epoch) }

  func prune(before mark: CallID, through last: Int) throws {
    try journal.prune(before: mark, through: last)
  }

  func commit() throws { _ = try journal.commit(.deferrable) }
  func close() throws { try journal.close() }

  func inspect() -> SelfCheckMachine.Finding {
    switch journal.inspectNext(rowsMax: Self.rowsOfPiece, bytesMax: Self.bytesOfPiece) {
    case .damaged(let why):
      inspectedRows = 0
      return .bad(evidence: why)
    case .more where inspectedRows + Self.rowsOfPiece < Self.rowsOfRound:
      inspectedRows += Self.rowsOfPiece
      return .more
    case .more, .whole:
      inspectedRows = 0
      return .good
    }
  }
}
