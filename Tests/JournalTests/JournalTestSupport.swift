import Journal
import Model
import Platform
import SQLite
import Support

func instant(_ microseconds: Int64) -> Instant { Instant(microseconds: microseconds) }

extension Journal {
  /// One batch with one entry.
  @discardableResult
  func write(
    _ call: String, _ kind: EntryKind, at: Int64 = 1, _ body: String = ""
  ) throws -> Head {
    begin()
    do {
      try append(call: CallID(call), kind: kind, at: instant(at), body: Array(body.utf8))
    } catch {
      // Ends the batch; what stopped a journal is thrown again, and is the same.
      _ = try? commit()
      throw error
    }
    return try commit()
  }

  /// A call from its receipt to its end.
  func run(_ call: String, confirmed: Bool = false) throws {
    begin()
    let id = CallID(call)
    try append(call: id, kind: .received, at: instant(10), body: Array("offer \(call)".utf8))
    try append(call: id, kind: .released, at: instant(11))
    try append(call: id, kind: .started, at: instant(12), body: Array("{}".utf8))
    try append(call: id, kind: .ended, at: instant(13), body: Array("record \(call)".utf8))
    if confirmed { try confirm(id, at: instant(14)) }
    try commit()
  }

  func prune(before lowWater: String) throws {
    begin()
    try prune(before: CallID(lowWater))
    try commit()
  }
}

/// Everything that a journal answers, to compare two of them.
struct Snapshot: Hashable {
  let head: Head
  let epoch: EpochID?
  let open: [OpenCall]
  let standings: [Journal.Standing]
  let note: [UInt8]?
  let hashes: [[UInt8]?]

  init(_ journal: Journal, calls: [CallID]) throws {
    head = journal.head
    epoch = journal.epoch
    open = try journal.openCalls()
    standings = calls.map { journal.standing(of: $0) }
    note = journal.meta("note")
    hashes = try (0...head.sequence).map { try journal.hash(at: $0) }
  }
}

/// A directory in memory where there is one: thousands of journals are opened, and what a real disk
/// adds to that is waiting. Crashes of processes are the same on both.
func withMemoryDirectory(_ body: (String) throws -> Void) throws {
  guard Files.exists("/dev/shm"),
    let directory = try? makeDirectory("/dev/shm/signalbox-test.\(Random.word())")
  else { return try withTemporaryDirectory(body) }
  defer { try? Files.removeTree(directory) }
  try body(directory)
}

private func makeDirectory(_ path: String) throws -> String {
  try Files.makeDirectories(path)
  return path
}

/// Writes a new file without waiting for the disk, as emptying the old one would.
func put(_ bytes: [UInt8], at path: String) throws {
  try Files.remove(path)
  let file = try Files.open(path, .createNew)
  try file.writeAll(bytes)
}

/// Changes a closed journal's file behind its back.
func tamper(_ path: String, _ sql: String) throws {
  let database = try Database(path: path, mode: .readWriteCreate)
  try database.configureDurable()
  try database.execute(sql)
  try database.close()
}

func openingError(_ path: String) -> JournalError? {
  do {
    let journal = try Journal.open(path: path)
    try journal.close()
    return nil
  } catch {
    return error
  }
}

/// The same numbers from the same seed, always (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
