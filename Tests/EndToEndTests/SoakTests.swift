import Chaos
import Glibc
import JSON
import Platform
import Testing

@Suite("No loss, no double", .serialized)
struct SoakTests {
  static let calls = 2_000
  static let callsPerFault = 10

  @Test("2,000 calls through 200 kills and cuts: each has one outcome, and the ledger agrees")
  func soak() throws {
    let seed = Machine.environment("SIGNALBOX_SEED").flatMap { UInt64($0) } ?? Random.word()
    print("soak: seed \(seed); SIGNALBOX_SEED=\(seed) draws the same faults again")
    var dice = Dice(state: seed)
    let box = try Machinery(tools: Definitions.all)
    box.slots = 8
    try box.startControlPlane()
    let cutter = try FaultProxy(to: box.port)
    defer { cutter.end() }
    box.agentPort = cutter.port
    try box.startAgent()
    try box.awaitReachable()

    let ledger = box.root + "/ledger"
    var ids: [String] = []
    var counts: [String: Int] = [:]
    for number in 0..<Self.calls {
      ids.append(try submitUntilAccepted(number, ledger, box))
      if number % Self.callsPerFault == 0 {
        let fault = try breakSomething(box, cutter, &dice)
        counts[fault, default: 0] += 1
      }
    }
    #expect(Set(ids).count == Self.calls, "an idempotency key stands for one call")

    let runs = try outcomes(of: ids, box)
    print("soak: faults \(counts.sorted { $0.key < $1.key }); outcomes \(tally(runs))")
    let lines = box.text(try Files.read(ledger)).split(separator: "\n").map(String.init)
    var seen: [String: Int] = [:]
    for line in lines { seen[line, default: 0] += 1 }
    for (number, id) in ids.enumerated() {
      let times = seen["m\(number)"] ?? 0
      let ran = runs[id]?.ran ?? ""
      #expect(times <= 1, "call \(id) ran \(times) times")
      switch runs[id]?.outcome {
      case "succeeded", "succeededEmpty": #expect(times == 1, "call \(id) is said to have run")
      case "rejected", "expired", "undeliverable": #expect(times == 0, "call \(id) did not run")
      case "interrupted", "unknown": break
      default: Issue.record("call \(id): \(runs[id]?.outcome ?? "no outcome"), ran \(ran)")
      }
    }
  }

  /// A technician's client that tries again until it has an answer: the key keeps it one call.
  private func submitUntilAccepted(
    _ number: Int, _ ledger: String, _ box: Machinery
  ) throws -> String {
    var id = ""
    try eventually("call \(number) is accepted") {
      id = try box.submit(
        "ledger.append", ["mark": .string("m\(number)"), "file": .string(ledger)],
        key: "soak-\(number)")
      return true
    }
    return id
  }

  private func breakSomething(
    _ box: Machinery, _ cutter: FaultProxy, _ dice: inout Dice
  ) throws -> String {
    usleep(UInt32(dice.next() % 20_000))
    switch dice.next() % 20 {
    case 0..<8:
      box.killAgent()
      try box.startAgent()
      return "agent"
    case 8..<14:
      box.killControlPlane()
      try box.startControlPlane()
      return "control plane"
    case 14..<19:
      cutter.cut()
      return "connection"
    default:
      box.killAgent()
      box.killPlugins()
      try box.startAgent()
      return "agent and plugin"
    }
  }

  private func outcomes(
    of ids: [String], _ box: Machinery
  ) throws -> [String: Run] {
    var known: [String: Run] = [:]
    try eventually("every call has an outcome", within: .seconds(240)) {
      for id in ids where known[id] == nil {
        let call = try box.call(id)
        guard let outcome = call["outcome"]?.string else { continue }
        known[id] = Run(
          outcome: outcome, ran: call["ran"]?.string ?? "", reason: call["reason"]?.string ?? "")
      }
      return known.count == ids.count
    }
    return known
  }

  private struct Run {
    let outcome: String
    let ran: String
    let reason: String
  }

  private func tally(_ runs: [String: Run]) -> [String] {
    var tally: [String: Int] = [:]
    for run in runs.values {
      let isPlain = run.outcome.hasPrefix("succeeded")
      tally[isPlain ? run.outcome : "\(run.outcome) (\(run.reason))", default: 0] += 1
    }
    return tally.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
  }
}
