import Catalog
import ControlPlane
import Engine
import JSON
import Model
import Sockets
import Store
import Wire

// Status, endpoints and tools. Called on the loop's thread.

extension Service {
  func showStatus(_ request: RequestID) {
    plane.inspect { [self] engine, now in
      let reachable = engine.endpoints.values.count {
        engine.reachability(of: $0, at: now).isReachable
      }
      let known = engine.endpoints.count
      let open = engine.calls.count
      let sessions = engine.openSessions.count
      replyReading(to: request) { [self] reader in
        let pending = try reader.pendingNotifications()
        return [
          "version": .string(settings.version),
          "startedAtUs": startedAt.json,
          "endpoints": ["known": .int(known), "reachable": .int(reachable)],
          "calls": ["open": .int(open)],
          "sessions": ["open": .int(sessions)],
          "notifications": [
            "pending": .int(pending.count), "oldestPendingAtUs": pending.oldest.json,
          ],
          "tools": ["known": .int(toolCount), "errors": .int(toolErrors.count)],
          "limits": limitsJSON,
        ]
      }
    }
  }

  private var limitsJSON: JSON {
    let engine = settings.engine
    let limits = settings.limits
    return [
      "maxOpenCalls": .int(engine.maxOpenCalls),
      "maxWaitingPerEndpoint": .int(engine.maxWaitingPerEndpoint),
      "maxHandedPerEndpoint": .int(engine.maxHandedPerEndpoint),
      "maxEndpoints": .int(engine.maxEndpoints),
      "maxOpenSessions": .int(engine.maxOpenSessions),
      "sessionIdleMs": .int(Int(engine.sessionIdle.wholeMilliseconds)),
      "slowRoundTripMs": .int(Int(engine.bridge.slowRoundTrip.wholeMilliseconds)),
      "slowDeliveryMs": .int(Int(engine.bridge.slowDelivery.wholeMilliseconds)),
      "slowEventsMs": .int(Int(engine.bridge.slowEvents.wholeMilliseconds)),
      "flappingLosses": .int(engine.bridge.flappingLosses),
      "bodyBytes": .int(limits.bodyBytes),
      "argumentsBytes": .int(limits.argumentsBytes),
      "watchers": .int(limits.watchers),
      "waitMs": .int(limits.waitMilliseconds),
      "callsPerPage": .int(limits.callsPerPage),
      "batchCalls": .int(limits.batchCalls),
      "batchSteps": .int(limits.batchSteps),
      "paceAfterAwayMs": .int(Int(engine.paceAfterAway.wholeMilliseconds)),
      "paceBurst": .int(engine.paceBurst),
      "pacePerSecond": .int(engine.pacePerSecond),
    ]
  }

  func listEndpoints(_ request: RequestID) {
    plane.inspect { [self] engine, now in
      let all = EndpointDocument.all(in: engine, at: now)
      // Encoded elsewhere: the engine's thread has calls to decide.
      loop.post { self.reply(to: request, ["endpoints": .array(all.map(\.json))]) }
    }
  }

  func showEndpoint(named name: String, _ request: RequestID) {
    plane.inspect { [self] engine, now in
      guard let endpoint = engine.endpoint(called: name) else {
        return reply(to: request, with: .noSuchEndpoint(name))
      }
      let document = EndpointDocument(endpoint, in: engine, at: now)
      loop.post { self.reply(to: request, ["endpoint": document.json]) }
    }
  }

  func removeEndpoint(named name: String, _ request: RequestID) {
    plane.inspect { [self] engine, _ in
      guard let endpoint = engine.endpoint(named: name) else {
        return reply(to: request, with: .noSuchEndpoint(name))
      }
      let id = endpoint.id
      plane.removeEndpoint(id) { result in
        switch result {
        case .success:
          self.reply(to: request, ["removed": ["id": .string(id.text), "name": .string(name)]])
        case .failure(let error): self.reply(to: request, with: APIError(error))
        }
      }
    }
  }

  func listTools(_ request: RequestID) {
    reply(
      to: request,
      [
        "tools": .array(toolbox.tools.map(\.summaryJSON)),
        "errors": .array(toolbox.errors.map(\.json)),
      ])
  }

  /// On the reading thread: a directory may hold thousands of definitions.
  func reloadTools(_ request: RequestID) {
    replyReading(to: request) { [self] _ in
      let errors = reloadTools()
      return ["tools": .int(toolCount), "errors": .array(errors.map(\.json))]
    }
  }

  func showTool(named name: String, _ request: HTTPRequest) throws(APIError) {
    let version = request.query("version")
    guard let tool = toolbox.tool(named: name, version: version) else {
      throw .noSuchTool(name, version: version)
    }
    reply(to: request.id, ["tool": tool.json])
  }
}
