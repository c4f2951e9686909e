import Catalog
import CommandLine
import Lint

/// What a check found, for people: file by file, with the line and what to do.
struct CheckText {
  let report: CheckReport
  let output: Terminal

  func print(isStrict: Bool) {
    var isFirst = true
    for file in report.files where !file.findings.isEmpty {
      if !isFirst { output.line() }
      isFirst = false
      for (finding, line) in zip(file.findings, file.lines) { show(finding, line) }
    }
    if !isFirst { output.line() }
    summary(isStrict)
  }

  private func show(_ finding: Finding, _ line: SourceExcerpt) {
    let place = "\(finding.file):\(finding.position.line):\(finding.position.column):"
    output.line(
      output.paint(Visible.text(place), .bold) + " "
        + output.paint(finding.severity.rawValue, finding.severity.colour) + ": "
        + Visible.text(finding.message) + " "
        + output.paint("[\(finding.code)]", .dim))
    if !line.text.isEmpty {
      let number = String(finding.position.line)
      let margin = String(repeating: " ", count: number.utf8.count)
      output.line("  \(number) | \(shown(line.text))")
      output.line(
        "  \(margin) | \(String(repeating: " ", count: line.indentation))"
          + output.paint(String(repeating: "^", count: line.length), finding.severity.colour))
    }
    output.line("  -> " + Visible.text(finding.remedy))
  }

  /// One character for each, so that the mark below stands under what it marks.
  private func shown(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      let visible = Visible.text(String(scalar))
      out += visible.unicodeScalars.count == 1 ? visible : "\u{FFFD}"
    }
    return out
  }

  private func summary(_ isStrict: Bool) {
    let (errors, warnings, notes) = (
      report.count(.error), report.count(.warning), report.count(.note)
    )
    var parts = [
      counted(report.files.count, "definition"), counted(errors, "error"),
      counted(warnings, "warning"), counted(notes, "note"),
      "\(counted(report.testCount, "test")), \(report.failedTestCount) failed",
    ]
    if report.allowedCount > 0 { parts.append("\(report.allowedCount) allowed") }
    let hasFailed = report.hasFailed(isStrict: isStrict)
    output.line(
      output.paint(
        parts.joined(separator: ", "), hasFailed ? .red : warnings > 0 ? .yellow : .green))
    guard let code = report.findings.first?.code else { return }
    output.line("\"signalbox tools check --explain \(code)\" tells more of a code")
  }
}

extension Severity {
  fileprivate var colour: Terminal.Colour {
    switch self {
    case .error: .red
    case .warning: .yellow
    case .note: .cyan
    }
  }
}
