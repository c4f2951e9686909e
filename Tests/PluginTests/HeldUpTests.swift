import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A plugin that is stopped with SIGSTOP hears of much at once when it goes on.
@Suite("A plugin that was held up: what has come by then counts")
struct HeldUpTests {
  /// A call that lasts until the pipe of the test has a reader.
  private static func script(_ executor: String) -> String {
    if executor == "shell" { return ": >pipe\necho done" }
    return """
      {"library":{"linux":"libc.so.6"},"calls":[{"name":"a","function":"creat","parameters":
       [{"type":"string","value":"pipe"},{"type":"uint32","value":384}],"returns":"int32"}],
       "output":{"result":"/a/returned"}}
      """
  }

  /// - Parameter body: is called while the plugin is held, with its call `c1` under way.
  private func withHeld(
    _ executor: String, run: Duration = .seconds(600), _ body: (PluginSession) throws -> Void
  ) throws -> ExecutionRecord {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory, executor: executor)
      try Files.makeDirectories(directory + "/c1/work")
      try #require(mkfifo(directory + "/c1/work/pipe", 0o600) == 0)
      try plugin.start("c1", Self.script(executor)) { $0.limits.run = run }
      try waitForRest(of: plugin.processID)
      try hold(plugin.processID)
      try body(plugin)
      ProcessTree.entry(plugin.processID)?.signal(SIGCONT)
      return try #require(try plugin.ended("c1").record)
    }
  }

  /// Lets the call end by itself, and waits until all is told of it.
  private func finish(_ plugin: PluginSession) throws {
    let children = ProcessTree.children(of: plugin.processID)
    let reader = try Files.open(plugin.directory + "/c1/work/pipe", .readWrite)
    for child in children { try waitForRest(of: child) }
    try reader.close()
  }

  @Test("a call that ended in its time is not over its limit", arguments: ["shell", "native"])
  func limit(executor: String) throws {
    var continued: Int64 = 0
    let record = try withHeld(executor, run: .seconds(2)) { plugin in
      try finish(plugin)
      Clock.sleep(for: .milliseconds(2_200))
      continued = Clock.now()
    }
    #expect(record.ended == .exit(code: 0))
    // Its supervisor knows when.
    if executor == "shell" { #expect(record.endedAt.microseconds < continued) }
  }

  @Test("a call that had ended by itself is not ended by a cancel", arguments: ["shell", "native"])
  func cancel(executor: String) throws {
    let record = try withHeld(executor) { plugin in
      // What it reads first is ready before the end is.
      try plugin.send(.ping)
      try finish(plugin)
      try plugin.send(.cancel(CallID("c1")))
    }
    #expect(record.ended == .exit(code: 0))
  }

  @Test(
    "a call whose process has exited is not ended by a cancel, also before its supervisor tells")
  func cancelOfExited() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory)
      try plugin.start("c1", "until [ -e go ]; do sleep 0.01; done; exit 7")
      let process = try self.process(of: "c1", plugin)
      try hold(process.parent)
      try Files.writeAtomically([], to: directory + "/c1/work/go")
      while try !#require(ProcessTree.entry(process.id)).isDead {
        Clock.sleep(for: .milliseconds(5))
      }
      _ = try plugin.answer(to: .cancel(CallID("c1")))
      ProcessTree.entry(process.parent)?.signal(SIGCONT)
      #expect(try plugin.ended("c1").record?.ended == .exit(code: 7))
    }
  }

  private func process(of call: String, _ plugin: PluginSession) throws -> ProcessTree.Entry {
    let frames = try SpoolContent(plugin.spool(call)).frames
    let ids = frames.compactMap { if case .started(_, let process) = $0 { process } else { nil } }
    let id = try #require(ids.first)
    return try #require(ProcessTree.entry(id))
  }

  @Test("a cancel of a call that goes on ends it", arguments: ["shell", "native"])
  func cancelRunning(executor: String) throws {
    let record = try withHeld(executor) { try $0.send(.cancel(CallID("c1"))) }
    #expect(record.ended == .cancelled(signal: 15))
  }

  @Test("a supervisor that someone kills takes no other call along, of those made ahead neither")
  func supervisorKilled() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory, executor: "native")
      for call in ["c1", "held"] {
        try Files.makeDirectories("\(directory)/\(call)/work")
        try #require(mkfifo("\(directory)/\(call)/work/pipe", 0o600) == 0)
      }
      try plugin.start("c1", Self.script("native"))
      try plugin.start("held", Self.script("native")) { $0.limits.openFiles = 99 }
      let supervisor = try process(of: "held", plugin).parent
      try #require(ProcessTree.entry(supervisor)).signal(SIGKILL)
      #expect(try plugin.ended("held").record?.ended == .limit("supervisor", signal: 9))
      try finish(plugin)
      #expect(try plugin.ended("c1").record?.ended == .exit(code: 0))
    }
  }
}
