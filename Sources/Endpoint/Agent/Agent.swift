package import Bridge
import Journal
import Model
package import Platform
import PluginProtocol
import Wire

/// An endpoint's runtime: one thread that takes events from the bridge, serves the executors, steps
/// the machine, journals, and only then acts.
package final class Agent: Sendable {
  private let mailbox: Mailbox<Core.Input>
  private let thread: WorkerThread

  /// Opens the journal (which fails when another agent owns it, or when it is damaged), takes up
  /// what it holds, and begins to dial.
  ///
  /// - Parameters:
  ///   - dialer: opens connections to the control plane.
  ///   - makeExecuting: makes the executors, given the loop of the agent's thread and where their
  ///     events go.
  ///   - ended: called on the agent's thread when it is over.
  package init(
    configuration: AgentConfiguration, dialer: any Dialing,
    makeExecuting: (EventLoop, @escaping @Sendable (ExecutionEvent) -> Void) throws ->
      any Executing,
    ended: @escaping @Sendable (AgentEnd) -> Void
  ) throws {
    try Files.makeDirectories(configuration.callsDirectory, permissions: 0o700)
    let journal = try DiskJournal(path: configuration.journalPath)
    let poller = try Poller()
    let mailbox = Mailbox<Core.Input>(onArrival: { poller.wake() })
    let loop = EventLoop(poller)
    let executing = try makeExecuting(loop) { mailbox.post(.execution($0)) }
    dialer.deliver(to: { mailbox.post(.bridge($0)) })
    var core = try Core(
      configuration: configuration,
      surroundings: HostSurroundings(configuration) { mailbox.post($0) },
      journal: journal, dialer: dialer, executing: executing)
    try core.recover()
    let parts = Handover(core, loop)
    self.mailbox = mailbox
    thread = try WorkerThread(name: "agent") {
      var core = parts.core
      let end = core.run(mailbox, on: parts.loop)
      parts.loop.forgetAll()
      ended(end)
    }
  }

  /// Takes nothing new, lets running calls end for the stop grace, leaves the others to their
  /// plugins, and ends.
  package func stop() { mailbox.post(.stop) }

  package func join() { thread.join() }
}

/// Why an agent is over.
package enum AgentEnd: Sendable, Hashable {
  /// It was told to stop.
  case asked
  /// It is degraded, and a new process may not be.
  case restart
  /// The disk failed: the process must end without a last word.
  case failed
}

/// Moves the core and its loop to their thread. Safe because the creator gives them up.
private struct Handover: @unchecked Sendable {
  let core: Core
  let loop: EventLoop

  init(_ core: Core, _ loop: EventLoop) {
    self.core = core
    self.loop = loop
  }
}
