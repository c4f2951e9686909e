import Glibc
import JSON
import Model
import Platform

/// The real programs in a directory of their own: a control plane, an agent that reaches it through
/// a faulty line, and the agent's plugins. What breaks them decides their user.
package final class Site {
  package struct Settings: Sendable {
    /// Where `signalbox`, `signalbox-agent` and `signalbox-plugin-shell` are.
    package var bin: String
    package var heartbeat: Duration?
    package var slots = 8
    package var executorGrace = "5s"
    /// A library that shifts the wall clock of a process, preloaded into all of them.
    package var clockLibrary: String?

    package init(bin: String) { self.bin = bin }
  }

  package let root: String
  package let settings: Settings
  package private(set) var port: UInt16 = 0
  package private(set) var controlPlane: SiteProcess?
  package private(set) var agent: SiteProcess?
  /// Between the agent and the control plane.
  package private(set) var line: FaultProxy?
  /// Of the wall clock of what is started from now on.
  package var clockShift: Duration = .zero
  private let seed: UInt64

  /// - Parameter tools: the texts of the definitions.
  package init(root: String, tools: [String], settings: Settings, seed: UInt64) throws {
    self.root = root
    self.settings = settings
    self.seed = seed
    for directory in [data, state, plugins, root + "/tools"] {
      try Files.makeDirectories(directory, permissions: 0o700)
    }
    for (index, text) in tools.enumerated() {
      try Files.writeAtomically(
        Array(text.utf8), to: "\(root)/tools/\(index).yaml", permissions: 0o600)
    }
    try Files.writeAtomically(
      try Files.read(settings.bin + "/signalbox-plugin-shell", limit: 1 << 30), to: plugin,
      permissions: 0o700)
  }

  deinit {
    line?.end()
    agent?.kill()
    controlPlane?.kill()
    for process in pluginProcesses { kill(process, SIGKILL) }
  }

  package var data: String { root + "/data" }
  package var state: String { root + "/endpoint" }
  package var ledger: String { root + "/ledger" }
  private var plugins: String { root + "/plugins" }
  private var plugin: String { plugins + "/signalbox-plugin-shell" }

  // MARK: Processes

  package func startControlPlane() throws {
    var arguments = [
      "serve", "--data", data, "--port", "\(port)", "--tools", root + "/tools",
    ]
    if let heartbeat = settings.heartbeat {
      arguments += ["--heartbeat", "\(heartbeat.wholeMilliseconds)ms"]
    }
    let process = try start("signalbox", arguments, log: "serve.log")
    controlPlane = process
    try eventually("the control plane listens") {
      guard !process.hasEnded else {
        throw SiteError("the control plane ended: \(tail("serve.log"))")
      }
      guard let text = try? Files.read(data + "/api.json"), let json = try? JSON(parsing: text),
        let port = json["port"]?.int
      else { return false }
      self.port = UInt16(port)
      return (try? get("/v1/status", timeout: .seconds(2))) != nil
    }
    if line == nil { line = try FaultProxy(to: port, seed: seed) }
  }

  package func startAgent() throws {
    guard let line else { throw SiteError("the agent dials the control plane: start that first") }
    agent = try start(
      "signalbox-agent",
      [
        "run", "--state", state, "--name", "web-01", "--control-plane", "127.0.0.1:\(line.port)",
        "--join-token-file", data + "/join-token", "--plugins", plugins, "--slots",
        "\(settings.slots)", "--executor-grace", settings.executorGrace,
      ], log: "agent.log")
  }

  package func awaitReachable(within limit: Duration = .seconds(60)) throws {
    try eventually("the agent is reachable", within: limit) {
      try self.reachability() == "reachable"
    }
  }

  package func reachability() throws -> String? {
    try get("/v1/endpoints")["endpoints"]?.array?.first?["reachability"]?["state"]?.string
  }

  /// Every process that runs the plugin's executable: the plugin, and the supervisors of its calls.
  package var pluginProcesses: [Int32] {
    let names = (try? Files.list("/proc")) ?? []
    return names.compactMap { name in
      guard let id = Int32(name), let path = try? Files.resolved("/proc/\(name)/exe"),
        path == plugin
      else { return nil }
      return id
    }.sorted()
  }

  private func start(_ name: String, _ arguments: [String], log: String) throws -> SiteProcess {
    var environment = [
      (name: "PATH", value: "/usr/bin:/bin"), (name: "NO_COLOR", value: "1"),
      (name: "HOME", value: root),
    ]
    if clockShift != .zero, let library = settings.clockLibrary {
      environment.append((name: "LD_PRELOAD", value: library))
      environment.append((name: "CLOCK_SHIFT_SECONDS", value: "\(clockShift.components.seconds)"))
    }
    return try SiteProcess(
      Launch(
        settings.bin + "/" + name, arguments: [name] + arguments, environment: environment),
      log: root + "/" + log)
  }

  package func tail(_ log: String, bytes: Int = 2_000) -> String {
    let text = (try? Files.read(root + "/" + log, limit: 1 << 30)) ?? []
    return String(decoding: text.suffix(bytes), as: UTF8.self)
  }

  // MARK: Waiting

  /// Looks again until it holds; there is no other way to await a process that does not speak to us.
  package func eventually(
    _ what: String, within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(5),
    _ holds: () throws -> Bool
  ) throws {
    let end = ContinuousClock.now + limit
    var last = ""
    while ContinuousClock.now < end {
      do {
        if try holds() { return }
      } catch let error as SiteError {
        throw error
      } catch {
        last = " (\(error))"
      }
      Clock.sleep(for: pause)
    }
    throw SiteError("not within \(limit): \(what)\(last)")
  }
}

package struct SiteError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
