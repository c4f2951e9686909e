import Engine
import Model

/// Facts in words for a technician.
enum Words {
  /// `3 ms`, `12 min`, `23 h`: one unit, rounded down.
  static func text(_ duration: Duration) -> String {
    let milliseconds = max(0, duration.wholeMilliseconds)
    let seconds = milliseconds / 1_000
    if milliseconds < 1 { return "\(max(0, duration.wholeMicroseconds)) µs" }
    if milliseconds < 1_000 { return "\(milliseconds) ms" }
    if seconds < 120 { return "\(seconds) s" }
    if seconds < 2 * 3_600 { return "\(seconds / 60) min" }
    if seconds < 48 * 3_600 { return "\(seconds / 3_600) h" }
    return "\(seconds / 86_400) d"
  }

  static func text(_ reachability: Reachability) -> String {
    switch reachability {
    case .reachable(let roundTrip, let provenAgo):
      "reachable now (round trip \(text(roundTrip)), proven \(text(provenAgo)) ago)"
    case .connecting: "connected, and no round trip has proved it yet"
    case .silent(let since): "connected, but silent for \(text(since))"
    case .lastContact(let ago): "last contact \(text(ago)) ago"
    case .never: "never connected"
    }
  }

  /// What shows that a bridge is in its state.
  static func evidence(of bridge: BridgeCondition) -> String {
    switch bridge.state {
    case .good: return "round trip \(bridge.roundTrip.map(text) ?? "not proved yet")"
    case .lagging:
      let lag = bridge.eventLag.map { ", news comes \(text($0)) late" } ?? ""
      return "round trip \(bridge.roundTrip.map(text) ?? "not proved yet")\(lag)"
    case .backpressured:
      return "\(bridge.waiting) calls wait, it has \(bridge.handed) and takes \(bridge.capacity)"
    case .flapping: return "the connection was lost \(bridge.lossesLastHour) times within an hour"
    case .silent: return bridge.silence.map { "nothing heard for \(text($0))" } ?? "never heard"
    }
  }

  static func advice(on state: BridgeCondition.State) -> String? {
    switch state {
    case .good: nil
    case .lagging:
      "calls get through late: look at the line, and at what else the endpoint is busy with"
    case .backpressured:
      "it works off its queue; do not send more, or raise the agent's --slots and --capacity"
    case .flapping: "look at the endpoint's network, and at its agent's log for why the link ends"
    case .silent:
      "calls wait in the queue until it is back; see whether the machine is on and its agent runs"
    }
  }

  /// What an open call waits for; `nil` when it runs.
  static func wait(of call: Call, in engine: Engine, at now: Instant) -> String? {
    guard call.isOpen, let endpoint = engine.endpoints[call.endpoint] else { return nil }
    let reach = text(engine.reachability(of: endpoint, at: now))
    let expiry = "expires in \(text(call.request.expiresAt - now))"
    switch call.delivery {
    case .held:
      let step = (call.request.batch?.position ?? 1) - 1
      return "waits for step \(step) of its batch; \(expiry)"
    case .queued where endpoint.link != nil && call.nextRuntime(among: endpoint.runtime) == nil:
      let shape = call.request.shape
      let wanted = shape.runtime.map { "has no runtime \($0)" } ?? "nobody is logged in there"
      return "\(endpoint.name): \(reach); \(wanted), and \(call.request.tool) runs in"
        + " \(shape.runtime == nil ? "a session" : "no other"); \(expiry)"
    case .queued where endpoint.link != nil:
      return "\(endpoint.name): \(reach); it is busy with \(endpoint.handed.count) calls; \(expiry)"
    case .queued: return "\(endpoint.name): \(reach); \(expiry)"
    case .offered where endpoint.link == nil:
      return
        "\(endpoint.name): \(lost(endpoint, now)) after the offer; only its journal can say"
        + " whether it has the call"
    case .offered: return "\(endpoint.name): offered, waits for the acknowledgement"
    case .acknowledged where endpoint.link == nil:
      let when =
        switch call.execution {
        case .notStarted: "before the start"
        case .released: "in the moment of the start"
        case .started, .ended, .lost: "in mid-run"
        }
      return "\(endpoint.name): \(lost(endpoint, now)), \(when); its journal will say"
    case .acknowledged where call.execution == .notStarted:
      return "\(endpoint.name): acknowledged, waits for a free slot there; \(expiry)"
    case .acknowledged, .withdrawn, .expired, .undeliverable: return nil
    }
  }

  private static func lost(_ endpoint: Endpoint, _ now: Instant) -> String {
    "runtime lost" + (endpoint.lastContact.map { " \(text(now - $0)) ago" } ?? "")
  }
}
