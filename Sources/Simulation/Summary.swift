package import JSON

/// What many seeds come to.
package struct Summary: Sendable {
  package private(set) var seeds = 0
  package private(set) var simulated: Duration = .zero
  package private(set) var events = 0
  package private(set) var calls = 0
  package private(set) var marks: [String: Int] = [:]
  package private(set) var failed: [(seed: UInt64, violation: String)] = []

  package init() {}

  package mutating func add(_ result: Simulation.Result) {
    seeds += 1
    simulated += result.simulated
    events += result.events
    calls += result.calls
    for (mark, count) in result.marks { marks[mark, default: 0] += count }
    if let first = result.violations.first { failed.append((result.seed, first)) }
  }

  package mutating func add(_ other: Summary) {
    seeds += other.seeds
    simulated += other.simulated
    events += other.events
    calls += other.calls
    for (mark, count) in other.marks { marks[mark, default: 0] += count }
    failed += other.failed
  }

  /// What was never met, of what many seeds must meet.
  package var missingMarks: [String] { Marks.required.filter { marks[$0] == nil } }

  package func json(took: Duration) -> JSON {
    let seconds = Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18
    let simulatedSeconds = Double(simulated.components.seconds)
    return [
      "seeds": .int(seeds), "simulatedSeconds": .int(Int(simulated.components.seconds)),
      "tookMs": .int(Int(seconds * 1_000)),
      "timesRealTime": .int(Int(simulatedSeconds / max(seconds, 0.001))),
      "events": .int(events), "calls": .int(calls),
      "marks": .object(
        JSONObject(marks.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })),
      "missingMarks": .array(missingMarks.map(JSON.string)),
      "failed": .array(
        failed.map { ["seed": .string(String($0.seed)), "violation": .string($0.violation)] }),
    ]
  }
}
