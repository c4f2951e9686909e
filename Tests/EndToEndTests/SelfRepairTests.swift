import Glibc
import JSON
import Platform
import Testing

/// An agent that looks after itself, with real plugins and a real disk to break.
@Suite("Self-repair, on real processes", .serialized)
struct SelfRepairTests {
  private func machinery() throws -> Machinery {
    let box = try Machinery(tools: Definitions.all)
    box.checkInterval = "1s"
    try box.start()
    return box
  }

  private func health(_ box: Machinery) throws -> JSON {
    try box.get("/v1/endpoints")["endpoints"]?.array?.first?["health"] ?? .null
  }

  private func becomes(_ box: Machinery, _ state: String) throws {
    try eventually("the endpoint is \(state)") {
      try self.health(box)["state"]?.string == state
    }
  }

  private func plugins(_ box: Machinery) -> [Int32] {
    Running.all(executable: box.plugins + "/signalbox-plugin-shell")
  }

  private func log(_ box: Machinery) throws -> String {
    box.text(try Files.read(box.root + "/agent.log"))
  }

  private func agentStatus(_ box: Machinery) throws -> JSON {
    let answer = try box.command("signalbox-agent", ["status", "--state", box.state, "--json"])
    return try JSON(parsing: answer.stdout)
  }

  @Test("an idle plugin that does not answer is found and started anew, and calls run again")
  func idlePlugin() throws {
    let box = try machinery()
    try becomes(box, "good")
    let stopped = plugins(box)
    #expect(stopped.count == 1)
    for process in stopped { kill(process, SIGSTOP) }
    try eventually("another process of the plugin runs") {
      let now = plugins(box)
      return now.count == 1 && now != stopped
    }
    let id = try box.submit("print.hello")
    #expect(try box.ended(id)["outcome"]?.string == "succeeded")
    try eventually("the recovery is in the log") {
      try log(box).contains("self-check: plugins: good again")
    }
    let lines = try log(box)
    #expect(
      lines.contains("plugin shell does not answer, and has 0 calls; looks again"), "\(lines)")
    #expect(lines.contains("plugin shell is started anew"), "\(lines)")
  }

  @Test("one with a call is left alone and shown as degraded; once idle, it is good again")
  func busyPlugin() throws {
    let box = try machinery()
    let id = try box.hold("a")
    let stopped = plugins(box)
    for process in stopped { kill(process, SIGSTOP) }
    try becomes(box, "degraded")
    let fault = try #require(try health(box)["faults"]?.array?.first)
    #expect(fault["subject"]?.string == "plugins")
    #expect(fault["evidence"]?.string == "plugin shell does not answer, and has 1 calls")
    #expect(fault["tried"] == ["retry", "rebuild"])
    #expect(fault["sinceUs"]?.int ?? 0 > 0 && fault["advice"]?.string != nil)
    #expect(try log(box).contains("plugin shell is left to its 1 calls"))
    let shown = try box.cli(["endpoints", "show", "web-01"])
    #expect(shown.stdout.contains("health:     degraded: plugins"), "\(shown)")
    #expect(shown.stdout.contains("tried: retry, rebuild"), "\(shown)")
    #expect(try box.cli(["endpoints"]).stdout.contains("degraded: plugins"))
    try eventually("the agent's own status says so") {
      try agentStatus(box)["health"]?["state"]?.string == "degraded"
    }
    let status = try box.command("signalbox-agent", ["status", "--state", box.state])
    #expect(status.stdout.contains("health:    degraded"), "\(status.stdout)")
    try box.release("a")
    for process in stopped { kill(process, SIGCONT) }
    #expect(try box.ended(id)["outcome"]?.string?.hasPrefix("succeeded") == true)
    try becomes(box, "good")
    // The same process, without the supervisor of its call.
    let left = plugins(box)
    #expect(!left.isEmpty && left.allSatisfy { stopped.contains($0) }, "\(left) of \(stopped)")
    let past = try health(box)["recovered"]?.array ?? []
    #expect(past.first?["subject"]?.string == "plugins", "\(past)")
    #expect(box.marks == ["a"])
    #expect(try box.cli(["endpoints", "show", "web-01"]).stdout.contains("was degraded for"))
  }

  @Test(
    "a spool that is no directory any more is told, and its return too; one that is gone is made")
  func spool() throws {
    let box = try machinery()
    try becomes(box, "good")
    let calls = box.state + "/calls"
    try Files.rename(calls, to: box.state + "/aside")
    try eventually("the directory is made again") { try Files.status(calls).kind == .directory }
    try eventually("the repair is in the log") {
      try log(box).contains("self-check: spool: good again")
    }
    let id = try box.submit("print.hello")
    #expect(try box.ended(id)["outcome"]?.string == "succeeded")
    // Something that stops root as well.
    try Files.rename(calls, to: box.state + "/aside-too")
    try Files.writeAtomically([1], to: calls)
    try becomes(box, "degraded")
    let fault = try #require(try health(box)["faults"]?.array?.first)
    #expect(fault["subject"]?.string == "spool")
    #expect(fault["evidence"]?.string?.contains("cannot be used") == true)
    try Files.remove(calls)
    try Files.rename(box.state + "/aside-too", to: calls)
    try becomes(box, "good")
    let next = try box.submit("print.hello")
    #expect(try box.ended(next)["outcome"]?.string == "succeeded")
  }

  @Test("an agent whose control plane is gone says so at its own end, and is good when it is back")
  func controlPlane() throws {
    let box = try machinery()
    box.killControlPlane()
    try eventually("it is degraded") {
      let health = try agentStatus(box)["health"]
      return health?["faults"]?.array?.first?["subject"]?.string == "controlPlane"
    }
    #expect(try log(box).contains("opens the link anew"))
    try box.startControlPlane()
    try box.awaitReachable()
    try becomes(box, "good")
    try eventually("it is good again") {
      try agentStatus(box)["health"]?["state"]?.string == "good"
    }
  }

  @Test("where it may, an agent that stays degraded asks to be started anew, but never over a call")
  func restart() throws {
    let box = try Machinery(tools: Definitions.all)
    box.checkInterval = "500ms"
    try box.startControlPlane()
    let options = ["--restart-when-degraded", "--restart-period", "2s"]
    try box.startAgent(options)
    try box.awaitReachable()
    let id = try box.hold("a")
    box.killControlPlane()
    try eventually("it would restart") {
      try log(box).contains("controlPlane: will ask to be started anew once no session")
    }
    try box.release("a")
    #expect(box.agent?.wait() == 75)
    let lines = try log(box)
    #expect(
      lines.contains("because it is degraded, and no session and no call is active: controlPlane"),
      "\(lines)")
    // It had waited for the end of the call, which it reports when it is back.
    try box.startControlPlane()
    try box.startAgent(options)
    let call = try box.ended(id)
    #expect(call["outcome"]?.string == "succeeded", "\(call.pretty)")
    #expect(box.marks == ["a"])
  }

  @Test("a restart waits for the end of a session, which outlives a killed control plane")
  func session() throws {
    let box = try Machinery(tools: Definitions.all)
    box.checkInterval = "500ms"
    try box.startControlPlane()
    try box.startAgent(["--restart-when-degraded", "--restart-period", "2s"])
    try box.awaitReachable()
    let opened = try box.cli(["sessions", "open", "web-01", "--note", "ticket 7", "--by", "ann"])
    #expect(opened.exit == 0, "\(opened)")
    let session = opened.stdout.split(whereSeparator: \.isWhitespace).joined()
    try eventually("the agent was told") {
      try agentStatus(box)["hasSession"] == true
    }
    let status = try box.command("signalbox-agent", ["status", "--state", box.state])
    #expect(status.stdout.contains("session:   one is open"), "\(status.stdout)")
    let called = try box.cli(["call", "--session", session, "web-01", "print.hello"])
    #expect(called.exit == 0, "\(called)")
    box.killControlPlane()
    try eventually("it would restart") {
      try log(box).contains("controlPlane: will ask to be started anew once no session")
    }
    #expect(try agentStatus(box)["running"] == true)

    try box.startControlPlane()
    try box.awaitReachable()
    let shown = try box.cli(["sessions", "show", session])
    #expect(shown.stdout.contains(": open") && shown.stdout.contains("1 succeeded"), "\(shown)")
    #expect(try box.cli(["endpoints", "show", "web-01"]).stdout.contains("session:    \(session)"))
    #expect(try box.cli(["sessions", "close", session, "--by", "bob"]).exit == 0)
    try eventually("the agent was told of the end") {
      try agentStatus(box)["hasSession"] == false
    }
    let refused = try box.cli(["call", "--session", session, "web-01", "print.hello"])
    #expect(refused.exit == 78, "\(refused)")
    #expect(refused.stderr.contains("signalbox sessions open web-01"), "\(refused)")
    box.killControlPlane()
    #expect(box.agent?.wait() == 75)

    // The endpoint is away, and what happened can be read.
    try box.startControlPlane()
    let told = try box.cli(["transcript", session])
    #expect(told.exit == 0, "\(told)")
    let texts = ["opened the session: ticket 7", "asked for print.hello", "succeeded: ", "closed"]
    var rest = told.stdout[...]
    for text in texts {
      guard let place = rest.firstRange(of: text) else {
        Issue.record("\(text) is not where it should be: \(told.stdout)")
        return
      }
      rest = rest[place.upperBound...]
    }
  }
}
