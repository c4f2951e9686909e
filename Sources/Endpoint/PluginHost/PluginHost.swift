package import Model
package import Platform
package import PluginProtocol

/// A set of plugins on a thread of its own. Every method may be called from any thread and returns
/// at once; what comes of it is delivered as events.
package final class PluginHost: Sendable {
  package struct Settings: Sendable {
    /// Where the executables named `signalbox-plugin-*` are.
    package var directory: String
    package var agentName: String
    package var agentVersion: String
    /// What a plugin sees of the environment.
    package var environment: [(name: String, value: String)]
    /// A plugin that leaves a request unanswered for so long is taken for hung.
    package var replyLimit: Duration = .seconds(30)
    /// A plugin without calls leaves after so long, and is started again when it is wanted.
    package var idleLimit: Duration = .seconds(600)
    /// Calls that wait for one plugin to be ready; more are refused.
    package var maxWaiting = 1_000

    package init(
      directory: String, agentName: String = "signalbox-agent", agentVersion: String,
      environment: [(name: String, value: String)]? = nil
    ) {
      self.directory = directory
      self.agentName = agentName
      self.agentVersion = agentVersion
      self.environment =
        environment ?? [
          ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
          ("HOME", Machine.homeDirectory), ("LANG", "C.UTF-8"),
        ]
    }
  }

  enum Command: Sendable {
    case discover
    case prepare(Preparation)
    case start(CallID)
    case discard(CallID)
    case cancel(CallID)
  }

  private let commands: Mailbox<Command>
  private let thread: WorkerThread

  /// - Parameter deliver: called on the host's thread; to hand the event on, not to work on it.
  package init(
    _ settings: Settings, deliver: @escaping @Sendable (PluginEvent) -> Void
  ) throws(SystemError) {
    let poller = try Poller()
    let commands = Mailbox<Command>(onArrival: { poller.wake() })
    self.commands = commands
    thread = try WorkerThread(name: "plugins") {
      servePlugins(settings, commands, poller, deliver)
    }
  }

  package func discover() { commands.post(.discover) }

  package func prepare(_ preparation: Preparation) { commands.post(.prepare(preparation)) }

  package func start(_ call: CallID) { commands.post(.start(call)) }

  package func discard(_ call: CallID) { commands.post(.discard(call)) }

  package func cancel(_ call: CallID) { commands.post(.cancel(call)) }

  /// Lets go of the plugins and ends the host's thread. Running calls go on to their end, and their
  /// spools tell it; calls that were not started never will be.
  package func stop() {
    commands.close()
    thread.join()
  }
}

private func servePlugins(
  _ settings: PluginHost.Settings, _ commands: Mailbox<PluginHost.Command>, _ poller: Poller,
  _ deliver: @escaping @Sendable (PluginEvent) -> Void
) {
  let loop = EventLoop(poller)
  let plugins = PluginSet(settings, loop, deliver: deliver)
  var batch: [PluginHost.Command] = []
  loop.onWake = {
    batch.removeAll(keepingCapacity: true)
    let isOpen = commands.drain(into: &batch, waitUpTo: .zero)
    for command in batch { plugins.perform(command) }
    if !isOpen { loop.stop() }
  }
  do throws(SystemError) {
    try loop.run()
  } catch {
    // epoll_wait(2) fails only for arguments that are wrong.
    preconditionFailure("\(error)")
  }
  plugins.leave()
}

extension PluginSet {
  fileprivate func perform(_ command: PluginHost.Command) {
    switch command {
    case .discover: discover()
    case .prepare(let preparation): prepare(preparation)
    case .start(let call): start(call)
    case .discard(let call): discard(call)
    case .cancel(let call): cancel(call)
    }
  }
}
