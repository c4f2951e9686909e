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
    _ options: [String] = [], _ body: (PluginSession) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { directory in
      let program = FakePrograms.path("fake-powershell-host")
      return try body(PluginSession(directory, "powershell", ["--program", program] + options))
    }
  }

  @Test("a script that requires what is not there has its call refused, and nothing ran")
  func requires() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "output x\n#Requires -Modules x")
      #expect(fault.reason == "script.requires")
      #expect(fault.message.contains("line 2, column 1: the module x"))
      #expect(try !SpoolContent(plugin.spool("c1")).wasStarting)
      #expect(try plugin.run("c2", "output on").stdout == "on\n")
    }
  }
}

@Suite(
  "A thousand calls through one warm PowerShell host, which is a fake",
  .enabled(if: FakePrograms.canRun, "the fake host needs \(FakePrograms.python)"))
struct WarmHostTests {
  /// Of a host: its channel, what it prints, and what is told of its end; itself and its supervisor.
  private static let (descriptorsEach, processesEach) = (5, 2)

  @Test("they leave neither memory nor descriptors nor processes")
  func leaks() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(
        directory, "powershell",
        [
          "--program", FakePrograms.path("fake-powershell-host"),
          // No other host takes over, so that what one leaves behind adds up.
          "--max-calls", "1000000",
        ])
      // A call that comes before a host is ready again has one of its own, which stays too.
      var hosts: Set<String> = []
      func calls(_ range: Range<Int>) throws {
        for number in range {
          let content = try plugin.run("c\(number)", "process\nwarning w\nerror e")
          #expect(content.record?.ended == .exit(code: 2))
          hosts.insert(content.stdout)
          try Files.removeTree("\(directory)/c\(number)")
        }
      }
      try calls(0..<300)
      let before = try Holdings.settled(plugin.processID)
      let hostsBefore = hosts.count
      try calls(300..<1_300)
      let after = try Holdings.settled(plugin.processID)
      #expect(hosts.count < 5 && after.processes == hosts.count * Self.processesEach)
      let more = (hosts.count - hostsBefore) * Self.descriptorsEach
      #expect(after.descriptors - before.descriptors == more)
      #expect(!after.hasGrown(since: before))
    }
  }
}

extension RealPowerShellTests {
  @Test("arguments that do not fit the parameters end the call by an error, and nothing ran")
  func binding() throws {
    try withPlugin { plugin in
      for (call, script) in [
        ("c1", "param([int]$N) 'ran'"),
        ("c2", "param([ValidateSet('x', 'y')][string]$N) 'ran'"),
      ] {
        let content = try plugin.run(call, script) { $0.stdin = #"{"N":"abc"}"# }
        #expect(content.record?.ended == .exit(code: 1) && content.stdout.isEmpty, "\(script)")
        #expect(content.stderr.contains("the script has not begun"), "\(script)")
      }
      let many = try plugin.run("c3", "[CmdletBinding()] param($A) 'ran'") {
        $0.arguments = ["one", "two"]
      }
      #expect(many.record?.ended == .exit(code: 1) && many.stdout.isEmpty)
    }
  }

  @Test("a script that ends itself by an error has begun, and did not come to its end")
  func ownError() throws {
    try withPlugin { plugin in
      let content = try plugin.run(
        "c1",
        """
        [CmdletBinding()] param()
        'begun'
        try { Get-Item -NoSuchParameter } catch { $PSCmdlet.ThrowTerminatingError($_) }
        'not here'
        """)
      #expect(content.record?.ended == .exit(code: 1) && content.stdout == "begun\n")
      #expect(!content.stderr.contains("has not begun"))
    }
  }

  @Test("what a script requires and is not there has the call refused")
  func requires() throws {
    try withPlugin { plugin throws in
      #expect(try plugin.refusal("c1", "#Requires -Version 99\n'ran'").reason == "script.requires")
      let fault = try plugin.refusal("c2", "'ran'\n#Requires -Modules NoSuchModuleAnywhere")
      #expect(fault.reason == "script.requires" && fault.message.contains("NoSuchModuleAnywhere"))
      #expect(fault.message.contains("line 2, column 1"))
      let met = "#Requires -Version 5.1\n#Requires -Modules Microsoft.PowerShell.Utility\n'on'"
      #expect(try plugin.run("c3", met).stdout == "on\n")
    }
  }

  @Test("the variables of a call are gone in the next, and the host's own are not for scripts")
  func variables() throws {
    try withPlugin { plugin throws in
      let first = try plugin.run("c1", "$env:UNIT") { $0.environment = [("UNIT", "a")] }
      #expect(first.stdout == "a\n")
      let script = "Test-Path env:UNIT; Test-Path env:SIGNALBOX_TOKEN"
      #expect(try plugin.run("c2", script).stdout == "false\nfalse\n")
    }
  }
}
