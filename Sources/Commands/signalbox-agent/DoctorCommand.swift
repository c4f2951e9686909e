import CommandLine
import Doctor
import JSON
import Platform

/// `signalbox-agent doctor`: what works on this endpoint, found out by trying.
enum DoctorCommand {
  static let command = Command(
    "doctor", "Try out what this endpoint needs, and say what does not work",
    discussion: """
      Looks at the journal, the disk for output, the link and the clock, and has each executor run \
      real scripts: its arguments as they were sent, exit codes, empty and large output, a cancel, and \
      how long a call takes on a warm plugin. It may run beside the agent. The tool agent.doctor is \
      the same from afar.
      """,
    options: [
      Option(
        "state", value: "DIR", "The agent's state directory (required)", completion: .directories),
      Option(
        "plugins", value: "DIR", "Executor plugins (beside the agent)", completion: .directories),
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
      plugins: try arguments["plugins"] ?? Files.directory(of: Machine.executable()))
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

  private static func line(_ finding: Finding, _ output: Terminal) -> String {
    let gap = String(repeating: " ", count: max(1, 9 - finding.result.rawValue.count))
    let remedy = finding.remedy.isEmpty ? "" : "; " + finding.remedy
    let text = Visible.text(
      finding.result.rawValue + gap + finding.check + ": " + finding.detail + remedy)
    switch finding.result {
    case .passed: return text
    case .failed: return output.paint(text, .red)
    case .skipped: return output.paint(text, .yellow)
    }
  }
}
