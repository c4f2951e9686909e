import Glibc
import JSON
import Platform
import Testing

/// DESIGN, "the three axes of a call": one test for each row, on real processes.
@Suite("Truth table, on real processes", .serialized)
struct TruthTableTests {
  private func machinery() throws -> Machinery { try Machinery(tools: Definitions.all) }

  /// Runs a tool to its end on fresh processes.
  private func run(
    _ tool: String, _ arguments: JSON = [:]
  ) throws -> (call: JSON, box: Machinery, id: String) {
    let box = try machinery()
    try box.start()
    let id = try box.submit(tool, arguments)
    return (try box.ended(id), box, id)
  }

  private func expect(
    _ call: JSON, _ outcome: String, ran: String, execution: String, output: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(call["outcome"]?.string == outcome, "\(call.pretty)", sourceLocation: sourceLocation)
    #expect(call["ran"]?.string == ran, sourceLocation: sourceLocation)
    #expect(call["state"]?["execution"]?.string == execution, sourceLocation: sourceLocation)
    #expect(call["state"]?["output"]?.string == output, sourceLocation: sourceLocation)
  }

  @Test("ran with output: succeeded")
  func succeeded() throws {
    let (call, box, id) = try run("print.hello")
    expect(call, "succeeded", ran: "yes", execution: "ended", output: "complete")
    #expect(call["result"]?["value"]?.string == "hello\n")
    #expect(try box.output(id) == Array("hello\n".utf8))
    #expect(call["execution"]?["record"]?["ended"]?["code"]?.int == 0)
  }

  @Test("ran and printed nothing: succeededEmpty, with a record and no output")
  func succeededEmpty() throws {
    let (call, box, id) = try run("print.nothing")
    expect(call, "succeededEmpty", ran: "yes", execution: "ended", output: "empty")
    #expect(call["execution"]?["record"]?["process"]?["pid"]?.int != nil)
    #expect(try box.output(id).isEmpty)
  }

  @Test("exit 3: failed, with its meaning, stdout and stderr")
  func failed() throws {
    let (call, box, id) = try run("exit.three")
    expect(call, "failed", ran: "yes", execution: "ended", output: "complete")
    #expect(call["reason"]?.string?.contains("the third way") == true)
    #expect(try box.output(id) == Array("half\n".utf8))
    #expect(try box.output(id, "stderr") == Array("why\n".utf8))
  }

  @Test("killed by a signal: failed, and says which")
  func killedBySignal() throws {
    let (call, _, _) = try run("die.by-signal")
    expect(call, "failed", ran: "yes", execution: "ended", output: "complete")
    #expect(call["execution"]?["record"]?["ended"]?["signal"]?.int == 9)
  }

  @Test("over the run limit: timedOut, with the output up to there")
  func timedOut() throws {
    let (call, box, id) = try run("run.too-long")
    expect(call, "timedOut", ran: "yes", execution: "ended", output: "complete")
    #expect(try box.output(id) == Array("begun\n".utf8))
    #expect(call["execution"]?["record"]?["ended"]?["limit"]?.string == "run")
  }

  @Test("output that breaks the result schema: malformed, payload kept, pointer named")
  func malformed() throws {
    let (call, box, id) = try run("print.bad-json")
    expect(call, "malformed", ran: "yes", execution: "ended", output: "complete")
    #expect(call["state"]?["validity"]?.string == "malformed")
    #expect(try box.output(id) == Array("{\"count\": \"seven\"}\n".utf8))
    #expect(call["result"]?["violations"]?.compact.contains("/count") == true, "\(call.pretty)")
  }

  @Test("output that is no JSON at all: malformed, payload kept")
  func notJSON() throws {
    let (call, box, id) = try run("print.no-json")
    expect(call, "malformed", ran: "yes", execution: "ended", output: "complete")
    #expect(try box.output(id) == Array("not json\n".utf8))
  }

  @Test("more output than the limit: the first bytes are kept, the rest is counted exactly")
  func flood() throws {
    let (call, box, id) = try run("print.much")
    let account = call["execution"]?["record"]?["stdout"]
    #expect(account?["producedBytes"]?.int == 5_000_000)
    #expect(account?["keptBytes"]?.int == 1 << 20)
    #expect(account?["droppedBytes"]?.int == 5_000_000 - 1 << 20)
    #expect(try box.output(id).count == 1 << 20)
    #expect(try box.output(id, "stderr") == Array("end\n".utf8))
  }

  @Test("never ran, because the agent was off: queued, and run when it comes")
  func queuedThenRan() throws {
    let box = try machinery()
    try box.start()
    box.killAgent()
    let id = try box.submit("print.hello")
    #expect(try box.call(id)["state"]?["delivery"]?.string == "queued")
    #expect(try box.call(id)["ran"]?.string == "no")
    try box.startAgent()
    expect(
      try box.ended(id), "succeeded", ran: "yes", execution: "ended", output: "complete")
  }

  @Test("never ran, because its deadline passed: expired")
  func expired() throws {
    let box = try machinery()
    try box.start()
    box.stopAgent()
    let id = try box.submit("print.hello", expiresAfter: .milliseconds(300))
    expect(try box.ended(id), "expired", ran: "no", execution: "notStarted", output: "none")
  }

  @Test("no executor for it on this platform: rejected, with a remedy")
  func rejected() throws {
    let (call, _, _) = try run("wrong.platform")
    expect(call, "rejected", ran: "no", execution: "notStarted", output: "none")
    #expect(call["reason"]?.string == "no executor for osascript on linux")
    #expect(call["remedy"]?.string?.isEmpty == false)
  }

  @Test("cancelled before start: cancelled, did not run")
  func cancelledBefore() throws {
    let box = try machinery()
    box.slots = 1
    try box.start()
    let first = try box.hold("a")
    let second = try box.submit("ledger.append", ["mark": "b", "file": .string(box.ledger)])
    try box.await(second, "delivery", "acknowledged")
    _ = try box.request("POST", "/v1/calls/\(second)/cancel", ["by": "ann"])
    expect(
      try box.ended(second), "cancelled", ran: "no", execution: "notStarted", output: "none")
    try box.release("a")
    _ = try box.ended(first)
    #expect(box.marks == ["a"])
  }

  @Test("cancelled after start: cancelled, ran, output kept")
  func cancelledAfter() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    _ = try box.request("POST", "/v1/calls/\(id)/cancel", ["by": "ann"])
    expect(try box.ended(id), "cancelled", ran: "yes", execution: "ended", output: "complete")
    #expect(try box.output(id) == Array("begun\n".utf8))
  }

  @Test("agent killed -9 in mid-run: completes after its restart, with all its output")
  func agentKilled() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    box.killAgent()
    try box.startAgent()
    try box.release("a")
    expect(try box.ended(id), "succeeded", ran: "yes", execution: "ended", output: "complete")
    #expect(try box.output(id) == Array("begun\ndone\n".utf8))
    #expect(box.marks == ["a"])
  }

  @Test("agent killed -9, cancelled while it was away: the plugin is told through the spool")
  func cancelledWhileDetached() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    box.killAgent()
    _ = try box.request("POST", "/v1/calls/\(id)/cancel", ["by": "ann"])
    try box.startAgent()
    expect(try box.ended(id), "cancelled", ran: "yes", execution: "ended", output: "complete")
  }

  @Test("agent and plugin killed -9 after the end, and the spool gone: the journal has the output")
  func spoolGone() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    box.killControlPlane()
    try box.release("a")
    try eventually("the end is in the journal") {
      ["journal.db", "journal.db-wal"].contains { name in
        box.text((try? Files.read(box.state + "/" + name)) ?? []).contains("\"base64\":")
      }
    }
    box.killAgent()
    box.killPlugins()
    // As after a power cut: the plugin did not wait for the disk.
    try Files.remove(box.state + "/calls/1/spool")
    try box.startControlPlane()
    try box.startAgent()
    expect(try box.ended(id), "succeeded", ran: "yes", execution: "ended", output: "complete")
    #expect(try box.output(id) == Array("begun\ndone\n".utf8))
  }

  @Test("agent and plugin both killed -9: interrupted, partial output kept, not run again")
  func bothKilled() throws {
    let box = try machinery()
    try box.start()
    let id = try box.submitHolding("a")
    try eventually("its first output is in the spool") {
      (try? Files.read(box.state + "/calls/1/spool"))
        .map { box.text($0).contains("begun") } ?? false
    }
    try eventually("it has left its mark") { box.marks == ["a"] }
    box.killAgent()
    box.killPlugins()
    try box.startAgent()
    expect(try box.ended(id), "interrupted", ran: "yes", execution: "lost", output: "partial")
    #expect(try box.output(id) == Array("begun\n".utf8))
    #expect(box.marks == ["a"])
  }

  @Test("journal deleted while a call is open: unknown, a new epoch, nothing offered again")
  func journalDeleted() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    box.killAgent()
    for name in try Files.list(box.state) where name.hasPrefix("journal") {
      try Files.removeTree(box.state + "/" + name)
    }
    try box.startAgent()
    expect(try box.ended(id), "unknown", ran: "notKnown", execution: "lost", output: "partial")
    let next = try box.submit("print.hello")
    #expect(try box.ended(next)["outcome"]?.string == "succeeded")
    #expect(box.marks == ["a"])
  }

  @Test("control plane killed -9 in mid-run: the call goes on and its end is recorded")
  func controlPlaneKilled() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    box.killControlPlane()
    try box.startControlPlane()
    try box.release("a")
    expect(try box.ended(id), "succeeded", ran: "yes", execution: "ended", output: "complete")
  }

  @Test("endpoint removed while a call waits: undeliverable")
  func undeliverable() throws {
    let box = try machinery()
    try box.start()
    box.stopAgent()
    let id = try box.submit("print.hello")
    _ = try box.request("DELETE", "/v1/endpoints/web-01")
    expect(try box.ended(id), "undeliverable", ran: "no", execution: "notStarted", output: "none")
  }

  @Test("a stopping agent lets a running call end and reports it")
  func gracefulStop() throws {
    let box = try machinery()
    try box.start()
    let id = try box.hold("a")
    try box.beginToStopAgent()
    try box.release("a")
    box.agent?.wait()
    #expect(try box.call(id)["outcome"]?.string == "succeeded")
  }

  @Test("a secret is in no output, no store and no argument list")
  func secretsStayOut() throws {
    let secret = "hunter2-\(getpid())-correct-horse"
    let (call, box, id) = try run("echo.secret", ["password": .string(secret)])
    #expect(call["outcome"]?.string == "succeeded", "\(call.pretty)")
    #expect(!call.compact.contains(secret))
    #expect(!box.text(try box.output(id)).contains(secret))
    box.stopAgent()
    box.controlPlane?.terminate()
    for file in try Files.list(box.data) {
      let text = box.text((try? Files.read(box.data + "/" + file)) ?? [])
      #expect(!text.contains(secret), "\(file)")
    }
  }
}
