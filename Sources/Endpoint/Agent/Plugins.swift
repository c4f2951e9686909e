package import Model
package import Platform
package import PluginHost
package import PluginProtocol

/// The executors that plugins offer, in the agent's words, on the agent's thread.
package final class Plugins: Executing {
  private let plugins: PluginSet
  private let known: Known
  private let directories: any Directories
  private let log: @Sendable (String) -> Void
  private let deliver: @Sendable (ExecutionEvent) -> Void

  /// Looks into the plugins' directory; `ready` follows when every plugin there said what it offers.
  package convenience init(
    _ settings: PluginHost.Settings, callsDirectory: String,
    loop: EventLoop, log: @escaping @Sendable (String) -> Void,
    deliver: @escaping @Sendable (ExecutionEvent) -> Void
  ) throws {
    self.init(
      directories: try CallDirectories(root: callsDirectory, log: log), log: log, deliver: deliver
    ) {
      PluginSet(settings, loop, deliver: $0)
    }
  }

  package init(
    directories: any Directories, log: @escaping @Sendable (String) -> Void,
    deliver: @escaping @Sendable (ExecutionEvent) -> Void,
    makeSet: (@escaping (PluginEvent) -> Void) -> PluginSet
  ) {
    let known = Known()
    self.known = known
    self.directories = directories
    self.log = log
    self.deliver = deliver
    plugins = makeSet { event in
      switch event {
      case .executors(let executors):
        known.names = executors.map(\.name)
        known.ofSessions = executors.filter(\.runsAsOthers).map(\.name)
        deliver(.ready)
      case .pluginRefused(let path, let reason, let remedy):
        log("plugin \(path) is not used: \(reason); \(remedy)")
      // Nothing waits for it: the start was or will be asked for anyway.
      case .prepared: break
      case .refused(let call, let reason, let message, let remedy):
        deliver(.refused(call, reason: reason, message: message, remedy: remedy))
      case .started(let call, let process): deliver(.started(call, pid: process))
      case .progress(let call, _): deliver(.progress(call))
      case .ended(let call, _): deliver(.ended(call))
      case .pluginDied(let plugin, let calls, let why):
        deliver(.died(calls, why: "plugin \(plugin): \(why)"))
      case .answered: deliver(.answered)
      case .log(let plugin, let line): log("plugin \(plugin): \(line)")
      }
    }
    plugins.discover()
  }

  package var executors: [String] { known.names }
  package var sessionExecutors: [String] { known.ofSessions }

  package func prepare(_ preparation: Preparation) {
    do throws(SystemError) {
      try directories.makeReady(preparation.directory)
    } catch {
      deliver(
        .refused(
          preparation.call, reason: "stateDirectory",
          message: "the call's directory cannot be made ready: \(error)",
          remedy: "look at the disk of the endpoint"))
      return
    }
    plugins.prepare(preparation)
  }

  package func takeDirectory() -> String { directories.take() }
  package func giveBack(directory: String, isSuspect: Bool) {
    directories.giveBack(directory, isSuspect: isSuspect)
  }

  package func start(_ call: CallID) { plugins.start(call) }
  package func discard(_ call: CallID) { plugins.discard(call) }
  package func cancel(_ call: CallID) { plugins.cancel(call) }
  package func giveUp(_ call: CallID) -> Bool { plugins.giveUp(call) }
  package func ask() { plugins.ask() }
  package var silent: [String] { plugins.silent }
  package func rebuild() -> [String] { plugins.rebuild() }
  package func shutdown() {
    plugins.leave()
    directories.stop()
  }

  private final class Known {
    var names: [String] = []
    var ofSessions: [String] = []
  }
}
