import Support

/// Runs `body` with a plugin in a directory of its own.
func withPlugin<Result>(_ body: (PluginSession) throws -> Result) throws -> Result {
  try withTemporaryDirectory { directory in try body(try PluginSession(directory)) }
}
