import Chaos
import Glibc
import JSON
import Platform
import Support
import Testing

/// What the public trackers of remote tools tell again and again, each as a test that passes here.
@Suite("Public failures of other products", .serialized)
struct PublicFailureTests {
  private static let tools =
    Definitions.all + [
      Definitions.shell(
        "print.flood", "head -c 3000000 /dev/zero | tr '\\0' x; echo why >&2; exit 3",
        exitCodes: "{0: succeeded, 3: {failed: the third way}}",
        limits: "run: 60s, killGrace: 2s, stdout: 64KiB, stderr: 64KiB"),
      Definitions.shell(
        "fail.slowly", "echo one; echo two >&2; \(Definitions.hold); echo three; kill -9 $$",
        arguments: "        go: {type: string, maxLength: 256}", input: "{env: {GO: /go}}"),
      Definitions.shell(
        "run.over", "echo \"$MARK\" >> \"$FILE\"; echo begun; sleep 60",
        arguments: """
              mark: {type: string, maxLength: 64}
              file: {type: string, maxLength: 256}
          """, input: "{env: {MARK: /mark, FILE: /file}}",
        limits: "run: 2s, killGrace: 1s, stdout: 64KiB, stderr: 64KiB"),
    ]

  private func machinery() throws -> Machinery { try Machinery(tools: Self.tools) }

  private func append(_ mark: String, _ box: Machinery) throws -> String {
    try box.submit(
      "ledger.append", ["mark": .string(mark), "file": .string(box.ledger)],
      key: "key-\(mark)")
  }

  private func expect(
    _ id: String, _ outcome: String, in box: Machinery,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let call = try box.ended(id)
    #expect(
      call["outcome"]?.string == outcome, "\(call.pretty)\n\(box.logs)",
      sourceLocation: sourceLocation)
  }

  @Test("jobs doubled after a reconnect: 60 calls through 20 cut connections run once each")
  func reconnect() throws {
    let box = try machinery()
    try box.startControlPlane()
    let cutter = try FaultProxy(to: box.port)
    defer { cutter.end() }
    box.agentPort = cutter.port
    try box.startAgent()
    try box.awaitReachable()
    var ids: [String] = []
    for number in 0..<60 {
      ids.append(try append("m\(number)", box))
      if number % 3 == 2 { cutter.cut() }
    }
    for id in ids { try expect(id, "succeededEmpty", in: box) }
    #expect(box.marks.sorted() == (0..<60).map { "m\($0)" }.sorted())
  }

  @Test("a call stuck for ever when issued during an agent restart: it runs when the agent is back")
  func duringRestart() throws {
    let box = try machinery()
    try box.start()
    let running = try box.hold("running")
    try box.beginToStopAgent()
    let stopping = try append("stopping", box)
    try box.release("running")
    box.agent?.wait()
    let away = try append("away", box)
    try box.startAgent()
    let starting = try append("starting", box)
    try expect(running, "succeeded", in: box)
    for id in [stopping, away, starting] { try expect(id, "succeededEmpty", in: box) }
    #expect(box.marks.sorted() == ["away", "running", "starting", "stopping"])
  }

  @Test("output over the limit replaced whole: its beginning is kept, the rest is counted")
  func overTheLimit() throws {
    let box = try machinery()
    try box.start()
    let id = try box.submit("print.flood")
    try expect(id, "failed", in: box)
    let account = try box.call(id)["execution"]?["record"]?["stdout"]
    #expect(account?["producedBytes"]?.int == 3_000_000)
    #expect(account?["keptBytes"]?.int == 65_536)
    #expect(try box.output(id) == [UInt8](repeating: UInt8(ascii: "x"), count: 65_536))
    #expect(try box.output(id, "stderr") == Array("why\n".utf8))
  }

  @Test("partial output lost on failure: what a killed script printed is there, of both streams")
  func partialOutput() throws {
    let box = try machinery()
    try box.start()
    let go = box.root + "/go"
    let id = try box.submit("fail.slowly", ["go": .string(go)])
    // Already while it runs.
    try eventually("its first line is here") { try box.output(id) == Array("one\n".utf8) }
    try Files.writeAtomically([], to: go)
    try expect(id, "failed", in: box)
    #expect(try box.output(id) == Array("one\nthree\n".utf8))
    #expect(try box.output(id, "stderr") == Array("two\n".utf8))
  }

  @Test("\"timed out\" for something that ran: a run limit and a deadline are told apart")
  func timedOutApart() throws {
    let box = try machinery()
    box.slots = 1
    try box.start()
    let file = JSON.string(box.ledger)
    let over = try box.submit("run.over", ["mark": "over", "file": file])
    try expect(over, "timedOut", in: box)
    let held = try box.hold("held")
    let late = try box.submit(
      "run.over", ["mark": "late", "file": file], expiresAfter: .milliseconds(400))
    try expect(late, "expired", in: box)
    try box.release("held")
    try expect(held, "succeeded", in: box)
    #expect(try box.call(over)["ran"]?.string == "yes")
    #expect(try box.output(over) == Array("begun\n".utf8))
    #expect(try box.call(late)["ran"]?.string == "no")
    #expect(box.marks == ["over", "held"])
  }

  @Test("offline calls vanishing: they outlive both ends' restarts, and run in order on return")
  func offline() throws {
    let box = try machinery()
    box.slots = 1
    try box.start()
    box.killAgent()
    var ids: [String] = []
    for number in 0..<10 {
      ids.append(try append("m\(number)", box))
      if number == 4 {
        box.killControlPlane()
        try box.startControlPlane()
      }
    }
    for id in ids { #expect(try box.call(id)["outcome"]?.string == nil) }
    try box.startAgent()
    for id in ids { try expect(id, "succeededEmpty", in: box) }
    #expect(box.marks == (0..<10).map { "m\($0)" })
  }

  @Test("a result delivered but never recorded: 20 control planes killed as results arrive")
  func recorded() throws {
    let box = try machinery()
    try box.start()
    for number in 0..<20 {
      let id = try append("m\(number)", box)
      try eventually("call \(number) has run") { box.marks.count == number + 1 }
      // Somewhere between the end of the process and the confirmation of its record.
      usleep(UInt32(number * 400))
      box.killControlPlane()
      try box.startControlPlane()
      try expect(id, "succeededEmpty", in: box)
      #expect(try box.call(id)["execution"]?["record"] != nil)
    }
    #expect(box.marks == (0..<20).map { "m\($0)" })
  }

  @Test("a runner's death leaves \"running\" for ever: it is interrupted at once, and told why")
  func runnerDeath() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    box.killPlugins()
    // Long before its run limit.
    let call = try box.ended(id)
    #expect(call["outcome"]?.string == "interrupted", "\(call.pretty)")
    #expect(call["ran"]?.string == "yes")
    #expect(try box.output(id) == Array("begun\n".utf8))
    try expect(try append("b", box), "succeededEmpty", in: box)
    #expect(box.marks == ["a", "b"])
  }

  @Test("duplicates under load: 8 clients submit the same 100 calls, and each runs once")
  func underLoad() throws {
    let box = try machinery()
    try box.start()
    let ids = Locked<[Int: Set<String>]>([:])
    let failures = Locked<[String]>([])
    let submission = try Submission(box)
    let threads = try (0..<8).map { client in
      try WorkerThread(name: "client \(client)") {
        for step in 0..<100 {
          let number = (step + client * 13) % 100
          do {
            let id = try submission.submit(number)
            ids.withLock { _ = $0[number, default: []].insert(id) }
          } catch {
            failures.withLock { $0.append("\(error)") }
          }
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(failures.withLock { $0 } == [])
    let known = ids.withLock { $0 }
    #expect(known.count == 100)
    for (number, ids) in known { #expect(ids.count == 1, "call \(number) has \(ids.count) ids") }
    for id in known.values.flatMap({ $0 }) { try expect(id, "succeededEmpty", in: box) }
    #expect(box.marks.sorted() == (0..<100).map { "m\($0)" }.sorted())
  }

  /// `Machinery` is of one thread; what its clients need is not.
  private struct Submission: Sendable {
    let submit: @Sendable (Int) throws -> String

    func submit(_ number: Int) throws -> String { try submit(number) }

    init(_ box: Machinery) throws {
      let port = box.port
      let token = try box.apiToken()
      let file = box.ledger
      submit = { number in
        try Machinery.submit(
          "ledger.append", ["mark": .string("m\(number)"), "file": .string(file)],
          key: "load-\(number)", port: port, token: token)
      }
    }
  }

  @Test("a restored snapshot of the agent's disk: nothing runs twice, open calls say unknown")
  func restoredSnapshot() throws {
    let box = try machinery()
    box.slots = 1
    try box.start()
    let before = try epoch(box)
    // One runs, two wait on the endpoint: that is what the snapshot has.
    let first = try box.hold("first")
    let second = try append("second", box)
    let third = try append("third", box)
    try box.await(third, "delivery", "acknowledged")
    box.killAgent()
    let snapshot = box.root + "/snapshot"
    try copyTree(box.state, to: snapshot)
    // They run, and a later one is left in mid-run.
    try box.startAgent()
    try box.release("first")
    for (id, outcome) in [
      (first, "succeeded"), (second, "succeededEmpty"), (third, "succeededEmpty"),
    ] {
      try expect(id, outcome, in: box)
    }
    let open = try box.hold("open")
    box.killAgent()
    box.killPlugins()
    try Files.removeTree(box.state)
    try copyTree(snapshot, to: box.state)

    try box.startAgent()
    try expect(open, "unknown", in: box)
    #expect(try box.call(open)["reason"]?.string?.contains("rewound") == true)
    #expect(try box.call(open)["ran"]?.string == "notKnown")
    try expect(try append("last", box), "succeededEmpty", in: box)
    #expect(box.marks == ["first", "second", "third", "open", "last"])
    // Its status is written once a second.
    try eventually("the journal has a new epoch") { try self.epoch(box) != before }
    for (id, outcome) in [
      (first, "succeeded"), (second, "succeededEmpty"), (third, "succeededEmpty"),
    ] {
      try expect(id, outcome, in: box)
    }
  }

  @Test("nor does a snapshot run by itself, with no control plane to tell its age")
  func restoredSnapshotAlone() throws {
    let box = try machinery()
    box.slots = 1
    try box.start()
    let first = try box.hold("first")
    let second = try append("second", box)
    try box.await(second, "delivery", "acknowledged")
    box.killAgent()
    let snapshot = box.root + "/snapshot"
    try copyTree(box.state, to: snapshot)
    try box.startAgent()
    try box.release("first")
    // Released, and in mid-run: in the snapshot it still waits.
    try expect(first, "succeeded", in: box)
    try expect(second, "succeededEmpty", in: box)
    box.stopAgent()
    box.killControlPlane()
    try Files.removeTree(box.state)
    try copyTree(snapshot, to: box.state)
    try box.startAgent()
    usleep(1_500_000)
    #expect(box.marks == ["first", "second"])
    try box.startControlPlane()
    try expect(try append("last", box), "succeededEmpty", in: box)
    #expect(box.marks == ["first", "second", "last"])
  }

  private func epoch(_ box: Machinery) throws -> String {
    var epoch: String?
    try eventually("the agent has an epoch") {
      let answer = try box.command("signalbox-agent", ["status", "--state", box.state, "--json"])
      epoch = try JSON(parsing: Array(answer.stdout.utf8))["journal"]?["epoch"]?.string
      return epoch != nil
    }
    return try #require(epoch)
  }

  private func copyTree(_ path: String, to target: String) throws {
    let null = try Files.open("/dev/null", .readWrite)
    let copy = try ChildProcess.spawn(
      Launch("/bin/cp", arguments: ["cp", "-a", path, target]), stdin: null, stdout: null,
      stderr: null)
    #expect(try copy.wait().how == .exit(code: 0))
  }
}
