import Model
import Platform
import PluginHost
import PluginProtocol
import Support
import Testing

@Suite("Plugin host: plugins that fail")
struct HostFailureTests {
  @Test("a plugin that dies is told with its calls, refuses what had not started, and comes back")
  func dies() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      let process = try host.start("c1", "exec sleep 600")
      host.run { $0.prepare(host.preparation("c2", "echo")) }
      try host.waitFor(.prepared(CallID("c2")))
      let supervisor = try #require(ProcessTree.entry(process)?.parent)
      let plugin = try #require(ProcessTree.entry(supervisor)?.parent)
      ProcessTree.entry(plugin)?.signal(9)
      let (calls, why) = try host.wait("death") {
        if case .pluginDied("shell", let calls, let why) = $0 { (calls, why) } else { nil }
      }
      #expect(calls == [CallID("c1")])
      #expect(why == "it was ended by signal 9")
      #expect(try host.refusal("c2").reason == "plugin.died")
      #expect(try SpoolContent(host.spool("c1")).record == nil)
      _ = try host.start("c3", "echo back")
      try host.wait("ended") { if case .ended(CallID("c3"), _) = $0 { () } else { nil } }
    }
  }

  @Test(
    "a plugin that breaks the protocol is given up with the reason, and tried again",
    arguments: [
      ("echo hello; exec sleep 600", "not JSON"),
      ("head -c 21000000 /dev/zero; exec sleep 600", "a line over"),
      ("exit 7", "it exited with 7"),
      (#"read l; echo '{"jsonrpc":"2.0","id":9,"result":{}}'; exec sleep 600"#, "not asked"),
      (#"read l; echo '{"jsonrpc":"2.0","id":1,"result":{}}'; exec sleep 600"#, "its handshake"),
      (
        #"read l; echo '{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}'; exec sleep 600"#,
        "refused the handshake"
      ),
    ])
  func breaks(script: String, why: String) throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.add("bad", script)
      host.run { $0.discover() }
      for _ in 0..<2 {
        let told = try host.wait("failure") {
          if case .pluginDied("bad", [], let why) = $0 { why } else { nil }
        }
        #expect(told.contains(why), "\(told)")
      }
    }
  }

  @Test("garbage from a plugin does not end its running call: the plugin is let go, not killed")
  func garbageWhileRunning() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      // Speaks for the real plugin, and adds a line of its own once told to.
      let shell = try builtProgram("signalbox-plugin-shell")
      let script = """
        { \(shell); } | { while read -r line; do
            echo "$line"
            case $line in *progress*) echo garbage;; esac
          done; }
        """
      try host.add("shell", script)
      _ = try host.start("c1", "echo up; until [ -e go ]; do sleep 0.02; done; echo end")
      let calls = try host.wait("garbage") {
        if case .pluginDied("shell", let calls, _) = $0 { calls } else { nil }
      }
      #expect(calls == [CallID("c1")])
      try Files.writeAtomically([], to: directory + "/c1/work/go")
      let reader = try SpoolReader(path: host.spool("c1"))
      while try reader.ownerIsAlive() {}
      #expect(try SpoolContent(host.spool("c1")).stdout == "up\nend\n")
    }
  }

  @Test("a plugin that hangs before it has staged a call is ended, though it was told to start it")
  func hungWhileStaging() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory) { $0.replyLimit = .seconds(2) }
      try host.addShell()
      let process = try host.start("c1", "until [ -e go ]; do sleep 0.02; done")
      let supervisor = try #require(ProcessTree.entry(process)?.parent)
      let plugin = try #require(ProcessTree.entry(supervisor)?.parent)
      try Files.writeAtomically([], to: directory + "/c1/work/go")
      try host.wait("ended") { if case .ended(CallID("c1"), _) = $0 { () } else { nil } }
      try hold(plugin)
      host.run { $0.prepare(host.preparation("c2", "touch \(directory)/ran")) }
      host.run { $0.start(CallID("c2")) }
      let calls = try host.wait("failure") {
        if case .pluginDied("shell", let calls, _) = $0 { calls } else { nil }
      }
      #expect(calls == [CallID("c2")])
      let deadline = Clock.now() + 60_000_000
      while ProcessTree.entry(plugin) != nil, Clock.now() < deadline {}
      #expect(ProcessTree.entry(plugin) == nil)
      ProcessTree.entry(plugin)?.signal(9)
    }
  }

  @Test("a plugin that logs without end holds up nobody")
  func noisy() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      let shell = try builtProgram("signalbox-plugin-shell")
      try host.add(
        "shell", "yes \"$(head -c 3000 /dev/zero | tr '\\0' x)\" >&2 & exec \(shell)")
      let began = Clock.now()
      _ = try host.start("c1", "echo hi")
      try host.wait("ended") { if case .ended(CallID("c1"), _) = $0 { () } else { nil } }
      #expect(Clock.now() - began < 20_000_000)
    }
  }

  @Test("a plugin that does not answer is given up")
  func hung() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory) { $0.replyLimit = .milliseconds(100) }
      try host.add("hung", "exec sleep 600")
      host.run { $0.discover() }
      let why = try host.wait("failure") {
        if case .pluginDied("hung", [], let why) = $0 { why } else { nil }
      }
      #expect(why.contains("no answer to initialize"))
    }
  }
}
