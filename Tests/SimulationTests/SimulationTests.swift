import Simulation
import Support
import Testing

@Suite("Simulation")
struct SimulationTests {
  @Test("the same seed does the same in every run", arguments: [1, 29, 4711] as [UInt64])
  func deterministic(seed: UInt64) {
    let first = Simulation.run(seed: seed)
    let second = Simulation.run(seed: seed)
    #expect(first.traceHash == second.traceHash)
    #expect(first.events == second.events)
    #expect(first.marks == second.marks)
  }

  @Test("another seed does something else")
  func different() {
    #expect(Simulation.run(seed: 1).traceHash != Simulation.run(seed: 2).traceHash)
  }

  @Test("without faults nothing is lost, late, interrupted or unknown")
  func faultFree() {
    var sweep = Sweep(seeds: Array(1...20))
    sweep.isFaultFree = true
    let summary = sweep.run()
    #expect(summary.seeds == 20)
    #expect(summary.failed.map(\.violation) == [])
    for outcome in ["unknown", "interrupted", "undeliverable"] {
      #expect(summary.marks["outcome \(outcome)"] == nil)
    }
  }

  @Test("faults strike, and no promise is broken")
  func faults() {
    let summary = Sweep(seeds: Array(1...20)).run()
    #expect(summary.failed.map(\.violation) == [])
    #expect(summary.marks.keys.contains { $0.hasPrefix("fault ") })
    #expect(summary.marks["started"] ?? 0 > 0)
  }
}
