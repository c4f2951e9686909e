package import JSON
import Model

extension Message {
  package var frame: Frame {
    guard case .output(let chunk) = self else {
      return Frame(bytes: envelope.bytes, isBinary: false)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(192 + chunk.bytes.count)
    envelope.write(to: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: chunk.bytes)
    return Frame(bytes: bytes, isBinary: true)
  }

  private var envelope: JSON {
    switch self {
    case .hello(let id, let hello): request("hello", id, hello.json)
    case .offer(let offer): notification("offer", offer.json)
    case .acknowledge(let acknowledge): notification("acknowledge", acknowledge.json)
    case .refused(let refused): notification("refused", refused.json)
    case .released(let released): notification("released", released.json)
    case .output(let chunk): notification("output", chunk.json)
    case .finished(let finished): notification("finished", finished.json)
    case .confirm(let confirm): notification("confirm", confirm.json)
    case .cancel(let cancel):
      notification("cancel", ["call": .string(cancel.call.text), "by": .string(cancel.by)])
    case .probe(let id, let call): request("probe", id, ["call": .string(call.text)])
    case .heartbeat(let id, let session): request("heartbeat", id, heartbeatParams(session))
    case .reply(let id, let reply): ["jsonrpc": "2.0", "id": .int(id), "result": reply.json]
    case .refusal(let id, let refusal):
      [
        "jsonrpc": "2.0", "id": .int(id),
        "error": [
          "code": .int(Refusal.jsonRPCCode), "message": .string(refusal.message),
          "data": ["code": .string(refusal.code)],
        ],
      ]
    }
  }

  private func heartbeatParams(_ session: Duration?) -> JSON {
    guard let session else { return [:] }
    return ["sessionForMs": .int(Int(session.wholeMilliseconds))]
  }

  private func request(_ method: String, _ id: Int, _ params: JSON) -> JSON {
    ["jsonrpc": "2.0", "id": .int(id), "method": .string(method), "params": params]
  }

  private func notification(_ method: String, _ params: JSON) -> JSON {
    ["jsonrpc": "2.0", "method": .string(method), "params": params]
  }
}

extension Refusal {
  /// In the range that JSON-RPC 2.0 section 5.1 leaves to servers.
  static let jsonRPCCode = -32_000
}

extension JournalHead {
  package var json: JSON { ["sequence": .int(sequence), "hash": .string(hash)] }
}

extension Hello {
  var json: JSON {
    var object = JSONObject()
    object.append("protocol", .int(protocolVersion))
    object.append("name", .string(name))
    switch proof {
    case .joinToken(let token): object.append("joinToken", .string(token))
    case .credential(let endpoint, let secret):
      object.append("endpoint", .string(endpoint.text))
      object.append("credential", .string(secret))
    }
    object.append("runtime", runtime.json)
    object.append("epoch", epoch.map { .string($0.text) } ?? .null)
    object.append("journal", head.json)
    if let provenRow { object.append("proof", provenRow.json) }
    object.append("capacity", .int(capacity))
    object.append("calls", .array(calls.map { .object(JSONObject($0.members)) }))
    return .object(object)
  }
}

extension HeldCall {
  fileprivate var members: [(String, JSON)] {
    let begun: [(String, JSON)] = hasBegun ? [("begun", true)] : []
    return [("call", .string(call.text)), ("state", .string(state.rawValue))] + begun
  }
}

extension RuntimeInfo {
  package var json: JSON {
    var object = JSONObject([
      ("kind", .string(kind)), ("platform", .string(platform)),
      ("architecture", .string(architecture)), ("version", .string(version)),
      ("bootId", .string(bootID)), ("executors", .array(executors.map(JSON.string))),
    ])
    if !sessions.isEmpty { object.append("runtimes", .array(runtimes.map(\.json))) }
    return .object(object)
  }
}

extension Runtime {
  package var json: JSON {
    ["name": .string(name.text), "executors": .array(executors.map(JSON.string))]
  }
}

extension Offer {
  package var json: JSON {
    var object = JSONObject([
      ("call", .string(call.text)), ("attempt", .int(attempt)), ("digest", .string(digest)),
      ("definition", .string(definition)), ("arguments", arguments),
      ("expiresInMs", .int(Int(expiresIn.wholeMilliseconds))),
    ])
    if let runtime { object.append("runtime", .string(runtime.text)) }
    return .object(object)
  }
}

extension RefusedOffer {
  var json: JSON {
    [
      "call": .string(call.text), "attempt": .int(attempt), "cause": .string(cause.rawValue),
      "reason": .string(reason), "remedy": .string(remedy),
    ]
  }
}

extension Acknowledge {
  var json: JSON {
    [
      "call": .string(call.text), "attempt": .int(attempt), "state": .string(state.rawValue),
      "journal": head.json,
    ]
  }
}

extension Released {
  var json: JSON {
    [
      "call": .string(call.text),
      "startedAtUs": startedAt.map { .int(Int($0.microseconds)) } ?? .null,
      "pid": pid.map(JSON.int) ?? .null,
      "journal": head.json,
    ]
  }
}

extension OutputChunk {
  var json: JSON {
    [
      "call": .string(call.text), "stream": .string(stream.rawValue), "offset": .int(offset),
      "atUs": .int(Int(at.microseconds)), "bytes": .int(bytes.count),
    ]
  }
}

extension Finished {
  var json: JSON {
    ["call": .string(call.text), "report": report.json, "journal": head.json]
  }
}

extension Report {
  package var json: JSON {
    switch self {
    case .ended(let record): ["how": "ended", "record": record.json]
    case .interrupted(let reason, let startedAt):
      [
        "how": "interrupted", "reason": .string(reason),
        "startedAtUs": startedAt.map { .int(Int($0.microseconds)) } ?? .null,
      ]
    case .rejected(let code, let reason, let remedy):
      [
        "how": "rejected", "code": .string(code), "reason": .string(reason),
        "remedy": .string(remedy),
      ]
    case .cancelled: ["how": "cancelled"]
    case .expired: ["how": "expired"]
    case .lost(let reason): ["how": "lost", "reason": .string(reason)]
    }
  }
}

extension Confirm {
  var json: JSON {
    [
      "finished": .array(finished.map { .string($0.text) }), "creditBytes": .int(creditBytes),
      "lowWater": lowWater.map { .string($0.text) } ?? .null,
    ]
  }
}

extension Reply {
  var json: JSON {
    switch self {
    case .welcome(let welcome): welcome.json
    case .prove(let sequence): ["kind": "prove", "sequence": .int(sequence)]
    case .state(let held): .object(JSONObject([("kind", "state")] + held.members))
    case .alive(let head, let health, let runtimes): aliveJSON(head, health, runtimes)
    }
  }
}

private func aliveJSON(
  _ head: JournalHead, _ health: AgentHealth?, _ runtimes: [Runtime]?
) -> JSON {
  var object = JSONObject([("kind", "alive"), ("journal", head.json)])
  if let health { object.append("health", health.json) }
  if let runtimes { object.append("runtimes", .array(runtimes.map(\.json))) }
  return .object(object)
}

extension Welcome {
  var json: JSON {
    var object = JSONObject()
    object.append("kind", "welcome")
    object.append("endpoint", .string(endpoint.text))
    if let credential { object.append("credential", .string(credential)) }
    object.append("epoch", .string(epoch.text))
    object.append("heartbeatMs", .int(Int(heartbeat.wholeMilliseconds)))
    object.append("creditBytes", .int(creditBytes))
    object.append("lowWater", lowWater.map { .string($0.text) } ?? .null)
    object.append("outputs", .array(outputs.map(\.json)))
    object.append("started", .array(started.map { .string($0.text) }))
    object.append("closed", .array(closed.map { .string($0.text) }))
    return .object(object)
  }
}

extension CommittedOutput {
  var json: JSON {
    [
      "call": .string(call.text), "stdoutBytes": .int(stdoutBytes),
      "stderrBytes": .int(stderrBytes),
    ]
  }
}
