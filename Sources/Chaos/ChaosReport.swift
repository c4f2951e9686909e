/// What a run came to, in words.
struct ChaosReport {
  /// Transcripts of bad calls that are printed; their number is told whole.
  static let maxTranscripts = 3

  let seed: UInt64
  let cycles: Int
  let spent: Duration
  let calls: Int
  let faults: [(name: String, count: Int)]
  let checks: Checks

  func text(transcript: (String) -> String) -> String {
    var lines = ["\(cycles) cycles in \(spent.components.seconds) s, \(calls) calls, seed \(seed)"]
    lines.append("faults: " + Self.counted(faults))
    lines.append("outcomes: " + Self.counted(checks.outcomes.map { ($0.key, $0.value) }))
    var told: Set<String> = []
    for finding in checks.findings.prefix(50) {
      lines.append("\(finding.breach.rawValue): \(finding.call ?? "-"): \(finding.text)")
      guard let call = finding.call, told.count < Self.maxTranscripts, told.insert(call).inserted
      else { continue }
      lines.append(transcript(call))
    }
    if !checks.findings.isEmpty {
      lines.append("draw the same faults again with --seed \(seed)")
    }
    lines.append(
      Checks.Breach.allCases.map { "\(checks.count($0)) \($0.rawValue)" }.joined(separator: ", "))
    return lines.joined(separator: "\n")
  }

  private static func counted(_ counts: [(name: String, count: Int)]) -> String {
    counts.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
      .map { "\($0.name) \($0.count)" }.joined(separator: ", ")
  }
}
