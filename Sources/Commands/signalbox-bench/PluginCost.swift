import Agent
import CFloor
import JSON
import Model
import Platform
import PluginHost
import PluginProtocol

/// What a call costs between the agent and a plugin: from `prepare` and `start` to `ended`, through the
/// agent's own host, with the spool on disk. The directories are cleaned between the calls, as the
/// agent does when nobody waits.
enum PluginCost {
  static let directories = 8
  private static let count = 2_000

  static func run(_ bench: Bench) throws -> JSON {
    let directory = try bench.directory()
    let before = try Floor(directory: directory, count: 500)
    // A real call comes some time after the one before; in a row, they wait for what is made ready
    // between them.
    let apart = Duration.milliseconds(5)
    let bare = try bareCalls(directory, pause: apart)
    let native = try measure(bench, "native", noop, pause: apart)
    let bareInARow = try bareCalls(directory, pause: nil)
    let nativeInARow = try measure(bench, "native", noop, pause: nil)
    let stateless = try measure(bench, "native", statelessNoop, pause: apart)
    let statelessInARow = try measure(bench, "native", statelessNoop, pause: nil)
    let shell = try measure(bench, "shell", "true\n", pause: nil)
    let after = try Floor(directory: try bench.directory(), count: 500)
    let spawn = (before.spawn.p50 + after.spawn.p50) / 2
    let sync = (before.sync.p50 + after.sync.p50) / 2
    bench.say("a native no-op, 5 ms apart: \(native.text)")
    say(bare, beside: native, bench)
    bench.say("a native no-op, in a row: \(nativeInARow.text)")
    say(bareInARow, beside: nativeInARow, bench)
    bench.say("the same, stateless, 5 ms apart: \(stateless.text)")
    bench.say("the same, stateless, in a row: \(statelessInARow.text)")
    bench.say("a shell true: \(shell.text)")
    bench.say(
      "  bare spawn \(Int(spawn)) µs (\(Int(before.spawn.p50)), \(Int(after.spawn.p50))), appended sync"
        + " \(Int(sync)) µs; shell over the spawn: \(Int(shell.p50 - spawn)) µs")
    return [
      "native": native.json, "bareNative": bare.json, "nativeInARow": nativeInARow.json,
      "bareNativeInARow": bareInARow.json, "statelessNative": stateless.json,
      "statelessNativeInARow": statelessInARow.json, "shell": shell.json,
      "floorBefore": before.json, "floorAfter": after.json,
      "shellOverheadUs": .int(Int(shell.p50 - spawn)),
    ]
  }

  private static func say(_ bare: Figures, beside native: Figures, _ bench: Bench) {
    bench.say(
      "  bare processes, forked ahead for a call each: p50 \(Int(bare.p50)) µs; ratio"
        + " \(Figures.rounded(native.p50 / bare.p50, places: 2))")
  }

  /// Calls that do nothing, each in a process of its own, through as many pipes as a native call.
  private static func bareCalls(_ directory: String, pause: Duration?) throws -> Figures {
    var figures = [Double](repeating: 0, count: count)
    let failure = signalbox_floor_of_native_calls(
      directory + "/bare-spool", Int32(count), UInt32((pause ?? .zero).wholeMicroseconds), &figures)
    guard failure == 0 else { throw SystemError("call bare processes", number: failure) }
    return Figures(figures)
  }

  private static let noop = section("")
  private static let statelessNoop = section(#""stateless":true,"#)

  private static func section(_ members: String) -> String {
    """
    {\(members)"library":{"linux":"libc.so.6"},
     "calls":[{"name":"a","function":"getppid","parameters":[],"returns":"int32"}],
     "output":{"parent":"/a/returned"}}
    """
  }

  private static func measure(
    _ bench: Bench, _ executor: String, _ script: String, pause: Duration?
  ) throws -> Figures {
    let session = try Session(bench, executor)
    for _ in 0..<100 { _ = try session.call(script) }
    return Figures(
      try (0..<count).map { _ in
        if let pause { Clock.sleep(for: pause) }
        return try session.call(script)
      })
  }

  /// One plugin below the agent's host, on the loop of this thread.
  private final class Session {
    private let loop: EventLoop
    private let plugins: PluginSet
    private let directory: String
    private let executor: String
    private let wait: Wait
    private var count = 0

    init(_ bench: Bench, _ executor: String) throws {
      self.executor = executor
      directory = try bench.directory()
      let folder = try bench.plugins("signalbox-plugin-\(executor)", in: directory)
      let loop = EventLoop(try Poller())
      let wait = Wait()
      self.loop = loop
      self.wait = wait
      plugins = PluginSet(PluginHost.Settings(directory: folder, agentVersion: "bench"), loop) {
        wait.take($0)
      }
    }

    /// - Returns: how long it took, in microseconds.
    func call(_ script: String) throws -> Double {
      count += 1
      let id = CallID("bench\(count)")
      let place = CallDirectory(path: "\(directory)/\(count % PluginCost.directories)")
      try place.clean()
      let preparation = Preparation(
        call: id, executor: executor, directory: place.path, spool: place.spool, script: script,
        limits: Preparation.Limits(
          run: .seconds(10), killGrace: .seconds(1), stdoutBytes: 4_096, stderrBytes: 4_096),
        unsyncedBytes: Spool.journaledBytes)
      let began = ContinuousClock.now
      plugins.prepare(preparation)
      plugins.start(id)
      while wait.ended != id {
        if let problem = wait.problem { throw BenchError(problem) }
        try loop.turn()
      }
      return microseconds(ContinuousClock.now - began)
    }

    deinit { plugins.leave() }
  }

  private final class Wait {
    private(set) var ended: CallID?
    private(set) var problem: String?

    func take(_ event: PluginEvent) {
      switch event {
      case .ended(let call, _): ended = call
      case .refused(_, _, let message, _): problem = message
      case .pluginRefused(let path, let reason, _): problem = "\(path): \(reason)"
      case .pluginDied(_, _, let why): problem = why
      case .log(_, let line): problem = line
      case .executors, .prepared, .started, .progress, .answered: break
      }
    }
  }
}
