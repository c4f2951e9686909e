import Agent
import Bridge
import Digest
import Engine
import Platform
import PluginHost

/// A place to run tools on the machine of their author: the rules of the control plane and a real
/// agent with its journal and its plugins, in one process, over one scratch directory. No store, no
/// socket, and nothing left afterwards.
package final class Stage: Sendable {
  package struct Settings: Sendable {
    /// Where the executables named `signalbox-plugin-*` are.
    package var plugins: String
    /// Tools that run at the same time.
    package var slots = 8
    package var version: String

    package init(plugins: String, version: String) {
      self.plugins = plugins
      self.version = version
    }
  }

  /// Of each output stream of a run; what is longer is told, and not kept.
  package static let maxKeptBytes = 16 << 20

  /// What the endpoint is called in the words of an outcome.
  static let endpointName = "localhost"

  /// Lines of the agent's log that are kept.
  private static let maxNotes = 100

  let scratch: String
  private let mailbox: Mailbox<StageLoop.Input>
  private let agent: Agent
  private let thread: WorkerThread
  private let notebook: Notebook

  package init(_ settings: Settings) throws {
    let scratch = try Files.resolved(Files.makeTemporaryDirectory(prefix: "signalbox-stage"))
    let mailbox = Mailbox<StageLoop.Input>()
    do {
      let notebook = Notebook()
      let bridge = LocalBridge { mailbox.post(.bridge($0)) }
      let directories = StubDirectories()
      let token = Hex.text(Random.bytes(32))
      try Files.writeAtomically(Array(token.utf8), to: scratch + "/join-token")
      let engine = Engine(
        joinTokenHash: SHA256.digest(of: Array(token.utf8)), random: SystemRandomNumberGenerator())
      thread = try WorkerThread(name: "stage") {
        var loop = StageLoop(
          engine: engine, bridge: bridge, directories: directories, scratch: scratch)
        loop.run(mailbox)
      }
      agent = try Self.agent(settings, scratch, bridge, directories, notebook) {
        mailbox.post(.agentEnded(isHealthy: $0))
      }
      self.scratch = scratch
      self.mailbox = mailbox
      self.notebook = notebook
    } catch {
      mailbox.close()
      try? Files.removeTree(scratch)
      throw error
    }
  }

  private static func agent(
    _ settings: Settings, _ scratch: String, _ bridge: LocalBridge,
    _ directories: StubDirectories, _ notebook: Notebook,
    ended: @escaping @Sendable (Bool) -> Void
  ) throws -> Agent {
    let state = scratch + "/endpoint"
    try Files.makeDirectories(state, permissions: 0o700)
    var configuration = AgentConfiguration(
      stateDirectory: state, controlPlane: endpointName,
      name: endpointName, joinTokenFile: scratch + "/join-token", version: settings.version,
      log: { notebook.add($0) })
    configuration.machine.slots = settings.slots
    // Whoever closes the stage has waited for what runs, or wants to wait no longer.
    configuration.stopGrace = .zero
    let host = PluginHost.Settings(
      directory: try Files.resolved(settings.plugins), agentVersion: settings.version)
    let path = host.environment.first { $0.name == "PATH" }?.value ?? ""
    return try Agent(
      configuration: configuration, dialer: bridge,
      makeExecuting: { loop, deliver in
        let plugins = try Plugins(
          host, callsDirectory: configuration.callsDirectory, loop: loop,
          log: { notebook.add($0) }, deliver: deliver)
        return StubbedPlugins(plugins, path: path, directories: directories)
      }, ended: { ended($0 != .failed) })
  }

  /// Runs a tool. `hear` is told what happens, and in the end `ended` or `failed`, once.
  package func run(_ order: Order, hear: @escaping @Sendable (Happening) -> Void) {
    mailbox.post(.order(order, hear))
  }

  /// Asks for the end of everything that runs or waits.
  package func cancelAll(by: String) { mailbox.post(.cancelAll(by: by)) }

  /// Ends the agent and removes the scratch directory.
  package func close() {
    agent.stop()
    agent.join()
    mailbox.close()
    thread.join()
    removeScratch()
  }

  /// For whoever ends the process without `close`.
  package func removeScratch() { try? Files.removeTree(scratch) }

  /// What the agent and its plugins said of themselves.
  package var notes: [String] { notebook.lines.withLock { $0 } }

  private final class Notebook: Sendable {
    let lines = Locked<[String]>([])

    func add(_ line: String) {
      lines.withLock { lines in
        if lines.count < Stage.maxNotes { lines.append(line) }
      }
    }
  }
}
