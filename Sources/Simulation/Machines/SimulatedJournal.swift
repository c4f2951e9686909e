import Agent
import Digest
import Journal
import Model
import Wire

/// The journal's file. A value, so that a snapshot of it is a copy.
struct JournalFile {
  private(set) var entries: [Entry] = []
  private(set) var hashes: [String] = []
  private(set) var base = JournalHead.empty
  private(set) var head = JournalHead.empty
  private(set) var book = CallBook()
  var epoch: EpochID?
  /// A bit of it is not what was written.
  var isDamaged = false

  mutating func append(_ call: CallID, _ kind: EntryKind, _ body: [UInt8], at now: Instant) {
    let sequence = head.sequence + 1
    let text = "\(head.hash) \(sequence) \(now.microseconds) \(kind.rawValue) \(call)"
    let hash = SHA256.hex(of: Array(text.utf8) + body)
    head = JournalHead(sequence: sequence, hash: hash)
    entries.append(Entry(sequence: sequence, call: call, kind: kind, at: now, body: body))
    hashes.append(hash)
    _ = book.note(call, kind, sequence: sequence)
  }

  mutating func prune(before mark: CallID, through last: Int) {
    if let lowWater = book.lowWater, mark < lowWater { return }
    let end = max(
      base.sequence, book.lastPrunable(before: mark, through: min(last, head.sequence)))
    book.prune(before: mark)
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

  func entries(of call: CallID) -> [Entry] {
    (book.calls[call]?.sequences ?? []).map { entries[$0 - base.sequence - 1] }
  }

  var openCalls: [OpenCall] {
    book.calls.sorted { ($0.value.sequences.first ?? 0) < ($1.value.sequences.first ?? 0) }
      .map { OpenCall(call: $0.key, entries: entries(of: $0.key)) }
  }
}

/// The journal as its agent has it open. What is not committed dies with the process.
final class SimulatedJournal: Journaling {
  private unowned let process: AgentProcess
  private let host: Host
  private var file: JournalFile
  private var isUrgent = false

  init(process: AgentProcess, host: Host) {
    self.process = process
    self.host = host
    file = host.disk.journal
  }

  var head: JournalHead { host.disk.journal.head }
  var committed: JournalFile { host.disk.journal }
  var pendingSequence: Int { file.head.sequence }
  var epoch: EpochID? { file.epoch }
  func isTombstone(_ call: CallID) -> Bool { file.book.isTombstone(call) }

  func row(at sequence: Int) throws -> JournalHead? {
    if host.disk.journal.isDamaged { throw Crash() }
    return host.disk.journal.row(at: sequence)
  }

  func openCalls() throws -> [OpenCall] { file.openCalls }
  func begin() {}

  func append(_ kind: EntryKind, _ body: [UInt8], of call: CallID, at now: Instant) throws {
    guard process.isAlive else { throw Crash() }
    if let refusal = file.book.refusal(of: kind, for: call) {
      host.site.checks.journalRefused(kind, call, refusal.rawValue)
      throw Crash()
    }
    file.append(call, kind, body, at: now)
    if kind != .confirmed { isUrgent = true }
  }

  func setEpoch(_ epoch: EpochID) throws {
    file.epoch = epoch
    isUrgent = true
  }

  func prune(before mark: CallID, through last: Int) throws {
    file.prune(before: mark, through: last)
  }

  func commit() throws {
    guard isUrgent else { return }
    try flush()
  }

  private func flush() throws {
    guard process.boundary() else { throw Crash() }
    switch host.takeDiskFault(&world.dice) {
    case .none: break
    case .failsBefore:
      throw Crash()
    case .failsAfter:
      keep()
      throw Crash()
    }
    process.noteSync()
    host.site.checks.journaled(host, from: host.disk.journal, to: file)
    keep()
    isUrgent = false
    guard process.boundary() else { throw Crash() }
  }

  private func keep() {
    let isDamaged = host.disk.journal.isDamaged
    host.disk.journal = file
    host.disk.journal.isDamaged = isDamaged
  }

  private var world: World { process.world }

  func close() throws {
    if process.isAlive { keep() }
  }
}
