internal import Platform

/// The spools that were left to the agent's journal last. An agent that dies may not have read them.
struct UnsyncedSpools {
  /// Far more than an agent can be behind.
  private static let max = 64

  private var paths: [String] = []

  mutating func note(_ path: String) {
    if paths.count >= Self.max { paths.removeFirst() }
    paths.append(path)
  }

  /// Those that are still there are on disk then, whoever has written to them since.
  mutating func sync() {
    for path in paths { try? Files.open(path, .read).syncData() }
    paths = []
  }
}
