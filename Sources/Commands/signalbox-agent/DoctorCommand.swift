import Agent
import Bridge
import CommandLine
import Doctor
import JSON
import Platform

/// `signalbox-agent doctor`: what works on this endpoint, found out by trying.
enum DoctorCommand {
  static let command = Command(
    "doctor", "Try out what this endpoint needs, and say what does not work",
    discussion: """
      Looks at the journal, the disk for output, the link and the clock, visits the control plane on a \
      way of its own and compares the clocks, and has each executor run \
      real scripts: its arguments as they were sent, exit codes, empty and large output, a cancel, how \
      long a call takes on a warm plugin, and what calls are held to (docs/ISOLATION.md). What this \
      endpoint cannot give there is a notice with its reason, and no failure. It may run beside the agent. The tool agent.doctor is \
      the same from afar.
      """,
    options: [
      Option(
        "state", value: "DIR", "The agent's state directory (required)", completion: .directories),
      Option(
        "plugins", value: "DIR", "Executor plugins (beside the agent)", completion: .directories),
      Option(
        "control-plane", value: "HOST:PORT",
        "The control plane to visit, or the path of its api.json (what the agent dials)",
        completion: .files),
      Option("json", "Print JSON, for programs"),
    ],
    exitCodes: [ExitCode(0, "all works"), .usage, ExitCode(65, "something does not work")], run: run
  )

  private static func run(_ arguments: Arguments) throws -> Int32 {
    guard let state = arguments["state"] else {
      throw UsageError(
        "--state is needed: where the agent keeps its journal", path: arguments.path)
    }
    let settings = Examination.Settings(
      state: (try? Files.resolved(state)) ?? state,
      // Plugins are started in "/", where a relative path is another one.
      plugins: try arguments["plugins"].map { (try? Files.resolved($0)) ?? $0 }
        ?? Files.directory(of: Machine.executable()),
      controlPlane: try controlPlane(arguments, state))
    let output = Terminal(.output)
    let isText = !arguments.has("json")
    let report = Examination(settings).run { finding in
      if isText { output.line(line(finding, output)) }
    }
    if isText {
      output.line(report.isHealthy ? "all works" : "something does not work")
    } else {
      output.line(report.json.compact)
    }
    return report.isHealthy ? 0 : ExitCode.invalidData.code
  }

  /// As it was said, or where the agent dials.
  private static func controlPlane(
    _ arguments: Arguments, _ state: String
  ) throws -> ControlPlanePlace? {
    let told = arguments["control-plane"]
    let known = try? AgentStatus(read: AgentStatus.path(in: state)).json["controlPlane"]?.string
    guard let text = told ?? known else { return nil }
    let address = try ControlPlaneAddress(text, path: arguments.path)
    return ControlPlanePlace(address.words) {
      let address = try address.current()
      return (address.host, address.port)
    }
  }

  private static func line(_ finding: Finding, _ output: Terminal) -> String {
    let gap = String(repeating: " ", count: max(1, 9 - finding.result.rawValue.count))
    let remedy = finding.remedy.isEmpty ? "" : "; " + finding.remedy
    let text = Visible.text(
      finding.result.rawValue + gap + finding.check + ": " + finding.detail + remedy)
    switch finding.result {
    case .passed: return text
    case .failed: return output.paint(text, .red)
    case .skipped, .notice: return output.paint(text, .yellow)
    }
  }
}
