import Model
import Platform
import PluginHost
import PluginProtocol
import Support
import Testing

/// A host with the plugins of one directory, and what it told so far.
final class HostSession {
  let directory: String
  let plugins: String
  private let mailbox = Mailbox<PluginEvent>()
  private var host: PluginHost?
  private var events: [PluginEvent] = []

  init(_ directory: String, change: (inout PluginHost.Settings) -> Void = { _ in }) throws {
    self.directory = directory
    plugins = directory + "/plugins"
    try Files.makeDirectories(plugins)
    var settings = PluginHost.Settings(directory: plugins, agentVersion: "1")
    change(&settings)
    let mailbox = mailbox
    host = try PluginHost(settings) { mailbox.post($0) }
  }

  deinit { host?.stop() }

  func run(_ body: (PluginHost) -> Void) { host.map(body) }

  func addShell() throws {
    try makeLink(
      plugins + "/signalbox-plugin-shell", to: try builtProgram("signalbox-plugin-shell"))
  }

  /// A plugin that is a shell script.
  func add(_ name: String, _ script: String) throws {
    try Files.writeAtomically(
      Array(("#!/bin/sh\n" + script).utf8), to: "\(plugins)/signalbox-plugin-\(name)",
      permissions: 0o755)
  }

  func stop() {
    host?.stop()
    host = nil
  }

  func preparation(_ call: String, _ script: String, executor: String = "shell") -> Preparation {
    Preparation(
      call: CallID(call), executor: executor, directory: "\(directory)/\(call)",
      spool: spool(call), script: script,
      limits: .init(
        run: .seconds(30), killGrace: .milliseconds(300), stdoutBytes: 1 << 20,
        stderrBytes: 1 << 20))
  }

  func spool(_ call: String) -> String { "\(directory)/\(call)/spool" }

  /// Waits for the next event that `pick` likes, and forgets those before it.
  func wait<Picked>(_ what: String, _ pick: (PluginEvent) -> Picked?) throws -> Picked {
    let deadline = Clock.now() + 60_000_000
    while Clock.now() < deadline {
      while !events.isEmpty {
        if let picked = pick(events.removeFirst()) { return picked }
      }
      guard mailbox.drain(into: &events, waitUpTo: .seconds(5)) else { break }
    }
    throw Unexpected(what: "no event: \(what)")
  }

  func waitFor(_ event: PluginEvent) throws {
    try wait("\(event)") { $0 == event ? () : nil }
  }

  func start(_ call: String, _ script: String) throws -> Int {
    run { $0.prepare(preparation(call, script)) }
    try waitFor(.prepared(CallID(call)))
    run { $0.start(CallID(call)) }
    return try wait("started") {
      if case .started(CallID(call), let process?) = $0 { process } else { nil }
    }
  }
}

@Suite("Plugin host")
struct HostTests {
  private func refusal(
    _ host: HostSession, _ call: String
  ) throws -> (reason: String, message: String) {
    try host.wait("refusal of \(call)") {
      if case .refused(CallID(call), let reason, let message, _) = $0 {
        (reason, message)
      } else {
        nil
      }
    }
  }

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

  @Test("an executor that no plugin has is refused by name and platform")
  func missing() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.addShell()
      host.run { $0.prepare(host.preparation("c1", "", executor: "osascript")) }
      let (reason, message) = try refusal(host, "c1")
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
      #expect(try refusal(host, "c1").reason == "call.unknown")
      _ = try host.start("c2", "exec sleep 600")
      host.run { $0.prepare(host.preparation("c2", "")) }
      #expect(try refusal(host, "c2").reason == "call.known")
      host.run { $0.prepare(host.preparation("c3", "")) }
      try host.waitFor(.prepared(CallID("c3")))
      host.run { $0.discard(CallID("c3")) }
      host.run { $0.start(CallID("c3")) }
      #expect(try refusal(host, "c3").reason == "call.unknown")
      host.run { $0.cancel(CallID("c2")) }
      try host.wait("ended") { if case .ended(CallID("c2"), _) = $0 { () } else { nil } }
    }
  }

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
      #expect(try refusal(host, "c2").reason == "plugin.died")
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
        #"read l; echo '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}'; exec sleep 600"#,
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

  @Test("files that someone else could have written are not executed")
  func untrusted() throws {
    try withTemporaryDirectory { directory in
      let host = try HostSession(directory)
      try host.add("open", "touch \(directory)/ran")
      try Files.setPermissions(host.plugins + "/signalbox-plugin-open", 0o777)
      try host.add("plain", "touch \(directory)/ran")
      try Files.setPermissions(host.plugins + "/signalbox-plugin-plain", 0o644)
      try Files.makeDirectories(host.plugins + "/signalbox-plugin-directory")
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
      try host.waitFor(.executors([]))
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
