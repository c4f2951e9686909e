package import Platform

/// The words that the agent and an executor plugin exchange: one JSON-RPC 2.0 message per line, on
/// the plugin's standard input and output. docs/PLUGINS.md is the reference.
package enum PluginProtocol {
  /// Counts incompatible changes. Both sides refuse another one.
  package static let version = 1

  /// The longest line that either side accepts: a script and its input, escaped.
  package static let maxLineBytes = 20 << 20

  /// How often an agentless plugin looks for a cancel file.
  package static let cancelPollInterval: Duration = .milliseconds(200)

  /// Progress of one call is told at most this often.
  package static let progressInterval: Duration = .milliseconds(2)

  /// The file beside a spool whose appearance cancels the call of a plugin that lost its agent.
  package static func cancelPath(ofSpool path: String) -> String { path + ".cancel" }

  /// Asks a plugin that lost its agent, and still has the call of this spool, to cancel it.
  package static func requestCancel(ofSpool path: String) throws(SystemError) {
    try Files.open(cancelPath(ofSpool: path), .readWrite).close()
  }
}
