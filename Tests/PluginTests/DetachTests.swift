import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("Shell plugin: agents come and go")
struct DetachTests {
  @Test("an agent that is gone does not end a call: it runs to its end, and the plugin leaves")
  func carriesOn() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "echo one; until [ -e go ]; do sleep 0.02; done; echo two; exit 5")
      try plugin.waitForOutput("c1", "one\n")
      plugin.detach()
      let reader = try SpoolReader(path: plugin.spool("c1"))
      #expect(try reader.ownerIsAlive())
      try Files.writeAtomically([], to: plugin.directory + "/c1/work/go")
      #expect(try plugin.wait().how == .exit(code: 0))
      let content = try SpoolContent(plugin.spool("c1"))
      #expect(content.stdout == "one\ntwo\n")
      #expect(content.record?.ended == .exit(code: 5))
      #expect(try !reader.ownerIsAlive())
    }
  }

  @Test("limits hold without an agent")
  func limits() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "echo up; exec sleep 600") { $0.limits.run = .milliseconds(400) }
      plugin.detach()
      #expect(try plugin.wait().how == .exit(code: 0))
      #expect(
        try SpoolContent(plugin.spool("c1")).record?.ended == .limit("run", signal: 15))
    }
  }

  @Test("a cancel file cancels the call of a plugin without an agent, and no other call")
  func cancelFile() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "echo up; exec sleep 600")
      try plugin.start("c2", "until [ -e go ]; do sleep 0.02; done; echo ok")
      plugin.detach()
      try PluginProtocol.requestCancel(ofSpool: plugin.spool("c1"))
      let first = try SpoolReader(path: plugin.spool("c1"))
      while try first.ownerIsAlive() {}
      try Files.writeAtomically([], to: plugin.directory + "/c2/work/go")
      #expect(try plugin.wait().how == .exit(code: 0))
      #expect(try SpoolContent(plugin.spool("c1")).record?.ended == .cancelled(signal: 15))
      #expect(try SpoolContent(plugin.spool("c2")).stdout == "ok\n")
    }
  }

  @Test("a call that was prepared and not started never runs, and its spool proves it")
  func neverStarted() throws {
    try withPlugin { plugin in
      let mark = plugin.directory + "/ran"
      _ = try plugin.answer(to: .prepare(plugin.preparation("c1", "touch \(mark)")))
      let reader = try SpoolReader(path: plugin.spool("c1"))
      #expect(try reader.ownerIsAlive())
      plugin.detach()
      #expect(try plugin.wait().how == .exit(code: 0))
      #expect(try !reader.ownerIsAlive())
      #expect(try !SpoolContent(plugin.spool("c1")).wasStarting)
      #expect(!Files.exists(mark))
    }
  }

  @Test("a start that is read only when its agent is gone starts nothing")
  func startReadLate() throws {
    try withPlugin { plugin in
      let mark = plugin.directory + "/ran"
      try hold(plugin.processID)
      try plugin.send(.prepare(plugin.preparation("c1", "touch \(mark)")))
      try plugin.send(.start(CallID("c1")))
      plugin.detach()
      // Here an agent finds no lock and no frame, and has another plugin run the call.
      #expect(!Files.exists(plugin.spool("c1")))
      ProcessTree.entry(plugin.processID)?.signal(18)
      #expect(try plugin.wait().how == .exit(code: 0))
      #expect(!Files.exists(mark))
    }
  }

  @Test("a plugin that is killed frees its lock, keeps its frames, and takes its tree with it")
  func killed() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "echo $$; setsid sleep 600 & echo kept; sleep 600")
      try plugin.waitForOutput("c1", "kept\n")
      let tree = ProcessTree.descendants(of: plugin.processID)
      #expect(tree.count >= 3)
      try plugin.kill()
      let content = try SpoolContent(plugin.spool("c1"))
      #expect(content.stdout.hasSuffix("kept\n"))
      #expect(content.record == nil)
      // The supervisor holds no copy of the lock for longer than its start takes.
      let reader = try SpoolReader(path: plugin.spool("c1"))
      #expect(try !reader.ownerIsAlive())
      for entry in tree { while ProcessTree.entry(entry.id) != nil {} }
    }
  }

  @Test("a script that would print for ever is killed with its plugin, not left to run")
  func killedBusy() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "trap '' TERM PIPE; while :; do echo y; done") {
        $0.limits.stdoutBytes = 1_000
      }
      let tree = ProcessTree.descendants(of: plugin.processID)
      try plugin.kill()
      for entry in tree { while ProcessTree.entry(entry.id) != nil {} }
    }
  }
}

@Suite("Shell plugin: the protocol")
struct ProtocolTests {
  private func reason(_ message: PluginMessage) -> String? {
    guard case .fault(_, let fault) = message else { return nil }
    return fault.reason
  }

  @Test("a call is started once")
  func startTwice() throws {
    try withPlugin { plugin in
      let mark = plugin.directory + "/marks"
      try plugin.start("c1", "echo x >> \(mark); until [ -e go ]; do sleep 0.02; done")
      #expect(try reason(plugin.answer(to: .start(CallID("c1")))) == "call.alreadyStarted")
      #expect(
        try reason(plugin.answer(to: .prepare(plugin.preparation("c1", "echo")))) == "call.known")
      try Files.writeAtomically([], to: plugin.directory + "/c1/work/go")
      _ = try plugin.ended("c1")
      #expect(try reason(plugin.answer(to: .start(CallID("c1")))) == "call.unknown")
      #expect(
        try reason(plugin.answer(to: .prepare(plugin.preparation("c1", "echo"))))
          == "spool.unwritable")
      #expect(try Files.read(mark) == Array("x\n".utf8))
    }
  }

  @Test("a discarded call cannot be started, and a call that runs cannot be discarded")
  func discard() throws {
    try withPlugin { plugin in
      _ = try plugin.answer(to: .prepare(plugin.preparation("c1", "echo")))
      #expect(try reason(plugin.answer(to: .cancel(CallID("c1")))) == "call.notStarted")
      #expect(try reason(plugin.answer(to: .discard(CallID("c1")))) == nil)
      #expect(try reason(plugin.answer(to: .start(CallID("c1")))) == "call.unknown")
      #expect(!Files.exists(plugin.directory + "/c1/script"))
      try plugin.start("c2", "sleep 600")
      #expect(try reason(plugin.answer(to: .discard(CallID("c2")))) == "call.alreadyStarted")
    }
  }

  @Test("nothing is done before the handshake, and only for the protocol that is spoken")
  func handshake() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory, handshake: false)
      #expect(
        try reason(plugin.answer(to: .prepare(plugin.preparation("c1", "echo"))))
          == "plugin.notInitialized")
      #expect(
        try reason(
          plugin.answer(to: .initialize(agentName: "t", agentVersion: "1", protocolVersion: 2)))
          == "plugin.protocol")
      let reply = try plugin.answer(
        to: .initialize(agentName: "t", agentVersion: "1", protocolVersion: 1))
      guard case .result(_, let result) = reply else {
        Issue.record("\(reply)")
        return
      }
      let description = try PluginDescription(result)
      #expect(description.name == "shell" && description.executors == ["shell"])
      #expect(description.platform == Machine.platform)
    }
  }

  @Test("garbage is answered with an error, and the plugin goes on")
  func garbage() throws {
    try withPlugin { plugin in
      let lines = [
        "hello", "{", "[1,2]", "null", "\u{0}", #"{"jsonrpc":"2.0","id":1,"method":"fly"}"#,
        #"{"jsonrpc":"2.0","id":"x","method":"start","params":{"call":"never"}}"#,
        #"{"jsonrpc":"2.0","id":2,"method":"prepare","params":{"call":"c","executor":7}}"#,
      ]
      for line in lines {
        try plugin.send(line + "\n")
        guard case .fault = try plugin.next() else {
          Issue.record("accepted: \(line)")
          continue
        }
      }
      try plugin.send(String(repeating: "[", count: 100_000) + "\n")
      guard case .fault(.null, _) = try plugin.next() else {
        Issue.record("accepted nesting")
        return
      }
      #expect(try plugin.run("c1", "echo still here").stdout == "still here\n")
    }
  }

  @Test("a line over the limit is refused by name, and the next one is read")
  func longLine() throws {
    try withPlugin { plugin in
      let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
      for _ in 0..<21 { try plugin.send(chunk) }
      try plugin.send("\n")
      #expect(try reason(plugin.next()) == "plugin.lineTooLong")
      #expect(try plugin.run("c1", "echo ok").stdout == "ok\n")
    }
  }

  @Test("an executor that the plugin does not have is refused")
  func executor() throws {
    try withPlugin { plugin in
      var preparation = plugin.preparation("c1", "")
      preparation.executor = "osascript"
      let reply = try plugin.answer(to: .prepare(preparation))
      #expect(reason(reply) == "executor.unknown")
    }
  }

  @Test("after shutdown the running call is finished, and no other is taken")
  func shutdown() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "until [ -e go ]; do sleep 0.02; done; echo end")
      #expect(try reason(plugin.answer(to: .shutdown)) == nil)
      #expect(
        try reason(plugin.answer(to: .prepare(plugin.preparation("c2", "")))) == "plugin.leaving")
      try Files.writeAtomically([], to: plugin.directory + "/c1/work/go")
      #expect(try plugin.ended("c1").stdout == "end\n")
      #expect(try plugin.wait().how == .exit(code: 0))
    }
  }

  @Test("a name or value that would become something else is refused when it is prepared")
  func smuggled() throws {
    try withPlugin { plugin throws in
      var preparation = plugin.preparation("c1", "env")
      for name in ["", "PATH=/tmp:X", "A\0B"] {
        preparation.environment = [(name, "1")]
        #expect(try reason(plugin.answer(to: .prepare(preparation))) == "environment.name")
      }
      preparation.environment = [("A", "b\0c")]
      #expect(try reason(plugin.answer(to: .prepare(preparation))) == "argument.nul")
      preparation.environment = []
      preparation.arguments = ["\0"]
      #expect(try reason(plugin.answer(to: .prepare(preparation))) == "argument.nul")
    }
  }

  @Test("a value that cannot be passed to a process is refused at the start, and nothing ran")
  func cannotStart() throws {
    try withPlugin { plugin in
      var preparation = plugin.preparation("c1", "echo")
      preparation.environment = [("BIG", String(repeating: "x", count: 200_000))]
      _ = try plugin.answer(to: .prepare(preparation))
      #expect(try reason(plugin.answer(to: .start(CallID("c1")))) == "process.notStarted")
      #expect(try !SpoolContent(plugin.spool("c1")).wasStarting)
      let reader = try SpoolReader(path: plugin.spool("c1"))
      #expect(try !reader.ownerIsAlive())
      #expect(try plugin.run("c2", "echo ok").stdout == "ok\n")
    }
  }
}
