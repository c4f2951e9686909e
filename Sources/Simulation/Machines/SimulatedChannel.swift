import JSON
import Model
import PluginHost
import PluginProtocol

/// The agent's end of the pipes to a plugin.
final class SimulatedChannel: PluginChannel {
  var onMessage: (PluginAnswer) -> Void = { _ in }
  var onFailure: (String) -> Void = { _ in }
  var onLog: (String) -> Void = { _ in }

  private struct Pending {
    let method: String
    let call: CallID?
  }

  private weak var agent: AgentProcess?
  private let plugin: PluginProcess
  private var pending: [Int: Pending] = [:]
  private var nextID = 1
  private var isOver = false

  private static let replyLimit: Duration = .seconds(30)

  init(agent: AgentProcess, plugin: PluginProcess) {
    self.agent = agent
    self.plugin = plugin
    plugin.channel = self
  }

  func request(_ request: PluginRequest, about call: CallID?) {
    guard let agent, agent.boundary() else { return }
    if case .start(let call) = request { agent.host.site.checks.agentStarts(call, by: agent) }
    let id = nextID
    nextID += 1
    pending[id] = Pending(method: request.method, call: call)
    plugin.receive(request, id: id)
    agent.later(Self.replyLimit) { [weak self, weak agent] in
      agent?.onLoop { [weak self] in
        guard let self, !isOver, pending[id] != nil else { return }
        fail("no answer within \(Self.replyLimit)")
      }
    }
  }

  func close() {
    letGo()
    plugin.inputCloses()
  }

  /// Nobody needs it at present, which is no failure.
  func close(killAfter limit: Duration) {
    isOver = true
    plugin.inputCloses()
    agent?.later(limit) { [weak plugin] in plugin?.die("because it did not leave") }
  }

  func kill() {
    letGo()
    guard agent?.boundary() ?? false else { return }
    plugin.die("because the agent lets it go")
  }

  // MARK: Answers

  enum Word {
    case answer(id: Int, Result<JSON, PluginFault>)
    case progress(CallID)
    case ended(CallID)
    case gone
  }

  func hear(_ word: Word) {
    agent?.onLoop { [weak self] in self?.take(word) }
  }

  private func take(_ word: Word) {
    guard !isOver else { return }
    switch word {
    case .answer(let id, let result):
      guard let request = pending.removeValue(forKey: id) else { return }
      onMessage(.reply(method: request.method, request.call, result))
    case .progress(let call): onMessage(.progress(call, spoolBytes: 0))
    case .ended(let call): onMessage(.ended(call, spoolBytes: 0))
    case .gone: fail("it is gone")
    }
  }

  private func fail(_ why: String) {
    letGo()
    onFailure(why)
  }

  private func letGo() {
    guard !isOver else { return }
    isOver = true
    if let agent { agent.host.site.checks.pluginFailed(agent) }
  }
}
