package import Bridge
import Journal
import Model
import Platform
import PluginProtocol
import Wire

/// An endpoint's runtime: one thread that takes events from the bridge and from the executors,
/// steps the machine, journals, and only then acts.
package final class Agent: Sendable {
  enum Input: Sendable {
    case bridge(BridgeEvent)
    case execution(ExecutionEvent)
    case stop
  }

  private let mailbox: Mailbox<Input>
  private let thread: WorkerThread

  /// Opens the journal (which fails when another agent owns it, or when it is damaged), takes up
  /// what it holds, and begins to dial.
  ///
  /// - Parameters:
  ///   - dialer: opens connections to the control plane.
  ///   - makeExecuting: makes the executors, given where their events go.
  ///   - ended: called on the agent's thread when it is over, with whether that was asked for; if
  ///     not, the disk failed, and the process must end.
  package init(
    configuration: AgentConfiguration, dialer: any Dialing,
    makeExecuting: (@escaping @Sendable (ExecutionEvent) -> Void) throws -> any Executing,
    ended: @escaping @Sendable (Bool) -> Void
  ) throws {
    try Files.makeDirectories(configuration.callsDirectory, permissions: 0o700)
    let memory = try Memory(path: configuration.journalPath)
    let mailbox = Mailbox<Input>()
    let executing = try makeExecuting { mailbox.post(.execution($0)) }
    dialer.deliver(to: { mailbox.post(.bridge($0)) })
    var core = try Core(
      configuration: configuration, memory: memory, dialer: dialer, executing: executing)
    try core.recover()
    let parts = Handover(core)
    self.mailbox = mailbox
    thread = try WorkerThread(name: "agent") {
      var core = parts.core
      ended(core.run(mailbox))
    }
  }

  /// Takes nothing new, lets running calls end for the stop grace, leaves the others to their
  /// plugins, and ends.
  package func stop() { mailbox.post(.stop) }

  package func join() { thread.join() }
}

/// Moves the core to its thread. Safe because the creator gives it up.
private struct Handover: @unchecked Sendable {
  let core: Core

  init(_ core: Core) { self.core = core }
}
