import Model

/// What an agent needs to know. Secrets are in files, never here.
package struct AgentConfiguration: Sendable {
  /// Journal, identity and spools; owned by the agent, mode 0700.
  package var stateDirectory: String
  package var controlPlaneHost: String
  package var controlPlanePort: Int
  /// What the endpoint calls itself when it joins.
  package var name: String
  package var joinTokenFile: String?
  package var machine = AgentMachine.Settings()
  /// How long a stop waits for running calls before it leaves them to their plugins.
  package var stopGrace: Duration = .seconds(10)
  /// How often a spool is looked at whose plugin does not speak to this agent.
  package var watchInterval: Duration = .milliseconds(50)
  package var version: String
  package var log: @Sendable (String) -> Void

  package init(
    stateDirectory: String, controlPlaneHost: String, controlPlanePort: Int, name: String,
    joinTokenFile: String?, version: String, log: @escaping @Sendable (String) -> Void
  ) {
    self.stateDirectory = stateDirectory
    self.controlPlaneHost = controlPlaneHost
    self.controlPlanePort = controlPlanePort
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
