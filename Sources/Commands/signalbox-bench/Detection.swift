import Chaos
import Glibc
import JSON
import Platform

/// How soon it shows that something broke, and how soon work goes on: on real processes, with the
/// heartbeat and the times that users have.
enum Detection {
  private static let ackWindowMs = 2_000
  private static let rounds = 3

  static func run(_ bench: Bench) throws -> JSON {
    let site = try Site(
      root: try bench.directory(), tools: [marked, slow],
      settings: Site.Settings(bin: Files.directory(of: bench.executable)), seed: 1)
    try site.startControlPlane()
    try site.startAgent()
    try site.awaitReachable()
    let client = try site.client()
    return [
      "lostAcknowledgement": try lostAcknowledgement(site, client, bench),
      "agentKilled": try agentKilled(site, client, bench),
      "agentSilent": try agentSilent(site, bench),
      "controlPlaneBack": [
        "after1s": try controlPlaneBack(site, client, bench, awayFor: .seconds(1)),
        "after5s": try controlPlaneBack(site, client, bench, awayFor: .seconds(5)),
        "after20s": try controlPlaneBack(site, client, bench, awayFor: .seconds(20)),
      ],
    ]
  }

  // MARK: What is measured

  /// From the offer to the first step that is taken because nothing came back.
  private static func lostAcknowledgement(
    _ site: Site, _ client: SiteClient, _ bench: Bench
  ) throws -> JSON {
    var times: [Double] = []
    for _ in 0..<rounds {
      try site.awaitReachable()
      site.line?.conditions.swallows = .outward
      let id = try submit("detect.mark", client)
      var noticed: Int?
      try site.eventually("the acknowledgement is missed") {
        let rows = try site.get("/v1/calls/\(id)/transitions")["transitions"]?.array ?? []
        func at(_ kinds: [String]) -> Int? {
          rows.first { kinds.contains($0["kind"]?.string ?? "") }?["atUs"]?.int
        }
        guard let offered = at(["offered"]), let step = at(["probed", "connectionLost"]) else {
          return false
        }
        noticed = step - offered
        return true
      }
      site.line?.conditions = LineConditions()
      times.append(Double(noticed ?? 0))
      try ended(id, site)
    }
    let figures = Figures(times)
    bench.say(
      "lost acknowledgement noticed after \(seconds(figures)); the window is"
        + " \(ackWindowMs / 1_000) s")
    return figures.json
  }

  /// From `kill -9` to an endpoint that is not shown as reachable; then the work it left is awaited.
  private static func agentKilled(
    _ site: Site, _ client: SiteClient, _ bench: Bench
  ) throws -> JSON {
    var times: [Double] = []
    var completed = 0
    for _ in 0..<rounds {
      let id = try submit("detect.slow", client)
      try started([id], site)
      site.agent?.kill()
      times.append(try untilUnreachable(site))
      try site.startAgent()
      if try ended(id, site) == "succeeded" { completed += 1 }
      try site.awaitReachable()
    }
    let figures = Figures(times)
    bench.say(
      "agent killed -9: shown after \(seconds(figures)); \(completed) of \(rounds) calls of its"
        + " plugin completed after its restart")
    return ["shown": figures.json, "completed": .int(completed), "of": .int(rounds)]
  }

  /// The same for a machine that says nothing any more and closes nothing.
  private static func agentSilent(_ site: Site, _ bench: Bench) throws -> JSON {
    var times: [Double] = []
    for _ in 0..<rounds {
      try site.awaitReachable()
      site.line?.conditions.isStalled = true
      times.append(try untilUnreachable(site))
      site.line?.conditions = LineConditions()
      site.line?.cut()
    }
    let figures = Figures(times)
    bench.say("agent silent: shown after \(seconds(figures)); two heartbeats are 10 s")
    return figures.json
  }

  /// From a control plane that answers again to the last open call that its endpoint spoke of.
  private static func controlPlaneBack(
    _ site: Site, _ client: SiteClient, _ bench: Bench, awayFor away: Duration
  ) throws -> JSON {
    var times: [Double] = []
    for _ in 0..<rounds {
      try site.awaitReachable()
      let ids = try (0..<6).map { _ in try submit("detect.slow", client) }
      try started(ids, site)
      site.controlPlane?.kill()
      Clock.sleep(for: away)
      try site.startControlPlane()
      let back = ContinuousClock.now
      try site.awaitReachable()
      times.append(microseconds(ContinuousClock.now - back))
      for id in ids where try ended(id, site) != "succeeded" {
        throw BenchError("call \(id) did not succeed")
      }
    }
    let figures = Figures(times)
    bench.say(
      "control plane killed -9, away for \(away.components.seconds) s: open calls continue"
        + " \(seconds(figures)) after its return")
    return figures.json
  }

  // MARK: Steps

  private static func submit(_ tool: String, _ client: SiteClient) throws -> String {
    let body: JSON = [
      "endpoint": "web-01", "tool": .string(tool), "arguments": [:], "by": "bench",
    ]
    let answer = try client.perform("POST", "/v1/calls", body, timeout: .seconds(10))
    guard let id = answer["call"]?["id"]?.string else { throw BenchError(answer.compact) }
    return id
  }

  private static func started(_ ids: [String], _ site: Site) throws {
    for id in ids {
      try site.eventually("call \(id) runs") {
        try site.call(id)["state"]?["execution"]?.string == "started"
      }
    }
  }

  @discardableResult
  private static func ended(_ id: String, _ site: Site) throws -> String {
    var outcome: String?
    try site.eventually("call \(id) ends") {
      outcome = try site.call(id)["outcome"]?.string
      return outcome != nil
    }
    return outcome ?? ""
  }

  private static func untilUnreachable(_ site: Site) throws -> Double {
    let began = ContinuousClock.now
    try site.eventually("the endpoint is shown as away") {
      try site.reachability() != "reachable"
    }
    return microseconds(ContinuousClock.now - began)
  }

  private static func seconds(_ figures: Figures) -> String {
    "\(Figures.rounded(figures.p50 / 1e6, places: 2)) s (at most"
      + " \(Figures.rounded((figures.sorted.last ?? 0) / 1e6, places: 2)) s)"
  }

  // MARK: Tools

  private static let marked = definition("detect.mark", "echo marked")
  private static let slow = definition("detect.slow", "echo begun; sleep 4; echo done")

  private static func definition(_ name: String, _ script: String) -> String {
    """
    signalbox: 1
    name: \(name)
    version: 1.0.0
    title: A call of the detection benchmark
    description: Prints a line.
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
          \(script)
    result:
      parse: text
      schema: {type: string, maxLength: 100}
    exitCodes: {0: succeeded}
    limits: {run: 60s, killGrace: 1s, stdout: 64KiB, stderr: 64KiB}
    delivery: {whenOffline: queue, expiresAfter: 1h, ackWithin: \(ackWindowMs / 1_000)s, attempts: 50}
    """
  }
}
