import Engine
package import JSON
import Model
package import Store

// How the API shows a call. Metadata and output stay apart: a call's document never has output in
// it, except as the typed result that the tool promises.

extension Instant {
  var json: JSON { .int(Int(microseconds)) }
}

extension Optional where Wrapped == Instant {
  var json: JSON { map(\.json) ?? .null }
}

extension Optional where Wrapped == String {
  var json: JSON { map(JSON.string) ?? .null }
}

extension StoredCall {
  /// - Parameter waitsFor: what an open call waits for, in words.
  package func json(waitsFor: String?) -> JSON {
    [
      "id": .string(id.text),
      "endpoint": ["id": .string(endpoint.text), "name": .string(endpointName)],
      "tool": [
        "name": .string(tool), "version": .string(toolVersion), "digest": .string(digest),
      ],
      "arguments": arguments,
      "idempotencyKey": idempotencyKey.json,
      "by": .string(by),
      "acceptedAtUs": acceptedAt.json,
      "expiresAtUs": expiresAt.json,
      "state": [
        "delivery": .string(delivery.rawValue), "execution": .string(execution.rawValue),
        "output": .string(output.rawValue), "validity": .string(validity.rawValue),
      ],
      "outcome": (outcome?.rawValue).json,
      "resolvedBy": resolution ?? .null,
      "ran": .string(ran.rawValue),
      "reason": .string(reason),
      "remedy": remedy.json,
      "waitsFor": (outcome == nil ? waitsFor : nil).json,
      "cancelledBy": cancelledBy.json,
      "retryOf": (retryOf?.text).json,
      "retriedBy": .array(retriedBy.map { .string($0.text) }),
      "shape": shape ?? .null,
      "batch": batch.map { ["id": .string($0.id.text), "position": .int($0.position)] } ?? .null,
      "session": (session?.text).json,
      "attempts": .array(attempts.map(\.json)),
      "execution": report ?? .null,
      "result": result?.json ?? .null,
      "outputs": [
        "stdout": ["bytes": .int(stdoutBytes)], "stderr": ["bytes": .int(stderrBytes)],
      ],
      "startedAtUs": startedAt.json,
      "endedAtUs": endedAt.json,
    ]
  }

  var ran: Ran {
    Ran(outcome, delivery, execution, resolution: resolution?["how"]?.string)
  }
}

extension StoredCall {
  /// What the endpoint told of a call after it had ended as `unknown`. The outcome stays.
  fileprivate var resolution: JSON? {
    guard outcome == .unknown, let report, report["how"]?.string != "lost" else { return nil }
    return report
  }
}

extension StoredCall.Attempt {
  var json: JSON {
    [
      "number": .int(number), "runtime": .string(runtime), "offeredAtUs": offeredAt.json,
      "result": .string(result), "answeredAtUs": answeredAt.json, "refusal": refusal.json,
    ]
  }
}

extension StoredCall.Result {
  var json: JSON {
    [
      "meaning": .string(meaning), "value": value ?? .null,
      "valueBytes": valueBytes.map(JSON.int) ?? .null, "violations": violations,
    ]
  }
}

extension StoredTransition {
  var members: [(String, JSON)] {
    [
      ("sequence", .int(sequence)), ("atUs", at.json), ("kind", .string(kind)),
      ("delivery", .string(delivery)), ("execution", .string(execution)),
      ("output", .string(output)), ("evidence", evidence),
    ]
  }
}
