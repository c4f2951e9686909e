package import JSON
import Model
import Platform
import PluginProtocol
import Wire

/// What a running agent says of itself in a file, for whoever looks; the journal is its own while it
/// runs. Written at most once a second, and not waited for: nothing is decided by it.
package struct AgentStatus: Sendable {
  package let json: JSON

  package static func path(in stateDirectory: String) -> String { stateDirectory + "/status.json" }

  /// How often it is written when something changes.
  static let interval: Duration = .seconds(1)
  /// How often it is written when nothing changes but when the control plane was heard last.
  static let longInterval: Duration = .seconds(30)

  package init(_ json: JSON) { self.json = json }

  package init(read path: String) throws {
    json = try JSON(parsing: try Files.read(path, limit: 4 << 20))
  }

  package var isOfLivingProcess: Bool { livingProcess != nil }

  /// The process that wrote it, if it is still there, and no other one that got its number.
  package var livingProcess: Int? {
    #if os(Linux)
      guard let id = json["process"]?["pid"]?.int,
        let ticks = json["process"]?["startTicks"]?.int,
        json["process"]?["bootId"]?.string == Machine.bootID
      else { return nil }
      return ProcessTree.entry(id, startTicks: ticks)?.id
    #else
      return nil
    #endif
  }
}

/// When the status is looked at and written. The driver writes it.
struct StatusPace {
  private var lastLook: Instant?
  private var lastWrite: Instant?
  private var lastContent: JSON?
  /// When something may have changed that was not looked at yet.
  private(set) var due: Instant?

  /// Something happened.
  /// - Returns: whether to look now.
  mutating func isTime(at now: Instant) -> Bool {
    if let lastLook, now - lastLook < AgentStatus.interval {
      due = lastLook + AgentStatus.interval
      return false
    }
    lastLook = now
    due = nil
    return true
  }

  mutating func isWorthWriting(_ content: JSON, at now: Instant) -> Bool {
    if content == lastContent, let lastWrite, now - lastWrite < AgentStatus.longInterval {
      return false
    }
    lastContent = content
    lastWrite = now
    return true
  }
}
