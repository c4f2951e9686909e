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

  func refusal(_ call: String) throws -> (reason: String, message: String) {
    try wait("refusal of \(call)") {
      if case .refused(CallID(call), let reason, let message, _) = $0 {
        (reason, message)
      } else {
        nil
      }
    }
  }
}
