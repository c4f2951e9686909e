import Engine
import JSON
import Model
import Platform
import SQLite
import Store
import Support
import Testing
import Wire

/// A store on a disk that fails: everything that was answered as committed is there afterwards, and
/// nothing half.
@Suite("The store on a faulty disk", .serialized)
struct StoreFaultyDiskTests {
  /// What a control plane writes in each of its turns, and what is on the disk after each.
  private struct Life {
    let turns: [[EngineEffect]]
    let operations: Int
    /// Before the first turn, and after each.
    let contents: [String]

    init(_ path: String, on disk: FaultyDisk) throws {
      turns = try Self.turns()
      disk.plan(nil)
      let store = try Store(path: path)
      var contents = [try StoreFaultyDiskTests.contents(of: path)]
      for turn in turns {
        try StoreFaultyDiskTests.write(turn, to: store)
        contents.append(try StoreFaultyDiskTests.contents(of: path))
      }
      try store.close()
      self.contents = contents
      operations = disk.operations
    }

    private static func turns() throws -> [[EngineEffect]] {
      var desk = Desk()
      var turns: [[EngineEffect]] = []
      func note() { if desk.effects.contains(where: \.isDurable) { turns.append(desk.effects) } }
      let web = desk.join()
      note()
      let first = desk.submit(to: web.endpoint, arguments: ["path": "/"])
      note()
      desk.acknowledge(first, over: web.link, .started)
      note()
      for offset in [0, 5_000] {
        let bytes = [UInt8](repeating: 65, count: 5_000)
        let chunk = OutputChunk(
          call: first, stream: .stdout, offset: offset, at: desk.now, bytes: bytes)
        desk.step(.message(web.link, .output(chunk)))
        note()
      }
      desk.finish(first, over: web.link, .ended(Records.ended(stdout: 10_000)))
      note()
      desk.step(.judged(first, Verdict(outcome: .succeeded, validity: .valid, meaning: "ok")))
      note()
      let steps = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
      note()
      desk.finish(steps[0], over: web.link, .rejected(code: "x", reason: "no", remedy: "yes"))
      note()
      let shaped = desk.submit(to: web.endpoint) { $0.priority = 3 }
      note()
      desk.step(.linkClosed(web.link, reason: "cut"))
      note()
      desk.step(.cancel(shaped, by: "ann", Ticket(99)))
      note()
      return turns
    }
  }

  private static func write(_ turn: [EngineEffect], to store: Store) throws {
    for effect in turn { try store.write(effect) }
    try store.commit()
  }

  /// Every row of every table.
  private static func contents(of path: String) throws -> String {
    let database = try Database(path: path, mode: .readOnly)
    let tables = try database.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1")
    var text = ""
    while try tables.step() {
      let table = tables.text(0)
      let columns = try database.prepare("SELECT name FROM pragma_table_info('\(table)')")
      var quoted: [String] = []
      while try columns.step() { quoted.append("quote(\(columns.text(0)))") }
      let row = quoted.joined(separator: " || ',' || ")
      let rows =
        "SELECT group_concat(line, x'0a') FROM (SELECT \(row) AS line FROM \(table) ORDER BY 1)"
      text += "\(table): \(try database.text(rows) ?? "")\n"
    }
    try database.close()
    return text
  }

  /// Lives until the disk stops it, as a control plane does: it never goes on after a failed commit.
  /// - Returns: the turns whose commit was answered.
  private func live(_ life: Life, _ path: String) -> Int {
    guard let store = try? Store(path: path) else { return 0 }
    for (done, turn) in life.turns.enumerated() {
      do { try Self.write(turn, to: store) } catch { return done }
    }
    try? store.close()
    return life.turns.count
  }

  private func expectWhole(
    _ path: String, _ life: Life, answered: Int, _ comment: Comment
  ) throws {
    let store = try Store(path: path)
    let found = try Self.contents(of: path)
    let allowed = life.contents[answered...].prefix(2)
    let isWhole = allowed.contains(found)
    #expect(isWhole, comment)
    #expect(throws: Never.self, comment) { try store.resume() }
    // And it goes on from there.
    guard let place = allowed.firstIndex(of: found) else { return }
    for turn in life.turns[place...] { try Self.write(turn, to: store) }
    let isComplete = try Self.contents(of: path) == life.contents.last
    #expect(isComplete, comment)
    try store.close()
  }

  @Test(
    "the power cut at any operation leaves all that was answered, and nothing half",
    arguments: FaultyDisk.Remains.allCases)
  func powerCut(remains: FaultyDisk.Remains) throws {
    try withFaultyDisk("store.db") { disk, path in
      let life = try Life(path, on: disk)
      #expect(life.turns.count > 10)
      #expect(life.operations > 80)
      for operation in 1...life.operations {
        disk.format()
        disk.plan(.powerCut, at: operation)
        let answered = live(life, path)
        disk.cutPower(leaving: remains, seed: operation)
        try expectWhole(path, life, answered: answered, "operation \(operation)")
      }
    }
  }

  @Test(
    "a write or a sync that fails, or a full disk, costs at most the turn that it was for",
    arguments: [FaultyDisk.Fault.error, .full], [nil, .nothing] as [FaultyDisk.Remains?])
  func failing(fault: FaultyDisk.Fault, cut: FaultyDisk.Remains?) throws {
    try withFaultyDisk("store.db") { disk, path in
      let life = try Life(path, on: disk)
      for operation in 1...life.operations {
        disk.format()
        disk.plan(fault, at: operation)
        let answered = live(life, path)
        disk.plan(nil)
        if let cut { disk.cutPower(leaving: cut, seed: operation) }
        try expectWhole(path, life, answered: answered, "operation \(operation)")
      }
    }
  }
}

extension EngineEffect {
  fileprivate var isDurable: Bool {
    switch self {
    case .judge, .send, .close, .answer: false
    default: true
    }
  }
}
