import Catalog
import JSON
import Model
import Platform
import Synchronization
import Testing
import Wire

@testable import Rehearsal

/// Tools run on this machine through a real agent and the real shell plugin.
@Suite struct StageTests {
  /// What a run told, up to its end.
  private struct Told {
    var states: [Execution] = []
    var stdout = ""
    var end: Performance?
    var failure: String?
  }

  private func run(
    _ tool: Tool, _ arguments: JSON = [:], stubs: Stubs = .none, plugins: String? = nil,
    during: (Stage) throws -> Void = { _ in }
  ) throws -> Told {
    let stage = try Stage(.init(plugins: plugins ?? productsDirectory(), version: "1"))
    defer { stage.close() }
    guard case .valid(let checked) = tool.check(arguments: arguments) else {
      Issue.record("the arguments are refused")
      return Told()
    }
    let mailbox = Mailbox<Happening>()
    stage.run(Order(tool, arguments: checked, stubs: stubs, by: "ann")) { mailbox.post($0) }
    try during(stage)
    var told = Told()
    var taken: [Happening] = []
    while told.end == nil, told.failure == nil {
      taken.removeAll()
      guard mailbox.drain(into: &taken, waitUpTo: .seconds(60)), !taken.isEmpty else { break }
      for happening in taken {
        switch happening {
        case .state(let execution, _): told.states.append(execution)
        case .output(.stdout, let bytes): told.stdout += String(decoding: bytes, as: UTF8.self)
        case .output: break
        case .ended(let performance): told.end = performance
        case .failed(let why): told.failure = why
        }
      }
    }
    return told
  }

  @Test("a tool runs through the agent, and its call reads as the API would show it")
  func call() throws {
    let told = try run(Sample().tool(), ["word": "hi"])
    let end = try #require(told.end, "\(told)")
    #expect(end.outcome == .succeeded)
    #expect(told.stdout == "hi" && end.stdout == Array("hi".utf8))
    #expect(told.states.contains(.started))
    #expect(end.evaluation?.result == "hi")
    #expect(end.call["ran"] == "yes" && end.call["outcome"] == "succeeded")
    #expect(end.call["by"] == "ann" && end.call["tool"]?["name"] == "echo.word")
    #expect(end.call["reason"]?.string?.hasPrefix("it ran and succeeded") ?? false)
    #expect(end.call["execution"]?["record"]?["executor"]?["name"] == "shell")
    #expect(end.call["result"]?["value"] == "hi")
  }

  @Test("nothing is left of a stage, and its script runs in a directory of its own")
  func scratch() throws {
    let tool = try Sample(script: "touch here; pwd").tool()
    var scratch = ""
    let told = try run(tool, ["word": "x"]) { scratch = $0.scratch }
    #expect(told.stdout.hasPrefix(scratch + "/endpoint/calls/"), "\(told)")
    #expect(!scratch.isEmpty && !Files.exists(scratch))
  }

  @Test("stubs come first on the path, and count as installed")
  func stubs() throws {
    let tool = try Sample(
      when: "{os: linux, commands: [no-such-program, cat]}",
      script: "no-such-program \"$WORD\"; echo two | cat",
      more: """
        tests:
          - {name: a, arguments: {}, live: true, stubs: {no-such-program: echo "stub $1"},
             expect: {outcome: succeeded}}
        """
    ).tool()
    let without = try run(tool, ["word": "x"])
    guard case .rejected(let code, _, _) = without.end?.report else {
      Issue.record("\(without)")
      return
    }
    #expect(code == "tool.missingCommand")
    guard case .live(let written, _)? = tool.tests.first?.expectation else { return }
    let stubs = try Stubs(written, beside: ".")
    let told = try run(tool, ["word": "x"], stubs: stubs)
    #expect(told.stdout == "stub x\ntwo\n", "\(told)")
  }

  @Test("a tool's own limits end it")
  func limits() throws {
    let slow = try run(
      Sample(script: "echo begun; sleep 30", more: "limits: {run: 2s, killGrace: 100ms}").tool(),
      ["word": "x"])
    #expect(slow.end?.outcome == .timedOut && slow.stdout == "begun\n", "\(slow)")
    let long = try run(
      Sample(script: "echo 12345678; echo 12345678 >&2", more: "limits: {stdout: 4B, stderr: 4B}")
        .tool(), ["word": "x"])
    #expect(long.end?.stdout == Array("1234".utf8) && long.end?.stderr == Array("1234".utf8))
  }

  @Test("a secret is replaced in what is printed, and masked in the call")
  func secrets() throws {
    let told = try run(
      Sample(input: "{stdin: json}", script: "cat", more: "redact: [/word]").tool(),
      ["word": "hunter2"])
    #expect(told.stdout == #"{"word":"[redacted]"}"#, "\(told)")
    #expect(told.end?.call["arguments"]?["word"] == "(redacted)")
  }

  @Test("what runs is cancelled by its name")
  func cancel() throws {
    let tool = try Sample(
      script: "echo begun; sleep 30", more: "limits: {run: 60s, killGrace: 100ms}"
    ).tool()
    let stage = try Stage(.init(plugins: productsDirectory(), version: "1"))
    defer { stage.close() }
    let mailbox = Mailbox<Happening>()
    stage.run(Order(tool, arguments: ["word": "x"], by: "ann")) { happening in
      if case .output = happening { stage.cancelAll(by: "bob") }
      if case .ended = happening { mailbox.post(happening) }
    }
    var taken: [Happening] = []
    _ = mailbox.drain(into: &taken, waitUpTo: .seconds(60))
    guard case .ended(let end) = taken.first else {
      Issue.record("it did not end")
      return
    }
    #expect(end.outcome == .cancelled && end.call["cancelledBy"] == "bob")
  }

  @Test("an executor that is not here is told by its name")
  func executors() throws {
    let told = try run(Sample(executor: "powershell").tool(), ["word": "x"])
    guard case .rejected(let code, let reason, _) = told.end?.report else {
      Issue.record("\(told)")
      return
    }
    #expect(code == "noExecutor" && reason == "no executor for powershell on linux")
    #expect(told.end?.call["ran"] == "no")
  }

  @Test("a definition that ends itself badly is malformed, with each violation")
  func malformed() throws {
    let told = try run(
      Sample(
        result:
          "{parse: key-value, schema: {type: object, required: [a], properties: {a: {type: integer}}}}"
      ).tool(), ["word": "a=x"])
    #expect(told.end?.outcome == .malformed)
    #expect(told.end?.call["result"]?["violations"]?.array?.count == 1)
  }
}
