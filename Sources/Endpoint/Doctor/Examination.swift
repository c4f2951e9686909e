internal import Agent
internal import Conformance
package import JSON
internal import Journal
internal import Platform
internal import PluginHost

/// Looks at an endpoint as it is: the agent's state, its link, its clock, and what each executor
/// really does. It runs beside the agent and takes nothing from it.
package struct Examination {
  package struct Settings {
    /// The agent's state directory.
    package var state: String
    /// Where the executor plugins are.
    package var plugins: String
    /// Where the control plane is; `nil` where nobody has said.
    package var controlPlane: ControlPlanePlace?

    package init(state: String, plugins: String, controlPlane: ControlPlanePlace? = nil) {
      self.state = state
      self.plugins = plugins
      self.controlPlane = controlPlane
    }
  }

  /// What is asked of an executor, in the words of the conformance kit.
  package static let probes = Conformance.isolation.union([
    "handshake", "input.env", "input.stdin", "input.argv", "end.exit", "end.empty", "output.large",
    "cancel", "warm",
  ])
  /// Enough to meet every pipe's end.
  static let largeBytes = 1 << 20
  /// Room that a disk has to have for output.
  static let roomBytes = 64 << 20
  /// 2026-01-01: a clock before that was never set.
  private static let earliest: Int64 = 1_767_225_600_000_000
  /// Longer than a link is without a heartbeat.
  private static let heardWithin: Int64 = 60_000_000
  private static let linkWithin: Int64 = 3_000_000

  private let settings: Settings

  package init(_ settings: Settings) { self.settings = settings }

  package func run(_ tell: (Finding) -> Void = { _ in }) -> ExaminationReport {
    var report = ExaminationReport()
    let status = try? AgentStatus(read: AgentStatus.path(in: settings.state))
    for examine in [
      directory, { journal(status) }, spool, { controlPlane() }, { clock(status) },
    ] {
      let finding = examine()
      report.findings.append(finding)
      tell(finding)
    }
    for finding in ControlPlaneVisit(settings.controlPlane).findings() {
      report.findings.append(finding)
      tell(finding)
    }
    for finding in executors(status) {
      report.findings.append(finding)
      tell(finding)
    }
    return report
  }

  // MARK: The agent

  private func directory() -> Finding {
    do throws(SystemError) {
      let status = try Files.status(settings.state)
      guard status.kind == .directory else {
        return .failed("state", "\(settings.state) is no directory", "give the agent's --state")
      }
      guard status.permissions & 0o077 == 0 else {
        return .failed(
          "state", "others can look into \(settings.state)", "chmod 700 \(settings.state)")
      }
      return .passed("state", settings.state)
    } catch {
      return .failed("state", "\(error)", "give the directory that the agent has with --state")
    }
  }

  /// The journal belongs to the agent while one runs, which says where it is; else it is verified.
  private func journal(_ status: AgentStatus?) -> Finding {
    let row = status?.json["journal"]?["sequence"]?.int
    if let status, status.isOfLivingProcess {
      return .passed("journal", "in use by the agent, at row \(row ?? 0)")
    }
    let path = settings.state + "/journal.db"
    guard Files.exists(path) else {
      return .failed("journal", "there is none at \(path)", "start the agent once")
    }
    do throws(JournalError) {
      let journal = try Journal.open(path: path)
      let sequence = journal.head.sequence
      try journal.close()
      return .passed("journal", "whole, \(sequence) rows; no agent runs")
    } catch {
      return .failed(
        "journal", "\(error)", "keep it as evidence; the agent sets it aside at its start")
    }
  }

  private func spool() -> Finding {
    let directory = settings.state + "/calls"
    let path = directory + "/.doctor-\(Machine.processID)"
    defer { try? Files.remove(path) }
    do throws(SystemError) {
      try Files.makeDirectories(directory, permissions: 0o700)
      let began = Clock.now()
      let file = try Files.open(path, .readWrite, permissions: 0o600)
      do throws(SystemError) {
        try file.reserve(from: 0, to: Self.roomBytes)
      } catch  where error.isUnsupported {}
      try file.writeAll([UInt8](repeating: 0, count: 64 << 10), at: 0)
      try file.syncData()
      return .passed(
        "spool",
        "room for \(Self.roomBytes >> 20) MiB; written and synced in"
          + " \((Clock.now() - began) / 1_000) ms")
    } catch {
      return .failed("spool", "\(error)", "make room for the output of calls in \(directory)")
    }
  }

  /// The agent tells how it stands once a second: a link that opened just now shows a moment later.
  private func controlPlane() -> Finding {
    let begun = Clock.now()
    while true {
      let status = try? AgentStatus(read: AgentStatus.path(in: settings.state))
      let finding = controlPlane(status)
      let mayPass = status?.isOfLivingProcess ?? false && finding.result == .failed
      guard mayPass, Clock.now() - begun < Self.linkWithin else { return finding }
      Clock.sleep(for: .milliseconds(100))
    }
  }

  private func controlPlane(_ status: AgentStatus?) -> Finding {
    guard let status, status.isOfLivingProcess else {
      return .failed("controlPlane", "no agent runs, so nobody speaks with it", "start the agent")
    }
    let place = status.json["controlPlane"]?.string ?? "?"
    guard status.json["link"]?["state"]?.string == "open" else {
      let why =
        status.json["link"]?["reason"]?.string ?? status.json["link"]?["state"]?.string ?? "?"
      return .failed(
        "controlPlane", "no link to \(place): \(why)", "see \"signalbox-agent status\"")
    }
    let age = Clock.wall() - Int64(status.json["heardAtUs"]?.int ?? 0)
    guard age < Self.heardWithin else {
      return .failed(
        "controlPlane", "\(place) was not heard for \(age / 1_000_000) s", "look at the network")
    }
    return .passed("controlPlane", "\(place) was heard \(max(0, age) / 1_000) ms ago")
  }

  private func clock(_ status: AgentStatus?) -> Finding {
    let wall = Clock.wall()
    guard wall >= Self.earliest else {
      return .failed(
        "clock", "it says \(wall / 1_000_000) s since 1970", "set the endpoint's clock")
    }
    let written = Int64(status?.json["writtenAtUs"]?.int ?? 0)
    guard written <= wall + 5_000_000 else {
      return .failed(
        "clock", "it is \((written - wall) / 1_000_000) s behind what the agent wrote",
        "it was set back, or the agent's is ahead: see that the time is synchronised")
    }
    return .passed(
      "clock", "\(wall / 1_000_000) s since 1970; up for \(Clock.sinceBoot() / 1_000_000) s")
  }

  // MARK: Executors

  private func executors(_ status: AgentStatus?) -> [Finding] {
    let groups = AgentControlGroup(status)
    let files = PluginFiles(directory: settings.plugins)
    var findings = files.refused.map {
      Finding.failed("plugin", "\($0.path) is not used: \($0.reason)", $0.remedy)
    }
    if files.found.isEmpty, findings.isEmpty {
      findings.append(.failed("plugin", "no plugin is in \(settings.plugins)", "install one"))
    }
    for (name, path) in files.found { findings += examine(name, path, groups) }
    return findings
  }

  private func examine(
    _ name: String, _ path: String, _ groups: AgentControlGroup
  ) -> [Finding] {
    let scratch: String
    do throws(SystemError) {
      scratch = try Files.makeTemporaryDirectory(prefix: "signalbox-doctor")
    } catch {
      return [.failed("executor.\(name)", "\(error)", "make room for temporary files")]
    }
    defer { try? Files.removeTree(scratch) }
    var asked = Conformance.Settings(
      program: path, largeBytes: Self.largeBytes, scratch: scratch)
    asked.environment = groups.environment
    let report = Conformance(asked).run(only: Self.probes)
    return report.results.compactMap { result in
      let check = "executor.\(name).\(result.name)"
      switch result.verdict {
      case .passed(let note): return .passed(check, note.isEmpty ? result.title : note)
      case .skipped(let why, let remedy):
        // Of an executor that did not say what it is, why it did not is all that there is to tell.
        if report.description == nil { return nil }
        // What an endpoint cannot give is worth knowing, and no fault of it.
        guard Conformance.isolation.contains(result.name) else { return .skipped(check, why) }
        let isOfGroup = result.name == "isolation.cgroup" && !remedy.isEmpty
        return .notice(check, isOfGroup ? groups.lacking ?? why : why, remedy)
      case .failed(let why):
        return .failed(check, why, "run \"signalbox plugin check \(path)\" for the whole protocol")
      }
    }
  }
}

/// What was found of one thing.
package struct Finding: Sendable {
  package enum Result: String, Sendable {
    case passed
    case failed
    case skipped
    /// What is not to be had here, and keeps nothing from working that does not ask for it.
    case notice
  }

  package let check: String
  package let result: Result
  package let detail: String
  package let remedy: String

  static func passed(_ check: String, _ detail: String) -> Finding {
    Finding(check: check, result: .passed, detail: detail, remedy: "")
  }

  static func skipped(_ check: String, _ detail: String) -> Finding {
    Finding(check: check, result: .skipped, detail: detail, remedy: "")
  }

  static func notice(_ check: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(check: check, result: .notice, detail: detail, remedy: remedy)
  }

  static func failed(_ check: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(check: check, result: .failed, detail: detail, remedy: remedy)
  }

  package var json: JSON {
    [
      "check": .string(check), "result": .string(result.rawValue), "detail": .string(detail),
      "remedy": .string(remedy),
    ]
  }
}

package struct ExaminationReport: Sendable {
  package internal(set) var findings: [Finding] = []

  package var isHealthy: Bool { !findings.contains { $0.result == .failed } }

  package var json: JSON {
    ["healthy": .bool(isHealthy), "findings": .array(findings.map(\.json))]
  }
}
