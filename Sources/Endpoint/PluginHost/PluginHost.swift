package import Model
package import Platform
package import PluginProtocol

/// Runs the executor plugins of an endpoint: finds them, starts them when they are wanted, restarts
/// them when they fail, and passes calls to the one that has their executor.
///
/// All plugins are served by one thread of the host's own. Every method may be called from any
/// thread and returns at once; what comes of it is delivered as events.
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
    Signals.ignoreBrokenPipe()
    let poller = try Poller()
    let commands = Mailbox<Command>(onArrival: { poller.wake() })
    self.commands = commands
    thread = try WorkerThread(name: "plugins") {
      servePlugins(settings, commands, poller, deliver)
    }
  }

  /// Looks into the directory, starts every plugin there to learn what it offers, and tells.
  package func discover() { commands.post(.discover) }

  /// Answered by `prepared` or `refused`.
  package func prepare(_ preparation: Preparation) { commands.post(.prepare(preparation)) }

  /// To be called once, when the journal has on disk that the call is released; `prepared` need not
  /// have come. Answered by `started` or `refused`, and later by `ended`; or by `pluginDied`.
  package func start(_ call: CallID) { commands.post(.start(call)) }

  /// Drops a call that was not told to start, and tells `refused`. Any other is left alone.
  package func discard(_ call: CallID) { commands.post(.discard(call)) }

  /// Ends a started call, which then tells `ended`. A call that is not running is no error.
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
  let plugins = Plugins(settings, loop, deliver)
  var batch: [PluginHost.Command] = []
  loop.onWake = {
    batch.removeAll(keepingCapacity: true)
    let isOpen = commands.drain(into: &batch, waitUpTo: .zero)
    for command in batch { plugins.handle(command) }
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
