internal import Agent
internal import JSON
internal import Platform

/// Where the calls of the agent have their cgroups, for plugins that are tried out beside it: whoever
/// examines the endpoint is in another cgroup, at a terminal or in a call, and would find another one.
struct AgentControlGroup {
  private static let variable = OwnControlGroup.variable

  /// For the plugins.
  private(set) var environment: [(name: String, value: String)] = []
  /// Why the agent has none; `nil` if it has one, or no agent runs.
  private(set) var lacking: String?

  /// - Parameter status: of an agent that runs or ran here.
  init(_ status: AgentStatus?) {
    if let process = status?.livingProcess {
      take(ofProcess: process)
    } else if let named = Machine.environment(Self.variable), !named.isEmpty {
      environment = [(Self.variable, named)]
    }
  }

  private mutating func take(ofProcess process: Int) {
    if let named = Self.named(inProcess: process) {
      environment = [(Self.variable, named)]
      return
    }
    switch OwnControlGroup.delegation(of: "\(process)") {
    case .directory(let directory): environment = [(Self.variable, directory)]
    case .none(let why):
      environment = [(Self.variable, "none")]
      lacking = why
    }
  }

  /// What the agent was started with, as proc_pid_environ(5) has it.
  private static func named(inProcess process: Int) -> String? {
    let bytes = (try? Files.read("/proc/\(process)/environ", limit: 1 << 20)) ?? []
    let prefix = Array("\(variable)=".utf8)
    let entry = bytes.split(separator: 0).first { $0.starts(with: prefix) }
    let value = entry.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
    return value?.isEmpty == false ? value : nil
  }
}
