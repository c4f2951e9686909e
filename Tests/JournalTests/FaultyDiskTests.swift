import Journal
import Model
import Platform
import Support
import Testing

/// A journal's life in steps, each of which ends with a commit; and what it answers after each of them.
private struct Life {
  typealias Step = @Sendable (Journal) throws -> Void

  static let calls = (0..<6).map { CallID("c\($0)") }

  static let steps: [Step] = [
    { journal in
      journal.begin()
      try journal.setEpoch(EpochID("epoch-1"))
      try journal.setMeta("note", Array("a note".utf8))
      try journal.commit()
    },
    { try $0.run("c0") },
    { try $0.write("c1", .received, "offer c1" + String(repeating: "x", count: 9_000)) },
    { try $0.write("c1", .released) },
    { try $0.write("c0", .confirmed) },
    { try $0.run("c2", confirmed: true) },
    { try $0.prune(before: "c1") },
    { try $0.write("c1", .ended, "record c1") },
    { try $0.run("c3") },
    { try $0.write("c1", .confirmed) },
    { try $0.run("c4", confirmed: true) },
    { try $0.prune(before: "c3") },
    { try $0.run("c5") },
  ]

  /// Small, so that the log is moved into the file on the way.
  static var limits: Journal.Limits {
    var limits = Journal.Limits()
    limits.walBytesMax = 60_000
    return limits
  }

  /// Before the first step, and after each.
  let snapshots: [Snapshot]
  let operations: Int

  init(_ path: String, on disk: FaultyDisk) throws {
    disk.plan(nil)
    let journal = try Journal.open(path: path, limits: Self.limits)
    var snapshots = [try Snapshot(journal, calls: Self.calls)]
    for step in Self.steps {
      try step(journal)
      snapshots.append(try Snapshot(journal, calls: Self.calls))
    }
    try journal.close()
    self.snapshots = snapshots
    operations = disk.operations
  }
}

/// A journal on a disk that fails: everything that was answered as committed is there afterwards, and
/// nothing half.
@Suite("The journal on a faulty disk", .serialized)
struct FaultyDiskTests {
  private func withDisk(_ body: (FaultyDisk, String) throws -> Void) throws {
    try withMemoryDirectory { directory in
      let disk = FaultyDisk(directory: directory)
      defer { disk.format() }
      try body(disk, directory + "/journal.db")
    }
  }

  /// Lives until the disk stops it.
  /// - Returns: the steps whose commit was answered.
  private func live(_ path: String) -> Int {
    guard let journal = try? Journal.open(path: path, limits: Life.limits) else { return 0 }
    for (done, step) in Life.steps.enumerated() {
      do { try step(journal) } catch {
        try? journal.close()
        return done
      }
    }
    try? journal.close()
    return Life.steps.count
  }

  private func expectWhole(
    _ path: String, _ life: Life, answered: Int, _ comment: Comment
  ) throws {
    let journal = try Journal.open(path: path, limits: Life.limits)
    let found = try Snapshot(journal, calls: Life.calls)
    let allowed = life.snapshots[answered...].prefix(2)
    let isWhole = allowed.contains(found)
    #expect(isWhole, comment)
    // And it goes on from there.
    guard let place = allowed.firstIndex(of: found) else { return }
    for step in Life.steps[place...] { try step(journal) }
    let isComplete = try Snapshot(journal, calls: Life.calls) == life.snapshots.last
    #expect(isComplete, comment)
    try journal.close()
  }

  @Test(
    "the power cut at any operation leaves all that was answered, and nothing half",
    arguments: FaultyDisk.Remains.allCases)
  func powerCut(remains: FaultyDisk.Remains) throws {
    try withDisk { disk, path in
      let life = try Life(path, on: disk)
      #expect(life.operations > 60)
      for operation in 1...life.operations {
        for seed in 0..<(remains == .sectors ? 4 : 1) {
          disk.format()
          disk.plan(.powerCut, at: operation)
          let answered = live(path)
          disk.cutPower(leaving: remains, seed: operation * 16 + seed)
          try expectWhole(path, life, answered: answered, "operation \(operation), seed \(seed)")
        }
      }
    }
  }

  @Test(
    "a write or a sync that fails, or a full disk, costs at most the step that it was for",
    arguments: [FaultyDisk.Fault.error, .full], [nil, .nothing, .sectors] as [FaultyDisk.Remains?])
  func failing(fault: FaultyDisk.Fault, cut: FaultyDisk.Remains?) throws {
    try withDisk { disk, path in
      let life = try Life(path, on: disk)
      for operation in 1...life.operations {
        disk.format()
        disk.plan(fault, at: operation)
        let answered = live(path)
        disk.plan(nil)
        if let cut { disk.cutPower(leaving: cut, seed: operation) }
        try expectWhole(path, life, answered: answered, "operation \(operation)")
      }
    }
  }

  @Test("a bit that is read wrong, once, is found or changes nothing")
  func flippedReads() throws {
    try withDisk { disk, path in
      let life = try Life(path, on: disk)
      disk.save()
      disk.plan(nil)
      _ = try Snapshot(try Journal.open(path: path), calls: Life.calls)
      let reads = disk.reads
      var random = SeededRandom(seed: 11)
      var found = 0
      for read in 1...reads {
        for _ in 0..<48 {
          disk.restore()
          disk.flip(bit: Int(random.next() >> 40), ofRead: read)
          do {
            let journal = try Journal.open(path: path)
            let snapshot = try Snapshot(journal, calls: Life.calls)
            #expect(snapshot == life.snapshots.last, "read \(read)")
          } catch {
            #expect((error as? JournalError)?.isFatal == true, "read \(read): \(error)")
            found += 1
          }
        }
      }
      #expect(found > 10, "of \(reads) reads")
    }
  }

  /// Without a close, as a crash.
  private func liveOn(_ path: String) throws {
    let journal = try Journal.open(path: path)
    for step in Life.steps { try step(journal) }
  }

  /// A log that ends early is an earlier state of the same journal. By itself the journal cannot know,
  /// and the control plane can, which has seen a later row.
  @Test(
    "a flipped bit in the log is found, changes nothing, or leaves an earlier head of the chain")
  func flippedLog() throws {
    try withDisk { disk, path in
      let life = try Life(path, on: disk)
      disk.format()
      try liveOn(path)
      // As a power cut leaves it: everything is in the log.
      disk.cutPower(leaving: .everything, seed: 1)
      disk.save()
      let log = path + "-wal"
      var earlier = 0
      let length = disk.length(of: log)
      // An odd step, so that all bits of a byte occur.
      for position in stride(from: 0, to: length, by: length / 2_500 | 1) {
        disk.restore()
        disk.flip(bit: position, ofByte: position, in: log)
        do {
          let reopened = try Journal.open(path: path)
          let snapshot = try Snapshot(reopened, calls: Life.calls)
          #expect(life.snapshots.contains(snapshot), "byte \(position)")
          if snapshot != life.snapshots.last { earlier += 1 }
        } catch {
          #expect((error as? JournalError)?.isFatal == true, "byte \(position): \(error)")
        }
      }
      #expect(earlier > 100)
    }
  }
}
