import Platform
import Support

extension PluginSession {
  /// A session with a plugin that starts hosts.
  convenience init(
    _ directory: String, _ executor: String, _ arguments: [String],
    environment: [(name: String, value: String)] = []
  ) throws {
    // Asked, not killed: a plugin that leaves by itself takes its hosts and its files along.
    try self.init(
      directory, executor: executor, arguments: arguments, environment: environment,
      killGrace: .seconds(5), lastSignal: Signals.terminate)
  }
}

/// The stand-ins of this directory, which are programs for Python.
enum FakePrograms {
  static let python = "/usr/bin/python3"
  static var canRun: Bool { Files.isExecutable(python) }

  static func path(_ name: String) -> String {
    Files.directory(of: #filePath) + "/FakePrograms/" + name
  }
}

func waitUntil(_ isSo: () throws -> Bool) throws {
  let end = Clock.now() + 30_000_000
  while try !isSo() {
    guard Clock.now() < end else { throw Unexpected(what: "it did not come to that in 30 s") }
    Clock.sleep(for: .milliseconds(10))
  }
}
