import JSON

/// Megabytes per second of a tool that prints 1 GiB, from the script into the store.
enum Streaming {
  private static let bytes = 1 << 30

  static func run(_ bench: Bench) throws -> JSON {
    let real = try RealProcesses(bench, tools: ["flood.yaml": definition])
    defer { real.end() }
    let client = try real.connect()
    func call(_ count: Int) throws -> JSON {
      try client.post(
        "/v1/calls?waitMs=600000",
        #"{"endpoint":"web-01","tool":"bench.flood","arguments":{"bytes":\#(count)},"by":"bench"}"#)
    }
    try Latency.untilItWorks {
      let answer = try call(1)
      guard answer["call"]?["outcome"]?.string == "succeeded" else {
        throw BenchError("not yet: \(answer.compact)")
      }
    }
    let began = ContinuousClock.now
    let answer = try call(bytes)
    let spent = microseconds(ContinuousClock.now - began) / 1e6
    guard answer["call"]?["outputs"]?["stdout"]?["bytes"]?.int == bytes,
      answer["call"]?["outcome"]?.string == "succeeded"
    else { throw BenchError("the output is not whole: \(answer.compact)") }
    let perSecond = Double(bytes) / 1e6 / spent
    bench.say(
      "streaming 1 GiB: \(Int(perSecond)) MB/s (\(Figures.rounded(spent, places: 1)) s)")
    return ["streaming": ["bytes": .int(bytes), "megabytesPerSecond": .int(Int(perSecond))]]
  }

  private static let definition = """
    signalbox: 1
    name: bench.flood
    version: 1.0.0
    title: Print much
    description: Prints as many bytes as asked for.
    effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}
    approval: none
    arguments:
      type: object
      additionalProperties: false
      required: [bytes]
      properties:
        bytes: {type: integer, minimum: 1, maximum: 2147483648}
    run:
      - when: {os: linux}
        with: shell
        input: {env: {COUNT: /bytes}}
        script: |
          head -c "$COUNT" /dev/zero
    result:
      parse: text
      schema: {type: string}
    exitCodes: {0: succeeded}
    limits: {run: 600s, killGrace: 1s, stdout: 2GiB, stderr: 64KiB}
    delivery: {whenOffline: queue, expiresAfter: 1h, ackWithin: 10s, attempts: 5}
    """
}
