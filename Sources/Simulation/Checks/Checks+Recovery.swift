import Model
import PluginHost
import Wire

/// Executors that fail come back, and so do links, each within its own time: the agent's check of itself
/// would mend what they do not, and hide it.
extension Checks {
  /// The agent is without a link.
  func linkLost(_ agent: AgentProcess) {
    let dial = agent.newestDial
    world.after(LinkMachine.Settings().longBackoffCap + Self.slowness) { [weak self, weak agent] in
      guard let self, let agent, isUndisturbed(agent) else { return }
      if agent.newestDial == dial {
        violate("\(agent.host.name) lost its link, and did not dial again")
      }
    }
  }

  /// The agent has let go of a plugin, not because nobody needed it.
  func pluginFailed(_ agent: AgentProcess) {
    let started = agent.pluginsStarted
    world.after(PluginMachine.maxBackoff + Self.slowness) { [weak self, weak agent] in
      guard let self, let agent, isUndisturbed(agent) else { return }
      if agent.pluginsStarted == started {
        violate("a plugin of \(agent.host.name) failed, and was not started again")
      }
      world.mark("plugin started again")
    }
  }

  private func isUndisturbed(_ agent: AgentProcess) -> Bool {
    agent.isAlive && !agent.isStopping && !agent.wasPaused && !agent.host.hasJumped
  }

  /// Of a loop that works on something else.
  private static let slowness: Duration = .seconds(5)
}
