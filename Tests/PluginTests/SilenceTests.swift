import Model
import Platform
import PluginHost
import PluginProtocol
import Support
import Testing

/// Plugins of one directory on the test's own thread.
private final class Watched {
  let plugins: String
  private let loop: EventLoop
  private(set) var events: [PluginEvent] = []
  private(set) var host: PluginSet?

  init(_ directory: String) throws {
    plugins = directory + "/plugins"
    try Files.makeDirectories(plugins)
    loop = EventLoop(try Poller())
  }

  deinit {
    host?.leave()
    loop.forgetAll()
  }

  func start() throws {
    host = PluginSet(PluginHost.Settings(directory: plugins, agentVersion: "1"), loop) {
      [unowned self] in events.append($0)
    }
    host?.discover()
    try wait("the executors") { if case .executors = $0 { true } else { false } }
    // To its hello; what comes later is to a question.
    try answered()
  }

  /// A shell script in the place of a plugin, which says hello and then goes on with `rest`.
  func add(_ name: String, _ rest: String) throws {
    let hello =
      #"{"jsonrpc":"2.0","id":1,"result":{"protocol":1,"plugin":{"name":"\#(name)","version":"1"},"#
      + #""executors":["\#(name)"],"capabilities":{"inputs":[],"cancel":true,"reattach":true},"#
      + #""platform":"linux"}}"#
    try Files.writeAtomically(
      Array("#!/bin/sh\nread -r line\necho '\(hello)'\n\(rest)\n".utf8),
      to: "\(plugins)/signalbox-plugin-\(name)", permissions: 0o755)
  }

  func wait(_ what: String, _ isIt: (PluginEvent) -> Bool) throws {
    let end = Clock.now() + 30_000_000
    while Clock.now() < end {
      if let place = events.firstIndex(where: isIt) {
        events.removeFirst(place + 1)
        return
      }
      try loop.turn(waitUpTo: .milliseconds(20))
    }
    throw Unexpected(what: "no event: \(what); silent: \(host?.silent ?? [])")
  }

  func answered() throws {
    try wait("an answer") { if case .answered = $0 { true } else { false } }
  }

  var silent: [String] { host?.silent ?? [] }
}

@Suite("Plugins that do not answer")
struct SilenceTests {
  private func withPlugins(_ body: (Watched) throws -> Void) throws {
    try withTemporaryDirectory { try body(Watched($0)) }
  }

  @Test("a plugin that runs answers a ping, whether it knows the word or not")
  func answers() throws {
    try withPlugins { watched in
      try makeLink(
        watched.plugins + "/signalbox-plugin-shell", to: try builtProgram("signalbox-plugin-shell"))
      try watched.start()
      watched.host?.ask()
      #expect(watched.silent.count == 1)
      try watched.answered()
      #expect(watched.silent.isEmpty)
    }
    try withPlugins { watched in
      let unknown = #"{"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"no such method"}}"#
      try watched.add("old", "read -r line; echo '\(unknown)'; exec cat > /dev/null")
      try watched.start()
      watched.host?.ask()
      #expect(watched.silent == ["plugin old does not answer, and has 0 calls"])
      try watched.answered()
      #expect(watched.silent.isEmpty)
      #expect(watched.host?.rebuild() == [])
    }
  }

  @Test("a silent one without calls is started anew, and is silent until it says hello")
  func restarted() throws {
    try withPlugins { watched in
      try watched.add("mute", "exec cat > /dev/null")
      try watched.start()
      watched.host?.ask()
      watched.host?.ask()
      #expect(watched.silent == ["plugin mute does not answer, and has 0 calls"])
      #expect(watched.host?.rebuild() == ["plugin mute is started anew"])
      #expect(
        watched.silent == [
          "plugin mute does not work, and failed 1 times, at last because it does not answer"
        ])
      try watched.answered()
      #expect(watched.silent.isEmpty)
    }
  }

  @Test("a call that was not begun in its time is given up with the plugin that might begin it")
  func givenUp() throws {
    try withPlugins { watched in
      try watched.add("dull", "exec cat > /dev/null")
      try watched.start()
      let call = CallID("c1")
      #expect(watched.host?.giveUp(call) == false)
      watched.host?.prepare(
        Preparation(
          call: call, executor: "dull", directory: watched.plugins, spool: watched.plugins + "/s",
          script: "",
          limits: .init(
            run: .seconds(1), killGrace: .seconds(1), stdoutBytes: 1, stderrBytes: 1)))
      watched.host?.start(call)
      #expect(watched.host?.giveUp(call) == true)
      try watched.wait("its end") {
        if case .pluginDied("dull", [call], _) = $0 { true } else { false }
      }
      #expect(watched.host?.giveUp(call) == false)
    }
  }

  @Test("one that fails again and again is told with its last words")
  func failing() throws {
    try withPlugins { watched in
      try watched.add("ill", "exit 3")
      try watched.start()
      try watched.wait("its end") { if case .pluginDied = $0 { true } else { false } }
      #expect(watched.silent.first?.contains("at last because it exited with 3") == true)
    }
  }

  @Test("the directory is read again: what came is used, what went is forgotten, none is started")
  func directory() throws {
    try withPlugins { watched in
      try watched.add("first", "exec cat > /dev/null")
      try watched.start()
      try watched.add("second", "exec cat > /dev/null")
      #expect(watched.host?.rebuild() == ["plugin second was found"])
      try watched.answered()
      try Files.remove(watched.plugins + "/signalbox-plugin-second")
      // As long as it runs it is used.
      #expect(watched.host?.rebuild() == [])
      try watched.add("third", "exit 3")
      #expect(watched.host?.rebuild() == ["plugin third was found"])
      try Files.remove(watched.plugins + "/signalbox-plugin-third")
      try watched.wait("its end") {
        if case .pluginDied("third", _, _) = $0 { true } else { false }
      }
      #expect(watched.host?.rebuild() == ["plugin third is gone, and forgotten"])
      #expect(watched.silent.isEmpty)
    }
  }
}
