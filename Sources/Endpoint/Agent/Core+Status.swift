import JSON
import Journal
import Model
import Platform
import PluginProtocol
import Wire

extension Core {
  mutating func tellStatus() {
    let now = now
    guard statusPace.isTime(at: now) else { return }
    let content = statusContent
    guard statusPace.isWorthWriting(.object(JSONObject(content)), at: now) else { return }
    let times: [(String, JSON)] = [
      ("writtenAtUs", .int(Int(now.microseconds))),
      ("heardAtUs", isLinkOpen ? .int(Int(link.lastHeard.microseconds)) : .null),
    ]
    let path = AgentStatus.path(in: configuration.stateDirectory)
    do throws(SystemError) {
      try Files.writeAtomically(
        JSON.object(JSONObject(content + times)).bytes, to: path, isSynced: false)
    } catch {
      configuration.log("cannot write \(path): \(error)")
    }
  }

  private var isLinkOpen: Bool {
    if case .open = link.state { return true }
    return false
  }

  private var statusContent: [(String, JSON)] {
    let owner = SpoolOwner.own
    return [
      ("format", 1),
      ("version", .string(configuration.version)),
      (
        "process",
        [
          "pid": .int(Machine.processID),
          "startTicks": owner.map { .int($0.startTicks) } ?? .null,
          "bootId": .string(Machine.bootID), "startedAtUs": .int(Int(startedAt.microseconds)),
        ]
      ),
      ("name", .string(configuration.name)),
      ("endpoint", identity.map { .string($0.endpoint.text) } ?? .null),
      ("controlPlane", .string(configuration.controlPlane)),
      ("link", linkJSON),
      (
        "journal",
        [
          "epoch": journal.epoch.map { .string($0.text) } ?? .null,
          "sequence": .int(journal.head.sequence), "hash": .string(journal.head.hash),
        ]
      ),
      (
        "calls",
        .array(
          machine.held.map { ["call": .string($0.call.text), "state": .string($0.state.rawValue)] })
      ),
      ("executors", .array(executing.executors.map(JSON.string))),
      ("runtimes", .array(runtimeInfo.runtimes.map { .string($0.name.text) })),
      ("unseenUsers", .array(sessions.doubts.map(JSON.string))),
      ("health", healthJSON),
      ("hasSession", .bool(hasSession)),
      ("isStopping", .bool(machine.isStopping)),
    ]
  }

  private var healthJSON: JSON {
    let faults = selfCheck.faults.map { fault -> JSON in
      [
        "subject": .string(fault.subject.rawValue), "sinceUs": .int(Int(fault.since.microseconds)),
        "evidence": .string(fault.evidence),
        "tried": .array(fault.tried.map { .string($0.rawValue) }),
        "advice": .string(fault.subject.advice),
      ]
    }
    return ["state": faults.isEmpty ? "good" : "degraded", "faults": .array(faults)]
  }

  /// Two missed heartbeats mean that nothing is sent here.
  private var linkJSON: JSON {
    let silence = Int((link.settings.heartbeat * 2).wholeMicroseconds)
    return switch link.state {
    case .idle: ["state": "idle", "reason": "the executors are not known yet"]
    case .connecting(let since): ["state": "connecting", "sinceUs": .int(Int(since.microseconds))]
    case .greeting(let since): ["state": "greeting", "sinceUs": .int(Int(since.microseconds))]
    case .open(let since):
      [
        "state": "open", "sinceUs": .int(Int(since.microseconds)),
        "sendableForUs": .int(silence),
      ]
    case .waiting(let until, let failures, let reason):
      [
        "state": "waiting", "nextTryAtUs": .int(Int(until.microseconds)),
        "failures": .int(failures), "reason": .string(reason),
      ]
    }
  }
}
