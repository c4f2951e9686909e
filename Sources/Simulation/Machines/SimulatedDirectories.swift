import Agent
import Platform

/// The directories of calls, as `CallDirectories` keeps them, on a simulated disk.
final class SimulatedDirectories: Directories {
  private unowned let agent: AgentProcess
  private let host: Host
  private var free: [String] = []
  private var untouched: Set<String> = []
  private var lastNumber: Int

  init(_ agent: AgentProcess) {
    self.agent = agent
    host = agent.host
    lastNumber = host.disk.spools.keys.compactMap { Int($0) }.max() ?? 0
  }

  func take() -> String {
    if let name = free.popLast() {
      untouched.insert(name)
      return name
    }
    lastNumber += 1
    return String(lastNumber)
  }

  func makeReady(_ path: String) throws(SystemError) {
    let name = Host.directoryName(of: path)
    guard agent.boundary() else { throw SystemError.busy("clean", path: path) }
    if untouched.remove(name) != nil, host.disk.spools[name] != nil { return }
    if host.disk.spools[name]?.isLocked == true { throw SystemError.busy("lock", path: path) }
    host.disk.spools[name] = Spool()
  }

  func giveBack(_ name: String, isSuspect: Bool) {
    guard let number = Int(name) else { return }
    lastNumber = max(lastNumber, number)
    agent.later(Self.pause) { [weak self] in self?.clean(name, isSuspect) }
  }

  private func clean(_ name: String, _ isSuspect: Bool) {
    if isSuspect || host.disk.spools[name]?.isLocked == true {
      host.disk.spools[name] = nil
    } else {
      host.disk.spools[name] = Spool()
      free.append(name)
    }
  }

  private static let pause: Duration = .milliseconds(25)

  func stop() {}
}
