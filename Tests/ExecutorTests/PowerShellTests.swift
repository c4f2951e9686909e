import JSON
import Model
import Platform
import PluginProtocol
import PowerShell
import Support
import Testing

/// The plugin and a process that speaks the host's protocol. That process is no PowerShell: what
/// PowerShell itself does is proven by scripts/test-powershell, where there is one.
@Suite(
  "PowerShell plugin with a fake host",
  .enabled(if: FakePrograms.canRun, "the fake host needs \(FakePrograms.python)"))
struct FakeHostTests {
  private func withPlugin<Result>(
    _ host: String = "fake-powershell-host", _ options: [String] = [],
    _ body: (PluginSession) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { directory in
      let program = directory + "/" + host
      try makeLink(program, to: FakePrograms.path("fake-powershell-host"))
      return try body(
        PluginSession(directory, "powershell", ["--program", program] + options))
    }
  }

  @Test("six streams and a program's errors come apart, and the record is last")
  func streams() throws {
    try withPlugin { plugin in
      let content = try plugin.run(
        "c1",
        """
        output one
        error two
        warning three
        verbose four
        debug five
        information six
        stderr-of-program seven
        parts
        """)
      #expect(content.stdout == "one\n")
      let lines = content.stderr.split(separator: "\n").map { line in
        line.first?.isNumber == true ? String(line.dropFirst(14)) : String(line)
      }
      #expect(
        lines == [
          "error: two", "warning: three", "verbose: four", "debug: five", "information: six",
          "seven", "warning: one two",
        ])
      let record = try #require(content.record)
      #expect(record.ended == .exit(code: 2))
      #expect(record.executor.interpreterVersion == "7.4.0-fake Fake")
      #expect(record.process.pid != nil)
    }
  }

  @Test("exit, a program's code, errors and an empty end are told apart")
  func ends() throws {
    try withPlugin { plugin throws in
      func end(_ call: String, _ script: String) throws -> Ending? {
        try plugin.run(call, script).record?.ended
      }
      #expect(try end("c1", "") == .exit(code: 0))
      #expect(try end("c2", "exit 3") == .exit(code: 3))
      #expect(try end("c3", "throw broken") == .exit(code: 1))
      #expect(try end("c4", "error went on") == .exit(code: 2))
      #expect(try end("c5", "error went on\nexit 0") == .exit(code: 0))
      #expect(try end("c6", "program 5") == .exit(code: 5))
    }
  }

  @Test("a script that prints nothing is proven to have run")
  func empty() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "")
      let record = try #require(content.record)
      #expect(record.ended == .exit(code: 0) && record.stdout.producedBytes == 0)
      #expect(content.stderr.isEmpty)
    }
  }

  @Test("a syntax error is refused with its place, and the spool proves that nothing ran")
  func syntax() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "output x\nsyntax")
      #expect(fault.reason == "script.syntax")
      #expect(fault.message.contains("line 2, column 8: Missing closing '}'"))
      let spool = try SpoolContent(plugin.spool("c1"))
      #expect(!spool.wasStarting && !spool.hasOwner && spool.record == nil)
      #expect(try plugin.run("c2", "output on").stdout == "on\n")
    }
  }

  @Test("a host that dies in mid-run leaves an interrupted call: its output, and no record")
  func interrupted() throws {
    try withPlugin { plugin in
      for (number, death) in ["die 9", "kill 11", "garbage", "close", "lose-a-record"].enumerated()
      {
        let content = try plugin.run("c\(number)", "output before\n\(death)")
        #expect(content.stdout == "before\n", "\(death)")
        #expect(content.record == nil, "\(death)")
        #expect(content.wasStarting && !content.hasOwner, "\(death)")
      }
      #expect(try plugin.run("after", "output on").stdout == "on\n")
      #expect(try plugin.log().contains("signal 11 ended its process"))
    }
  }

  @Test("a host that dies before the script began has the call refused")
  func refused() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "die-before")
      #expect(fault.reason == "powershell.host" && fault.message.contains("ended with 3"))
      #expect(try !SpoolContent(plugin.spool("c1")).wasStarting)
    }
  }

  @Test("an execution policy that forbids the host is told in the refusal")
  func forbidden() throws {
    try withPlugin("fake-host-forbidden") { plugin in
      let fault = try plugin.refusal("c1", "output x")
      #expect(fault.reason == "powershell.host")
      #expect(fault.message.contains("running scripts is disabled on this system"))
    }
  }

  @Test("what connects with another token is not used")
  func impostor() throws {
    try withPlugin("fake-host-impostor") { plugin in
      let fault = try plugin.refusal("c1", "output x")
      #expect(fault.message.contains("not the host that was started"))
    }
  }

  @Test("the host is warm: calls share a process, until it has had its share or has grown")
  func warm() throws {
    try withPlugin("fake-powershell-host", ["--max-calls", "3"]) { plugin in
      var processes: [String] = []
      for number in 1...4 {
        processes.append(try plugin.run("c\(number)", "process").stdout)
        // A host says that it is idle a moment after its call has ended.
        try waitForRest(of: plugin.processID)
      }
      #expect(Set(processes[..<3]).count == 1)
      #expect(processes[3] != processes[0])
      _ = try plugin.run("big", "grow 2000")
      #expect(try plugin.run("c5", "process").stdout != processes[3])
    }
  }

  @Test("two calls at once have a host each")
  func parallel() throws {
    try withPlugin { plugin in
      try plugin.begin("c1", "process\nawait \(plugin.directory)/go\noutput first")
      try plugin.waitForOutput("c1", "\n")
      let second = try plugin.run("c2", "process").stdout
      try Files.writeAtomically([], to: plugin.directory + "/go")
      let first = try plugin.ended("c1").stdout
      #expect(first.hasSuffix("first\n") && !first.hasPrefix(second))
    }
  }

  @Test(
    "a script that had ended is neither over its limit nor cancelled where its plugin was held up",
    arguments: [false, true])
  func heldUp(isCancelled: Bool) throws {
    try withPlugin { plugin in
      try plugin.start("c1", "await \(plugin.directory)/go\noutput done") {
        $0.limits.run = .seconds(isCancelled ? 600 : 2)
      }
      try hold(plugin.processID)
      if isCancelled { try plugin.send(.ping) }
      let children = ProcessTree.children(of: plugin.processID)
      try Files.writeAtomically([], to: plugin.directory + "/go")
      // It looks for the file every 10 ms.
      Clock.sleep(for: .milliseconds(isCancelled ? 300 : 2_200))
      for child in children { try waitForRest(of: child) }
      if isCancelled { try plugin.send(.cancel(CallID("c1"))) }
      ProcessTree.entry(plugin.processID)?.signal(18)
      let content = try plugin.ended("c1")
      #expect(content.record?.ended == .exit(code: 0))
      #expect(content.stdout == "done\n")
    }
  }

  @Test("the run limit stops a script politely; one that is deaf is killed with its host")
  func limits() throws {
    try withPlugin { plugin throws in
      let polite = try plugin.run("c1", "output begun\nsleep 60") {
        $0.limits.run = .milliseconds(200)
        $0.limits.killGrace = .seconds(30)
      }
      #expect(polite.record?.ended == .limit("run", signal: nil))
      #expect(polite.stdout == "begun\n")
      let deaf = try plugin.run("c2", "output begun\nhang") {
        $0.limits.run = .seconds(2)
        $0.limits.killGrace = .milliseconds(200)
      }
      #expect(deaf.record?.ended == .limit("run", signal: 9))
      #expect(deaf.stdout == "begun\n")
    }
  }

  @Test("a cancel ends a running script")
  func cancel() throws {
    try withPlugin { plugin in
      try plugin.begin("c1", "output begun\nsleep 60")
      try plugin.waitForOutput("c1", "begun")
      _ = try plugin.answer(to: .cancel(CallID("c1")))
      #expect(try plugin.ended("c1").record?.ended == .cancelled(signal: nil))
    }
  }

  @Test("processes that a script leaves behind do not outlive its call")
  func leftBehind() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "leave-behind")
      #expect(content.record?.process.escapedKilled == 1)
      let left = try #require(Int(content.stdout.dropLast()))
      let end = Clock.now() + 20_000_000
      while ProcessTree.entry(left)?.isDead == false, Clock.now() < end {
        Clock.sleep(for: .milliseconds(10))
      }
      #expect(ProcessTree.entry(left)?.isDead ?? true)
    }
  }

  @Test("what programs write to the console belongs to the call; CLIXML becomes text")
  func console() throws {
    try withPlugin { plugin in
      let content = try plugin.run(
        "c1",
        """
        console plain
        console-error #< CLIXML\\n<Objs Version="1"><S S="Error">told_x000D__x000A_</S></Objs>
        console-error end
        """)
      #expect(content.stdout == "plain\n")
      #expect(content.stderr == "told\nend\n")
      #expect(try plugin.run("c2", "").stdout.isEmpty)
    }
  }

  @Test("a tool that needs the agent is told where that is, and no other tool is")
  func agent() throws {
    try withTemporaryDirectory { directory in
      let places: [(String, String)] = [
        ("SIGNALBOX_AGENT", "/a"), ("SIGNALBOX_STATE", "/s"), ("SIGNALBOX_PLUGINS", "/p"),
      ]
      let plugin = try PluginSession(
        directory, "powershell", ["--program", FakePrograms.path("fake-powershell-host")],
        environment: places)
      func environment(_ call: String, _ needs: [String]) throws -> JSON? {
        let content = try plugin.run(call, "arguments") { $0.needs = needs }
        return try JSON(parsing: Array(content.stdout.utf8))["environment"]
      }
      #expect(try environment("c1", []) == [:])
      #expect(
        try environment("c2", ["agent"])
          == ["SIGNALBOX_AGENT": "/a", "SIGNALBOX_STATE": "/s", "SIGNALBOX_PLUGINS": "/p"])
      #expect(try environment("c3", []) == [:])
    }
  }

  @Test("hostile arguments arrive as they are, by name, by place and by environment")
  func hostile() throws {
    let values = [
      "$(calc)", "`whoami`", "'; Remove-Item C:\\ #", "\"@", "-Force", "2026-01-02T03:04:05",
      "a\r\nb", "é\u{301}🙂", "\u{1}\u{7f}", "", " ", "@{a=1}", "$env:PATH",
    ]
    try withPlugin { plugin in
      for (number, text) in values.enumerated() {
        let content = try plugin.run("c\(number)", "arguments") {
          $0.arguments = [text, "second"]
          $0.environment = [("VALUE", text)]
          $0.stdin = JSON.object(JSONObject([("value", .string(text)), ("n", 3)])).compact
        }
        let given = try JSON(parsing: Array(content.stdout.utf8))
        #expect(given["named"]?["value"]?.string.map { Array($0.utf8) } == Array(text.utf8))
        #expect(given["named"]?["n"] == "integer 3")
        #expect(given["listed"] == [.string(text), "second"])
        #expect(given["environment"]?["VALUE"] == .string(text))
      }
    }
  }

  @Test("output over the tool's limit is counted, and the call still has its record")
  func flood() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "flood 5000") { $0.limits.stdoutBytes = 10_000 }
      let record = try #require(content.record)
      #expect(record.ended == .exit(code: 0))
      #expect(record.stdout.keptBytes == 10_000 && record.stdout.producedBytes == 5_005_000)
    }
  }

  @Test("a secret is redacted in every stream")
  func secrets() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "output a hunter2\nwarning b hunter2\nconsole hunter2") {
        $0.redact = ["hunter2"]
      }
      #expect(!content.stdout.contains("hunter2") && !content.stderr.contains("hunter2"))
      #expect(content.stderr.contains("warning: b [redacted]"))
    }
  }

  @Test("an interpreter that is not there is refused before anything is started")
  func interpreter() throws {
    try withPlugin { plugin throws in
      #expect(
        try plugin.refusal("c1", "") { $0.interpreter = "/nowhere/pwsh" }.reason
          == "interpreter.missing")
      #expect(
        try plugin.refusal("c2", "") { $0.interpreter = "pwsh" }.reason
          == "interpreter.notAbsolute")
    }
  }

  @Test("the files of a plugin that was killed go with the next one's start, and no others")
  func abandoned() throws {
    try withTemporaryDirectory { directory throws in
      func plugin() throws -> PluginSession {
        try PluginSession(
          directory, "powershell", ["--program", FakePrograms.path("fake-powershell-host")],
          environment: [("TMPDIR", directory)])
      }
      func directories() throws -> [String] {
        try Files.list(directory).filter { $0.hasPrefix("signalbox-powershell.") }
      }
      var killed: PluginSession? = try plugin()
      let left = try directories()
      #expect(left.count == 1)
      try killed?.kill()
      killed = nil
      let first = try plugin()
      try waitUntil { try Set(directories()).isDisjoint(with: left) }
      #expect(try directories().count == 1)
      let second = try plugin()
      #expect(try directories().count == 2)
      #expect(try first.run("c1", "output on").stdout == "on\n")
      #expect(try second.run("c2", "output on").stdout == "on\n")
    }
  }

  @Test("200 calls through warm hosts leave no descriptor behind")
  func leaks() throws {
    try withPlugin { plugin in
      func descriptors() throws -> Int { try Files.list("/proc/\(plugin.processID)/fd").count }
      // A call that comes before a host is idle again has one of its own, which stays.
      func serve(_ call: String) throws {
        _ = try plugin.run(call, "output x")
        try waitForRest(of: plugin.processID)
      }
      try serve("first")
      let before = try descriptors()
      for number in 0..<200 { try serve("c\(number)") }
      try waitUntil { try descriptors() <= before + 4 }
    }
  }
}

/// Calls that are held to something of their own.
@Suite(
  "PowerShell plugin with a fake host: limits and users",
  .enabled(if: FakePrograms.canRun, "the fake host needs \(FakePrograms.python)"))
struct FakeHostIsolationTests {
  /// Others may enter the directory and run the host, as they may run PowerShell.
  private func openedHost(
    in directory: String, _ name: String = "fake-powershell-host"
  ) throws -> String {
    try Files.setPermissions(directory, 0o755)
    let program = directory + "/" + name
    try Files.writeAtomically(
      Files.read(FakePrograms.path("fake-powershell-host")), to: program)
    try Files.setPermissions(program, 0o755)
    return program
  }

  /// Without cgroups, so that it is the same everywhere.
  private func withPlugin<Result>(
    _ name: String = "fake-powershell-host", _ body: (PluginSession) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { directory in
      let program = try openedHost(in: directory, name)
      return try body(
        PluginSession(
          directory, "powershell", ["--program", program],
          environment: [("SIGNALBOX_CGROUP", "none"), ("TMPDIR", directory)]))
    }
  }

  private func isolation(_ content: SpoolContent) throws -> Isolation {
    try #require(content.record?.isolation)
  }

  private func isAlive(_ process: Int) -> Bool {
    ProcessTree.entry(process).map { !$0.isDead } ?? false
  }

  @Test("a call with limits has a host of its own, which is held to them and goes with it")
  func limits() throws {
    try withPlugin { plugin in
      #expect(plugin.description?.isolation == ["limits", "runAs", "privileges", "agent"])
      let warm = try plugin.run("c1", "process").stdout
      try waitForRest(of: plugin.processID)
      let content = try plugin.run("c2", "process\nopen-files\nno-new-privileges") {
        $0.limits.openFiles = 77
      }
      let lines = content.stdout.split(separator: "\n").map(String.init)
      #expect(lines.dropFirst() == ["77", "1"])
      let told = try isolation(content)
      #expect(
        told.limits.contains(.init(name: "openFiles", value: 77, by: "RLIMIT_NOFILE"))
          && told.hasNoNewPrivileges)
      let process = try #require(Int(lines.first ?? ""))
      #expect(warm != lines[0] + "\n" && content.record?.process.pid == process)
      try waitUntil { !isAlive(process) }
      // The others' host is still there, and is held to nothing of it.
      let after = try plugin.run("c3", "process\nopen-files")
      #expect(after.stdout.hasPrefix(warm) && !after.stdout.hasSuffix("77\n"))
      #expect(try !isolation(after).limits.contains { $0.value == 77 })
    }
  }

  @Test("a limit that the kernel ends the host by is the call's end, with a record")
  func ended() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "output before\nspin") { $0.limits.cpu = .seconds(1) }
      let record = try #require(content.record)
      #expect(content.stdout == "before\n")
      guard case .signal(24, _) = record.ended else {
        Issue.record("\(record.ended)")
        return
      }
      #expect(record.isolation?.exceeded.map(\.limit) == ["cpu"])
      #expect(record.process.cpuUser ?? .zero >= .milliseconds(500))
      #expect(try plugin.run("c2", "output on").stdout == "on\n")
    }
  }

  @Test("what is no word of the kernel's still leaves a call without a record")
  func interrupted() throws {
    try withPlugin { plugin in
      for (number, death) in ["die 9", "garbage", "close", "lose-a-record"].enumerated() {
        let content = try plugin.run("c\(number)", "output before\n\(death)") {
          $0.limits.openFiles = 77
        }
        #expect(content.stdout == "before\n" && content.record == nil, "\(death)")
        #expect(content.wasStarting && !content.hasOwner, "\(death)")
      }
    }
  }

  @Test("over its run limit such a call is killed, and that is its end")
  func overtime() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "output before\nhang") {
        $0.limits.openFiles = 77
        ($0.limits.run, $0.limits.killGrace) = (.milliseconds(500), .milliseconds(100))
      }
      #expect(content.record?.ended == .limit("run", signal: 9))
    }
  }

  @Test("memory is limited by a cgroup or not at all: without one the call is refused")
  func memory() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "output ran") { $0.limits.memoryBytes = 1 << 30 }
      #expect(fault.reason == "limit.unavailable" && fault.message.contains("SIGNALBOX_CGROUP"))
      #expect(try !SpoolContent(plugin.spool("c1")).wasStarting)
    }
  }

  @Test(
    "a call as another user runs as that user, where nobody else can look, and leaves nothing",
    .enabled(if: Machine.effectiveUser == 0, "only root may run a process as another user"))
  func user() throws {
    try withPlugin { plugin in
      let script = """
        who
        write made
        can \(plugin.directory)/c1/spool
        can \(plugin.directory)/fake-powershell-host
        """
      let content = try plugin.run("c1", script) { $0.runAs = "nobody" }
      #expect(content.record?.ended == .exit(code: 0), "\(content.stderr)")
      let lines = content.stdout.split(separator: "\n").map(String.init)
      let who = try JSON(parsing: Array(lines[0].utf8))
      let account = try #require(try Confinement.Account.named("nobody"))
      #expect(who["user"] == "nobody" && who["home"] == .string(account.home))
      #expect(who["groups"] == .array(account.groups.map { .int(Int($0)) }))
      // The spool's directory is closed to that user.
      #expect(lines.dropFirst() == ["no", "yes"])
      #expect(try isolation(content).runAs == "nobody")
      let work = try #require(who["directory"]?.string)
      #expect(work.hasPrefix(plugin.directory + "/signalbox-powershell."))
      try waitUntil { !Files.exists(Files.directory(of: work)) }
      // One of another user does not get the host of this one.
      let next = try plugin.run("c2", "who") { $0.runAs = "daemon" }
      #expect(next.stdout.contains("\"daemon\""))
    }
  }

  @Test("a user that is not there is a refusal, and nothing runs")
  func unknownUser() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "output ran") { $0.runAs = "nobody-of-that-name" }
      #expect(fault.reason == "runAs.unknown")
    }
  }

  @Test("a call that needs privileges does without no_new_privs")
  func privileges() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "no-new-privileges") { $0.needs = ["privileges"] }
      let own = try #require(Files.text("/proc/self/status")).contains("NoNewPrivs:\t1")
      #expect(content.stdout == (own ? "1\n" : "0\n"))
      #expect(try !isolation(content).hasNoNewPrivileges)
    }
  }

  @Test("a refused script gives its host back too")
  func refused() throws {
    try withPlugin { plugin in
      for number in 0..<18 {
        let fault = try plugin.refusal("c\(number)", "syntax") { $0.limits.openFiles = 77 }
        #expect(fault.reason == "script.syntax")
      }
      #expect(try plugin.run("last", "output on") { $0.limits.openFiles = 77 }.stdout == "on\n")
      try waitUntil {
        ProcessTree.descendants(of: plugin.processID).allSatisfy(\.isDead)
      }
    }
  }

  @Test(
    "a script that writes without end holds up neither its limit, nor a cancel, nor other calls")
  func flood() throws {
    try withPlugin { plugin in
      let limited = try plugin.run("c1", "flood-for-ever") {
        $0.limits.openFiles = 77
        ($0.limits.run, $0.limits.killGrace) = (.milliseconds(500), .milliseconds(100))
      }
      #expect(limited.record?.ended == .limit("run", signal: 9))
      try plugin.begin("c2", "flood-for-ever") {
        $0.limits.openFiles = 77
        ($0.limits.run, $0.limits.killGrace) = (.seconds(600), .milliseconds(100))
      }
      #expect(try plugin.run("c3", "output on").stdout == "on\n")
      #expect(try SpoolContent(plugin.spool("c2")).record == nil)
      try plugin.send(.cancel(CallID("c2")))
      #expect(try plugin.ended("c2").record?.ended == .cancelled(signal: 9))
    }
  }

  @Test("who has the other end of a channel cannot keep a call open that is over, nor end it")
  func handedOver() throws {
    try withPlugin { plugin in
      let listener = try LocalListener(path: plugin.directory + "/s")
      let content = try plugin.run("c1", "output before\nhand-over \(plugin.directory)/s") {
        $0.limits.openFiles = 77
        $0.limits.run = .seconds(600)
      }
      #expect(content.stdout == "before\n" && content.record == nil && content.wasStarting)
      _ = try listener.accept()
    }
  }

  @Test("who connects in the place of a host is sent away")
  func impostor() throws {
    try withPlugin("fake-host-slow") { plugin in
      try plugin.begin("c1", "output on") { $0.limits.openFiles = 77 }
      var path: String?
      try waitUntil {
        for name in try Files.list(plugin.directory) where name.hasPrefix("signalbox-powershell.") {
          let channel = "\(plugin.directory)/\(name)/h1"
          if Files.exists(channel) { path = channel }
        }
        return path != nil
      }
      let script = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        s.sendall(b"garbage\\n")
        print(len(s.recv(1)))
        """
      let impostor = try ChildProcess.spawn(
        Launch(
          FakePrograms.python, arguments: ["python3", "-c", script, try #require(path)],
          environment: []),
        stdin: Files.open("/dev/null", .read), stdout: Files.open("/dev/null", .append),
        stderr: Files.open("/dev/null", .append))
      // The end of its connection is what it gets.
      #expect(try impostor.wait().how != .signal(number: 9, coreDumped: false))
      #expect(try plugin.ended("c1").stdout == "on\n")
    }
  }

  @Test("a host whose supervisor is killed by somebody has no end that anybody saw")
  func supervisorKilled() throws {
    try withPlugin { plugin in
      try plugin.begin("c1", "output before\nhang") { $0.limits.openFiles = 77 }
      try plugin.waitForOutput("c1", "before")
      for supervisor in ProcessTree.children(of: plugin.processID) {
        ProcessTree.entry(supervisor)?.signal(Signals.kill)
      }
      #expect(try plugin.ended("c1").record == nil)
    }
  }

  @Test("what a call left behind, and a limit that its exit code tells of, are in its record")
  func leftBehind() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "leave-behind\nspin") { $0.limits.cpu = .seconds(1) }
      #expect(content.record?.process.escapedKilled == 1)
      let told = try isolation(
        plugin.run("c2", "program 153") { $0.limits.fileSizeBytes = 1 << 20 })
      #expect(told.exceeded.map(\.limit) == ["fileSize"])
    }
  }

  @Test(
    "a plugin that leaves right behind the end of a call leaves nothing on the disk",
    .enabled(if: Machine.effectiveUser == 0, "only root may run a process as another user"))
  func leaving() throws {
    try withTemporaryDirectory { directory throws in
      let program = try openedHost(in: directory)
      var plugin: PluginSession? = try PluginSession(
        directory, "powershell", ["--program", program], environment: [("TMPDIR", directory)])
      #expect(
        try plugin?.run("c1", "write x") { $0.runAs = "nobody" }.record?.ended == .exit(code: 0))
      // It is asked to leave, and waited for.
      plugin = nil
      #expect(try !Files.list(directory).contains { $0.hasPrefix("signalbox-powershell.") })
    }
  }

  @Test("what was prepared and dropped, and 50 such calls, leave nothing behind")
  func leaks() throws {
    try withPlugin { plugin in
      func descriptors() throws -> Int { try Files.list("/proc/\(plugin.processID)/fd").count }
      _ = try plugin.run("first", "output x") { $0.limits.openFiles = 77 }
      _ = try plugin.run("second", "output x")
      let before = try descriptors()
      for number in 0..<50 {
        var preparation = plugin.preparation("d\(number)", "output never")
        preparation.limits.openFiles = 77
        _ = try plugin.answer(to: .prepare(preparation))
        _ = try plugin.answer(to: .discard(CallID("d\(number)")))
        _ = try plugin.run("c\(number)", "output x") { $0.limits.openFiles = 77 }
      }
      try waitUntil { try descriptors() <= before + 4 }
    }
  }
}

@Suite("PowerShell plugin without PowerShell")
struct NoPowerShellTests {
  @Test("on a machine without PowerShell no executor is offered, and the log says why")
  func absent() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory, "powershell", [])
      guard plugin.description?.executors.isEmpty == true else { return }
      #expect(try plugin.log().contains("install PowerShell 7"))
    }
  }
}

/// The real thing, where there is one. It is the same plugin, and the host script in a real process.
@Suite(
  "PowerShell itself",
  .enabled(
    if: PowerShellPrograms.installed() != nil,
    "there is no PowerShell on this machine: nothing here is proven about PowerShell itself"))
struct RealPowerShellTests {
  func withPlugin<Result>(_ body: (PluginSession) throws -> Result) throws -> Result {
    try withTemporaryDirectory { directory in
      try body(PluginSession(directory, "powershell", []))
    }
  }

  @Test("exit codes: exit, throw, errors that were gone on after, programs, the plain end")
  func ends() throws {
    try withPlugin { plugin throws in
      func end(_ call: String, _ script: String) throws -> Ending? {
        try plugin.run(call, script).record?.ended
      }
      #expect(try end("c1", "exit 3") == .exit(code: 3))
      #expect(try end("c2", "throw 'x'") == .exit(code: 1))
      #expect(try end("c3", "Get-Item /nowhere; 'on'") == .exit(code: 2))
      #expect(try end("c4", "Get-Item /nowhere; exit 0") == .exit(code: 0))
      #expect(try end("c5", "/bin/sh -c 'exit 5'") == .exit(code: 5))
      #expect(try end("c6", "$null") == .exit(code: 0))
    }
  }

  @Test("a syntax error is refused with its place")
  func syntax() throws {
    try withPlugin { plugin in
      let fault = try plugin.refusal("c1", "'a'\nif ($true) {")
      #expect(fault.reason == "script.syntax" && fault.message.contains("line 2"))
    }
  }

  @Test("arguments are bound with their types, and one call does not see another's variables")
  func arguments() throws {
    try withPlugin { plugin throws in
      let script =
        "param([string]$When, [int]$N, $List)\n"
        + "\"$When $($N + 1) $($List.Count)\"; $global:left = 1; $env:LEFT = 'x'"
      let content = try plugin.run("c1", script) {
        $0.stdin = #"{"When":"2026-01-02T03:04:05Z","N":41,"List":["one"]}"#
      }
      #expect(content.stdout == "2026-01-02T03:04:05Z 42 1\n")
      #expect(try plugin.run("c2", "\"[$global:left$env:LEFT]\"").stdout == "[]\n")
    }
  }

  @Test("objects are lines of JSON, an array of one element too")
  func objects() throws {
    try withPlugin { plugin in
      let content = try plugin.run(
        "c1", "[pscustomobject]@{ a = @(1); b = $true; c = 'x\"y' }; , @(1, 2) ; 'text'")
      #expect(content.stdout.split(separator: "\n").first == #"{"a":[1],"b":true,"c":"x\"y"}"#)
    }
  }

  @Test("streams come apart")
  func streams() throws {
    try withPlugin { plugin in
      let content = try plugin.run(
        "c1", "Write-Warning w; Write-Verbose v -Verbose; Write-Host h; Write-Output o")
      #expect(content.stdout == "o\n")
      for part in ["warning: w", "verbose: v", "information: h"] {
        #expect(content.stderr.contains(part))
      }
    }
  }
}
