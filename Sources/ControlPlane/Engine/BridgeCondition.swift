package import JSON
package import Model
package import Wire

/// How a bridge stands, with what shows it.
package struct BridgeCondition: Sendable, Hashable {
  package enum State: String, Sendable, CaseIterable {
    /// Round trips are proved, and calls get through.
    case good
    /// It answers, late.
    case lagging
    /// It answers, and has more to do than it takes.
    case backpressured
    /// It is lost again and again.
    case flapping
    /// Nothing is heard.
    case silent
  }

  package let state: State
  package let roundTrip: Duration?
  /// Since the last proved round trip, or since it was last heard.
  package let silence: Duration?
  /// Calls that wait for the runtime, calls that it has, and how many it takes.
  package let waiting: Int
  package let handed: Int
  package let capacity: Int
  package let lossesLastHour: Int
  package let eventLag: Duration?
  /// What the endpoint's agent could not repair by itself.
  package let degraded: [AgentHealth.Subject]

  /// For a row of the transcript: what is not told is nought.
  package var json: JSON {
    var object = JSONObject([("state", .string(state.rawValue))])
    if let roundTrip { object.append("roundTripUs", .int(Int(roundTrip.wholeMicroseconds))) }
    if state == .silent, let silence {
      object.append("silentForMs", .int(Int(silence.wholeMilliseconds)))
    }
    if waiting > 0 { object.append("waiting", .int(waiting)) }
    if handed > 0 { object.append("handed", .int(handed)) }
    if lossesLastHour > 0 { object.append("lossesLastHour", .int(lossesLastHour)) }
    if !degraded.isEmpty {
      object.append("degraded", .array(degraded.map { .string($0.rawValue) }))
    }
    return .object(object)
  }
}

extension Engine {
  /// What is known of the bridge to an endpoint's runtime now.
  package func bridgeCondition(of endpoint: Endpoint, at now: Instant) -> BridgeCondition {
    let record = bridges[endpoint.id]
    let limits = settings.bridge
    let losses = record?.lossesLastHour(at: now) ?? 0
    let lag = record?.eventLag(at: now)
    let takes = min(endpoint.capacity, settings.maxHandedPerEndpoint)
    var roundTrip: Duration?
    var silence: Duration?
    var isHeard = false
    switch reachability(of: endpoint, at: now) {
    case .reachable(let time, let age):
      (roundTrip, silence, isHeard) = (time, age, true)
    case .connecting: isHeard = true
    case .silent(let age), .lastContact(let age): silence = age
    case .never: break
    }
    let isFull =
      endpoint.waiting.count > 0
      && (endpoint.handed.count >= takes
        || endpoint.unansweredBytes >= settings.maxUnansweredOfferBytes)
    let isLate =
      (roundTrip ?? .zero) >= limits.slowRoundTrip || (lag ?? .zero) >= limits.slowEvents
      || record?.deliversSlowly ?? false
    let state: BridgeCondition.State =
      if !isHeard {
        .silent
      } else if losses >= limits.flappingLosses {
        .flapping
      } else if isFull {
        .backpressured
      } else if isLate {
        .lagging
      } else {
        .good
      }
    return BridgeCondition(
      state: state, roundTrip: roundTrip, silence: silence, waiting: endpoint.waiting.count,
      handed: endpoint.handed.count, capacity: takes, lossesLastHour: losses, eventLag: lag,
      degraded: record?.health?.faults.map(\.subject) ?? [])
  }

  /// The record of the bridge to an endpoint; nil before anything was measured.
  package func bridgeRecord(of endpoint: EndpointID) -> BridgeRecord? { bridges[endpoint] }

  mutating func measure(
    _ endpoint: EndpointID, at now: Instant, _ change: (inout BridgeRecord) -> Void
  ) {
    change(&bridges[endpoint, default: BridgeRecord(since: now)])
  }
}

extension Transition {
  /// The same row, with the condition of the bridge at that time.
  func under(_ condition: BridgeCondition) -> Transition {
    guard case .object(var evidence) = evidence else { return self }
    evidence.append("bridge", condition.json)
    return Transition(
      sequence: sequence, at: at, kind: kind, delivery: delivery, execution: execution,
      output: output, evidence: .object(evidence))
  }
}
