import Agent
import Bridge
import CommandLine
import Glibc
import Journal
import Model
import Platform
import PluginHost
import Sockets

/// `signalbox-agent run`: puts the parts together.
struct RunCommand {
  private let configuration: AgentConfiguration
  private let plugins: String
  private let controlPlane: ControlPlaneAddress

  init(_ arguments: Arguments) throws {
    guard let state = arguments["state"] else {
      throw UsageError("--state is needed: where the agent keeps its journal", path: arguments.path)
    }
    controlPlane = try ControlPlaneAddress(
      arguments["control-plane"] ?? "127.0.0.1:7070", path: arguments.path)
    // Plugins are started elsewhere: what they are told must not depend on where we stand.
    try Files.makeDirectories(state, permissions: 0o700)
    var configuration = AgentConfiguration(
      stateDirectory: try Files.resolved(state), controlPlane: controlPlane.words,
      name: arguments["name"] ?? Machine.hostName(), joinTokenFile: arguments["join-token-file"],
      version: AgentProgram.version, log: Log.line)
    if let slots = try arguments.integer("slots", in: 1...1_024) {
      configuration.machine.slots = slots
    }
    if let capacity = try arguments.integer("capacity", in: 1...16_384) {
      configuration.machine.capacity = capacity
    }
    if let grace = try arguments.milliseconds("stop-grace") {
      configuration.stopGrace = .milliseconds(grace)
    }
    if let grace = try arguments.milliseconds("executor-grace") {
      configuration.executorGrace = .milliseconds(grace)
    }
    if let interval = try arguments.milliseconds("check-interval") {
      guard interval >= 100 else {
        throw UsageError("--check-interval is at least 100ms", path: arguments.path)
      }
      configuration.selfCheck = .init(interval: .milliseconds(interval))
    }
    if let path = arguments["logins"] { configuration.loginsPath = path }
    configuration.selfCheck.restarts = arguments.has("restart-when-degraded")
    if let period = try arguments.milliseconds("restart-period") {
      guard period >= 1_000 else {
        throw UsageError("--restart-period is at least 1s", path: arguments.path)
      }
      configuration.selfCheck.restartPeriod = .milliseconds(period)
      configuration.selfCheck.restartAfter = min(
        configuration.selfCheck.restartAfter, .milliseconds(period))
    }
    self.configuration = configuration
    plugins = try Files.resolved(
      arguments["plugins"] ?? Files.directory(of: Machine.executable()))
  }

  /// EX_TEMPFAIL of sysexits(3).
  static let restart = ExitCode(
    75, "it is degraded, no call is active, and it asks to be started anew")

  func run() throws -> Int32 {
    // Before the first thread, so that no other one gets them.
    let signals = try Signals.watch([Signals.terminate, Signals.interrupt])
    Signals.ignoreBrokenPipe()
    let agent = try Agent(
      configuration: configuration,
      dialer: Dialer(loop: SocketLoop(.dialing)) { [controlPlane] () throws(DialFailure) in
        try controlPlane.current()
      },
      makeExecuting: { loop, deliver in
        var settings = PluginHost.Settings(
          directory: plugins, agentVersion: AgentProgram.version)
        // For tools that ask the agent about itself, such as agent.doctor.
        settings.environment += [
          ("SIGNALBOX_AGENT", (try? Machine.executable()) ?? ""),
          ("SIGNALBOX_STATE", configuration.stateDirectory), ("SIGNALBOX_PLUGINS", plugins),
        ]
        // The zone is for scripts; the other one is for whoever runs the agent.
        for name in ["TZ", "SIGNALBOX_CGROUP"] {
          if let value = Machine.environment(name) { settings.environment.append((name, value)) }
        }
        return try Plugins(
          settings,
          callsDirectory: configuration.callsDirectory, loop: loop, log: Log.line, deliver: deliver)
      },
      ended: { end in
        switch end {
        // A failed disk: leave at once, without a last word to anyone.
        case .failed: _exit(ExitCode.software.code)
        case .asked, .restart:
          exit(end == .asked ? 0 : Self.restart.code)
        }
      })
    let poller = try Poller()
    try poller.add(signals.number, .readable, token: 0)
    var events: [Poller.Event] = []
    while true {
      try poller.wait(upTo: nil, into: &events)
      while try Signals.next(from: signals) != nil { agent.stop() }
    }
  }
}

/// The agent's log: lines on standard error, for whatever collects them.
enum Log {
  static func line(_ text: String) {
    Terminal(.error).line("signalbox-agent: " + Visible.text(text))
  }
}
