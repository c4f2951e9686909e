import Model
import PluginHost

/// Executors that fail come back.
extension Checks {
  /// The agent has let go of a plugin, not because nobody needed it.
  func pluginFailed(_ agent: AgentProcess) {
    let started = agent.pluginsStarted
    world.after(Self.restartLimit) { [weak self, weak agent] in
      guard let self, let agent, agent.isAlive, !agent.isStopping, !agent.wasPaused,
        !agent.host.hasJumped
      else { return }
      if agent.pluginsStarted == started {
        violate("a plugin of \(agent.host.name) failed, and was not started again")
      }
      world.mark("plugin started again")
    }
  }

  /// The longest wait, and some time for a loop that works on something else.
  private static let restartLimit = PluginMachine.maxBackoff + .seconds(5)
}
