package import Catalog
package import Engine
import JSON
package import Model
package import Store

/// What hooks are told of a call that ended: metadata, never output, never arguments.
package enum Notice {
  package static let kind = "call.ended"

  /// What is to go into the outbox with the end of a call.
  package static func all(
    of stored: StoredCall, _ call: Call, ran: String, to hooks: [PolicyBook.Hook],
    by outbox: PolicyBook.Outbox, at now: Instant
  ) -> [StoredNotification] {
    hooks.map { hook in
      // Neither has a full stop in it, which the signature's parts are told apart by.
      let id = "\(call.id.text)-\(hook.name)"
      return StoredNotification(
        id: id, call: call.id, hook: hook.name, createdAt: now,
        giveUpAt: now + hook.retry.giveUpAfter,
        body: body(
          [
            "type": .string(kind), "id": .string(id), "hook": .string(hook.name),
            "createdAtUs": .int(Int(now.microseconds)),
          ], stored, call, ran, max: outbox.bodyBytes))
    }
  }

  /// The words are left out where the whole would be longer than the limit; the rest has bounds of its
  /// own.
  private static func body(
    _ envelope: JSON, _ stored: StoredCall, _ call: Call, _ ran: String, max: Int
  ) -> String {
    func text(_ hasWords: Bool) -> String {
      guard case .object(var whole) = envelope else { return envelope.compact }
      whole.append("data", data(stored, call, ran, hasWords: hasWords))
      return JSON.object(whole).compact
    }
    let whole = text(true)
    return whole.utf8.count <= max ? whole : text(false)
  }

  private static func data(
    _ stored: StoredCall, _ call: Call, _ ran: String, hasWords: Bool
  ) -> JSON {
    func time(_ instant: Instant?) -> JSON {
      instant.map { .int(Int($0.microseconds)) } ?? .null
    }
    func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
    let ended = stored.report?["record"]?["ended"]
    return [
      "call": .string(stored.id.text),
      "endpoint": ["id": .string(stored.endpoint.text), "name": .string(stored.endpointName)],
      "tool": [
        "name": .string(stored.tool), "version": .string(stored.toolVersion),
        "digest": .string(stored.digest),
      ],
      "outcome": text(stored.outcome?.rawValue),
      "ran": .string(ran),
      "reason": hasWords ? .string(stored.reason) : .null,
      "remedy": hasWords ? text(stored.remedy) : .null,
      "exitCode": ended?["code"] ?? .null,
      "signal": ended?["signal"] ?? .null,
      "by": .string(stored.by),
      "cancelledBy": text(stored.cancelledBy),
      "group": text(call.request.shape.policy?.group),
      "batch": stored.batch.map { ["id": .string($0.id.text), "position": .int($0.position)] }
        ?? .null,
      "retryOf": text(stored.retryOf?.text),
      "attempts": .int(stored.attempts.count),
      "acceptedAtUs": time(stored.acceptedAt),
      "startedAtUs": time(stored.startedAt),
      "endedAtUs": time(stored.endedAt),
      "waitedMs": .int(Int(call.waited.wholeMilliseconds)),
      "outputs": [
        "stdout": ["bytes": .int(stored.stdoutBytes)],
        "stderr": ["bytes": .int(stored.stderrBytes)],
      ],
    ]
  }
}
