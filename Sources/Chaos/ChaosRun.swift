import JSON
import Platform

/// Faults drawn from a seed, one a cycle, on real processes, under a stream of calls; then everything
/// is mended, and what the control plane says of each call is held against the ledger.
package struct ChaosRun {
  package struct Plan: Sendable {
    package var cycles = 200
    package var seed: UInt64
    /// It ends earlier when this time is over.
    package var limit: Duration?
    /// How long calls may take to end once all is mended.
    package var healing: Duration = .seconds(180)
    /// Only these, by name; all if empty.
    package var only: [String] = []

    package init(seed: UInt64) { self.seed = seed }
  }

  package struct Result {
    package let text: String
    package let isClean: Bool
  }

  /// How many calls without an outcome the run lets pile up.
  private static let maxOpen = 300

  private let site: Site
  private let plan: Plan
  private let say: (String) -> Void
  private var dice: Dice
  private var breaker: Breaker
  private var checks = Checks()
  private var counts: [Fault: Int] = [:]
  private var lastFaults: [Fault] = []

  package init(_ site: Site, _ plan: Plan, say: @escaping (String) -> Void) {
    self.site = site
    self.plan = plan
    self.say = say
    dice = Dice(state: plan.seed)
    breaker = Breaker(site)
  }

  package static var tools: [String] { ChaosTool.allCases.map(\.definition) }
  package static var faults: [String] { Fault.allCases.map(\.rawValue) }

  package mutating func run() throws -> Result {
    let began = ContinuousClock.now
    let disks = SmallDisks.mount(over: [site.data, site.state])
    defer { disks?.unmount() }
    let faults = possibleFaults(hasDisks: disks != nil)
    try site.startControlPlane()
    try site.startAgent()
    try site.awaitReachable()
    let technician = try Technician(site, seed: plan.seed)
    var cycle = 0
    while cycle < plan.cycles, plan.limit.map({ ContinuousClock.now - began < $0 }) ?? true {
      technician.ask(Int(dice.next() % 3) + 1)
      try breakOnce(faults)
      cycle += 1
      if cycle % 5 == 0 { try look() }
      if cycle % 100 == 0 { say("cycle \(cycle): \(technician.accepted.count) calls") }
    }
    technician.finish()
    try mend(technician)
    return try judged(technician, cycle, ContinuousClock.now - began)
  }

  private func possibleFaults(hasDisks: Bool) -> [Fault] {
    if !hasDisks { say("skipped: full disks, because mounting is not permitted here") }
    if site.settings.clockLibrary == nil {
      say("skipped: shifted clocks, because there is no library to preload")
    }
    return Fault.allCases.filter { fault in
      (hasDisks || !fault.needsDisks) && (site.settings.clockLibrary != nil || !fault.needsClock)
        && (plan.only.isEmpty || plan.only.contains(fault.rawValue))
    }
  }

  private mutating func breakOnce(_ faults: [Fault]) throws {
    Clock.sleep(for: .milliseconds(dice.next() % 40))
    let fault = Fault.drawn(from: faults, &dice)
    counts[fault, default: 0] += 1
    if fault.mayInterrupt { checks.mayInterrupt = true }
    try breaker.cause(fault, &dice)
    lastFaults = lastFaults.suffix(3) + [fault]
    let mayEnd = lastFaults.contains { $0.needsDisks || $0 == .journalDamaged }
    for wrong in try breaker.restartEnded(mayEnd: mayEnd) {
      checks.find(.contradicting, nil, "after \(lastFaults.map(\.rawValue)): \(wrong)")
    }
  }

  /// Outcomes that are there are noted, and calls may not pile up.
  private mutating func look() throws {
    guard let page = try? site.get("/v1/calls?limit=60")["calls"]?.array else { return }
    checks.look(at: page)
    guard try openCount() > Self.maxOpen else { return }
    breaker.mendLine()
    try site.eventually("calls end", within: plan.healing) { try openCount() <= Self.maxOpen / 2 }
  }

  private func openCount() throws -> Int {
    try site.get("/v1/calls?open=true&limit=500")["calls"]?.array?.count ?? 0
  }

  private mutating func mend(_ technician: Technician) throws {
    breaker.mendLine()
    _ = try breaker.restartEnded(mayEnd: true)
    try site.eventually("all calls are accepted", within: plan.healing) { technician.isDone }
    do {
      try site.eventually("all calls end", within: plan.healing, every: .milliseconds(50)) {
        try openCount() == 0
      }
    } catch {
      say("\(error)")
    }
  }

  private mutating func judged(
    _ technician: Technician, _ cycles: Int, _ spent: Duration
  ) throws -> Result {
    let calls = try allCalls()
    checks.look(at: Array(calls.values))
    for wrong in technician.wrongs { checks.find(.doubled, nil, wrong) }
    checks.end(technician.accepted, calls, Ledger(site.ledger)) { try? site.output($0) }
    let report = ChaosReport(
      seed: plan.seed, cycles: cycles, spent: spent, calls: technician.accepted.count,
      faults: counts.map { ($0.key.rawValue, $0.value) }, checks: checks)
    return Result(
      text: report.text(transcript: transcript), isClean: checks.findings.isEmpty)
  }

  private func allCalls() throws -> [String: JSON] {
    var calls: [String: JSON] = [:]
    var next: String?
    repeat {
      let page = try site.get(
        "/v1/calls?limit=500" + (next.map { "&before=\($0)" } ?? ""), timeout: .seconds(60))
      for call in page["calls"]?.array ?? [] { calls[call["id"]?.string ?? ""] = call }
      next = page["next"]?.string
    } while next != nil
    return calls
  }

  private func transcript(of call: String) -> String {
    do {
      return try site.get("/v1/calls/\(call)/transcript").pretty
    } catch {
      return "no transcript: \(error)"
    }
  }
}
