import Simulation

/// A summary in words.
struct Report {
  let summary: Summary
  let took: Duration

  var lines: [String] {
    let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
    let simulated = summary.simulated.components.seconds
    var lines = [
      "\(summary.seeds) seeds, \(summary.calls) calls, \(summary.events) events",
      "\(simulated / 3_600) h simulated in \(Int(seconds * 10) / 10) s:"
        + " \(Int(Double(simulated) / max(seconds, 0.001))) times real time,"
        + " \(Int(Double(summary.seeds) / max(seconds, 0.001))) seeds a second",
    ]
    for (mark, count) in summary.marks.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(mark): \(count)")
    }
    for mark in summary.missingMarks { lines.append("never met: \(mark)") }
    for failure in summary.failed {
      lines.append("seed \(failure.seed) FAILED: \(failure.violation)")
    }
    lines.append("\(summary.failed.count) seeds failed")
    return lines
  }
}
