import Model
import Platform
import PluginKit
import PluginProtocol
import PowerShell
import Support
import Testing

@Suite("PowerShell host machine: what a script requires")
struct ScriptRequirementTests {
  @Test("a script that requires what is not there is refused with that, and the host stays")
  func requires() {
    var machine = HostMachine(token: "t")
    _ = machine.start()
    _ = machine.step(.message(.hello(HostFacts(token: "t", version: "7.4"))))
    _ = machine.step(
      .take(
        HostMachine.Work(call: "1", nonce: "n", runLimit: .seconds(30), killGrace: .seconds(5))))
    let effects = machine.step(
      .message(
        .refused(
          ScriptRefusal(
            call: "1", reason: "script.requires", line: 2, column: 1, text: "the module x"))))
    let refusals = effects.compactMap { effect -> Refusal? in
      if case .refuse(let refusal) = effect { refusal } else { nil }
    }
    #expect(refusals.map(\.reason) == ["script.requires"])
    #expect(
      refusals.first?.message
        == "the script requires what is not there: line 2, column 1: the module x"
    )
    #expect(refusals.first?.remedy.contains("install it on the endpoint") == true)
    #expect(machine.isFree)
  }
}

@Suite(
  "PowerShell plugin with a fake host: calls",
  .enabled(if: FakePrograms.canRun, "the fake host needs \(FakePrograms.python)"))
struct FakeHostCallTests {
  private func withPlugin<Result>(
    _ options: [String] = [], _ body: (ExecutorSession) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { directory in
      let program = FakePrograms.path("fake-powershell-host")
      return try body(ExecutorSession(directory, "powershell", ["--program", program] + options))
    }
  }

  @Test("a script that requires what is not there has its call refused, and nothing ran")
  func requires() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "output x\n#Requires -Modules x")
      #expect(fault.reason == "script.requires")
      #expect(fault.message.contains("line 2, column 1: the module x"))
      #expect(try !CallContent(plugin.spool("c1")).wasStarting)
      #expect(try plugin.run("c2", "output on").stdout == "on\n")
    }
  }
}
