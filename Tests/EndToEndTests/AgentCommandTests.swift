import JSON
import Platform
import Testing

/// What the agent's own commands say, on real processes.
@Suite("The agent's commands, on real processes", .serialized)
struct AgentCommandTests {
  private func status(_ box: Machinery) throws -> JSON {
    let answer = try box.command("signalbox-agent", ["status", "--state", box.state, "--json"])
    guard let json = try? JSON(parsing: answer.stdout) else { throw Unexpected(answer.stderr) }
    return json
  }

  @Test("an agent waits for the file of a control plane that is not there yet, and says so once")
  func waitsForFile() throws {
    let box = try Machinery(tools: Definitions.all)
    try box.startAgent(dialling: box.data + "/api.json")
    try eventually("it has tried more than once") {
      try status(box)["link"]?["failures"]?.int ?? 0 > 2
    }
    try box.startControlPlane()
    try box.awaitReachable()
    let id = try box.submit("print.hello")
    #expect(try box.ended(id)["outcome"]?.string == "succeeded")
    let log = box.text(try Files.read(box.root + "/agent.log"))
    #expect(log.split(separator: "\n").count { $0.contains("api.json is not there") } == 1)
  }

  @Test("doctor finds what works, and a technician can ask for it with a call")
  func doctor() throws {
    let shipped =
      "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
      + "/ToolDefinitions/Any/agent.doctor.yaml"
    let box = try Machinery(tools: [
      String(decoding: try Files.read(shipped), as: UTF8.self)
    ])
    let options = ["--state", box.state, "--plugins", box.plugins, "--json"]
    let before = try box.command("signalbox-agent", ["doctor"] + options)
    #expect(before.exit == 65)
    let found = try JSON(parsing: before.stdout)
    let failed = (found["findings"]?.array ?? []).filter { $0["result"] == "failed" }
    #expect(failed.compactMap { $0["check"]?.string } == ["journal", "controlPlane"])
    try box.start()
    let id = try box.submit("agent.doctor")
    // It starts and ends some forty processes.
    let call = try box.ended(id, within: .seconds(300))
    #expect(call["outcome"]?.string == "succeeded", "\(call.compact)")
    let report = call["result"]?["value"]
    #expect(report?["healthy"] == true, "\(call.compact)")
    let checks = (report?["findings"]?.array ?? []).compactMap { $0["check"]?.string }
    #expect(checks.contains("executor.shell.input.env"))
    let isolation = (report?["findings"]?.array ?? []).filter {
      $0["check"]?.string?.contains(".isolation.") == true
    }
    // What is not there is a notice, which keeps nobody from being healthy.
    #expect(isolation.count == 12 && isolation.allSatisfy { $0["result"] != "skipped" })
    let held = isolation.first { $0["check"] == "executor.shell.isolation.noNewPrivileges" }
    #expect(held?["detail"] == "seen in its process", "\(call.compact)")
    // A call without needs has no_new_privs, and all that it starts has: it cannot be tried there.
    let privileges = isolation.first { $0["check"] == "executor.shell.isolation.privileges" }
    #expect(privileges?["result"] == "notice", "\(call.compact)")
    #expect(checks.contains("connection") && checks.contains("clockOffset"))
    // The tool is asked by an agent; by hand it is the same, and the address may be given.
    let address = "127.0.0.1:\(box.port)"
    let beside = try box.command(
      "signalbox-agent", ["doctor", "--control-plane", address] + options)
    let findings = try JSON(parsing: beside.stdout)["findings"]?.array ?? []
    let visit = findings.first { $0["check"] == "connection" }
    #expect(visit?["detail"]?.string?.hasPrefix(address + " answered in") == true, "\(findings)")
    let clocks = findings.first { $0["check"] == "clockOffset" }
    #expect(clocks?["result"] == "passed", "\(findings)")
    // From a call as from a terminal, calls have the cgroup that the agent's calls have.
    let cgroup = "executor.shell.isolation.cgroup"
    let called = isolation.first { $0["check"]?.string == cgroup }
    let looked = findings.first { $0["check"]?.string == cgroup }
    #expect(called?["result"] != nil && called?["result"] == looked?["result"], "\(findings)")
    #expect(called?["remedy"] == looked?["remedy"], "\(findings)")
  }

  @Test("status tells who runs, whether calls can be sent, what the journal has, and what is open")
  func status() throws {
    let box = try Machinery(tools: Definitions.all)
    let before = try box.command("signalbox-agent", ["status", "--state", box.state])
    #expect(before.exit == 69)
    #expect(before.stderr.contains("no agent has run"))
    try box.start()
    let id = try box.hold("a")
    try eventually("the call is shown") {
      try status(box)["calls"]?.array?.first?["state"]?.string == "started"
    }
    let json = try status(box)
    #expect(json["running"]?.bool == true)
    #expect(json["sendable"]?.bool == true)
    #expect(json["process"]?["pid"]?.int == box.agent?.id)
    #expect(json["link"]?["state"]?.string == "open")
    #expect(json["journal"]?["sequence"]?.int ?? 0 >= 2)
    #expect(json["executors"] == ["shell"])
    #expect(json["calls"]?.array?.first?["call"]?.string == id)
    let text = try box.command("signalbox-agent", ["status", "--state", box.state])
    #expect(text.exit == 0)
    #expect(text.stdout.contains("calls can be sent here"), "\(text.stdout)")
    box.killAgent()
    let after = try box.command("signalbox-agent", ["status", "--state", box.state])
    #expect(after.exit == 69)
    #expect(after.stdout.contains("no agent runs"))
    #expect(try status(box)["sendable"]?.bool == false)
  }
}
