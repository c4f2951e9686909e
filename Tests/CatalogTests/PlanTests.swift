import Catalog
import JSON
import Model
import Testing
import Tools

@Suite struct PlanTests {
  static let two = small.replacing(
    "  - with: shell\n    input: {env: {WORD: /word}}\n    \(RuleTests.script)",
    by: """
        - {when: {os: linux, commands: [a, b]}, with: shell, input: {env: {WORD: /word}}, script: one}
        - {when: {os: [linux, macos], commands: c}, with: shell, interpreter: /bin/bash, script: two}
      """)

  @Test("the first variant whose conditions hold is the one that runs")
  func variant() throws {
    let plan = try tool(Self.two).plan
    func script(_ os: String, _ commands: String) -> String? {
      try? plan.variant(os: os) { commands.contains($0) }.get().script
    }
    #expect(script("linux", "abc") == "one")
    #expect(script("linux", "ac") == "two")
    #expect(script("macos", "abc") == "two")
    #expect(try plan.variant(os: "macos") { _ in true }.get().interpreter == "/bin/bash")
  }

  @Test("an endpoint that cannot run a tool is told why, and what to do")
  func refusal() throws {
    let plan = try tool(Self.two).plan
    func refusal(_ os: String, _ commands: String) -> Tools.Refusal? {
      guard case .failure(let refusal) = plan.variant(os: os, hasCommand: { commands.contains($0) })
      else { return nil }
      return refusal
    }
    #expect(
      refusal("windows", "abc")?.description
        == "echo runs on linux, macos, and this endpoint is windows; choose a tool for windows"
        + " [tool.wrongPlatform]")
    #expect(
      refusal("linux", "a")?.description
        == "echo needs b, c, which this endpoint lacks; install b, c there, or choose another tool"
        + " [tool.missingCommand]")
  }

  @Test("durations and sizes are whole milliseconds and bytes in the canonical form")
  func quantities() throws {
    let tool = try tool(sample)
    #expect(
      tool.definition["limits"] == [
        "runMs": 150_000, "killGraceMs": 10_000, "stdoutBytes": 65_536, "stderrBytes": 65_536,
      ])
    #expect(
      tool.limits
        == Limits(
          run: .seconds(150), killGrace: .seconds(10), stdoutBytes: 65_536, stderrBytes: 65_536))
    #expect(tool.delivery.expiresAfter == .seconds(86_400) && tool.delivery.attempts == 5)
  }

  @Test("bounds of its processes stand in the canonical form if they are set, and only then")
  func resources() throws {
    let text = small + "limits: {memory: 512MiB, processes: 64, fileSize: 1MiB, cpu: 90s}\n"
    let tool = try tool(text)
    #expect(
      tool.definition["limits"] == [
        "runMs": 60_000, "killGraceMs": 10_000, "stdoutBytes": 1_048_576, "stderrBytes": 65_536,
        "memoryBytes": 536_870_912, "processes": 64, "fileSizeBytes": 1_048_576, "cpuMs": 90_000,
      ])
    #expect(
      tool.limits.resources
        == Limits.Resources(
          memoryBytes: 536_870_912, processes: 64, fileSizeBytes: 1_048_576, cpu: .seconds(90)))
    let stored = try Tool(definition: tool.definition)
    #expect(stored.digest == tool.digest && stored.limits == tool.limits)
  }

  @Test("as whom a variant runs, and what it needs, is in its plan and in one order")
  func surroundings() throws {
    let one = small.replacing(
      "with: shell", by: "with: shell\n    runAs: nobody\n    needs: [privileges, agent]")
    let other = small.replacing(
      "with: shell", by: "with: shell\n    needs: [agent, privileges]\n    runAs: nobody")
    let tool = try tool(one)
    #expect(tool.plan.variants.first?.runAs == "nobody")
    #expect(tool.plan.variants.first?.needs == [.agent, .privileges])
    #expect(try load(other).get().digest == tool.digest)
    let plain = try load(small).get().plan.variants.first
    #expect(plain?.runAs == nil && plain?.needs == [])
  }

  @Test("where a tool may run is in its plan, and in its digest only where it says something")
  func runtime() throws {
    let plain = try tool(small)
    #expect(plain.delivery.runtime == .service)
    #expect(try load(small + "delivery: {runtime: service}\n").get().digest == plain.digest)
    for placement in [Placement.session, .any] {
      let tool = try load(small + "delivery: {runtime: \(placement.rawValue)}\n").get()
      #expect(tool.delivery.runtime == placement && tool.digest != plain.digest)
      let stored = try Tool(definition: tool.definition)
      #expect(stored.digest == tool.digest && stored.delivery.runtime == placement)
    }
  }

  @Test("every default stands in the canonical form, but one")
  func defaults() throws {
    let definition = try tool(small).definition
    #expect(
      definition["limits"] == [
        "runMs": 60_000, "killGraceMs": 10_000, "stdoutBytes": 1_048_576, "stderrBytes": 65_536,
      ])
    #expect(
      definition["delivery"] == [
        "whenOffline": "queue", "expiresAfterMs": 86_400_000, "ackWithinMs": 10_000, "attempts": 5,
      ])
    #expect(definition["recovery"] == ["attempts": 1, "onLostAfterStart": "unknown"])
    #expect(definition["exitCodes"] == ["0": "succeeded"])
    #expect(definition["redact"] == [] && definition["tests"] == [])
  }

  @Test(
    "a quantity is a whole number and a unit",
    arguments: [
      ("500ms", 500), ("150s", 150_000), ("5m", 300_000), ("24h", 86_400_000), ("7d", 604_800_000),
      ("0s", 0), ("5", nil), ("5 s", nil), ("s", nil), ("-5s", nil), ("+5s", nil), ("5S", nil),
      ("1.5s", nil), ("5s ", nil), ("", nil), ("٣s", nil), ("106751991168d", nil),
    ] as [(String, Int?)])
  func durations(text: String, expected: Int?) {
    #expect(Quantity.milliseconds(text) == expected)
  }

  @Test(
    "a size is a whole number and a unit of 1,024",
    arguments: [
      ("100B", 100), ("64KiB", 65_536), ("1MiB", 1_048_576), ("2GiB", 2_147_483_648), ("1KB", nil),
      ("1kib", nil), ("1", nil), ("1 KiB", nil), ("8589934592GiB", nil),
    ] as [(String, Int?)])
  func sizes(text: String, expected: Int?) {
    #expect(Quantity.bytes(text) == expected)
  }

  @Test("a quantity is written by its largest whole unit")
  func texts() {
    #expect(Quantity.text(milliseconds: 90_000) == "90s")
    #expect(Quantity.text(milliseconds: 86_400_000) == "1d")
    #expect(Quantity.text(milliseconds: 0) == "0ms")
    #expect(Quantity.text(bytes: 65_536) == "64KiB" && Quantity.text(bytes: 1_000) == "1000B")
  }

  @Test(
    "a plan that is not one is refused with the place of what is missing",
    arguments: [
      ("signalbox", "/signalbox"), ("name", "/name"), ("run", "/run"), ("limits", "/limits"),
      ("delivery", "/delivery"), ("recovery", "/recovery"), ("redact", "/redact"),
    ])
  func shape(member: String, pointer: String) throws {
    var object = try #require(try tool(sample).definition.object)
    object[member] = nil
    let error = #expect(throws: ShapeError.self) { try ExecutionPlan(definition: .object(object)) }
    #expect(error?.pointer == pointer)
  }
}
