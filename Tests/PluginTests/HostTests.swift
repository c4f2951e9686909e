import Model
import Platform
import PluginHost
import PluginProtocol
import Support
import Testing

@Suite("Plugin host")
struct HostTests {
  @Test("a call goes through a plugin that was found, started and asked")
  func call() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      host.run { $0.discover() }
      let executors = try host.wait("executors") {
        if case .executors(let executors) = $0 { executors } else { nil }
      }
      #expect(executors.map(\.name) == ["shell"])
      #expect(executors.first?.inputs == ["env", "argv", "stdin"])
      _ = try host.start("c1", "echo hi; exit 3")
      try host.wait("ended") { if case .ended(CallID("c1"), _) = $0 { () } else { nil } }
      let content = try SpoolContent(host.spool("c1"))
      #expect(content.stdout == "hi\n")
      #expect(content.record?.ended == .exit(code: 3))
    }
  }

  @Test("a call that comes before the plugin has said hello waits for it")
  func early() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      _ = try host.start("c1", "echo hi")
    }
  }

  @Test("what is offered is told when every plugin has said so, the slow one too")
  func slowPlugin() throws {
    try withTemporaryDirectory { directory in
      let session = try HostSession(directory)
      try session.addShell()
      try session.add("later", "sleep 1\nexec \(try builtProgram("signalbox-plugin-shell"))\n")
      session.run { $0.discover() }
      let first = try session.wait("the executors") { event in
        if case .executors(let executors) = event { executors } else { nil }
      }
      #expect(first.count == 2)
    }
  }

  @Test("a plugin that cannot hold a call to its limits does not get it")
  func unheld() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try makeLink(
        host.plugins + "/signalbox-plugin-checksum",
        to: try builtProgram("signalbox-plugin-checksum"))
      var asking: [Preparation] = []
      for number in 0..<3 {
        asking.append(host.preparation("c\(number)", "x", executor: "checksum"))
      }
      asking[0].limits.memoryBytes = 64 << 20
      asking[1].runAs = "nobody"
      asking[2].needs = ["agent"]
      for preparation in asking {
        host.run { $0.prepare(preparation) }
        let (reason, message) = try host.refusal(preparation.call.text)
        #expect(reason == "isolation.unsupported" && message.contains("checksum"), "\(message)")
      }
    }
  }

  @Test("an executor that no plugin has is refused by name and platform")
  func missing() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      host.run { $0.prepare(host.preparation("c1", "", executor: "osascript")) }
      let (reason, message) = try host.refusal("c1")
      #expect(reason == "executor.missing")
      #expect(message == "no executor for osascript on linux")
    }
  }

  @Test("progress is told while a call runs, and a cancel ends it")
  func cancel() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      _ = try host.start("c1", "echo up; exec sleep 600")
      try host.wait("progress") { if case .progress(CallID("c1"), _) = $0 { () } else { nil } }
      host.run { $0.cancel(CallID("c1")) }
      try host.wait("ended") { if case .ended(CallID("c1"), _) = $0 { () } else { nil } }
      #expect(try SpoolContent(host.spool("c1")).record?.ended == .cancelled(signal: 15))
    }
  }

  @Test("a call is started only after it was prepared, and once")
  func order() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      host.run { $0.start(CallID("c1")) }
      #expect(try host.refusal("c1").reason == "call.unknown")
      _ = try host.start("c2", "exec sleep 600")
      host.run { $0.prepare(host.preparation("c2", "")) }
      #expect(try host.refusal("c2").reason == "call.known")
      host.run { $0.prepare(host.preparation("c3", "")) }
      try host.waitFor(.prepared(CallID("c3")))
      host.run { $0.discard(CallID("c3")) }
      #expect(try host.refusal("c3").reason == "call.discarded")
      host.run { $0.start(CallID("c3")) }
      #expect(try host.refusal("c3").reason == "call.unknown")
      host.run { $0.cancel(CallID("c2")) }
      try host.wait("ended") { if case .ended(CallID("c2"), _) = $0 { () } else { nil } }
    }
  }

  @Test("a start need not wait until the call is prepared, and fails with the preparation")
  func startAhead() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      // The plugin is not even started yet: both wait for it.
      host.run { $0.discover() }
      host.run { $0.prepare(host.preparation("c1", "exit 4")) }
      host.run { $0.start(CallID("c1")) }
      try host.wait("ended") { if case .ended(CallID("c1"), _) = $0 { () } else { nil } }
      var wrong = host.preparation("c2", "touch \(directory)/ran")
      wrong.interpreter = "/does/not/exist"
      host.run { $0.prepare(wrong) }
      host.run { $0.start(CallID("c2")) }
      #expect(try host.refusal("c2").reason == "interpreter.missing")
      #expect(!Files.exists(directory + "/ran"))
    }
  }

  @Test("files that someone else could have written are not executed")
  func untrusted() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.add("open", "touch \(directory)/ran")
      try Files.setPermissions(host.plugins + "/signalbox-plugin-open", 0o777)
      try host.add("plain", "touch \(directory)/ran")
      try Files.setPermissions(host.plugins + "/signalbox-plugin-plain", 0o644)
      try Files.makeDirectories(host.plugins + "/signalbox-plugin-directory")
      try Files.makeDirectories(host.plugins + "/signalbox-plugin-built.product")
      try Files.writeAtomically([], to: host.plugins + "/README")
      host.run { $0.discover() }
      var reasons: [String: String] = [:]
      while reasons.count < 3 {
        let (path, reason) = try host.wait("refusals") {
          if case .pluginRefused(let path, let reason, _) = $0 { (path, reason) } else { nil }
        }
        reasons[Files.name(of: path)] = reason
      }
      #expect(
        reasons == [
          "signalbox-plugin-open": "plugin.writable",
          "signalbox-plugin-plain": "plugin.notExecutable",
          "signalbox-plugin-directory": "plugin.notAFile",
        ])
      while true {
        let event = try host.wait("executors") { event -> PluginEvent? in event }
        if case .pluginRefused(let path, _, _) = event { Issue.record("\(path) is told too") }
        if case .executors([]) = event { break }
      }
      #expect(!Files.exists(directory + "/ran"))
    }
  }

  @Test("a directory that others can write to holds no plugins")
  func untrustedDirectory() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      try Files.setPermissions(host.plugins, 0o777)
      host.run { $0.discover() }
      let reason = try host.wait("refusal") {
        if case .pluginRefused(_, let reason, _) = $0 { reason } else { nil }
      }
      #expect(reason == "plugin.writable")
    }
  }

  @Test("a host that stops leaves its running calls to their end")
  func stops() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      _ = try host.start("c1", "until [ -e go ]; do sleep 0.02; done; echo end")
      host.stop()
      let reader = try SpoolReader(path: host.spool("c1"))
      #expect(try reader.ownerIsAlive())
      try Files.writeAtomically([], to: directory + "/c1/work/go")
      while try reader.ownerIsAlive() {}
      #expect(try SpoolContent(host.spool("c1")).stdout == "end\n")
    }
  }

  @Test("an idle plugin leaves, and the next call starts it again")
  func idle() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory) { $0.idleLimit = .milliseconds(50) }
      try host.addShell()
      let first = try host.start("c1", "echo $PPID; until [ -e go ]; do sleep 0.02; done")
      let supervisor = try #require(ProcessTree.entry(first)?.parent)
      let plugin = try #require(ProcessTree.entry(supervisor)?.parent)
      try Files.writeAtomically([], to: directory + "/c1/work/go")
      try host.wait("ended") { if case .ended(CallID("c1"), _) = $0 { () } else { nil } }
      while ProcessTree.entry(plugin) != nil {}
      _ = try host.start("c2", "echo back")
    }
  }

  @Test("the plugin's log is told line by line")
  func log() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.add("talker", "echo one >&2; echo two >&2; exec sleep 600")
      host.run { $0.discover() }
      try host.waitFor(.log(plugin: "talker", line: "one"))
      try host.waitFor(.log(plugin: "talker", line: "two"))
    }
  }
}
