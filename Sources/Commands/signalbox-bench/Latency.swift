import JSON
import Platform

/// From the request of a shell `true` over HTTP to its outcome, through every real process.
enum Latency {
  /// Syncs on the way of one call, one after the other: accept and offer; received and released; the
  /// journal's end, which keeps the spool of a small call; the store's end.
  static let syncsOnPath = 4.0
  /// Of 100 calls and 25 measurements of the floor each.
  private static let rounds = 20

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
    // The floor again and again between the calls, so that a drift of the machine is in both.
    var all: [Double] = []
    var floors: [Floor] = []
    var ratios: [Double] = []
    for _ in 0..<rounds {
      let floor = try Floor(directory: try bench.directory(), count: 25)
      let figures = try timed(100, call)
      floors.append(floor)
      all += figures.sorted
      ratios.append(figures.p50 / floorMicroseconds(floor))
    }
    let figures = Figures(all)
    let floor = Figures(floors.map(floorMicroseconds))
    let ratio = Figures(ratios)
    bench.say("latency of a shell true: \(figures.text)")
    func median(_ part: (Floor) -> Figures) -> Int { Int(Figures(floors.map { part($0).p50 }).p50) }
    func places(_ value: Double) -> String { Figures.rounded(value, places: 2) }
    bench.say(
      "  floor \(Int(floor.p50)) µs (spawn \(median(\.spawn)), \(Int(syncsOnPath)) syncs of"
        + " \(median(\.sync)), 2 round trips of \(median(\.roundTrip))); ratio \(places(ratio.p50)),"
        + " in \(rounds) rounds \(places(ratio.percentile(0.1))) to \(places(ratio.percentile(0.9)))"
    )
    return [
      "latency": figures.json, "floorUs": .int(Int(floor.p50)),
      "floor": [
        "spawnUs": .int(median(\.spawn)), "syncUs": .int(median(\.sync)),
        "roundTripUs": .int(median(\.roundTrip)),
      ],
      "ratioPercent": .int(Int(ratio.p50 * 100)),
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
