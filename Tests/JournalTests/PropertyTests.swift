import Journal
import Model
import Platform
import Support
import Testing

@Suite struct PropertyTests {
  @Test(
    "whatever is done to it, a journal is what the model says, through restarts and crashes",
    arguments: 1...24 as ClosedRange<UInt64>)
  func random(seed: UInt64) throws {
    try withMemoryDirectory { directory in
      var run = try RandomRun(seed: seed, path: directory + "/journal.db")
      for _ in 0..<150 { try run.step() }
      try run.reopen(crash: false)
      #expect(run.appended > 90, "the run did something")
    }
  }
}

/// Does the same random things to a journal and to the model, and compares what both say.
struct RandomRun {
  private let path: String
  private var random: SeededRandom
  private var journal: Journal?
  /// With what is not committed yet.
  private var model = ModelJournal()
  private var committed = ModelJournal()
  private var isUrgent = false
  private(set) var appended = 0
  private var newest = 1_030

  init(seed: UInt64, path: String) throws {
    random = SeededRandom(seed: seed)
    self.path = path
    journal = try Journal.open(path: path)
  }

  private mutating func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

  /// Calls come in the order of their ids, more or less, as from a control plane.
  private mutating func call() -> CallID {
    if draw(3) == 0 { newest += 1 }
    return CallID("call\(newest - draw(8))")
  }

  mutating func step() throws {
    switch draw(20) {
    case 0: try reopen(crash: false)
    case 1: try reopen(crash: true)
    case 2: try reopenCopy()
    default: try batch()
    }
  }

  private mutating func batch() throws {
    guard let journal else { return }
    journal.begin()
    for _ in 0..<draw(6) {
      switch draw(24) {
      case 0: try setFacts(journal)
      case 1: try prune(journal)
      case 2...9: try appendNext(journal)
      default: try append(journal, call(), EntryKind.allCases[draw(8)])
      }
    }
    let urgency: Journal.Urgency = draw(3) == 0 ? .deferrable : .now
    let head = try journal.commit(urgency)
    if urgency == .now || isUrgent {
      committed = model
      isUrgent = false
    }
    #expect(head == committed.head)
    #expect(journal.head == committed.head)
    #expect(journal.pendingHead == model.head)
  }

  /// Takes an open call one entry on, so that calls come to their ends.
  private mutating func appendNext(_ journal: Journal) throws {
    let open = model.openCalls
    let call = open.isEmpty ? call() : open[draw(open.count)].call
    let next = EntryKind.allCases.filter { model.allows($0, for: call) }
    guard !next.isEmpty else { return }
    try append(journal, call, next[draw(next.count)])
  }

  private mutating func append(_ journal: Journal, _ call: CallID, _ kind: EntryKind) throws {
    let at = instant(Int64(draw(1_000_000)))
    let length = kind == .confirmed ? 0 : draw(8) == 0 ? draw(9_000) : draw(40)
    let body = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ appended) }
    let allowed = model.allows(kind, for: call)
    do {
      let head = try journal.append(call: call, kind: kind, at: at, body: body)
      try #require(allowed, "\(kind) after \(model.course(of: call))")
      model.append(call, kind, at, body)
      #expect(head == model.head)
      appended += 1
      if kind != .confirmed { isUrgent = true }
    } catch let error as JournalError {
      try #require(!error.isFatal && !allowed, "\(error), after \(model.course(of: call))")
    }
  }

  private mutating func setFacts(_ journal: Journal) throws {
    let epoch = EpochID("epoch\(draw(100))")
    try journal.setEpoch(epoch)
    model.epoch = epoch
    let note: [UInt8]? = draw(3) == 0 ? nil : Array("note \(draw(100))".utf8)
    try journal.setMeta("note", note)
    model.note = note
    isUrgent = true
  }

  private mutating func prune(_ journal: Journal) throws {
    let lowWater = CallID("call\(newest - draw(24))")
    try journal.prune(before: lowWater)
    model.prune(before: lowWater.text)
    #expect(journal.entryCount == model.entries.count - model.base)
  }

  mutating func reopen(crash: Bool) throws {
    if crash {
      journal = nil
      model = committed
    } else {
      try journal?.close()
      journal = nil
      committed = model
    }
    isUrgent = false
    let opened = try Journal.open(path: path)
    journal = opened
    try compare(opened, committed)
  }

  /// What a power cut between two batches leaves: the files as they are now.
  private func reopenCopy() throws {
    let copy = path + ".copy"
    for suffix in ["", "-wal"] where Files.exists(path + suffix) {
      try put(try Files.read(path + suffix), at: copy + suffix)
    }
    try Files.remove(copy + "-shm")
    try compare(try Journal.open(path: copy), committed)
    for suffix in ["", "-wal", "-shm"] { try Files.remove(copy + suffix) }
  }

  private func compare(_ journal: Journal, _ model: ModelJournal) throws {
    #expect(journal.head == model.head)
    #expect(journal.epoch == model.epoch)
    #expect(journal.meta("note") == model.note)
    #expect(journal.entryCount == model.entries.count - model.base)
    #expect(try journal.openCalls() == model.openCalls)
    for number in 1_000...(newest + 1) {
      let call = CallID("call\(number)")
      #expect(journal.standing(of: call) == model.standing(of: call), "\(call)")
    }
    for sequence in 0...(model.head.sequence + 1) {
      let isThere = sequence >= model.base && sequence <= model.head.sequence
      #expect(try journal.hash(at: sequence) == (isThere ? model.hashes[sequence] : nil))
    }
  }
}
