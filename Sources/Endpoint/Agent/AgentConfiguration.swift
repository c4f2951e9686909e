import Model
import Platform

/// What an agent needs to know. Secrets are in files, never here.
package struct AgentConfiguration: Sendable {
  /// Journal, identity and spools; owned by the agent, mode 0700.
  package var stateDirectory: String
  /// Where it dials, in words for the status.
  package var controlPlane: String
  /// What the endpoint calls itself when it joins.
  package var name: String
  package var joinTokenFile: String?
  package var machine = AgentMachine.Settings()
  /// How long a stop waits for running calls before it leaves them to their plugins.
  package var stopGrace: Duration = .seconds(10)
  /// How long an executor may go on after the run limit and the kill grace of its call before it is
  /// taken for hung, and ended with all its processes.
  package var executorGrace: Duration = .seconds(60)
  /// How often a spool is looked at whose plugin does not speak to this agent.
  package var watchInterval: Duration = .milliseconds(50)
  /// Where the system records who is logged in.
  package var loginsPath = Logins.path
  /// How the agent looks after itself.
  package var selfCheck = SelfCheckMachine.Settings()
  package var version: String
  package var log: @Sendable (String) -> Void

  package init(
    stateDirectory: String, controlPlane: String, name: String,
    joinTokenFile: String?, version: String, log: @escaping @Sendable (String) -> Void
  ) {
    self.stateDirectory = stateDirectory
    self.controlPlane = controlPlane
    self.name = name
    self.joinTokenFile = joinTokenFile
    self.version = version
    self.log = log
  }

  var journalPath: String { stateDirectory + "/journal.db" }
  var identityPath: String { stateDirectory + "/identity.json" }
  package var callsDirectory: String { stateDirectory + "/calls" }

  func directory(_ name: String) -> String { callsDirectory + "/" + name }
  func spool(in name: String) -> String { directory(name) + "/spool" }
}
