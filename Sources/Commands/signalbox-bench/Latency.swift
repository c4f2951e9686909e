import JSON
import Platform

/// From the request of a shell `true` over HTTP to its outcome, through every real process.
enum Latency {
  /// Syncs on the way of one call, one after the other: accept and offer; received and released; the
  /// spool; the journal's end; the store's end.
  static let syncsOnPath = 5.0

  static func run(_ bench: Bench) throws -> JSON {
    let real = try RealProcesses(bench, tools: ["true.yaml": definition])
    defer { real.end() }
    let client = try real.connect()
    let body = #"{"endpoint":"web-01","tool":"bench.true","arguments":{},"by":"bench"}"#
    func call() throws {
      let answer = try client.post("/v1/calls?waitMs=30000", body)
      guard answer["call"]?["outcome"]?.string == "succeededEmpty" else {
        throw BenchError("a call ended otherwise: \(answer.compact)")
      }
    }
    try untilItWorks(call)
    for _ in 0..<50 { try call() }
    // The floor before and after, so that a drift of the machine shows.
    let before = try Floor(directory: try bench.directory(), count: 200)
    let figures = try timed(2_000, call)
    let after = try Floor(directory: try bench.directory(), count: 200)
    let floor = (floorMicroseconds(before) + floorMicroseconds(after)) / 2
    bench.say("latency of a shell true: \(figures.text)")
    bench.say(
      "  floor \(Int(floor)) µs (spawn \(Int(before.spawn.p50)), \(Int(syncsOnPath)) syncs of"
        + " \(Int(before.sync.p50)), 2 round trips of \(Int(before.roundTrip.p50))); ratio"
        + " \(Figures.rounded(figures.p50 / floor, places: 2))")
    return [
      "latency": figures.json, "floorUs": .int(Int(floor)), "floorBefore": before.json,
      "floorAfter": after.json,
      "ratioPercent": .int(Int(figures.p50 / floor * 100)),
    ]
  }

  private static func floorMicroseconds(_ floor: Floor) -> Double {
    floor.spawn.p50 + syncsOnPath * floor.sync.p50 + 2 * floor.roundTrip.p50
  }

  /// The agent joins a moment after the control plane listens.
  static func untilItWorks(_ call: () throws -> Void) throws {
    let end = ContinuousClock.now + .seconds(20)
    while true {
      do {
        return try call()
      } catch {
        if ContinuousClock.now > end { throw error }
      }
    }
  }

  private static let definition = """
    signalbox: 1
    name: bench.true
    version: 1.0.0
    title: Do nothing
    description: Runs true.
    effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}
    approval: none
    arguments:
      type: object
      additionalProperties: false
      properties: {}
    run:
      - when: {os: linux}
        with: shell
        script: |
          true
    result:
      parse: text
      schema: {type: string, maxLength: 100}
    exitCodes: {0: succeeded}
    limits: {run: 10s, killGrace: 1s, stdout: 64KiB, stderr: 64KiB}
    delivery: {whenOffline: queue, expiresAfter: 1h, ackWithin: 10s, attempts: 5}
    """
}

struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
