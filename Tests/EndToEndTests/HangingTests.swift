import Glibc
import JSON
import Platform
import Testing

/// Executors and tools that work against the evidence that the agent relies on.
@Suite("Hanging executors, and tools that remove the evidence, on real processes", .serialized)
struct HangingTests {
  private static let limit: Duration = .seconds(2)

  /// Its script prints, says where it runs, and has a child that left its group.
  private static let sleeper = Definitions.shell(
    "hang.on",
    """
    echo begun
    setsid sleep 97 &
    echo "$$ $!" >> "$FILE"
    sleep 98
    """,
    arguments: "        file: {type: string, maxLength: 256}", input: "{env: {FILE: /file}}",
    limits: "run: 2s, killGrace: 1s, stdout: 64KiB, stderr: 64KiB")

  /// The agent is the plugin's parent, which is the supervisor's, which is the script's.
  private static func killsItsAgent(_ name: String, _ first: String, _ last: String) -> String {
    Definitions.shell(
      name,
      """
      \(first)
      echo "$$" >> "$FILE"
      read -r _ _ _ plugin _ < "/proc/$PPID/stat"
      read -r _ _ _ agent _ < "/proc/$plugin/stat"
      kill -9 "$agent"
      \(last)
      """,
      arguments: """
            file: {type: string, maxLength: 256}
            go: {type: string, maxLength: 256}
        """, input: "{env: {FILE: /file, GO: /go}}")
  }

  private func machinery() throws -> Machinery {
    let box = try Machinery(
      tools: [
        Self.sleeper,
        Self.killsItsAgent("remove.evidence", "rm -f ../spool", "sleep 1"),
        Self.killsItsAgent("outlive.agent", "echo begun", Definitions.hold + "; echo done"),
        Definitions.shell("print.hello", "echo hello"),
      ])
    box.executorGrace = "1s"
    return box
  }

  /// A call whose plugin was stopped before it could end the call itself.
  private func hang(_ box: Machinery) throws -> (id: String, processes: [Int]) {
    for attempt in 0..<20 {
      let ledger = "\(box.ledger).\(attempt)"
      let before = ContinuousClock.now
      let id = try box.submit("hang.on", ["file": .string(ledger)])
      let found = try? processes(of: id, box, ledger)
      signalPlugins(box, SIGSTOP)
      if let found, ContinuousClock.now - before < Self.limit { return (id, found) }
      signalPlugins(box, SIGCONT)
      _ = try box.ended(id)
    }
    throw Unexpected("no plugin was stopped in time")
  }

  /// Once its first output is here.
  private func processes(of id: String, _ box: Machinery, _ ledger: String) throws -> [Int] {
    var processes: [Int] = []
    try eventually("the script says which processes it has", within: Self.limit) {
      processes = box.text(try Files.read(ledger)).split(whereSeparator: \.isWhitespace)
        .compactMap { Int($0) }
      return processes.count == 2
    }
    try eventually("its first output is here", within: Self.limit) {
      try box.output(id) == Array("begun\n".utf8)
    }
    return processes
  }

  private func signalPlugins(_ box: Machinery, _ signal: Int32) {
    for process in Running.all(executable: box.plugins + "/signalbox-plugin-shell") {
      kill(process, signal)
    }
  }

  /// Once a tool has run that kills its agent. Nobody else may: the tool would take another process
  /// for it.
  private func awaitAgentsEnd(_ box: Machinery) throws {
    let agent = try #require(box.agent)
    try eventually("the tool has ended its agent") {
      ProcessTree.entry(agent.id).map(\.isDead) ?? true
    }
    box.killAgent()
  }

  private func expectEnded(_ call: JSON, _ box: Machinery, _ id: String, _ processes: [Int]) throws
  {
    #expect(call["outcome"]?.string == "interrupted", "\(call.pretty)")
    #expect(call["reason"]?.string?.contains("hung") == true, "\(call.pretty)")
    #expect(try box.output(id) == Array("begun\n".utf8))
    try eventually("no process of the call is left") {
      processes.allSatisfy { ProcessTree.entry($0).map(\.isDead) ?? true }
    }
    // And the endpoint works on.
    let next = try box.submit("print.hello")
    #expect(try box.ended(next)["outcome"]?.string == "succeeded")
  }

  @Test("a plugin that hangs is ended with its processes: interrupted, partial output kept")
  func ownPlugin() throws {
    let box = try machinery()
    try box.start()
    let (id, processes) = try hang(box)
    try expectEnded(try box.ended(id), box, id, processes)
  }

  @Test("so is one that an earlier agent left behind")
  func inheritedPlugin() throws {
    let box = try machinery()
    try box.start()
    let (id, processes) = try hang(box)
    box.killAgent()
    try box.startAgent()
    try expectEnded(try box.ended(id), box, id, processes)
  }

  @Test("a tool that removes its spool while its agent dies is not run again")
  func spoolRemoved() throws {
    let box = try machinery()
    try box.start()
    let id = try box.submit("remove.evidence", ["file": .string(box.ledger)])
    try eventually("the tool has run") { box.marks.count == 1 }
    try awaitAgentsEnd(box)
    box.killPlugins()
    try box.startAgent()
    let call = try box.ended(id)
    #expect(["unknown", "interrupted"].contains(call["outcome"]?.string), "\(call.pretty)")
    #expect(box.marks.count == 1)
  }

  @Test("a start that no agent lived to tell is told by the next one")
  func startToldLate() throws {
    let box = try machinery()
    try box.start()
    let go = box.root + "/go"
    let id = try box.submit("outlive.agent", ["file": .string(box.ledger), "go": .string(go)])
    try eventually("the tool has run") { box.marks.count == 1 }
    try awaitAgentsEnd(box)
    try box.startAgent()
    try box.await(id, "execution", "started")
    try eventually("the start has its time") { try box.call(id)["startedAtUs"]?.int != nil }
    #expect(try box.call(id)["outcome"]?.string == nil)
    try Files.writeAtomically([], to: go)
    #expect(try box.ended(id)["outcome"]?.string == "succeeded")
    #expect(box.marks.count == 1)
  }
}
