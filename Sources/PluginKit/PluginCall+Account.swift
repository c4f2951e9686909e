package import Platform

// What the processes of a call find, by whom they run as.

extension PluginCall {
  /// Where their files are. Another user may not enter the call's directory, so it has one of its own
  /// in it, and begins there.
  package func home(of account: Confinement.Account?) -> String {
    account == nil ? directory : directory + "/user"
  }

  /// What they see: these variables, who they are if that is another user, and what the tool or a
  /// session binds, which counts more.
  package func environment(
    over surroundings: [(name: String, value: String)], as account: Confinement.Account?
  ) -> [(name: String, value: String)] {
    let bound = Set(environment.map(\.name))
    let found = surroundings + (account?.variables ?? [])
    return found.filter { !bound.contains($0.name) } + environment
  }

  /// What a tool that needs `agent` sees of ours: where the agent, its state and its plugins are.
  package var agentVariables: [(name: String, value: String)] {
    guard needs.contains(.agent) else { return [] }
    return Machine.inherited(["SIGNALBOX_AGENT", "SIGNALBOX_STATE", "SIGNALBOX_PLUGINS"])
  }

  /// Whether its processes are to be held to something of its own, and so cannot be those of other calls.
  package var asksForIsolation: Bool {
    runAs != nil || limits.areSet || needs.contains(.privileges)
  }
}

extension Confinement.Account {
  /// Who they are.
  package var variables: [(name: String, value: String)] {
    [("HOME", home), ("USER", name), ("LOGNAME", name)]
  }
}
