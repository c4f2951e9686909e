import Agent
import Model
import Platform
import PluginProtocol

/// The executors of plugins, with programs of a call's own first on its path.
final class StubbedPlugins: Executing {
  private let plugins: any Executing
  private let path: String
  private let directories: StubDirectories

  /// - Parameter path: what a script looks its programs up on.
  init(_ plugins: any Executing, path: String, directories: StubDirectories) {
    self.plugins = plugins
    self.path = path
    self.directories = directories
  }

  var executors: [String] { plugins.executors }

  func prepare(_ preparation: Preparation) {
    var preparation = preparation
    if let directory = directories[preparation.call] {
      preparation.environment.append(("PATH", "\(directory):\(path)"))
    }
    plugins.prepare(preparation)
  }

  func start(_ call: CallID) { plugins.start(call) }
  func discard(_ call: CallID) { plugins.discard(call) }
  func cancel(_ call: CallID) { plugins.cancel(call) }
  func giveUp(_ call: CallID) -> Bool { plugins.giveUp(call) }
  func takeDirectory() -> String { plugins.takeDirectory() }
  func giveBack(directory: String, isSuspect: Bool) {
    plugins.giveBack(directory: directory, isSuspect: isSuspect)
  }
  func ask() { plugins.ask() }
  var silent: [String] { plugins.silent }
  func rebuild() -> [String] { plugins.rebuild() }
  func shutdown() { plugins.shutdown() }
}

/// Where the stubs of each call are. Written before the call is offered, read when it is prepared.
final class StubDirectories: Sendable {
  private let known = Locked<[CallID: String]>([:])

  subscript(_ call: CallID) -> String? {
    get { known.withLock { $0[call] } }
    set { known.withLock { $0[call] = newValue } }
  }
}
