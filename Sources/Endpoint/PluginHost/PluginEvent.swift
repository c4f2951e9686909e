package import Model

/// An executor that a plugin of this endpoint offers.
package struct PluginExecutor: Sendable, Hashable {
  /// What a tool names in `with:`.
  package var name: String
  package var plugin: String
  package var pluginVersion: String
  /// `env`, `argv`, `stdin`.
  package var inputs: [String]
  /// It can run a call as another user.
  package var runsAsOthers: Bool

  package init(
    name: String, plugin: String, pluginVersion: String, inputs: [String],
    runsAsOthers: Bool = false
  ) {
    self.runsAsOthers = runsAsOthers
    self.name = name
    self.plugin = plugin
    self.pluginVersion = pluginVersion
    self.inputs = inputs
  }
}

/// What the host tells the agent.
package enum PluginEvent: Sendable, Equatable {
  /// All executors that are known now; told whenever it changes.
  case executors([PluginExecutor])
  /// A file in the plugins' directory that will not be started.
  case pluginRefused(path: String, reason: String, remedy: String)
  /// Checked and staged; nothing has run.
  case prepared(CallID)
  /// Nothing of the call has run, and nothing will.
  case refused(CallID, reason: String, message: String, remedy: String)
  case started(CallID, process: Int?)
  /// The spool has grown to so many bytes.
  case progress(CallID, spoolBytes: Int)
  /// The spool is complete and on disk.
  case ended(CallID, spoolBytes: Int)
  /// The host lost the plugin. `calls` had been told to start: only their spools know how they go
  /// on. Calls that had not are refused instead.
  case pluginDied(plugin: String, calls: [CallID], why: String)
  /// It was asked whether it answers, or has said what it offers.
  case answered(plugin: String)
  /// A line of the plugin's own log.
  case log(plugin: String, line: String)
}
