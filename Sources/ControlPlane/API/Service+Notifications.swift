import Catalog
import ControlPlane
import JSON
import Model
import Platform
import Sockets
import Store

// Who is told of calls that ended, and whether it got through. Called on the loop's thread.

extension Service {
  func listNotifications(_ request: HTTPRequest) throws(APIError) {
    var filter = NotificationFilter()
    filter.hook = request.query("hook")
    filter.call = request.query("call").map { CallID($0) }
    filter.before = request.query("before")
    filter.limit = try number(
      "limit", request, in: 1...settings.limits.callsPerPage, otherwise: 50)
    if let text = request.query("state") {
      guard let state = StoredNotification.State(rawValue: text) else {
        let all = StoredNotification.State.allCases.map(\.rawValue)
        throw .query("state", "one of " + all.joined(separator: ", "))
      }
      filter.state = state
    }
    let wanted = filter
    let hooks = policies.book.hooks.map(\.name)
    replyReading(to: request.id) { reader in
      let page = try reader.notifications(wanted)
      let next = page.count == wanted.limit ? page.last?.id : nil
      return [
        "notifications": .array(page.map { $0.json(hooks) }), "next": next.json,
      ]
    }
  }

  func showNotification(_ id: String, _ request: RequestID) {
    let hooks = policies.book.hooks.map(\.name)
    replyReading(to: request) { reader in
      guard let notification = try reader.notification(id) else {
        throw APIError.noSuchNotification(id)
      }
      guard case .object(var document) = notification.json(hooks) else {
        return notification.json(hooks)
      }
      document.append("body", try JSON(parsing: notification.body))
      return ["notification": .object(document)]
    }
  }

  /// Has one tried again from the beginning, whatever became of it, unless it was delivered.
  func retryNotification(_ id: String, _ request: HTTPRequest) throws(APIError) {
    let body = try RequestBody(request.body, isOptional: true)
    try body.refuseUnknown([])
    let request = request.id
    let book = policies.book
    read { [self] reader in
      do {
        guard let notification = try reader.notification(id) else {
          throw APIError.noSuchNotification(id)
        }
        guard let hook = book.hook(named: notification.hook) else {
          throw APIError(
            409, "noSuchHook", "the policy has no hook \(notification.hook) any more",
            remedy: "see \"signalbox policy show\"")
        }
        let change = NotificationChange(
          id, .again(giveUpAfter: hook.retry.giveUpAfter),
          at: Instant(microseconds: Clock.now()), wasAttempted: false)
        plane.change(change) { isDone in
          if isDone { return self.showNotification(id, request) }
          self.reply(
            to: request,
            with: APIError(
              409, "alreadyDelivered", "the notification was delivered already",
              remedy: "see \"signalbox notifications show \(id)\""))
        }
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }
}

extension StoredNotification {
  /// - Parameter hooks: the names that the policy has now.
  func json(_ hooks: [String]) -> JSON {
    let isPending = state == .pending
    return [
      "id": .string(id), "call": .string(call.text), "hook": .string(hook),
      "state": .string(state.rawValue), "createdAtUs": createdAt.json, "attempts": .int(attempts),
      "attemptedAtUs": attemptedAt.json, "endedAtUs": endedAt.json,
      "nextAtUs": isPending ? nextAt.json : .null, "giveUpAtUs": giveUpAt.json,
      "error": error.json,
      "waitsFor": isPending && !hooks.contains(hook)
        ? .string("the policy has no hook \(hook) any more") : .null,
    ]
  }
}

extension PolicyBook.Hook {
  /// The secret is in no part of it.
  var json: JSON {
    var object = JSONObject([
      ("name", .string(name)), ("calls", .string(calls.rawValue)),
      (
        "waitedLongerThanMs",
        calls == .waited ? .int(Int(waitedLongerThan.wholeMilliseconds)) : .null
      ),
      ("groups", .array(groups.map(JSON.string))),
      ("outcomes", .array(outcomes.map { .string($0.rawValue) })),
      ("tools", .array(tools.map(JSON.string))),
    ])
    switch action {
    case .webhook(let webhook):
      object.append(
        "webhook",
        [
          "url": .string("\(webhook.url)"), "secretFile": .string(webhook.secretFile),
          "trustFile": webhook.trustFile.json,
        ])
    case .command(let argv): object.append("command", ["argv": .array(argv.map(JSON.string))])
    }
    object.append("timeoutMs", .int(Int(timeout.wholeMilliseconds)))
    object.append("concurrency", .int(concurrency))
    object.append(
      "retry",
      [
        "attempts": .int(retry.attempts), "firstMs": .int(Int(retry.first.wholeMilliseconds)),
        "longestMs": .int(Int(retry.longest.wholeMilliseconds)),
        "giveUpAfterMs": .int(Int(retry.giveUpAfter.wholeMilliseconds)),
      ])
    return .object(object)
  }
}

extension PolicyBook.Outbox {
  var json: JSON {
    [
      "concurrency": .int(concurrency), "maxPending": .int(maxPending), "keep": .int(keep),
      "bodyBytes": .int(bodyBytes), "responseBytes": .int(responseBytes),
    ]
  }
}

extension APIError {
  fileprivate static func noSuchNotification(_ id: String) -> APIError {
    APIError(
      404, "noSuchNotification", "there is no notification \(id)",
      remedy: "see \"signalbox notifications\"")
  }
}

extension PolicyBook.Outbox {
  var limits: OutboxLimits { OutboxLimits(maxPending: maxPending, keep: keep) }
}
