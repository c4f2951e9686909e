import Engine
import JSON
import Model
import Wire

/// An endpoint as the engine had it between two batches. A copy of what is shown, not of the engine:
/// holding on to its dictionaries would make its next write copy them whole.
struct EndpointDocument: Sendable {
  let id: EndpointID
  let name: String
  let runtime: RuntimeInfo?
  let reachability: Reachability
  let waiting: Int
  let handed: Int
  let sessions: [SessionID]
  let joinedAt: Instant
  let lastContact: Instant?
  let bridge: BridgeCondition
  let record: BridgeRecord?
  let at: Instant

  init(_ endpoint: Endpoint, in engine: Engine, at now: Instant) {
    id = endpoint.id
    name = endpoint.name
    runtime = endpoint.runtime
    reachability = engine.reachability(of: endpoint, at: now)
    waiting = endpoint.waiting.count
    handed = endpoint.handed.count
    sessions = engine.sessions(with: endpoint.id)
    joinedAt = endpoint.joinedAt
    lastContact = endpoint.lastContact
    bridge = engine.bridgeCondition(of: endpoint, at: now)
    record = engine.bridgeRecord(of: endpoint.id)
    at = now
  }

  static func all(in engine: Engine, at now: Instant) -> [EndpointDocument] {
    engine.endpoints.values.map { EndpointDocument($0, in: engine, at: now) }
      .sorted { $0.name < $1.name }
  }

  var json: JSON {
    [
      "id": .string(id.text), "name": .string(name), "platform": (runtime?.platform).json,
      "architecture": (runtime?.architecture).json, "agentVersion": (runtime?.version).json,
      "executors": .array((runtime?.executors ?? []).map(JSON.string)),
      "runtimes": .array((runtime?.runtimes ?? []).map(\.json)),
      "reachability": reachability.json, "bridge": bridgeJSON, "health": healthJSON,
      "waiting": .int(waiting),
      "handed": .int(handed), "sessions": .array(sessions.map { .string($0.text) }),
      "joinedAtUs": joinedAt.json, "lastContactUs": lastContact.json,
    ]
  }
}

extension EndpointDocument {
  /// The health of its bridge: what was measured, what that is called, and what to do about it.
  private var bridgeJSON: JSON {
    func microseconds(_ duration: Duration?) -> JSON {
      duration.map { .int(Int($0.wholeMicroseconds)) } ?? .null
    }
    return [
      "state": .string(bridge.state.rawValue), "evidence": .string(Words.evidence(of: bridge)),
      "advice": Words.advice(on: bridge.state).json, "queueDepth": .int(bridge.waiting),
      "handed": .int(bridge.handed), "capacity": .int(bridge.capacity),
      "roundTripUs": microseconds(bridge.roundTrip),
      "deliveries": .int(record?.deliveryCount ?? 0),
      "deliveryP50Us": microseconds(record?.delivery(percentile: 0.5)),
      "deliveryP99Us": microseconds(record?.delivery(percentile: 0.99)),
      "lossesLastHour": .int(bridge.lossesLastHour), "eventLagUs": microseconds(bridge.eventLag),
      "measuredSinceUs": (record?.since).json,
    ]
  }
}

extension EndpointDocument {
  /// What the agent says of itself.
  private var healthJSON: JSON {
    guard let health = record?.health else {
      return ["state": "notTold", "toldAgoMs": .null, "faults": [], "recovered": []]
    }
    return [
      "state": health.faults.isEmpty ? "good" : "degraded",
      "toldAgoMs": .int(Int((at - health.toldAt).wholeMilliseconds)),
      "faults": .array(health.faults.map(json)),
      "recovered": .array(
        health.recoveries.map {
          [
            "subject": .string($0.fault.subject.rawValue), "sinceUs": $0.fault.since.json,
            "untilUs": $0.until.json, "evidence": .string($0.fault.evidence),
          ]
        }),
    ]
  }

  private func json(_ fault: EndpointHealth.Fault) -> JSON {
    [
      "subject": .string(fault.subject.rawValue), "sinceUs": fault.since.json,
      "forMs": .int(Int((at - fault.since).wholeMilliseconds)),
      "evidence": .string(fault.evidence),
      "tried": .array(fault.tried.map { .string($0.rawValue) }),
      "advice": .string(fault.subject.advice),
    ]
  }
}

extension Reachability {
  var isReachable: Bool {
    switch self {
    case .reachable: true
    case .connecting, .silent, .lastContact, .never: false
    }
  }

  var json: JSON {
    var state = "never"
    var roundTrip: JSON = .null
    var proven: JSON = .null
    var ago: JSON = .null
    switch self {
    case .reachable(let time, let age):
      state = "reachable"
      roundTrip = .int(Int(time.wholeMicroseconds))
      proven = .int(Int(age.wholeMilliseconds))
    case .connecting: state = "connecting"
    case .silent(let since):
      state = "silent"
      proven = .int(Int(since.wholeMilliseconds))
    case .lastContact(let age):
      state = "lastContact"
      ago = .int(Int(age.wholeMilliseconds))
    case .never: break
    }
    return [
      "state": .string(state), "roundTripUs": roundTrip, "provenAgoMs": proven, "agoMs": ago,
      "text": .string(Words.text(self)),
    ]
  }
}
