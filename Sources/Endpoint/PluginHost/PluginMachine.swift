package import Model
import Mutants
package import PluginProtocol

/// Decides when one plugin's process is started, given up and started again. Pure: `PluginRunner`
/// feeds it and does what it says.
package struct PluginMachine: Equatable {
  package enum State: Equatable {
    /// Not running. Next: starting.
    case stopped
    /// The process exists and has not said hello. Next: ready, waiting.
    case starting
    /// Next: waiting (it failed), stopped (it left because it was idle).
    case ready(since: Instant)
    /// It failed, and is left alone for a while. Next: starting, stopped.
    case waiting
  }

  package enum Event: Equatable {
    /// A request waits for the plugin.
    case wanted
    case hello(PluginDescription)
    /// It could not be started, died, broke the protocol, or does not answer.
    case failed(why: String)
    /// The deadline that was armed last has passed.
    case timeUp
    /// No call and no request for the idle limit.
    case idle
  }

  package enum Effect: Equatable {
    case spawn
    /// One deadline at a time: arming replaces the one before.
    case arm(Duration)
    case disarm
    /// It is ready: tell what it offers, and send what waits.
    case announce
    /// Lets go of the process; what it had is lost or told by spools.
    case abandon(why: String)
    /// Refuses what waits.
    case refuseWaiting(why: String)
    /// Asks the process to leave.
    case dismiss
  }

  /// Longer than the slowest disk takes to load an executable.
  static let helloLimit: Duration = .seconds(10)
  static let firstBackoff: Duration = .milliseconds(100)
  package static let maxBackoff: Duration = .seconds(30)
  /// A plugin that was ready for so long had recovered: its failures count anew.
  static let recoveredAfter: Duration = .seconds(60)

  package private(set) var state = State.stopped
  /// Failures in a row.
  package private(set) var failures = 0

  package init() {}

  package mutating func step(_ event: Event, at now: Instant) -> [Effect] {
    switch (state, event) {
    case (.stopped, .wanted): return start()
    case (.starting, .wanted), (.waiting, .wanted): return []
    case (.ready, .wanted): return [.announce]
    case (.starting, .hello(let description)):
      if let objection = objection(to: description) { return fail(objection) }
      state = .ready(since: now)
      return [.disarm, .announce]
    case (.ready, .hello): return fail("it said hello twice")
    case (.starting, .timeUp):
      return fail("no handshake within \(Self.helloLimit)")
    case (.starting, .failed(let why)): return fail(why)
    case (.ready(let since), .failed(let why)):
      if now - since >= Self.recoveredAfter { failures = 0 }
      return fail(why)
    case (.waiting, .timeUp): return Mutant.pluginNeverRestarted.isPlanted ? [] : start()
    case (.ready, .idle):
      state = .stopped
      return [.dismiss]
    // What comes late, from a process or a deadline that has been let go.
    case (.stopped, .hello), (.stopped, .failed), (.stopped, .timeUp), (.stopped, .idle),
      (.waiting, .hello), (.waiting, .failed), (.waiting, .idle), (.starting, .idle),
      (.ready, .timeUp):
      return []
    }
  }

  private mutating func start() -> [Effect] {
    state = .starting
    return [.spawn, .arm(Self.helloLimit)]
  }

  private mutating func fail(_ why: String) -> [Effect] {
    failures += 1
    state = .waiting
    return [.abandon(why: why), .refuseWaiting(why: why), .arm(backoff)]
  }

  private var backoff: Duration {
    min(Self.maxBackoff, Self.firstBackoff * (1 << min(failures - 1, 16)))
  }

  private func objection(to description: PluginDescription) -> String? {
    if description.protocolVersion != PluginProtocol.version {
      return "it speaks protocol \(description.protocolVersion), not \(PluginProtocol.version)"
    }
    // One that offers no executor works: it has nothing to run scripts with here, and its log says so.
    return nil
  }
}
