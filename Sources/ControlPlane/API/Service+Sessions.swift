import ControlPlane
import Engine
import JSON
import Model
import Sockets
import Store

// Engagements with an endpoint. Called on the loop's thread.

extension Service {
  /// Of the note of a session.
  static let noteBytes = 1_024

  func openSession(_ request: HTTPRequest) throws(APIError) {
    let body = try RequestBody(request.body)
    try body.refuseUnknown(["endpoint", "by", "note"])
    let name = try body.required("endpoint")
    let by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    let note = try body.text("note", maxBytes: Self.noteBytes)
    let request = request.id
    plane.openSession { [self] engine, _ in
      guard let endpoint = engine.endpoint(called: name) else {
        reply(to: request, with: .noSuchEndpoint(name))
        return nil
      }
      return SessionRequest(endpoint: endpoint.id, by: by, note: note)
    } answer: { [self] in
      answer($0, request, status: 201)
    }
  }

  func closeSession(_ id: SessionID, _ request: HTTPRequest) throws(APIError) {
    let body = try RequestBody(request.body, isOptional: true)
    try body.refuseUnknown(["by"])
    let by = try body.text("by", maxBytes: RequestBody.nameBytes) ?? "api"
    let request = request.id
    plane.closeSession(id, by: by) { [self] result in
      if case .success = result { return answer(result, request) }
      replyReading(to: request) { reader in
        guard let session = try reader.session(id) else { throw APIError.noSuchSession(id.text) }
        throw APIError(
          409, "alreadyClosed",
          "the session is closed already, by \(session.closing?.by ?? "nobody"):"
            + " \(session.closing?.reason ?? "")",
          remedy: "there is nothing to do; see \"signalbox transcript \(id)\"")
      }
    }
  }

  private func answer(
    _ result: Result<CallID, EngineError>, _ request: RequestID, status: Int = 200
  ) {
    switch result {
    case .success(let id): reply(to: request, withSession: SessionID(id.text), status: status)
    case .failure(let error): reply(to: request, with: APIError(error))
    }
  }

  // MARK: Looking at sessions

  func showSession(_ id: SessionID, _ request: RequestID) { reply(to: request, withSession: id) }

  private func reply(to request: RequestID, withSession id: SessionID, status: Int = 200) {
    withIdleTimes { [self] reader, idle in
      do {
        guard let session = try reader.session(id) else { throw APIError.noSuchSession(id.text) }
        reply(to: request, status: status, ["session": session.json(idleAt: idle[id])])
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  func listSessions(_ request: HTTPRequest) throws(APIError) {
    var filter = SessionFilter()
    filter.endpoint = request.query("endpoint")
    filter.before = request.query("before").map { SessionID($0) }
    filter.limit = try number(
      "limit", request, in: 1...settings.limits.callsPerPage, otherwise: 50)
    filter.openOnly = try flag("open", request)
    let (wanted, request) = (filter, request.id)
    withIdleTimes { [self] reader, idle in
      do {
        let page = try reader.sessions(wanted)
        let next = page.count == wanted.limit ? page.last?.id.text : nil
        reply(
          to: request,
          [
            "sessions": .array(page.map { $0.json(idleAt: idle[$0.id]) }), "next": next.json,
          ])
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  func sendTranscript(of id: SessionID, _ request: HTTPRequest) throws(APIError) {
    var cursor: SessionCursor?
    if let text = request.query("after") {
      guard let place = SessionCursor(text) else {
        throw .query("after", "what \"next\" of the page before says")
      }
      cursor = place
    }
    let (after, request) = (cursor, request.id)
    withIdleTimes { [self] reader, idle in
      do {
        guard let session = try reader.session(id) else { throw APIError.noSuchSession(id.text) }
        let limit = Self.eventsPerPage
        let (events, calls) = try reader.transcript(of: id, after: after, limit: limit)
        let next = events.count == limit ? events.last?.cursor.text : nil
        reply(
          to: request,
          [
            "session": session.json(idleAt: idle[id]),
            "events": .array(events.map { $0.json(calls) }), "next": next.json,
          ])
      } catch {
        reply(to: request, withFailure: error)
      }
    }
  }

  private static let eventsPerPage = 1_000

  /// When open sessions end if they are left alone; then `body`, on the reading thread.
  private func withIdleTimes(
    _ body: @escaping @Sendable (Reader, [SessionID: Instant]) -> Void
  ) {
    plane.inspect { [self] engine, _ in
      let idle = engine.openSessions.values.compactMap { session in
        engine.idleAt(session).map { (session.id, $0) }
      }
      read { body($0, Dictionary(uniqueKeysWithValues: idle)) }
    }
  }
}

extension StoredSession {
  /// - Parameter idleAt: when an open session ends if it is left alone.
  func json(idleAt: Instant?) -> JSON {
    [
      "id": .string(id.text),
      "endpoint": ["id": .string(endpoint.text), "name": .string(endpointName)],
      "state": closing == nil ? "open" : "closed",
      "by": .string(by), "note": note.json, "openedAtUs": openedAt.json, "usedAtUs": usedAt.json,
      "closesAtUs": closing == nil ? idleAt.json : .null,
      "closedAtUs": (closing?.at).json, "closedBy": (closing?.by).json,
      "reason": (closing?.reason).json,
      "counts": .object(
        JSONObject(counts.sorted { $0.key < $1.key }.map { ($0.key, JSON.int($0.value)) })),
    ]
  }
}

extension SessionEvent {
  /// As an event of a call's transcript, with the call that it is of.
  func json(_ calls: [CallID: StoredCall]) -> JSON {
    switch what {
    case .opened(let by, let note, let under):
      return json(
        "opened", by, "opened the session" + (note.map { ": \($0)" } ?? ""), ["note": note.json],
        under)
    case .closed(let by, let reason, let under):
      return json(
        "closed", by, "the session is closed: \(reason)", ["reason": .string(reason)], under)
    case .call(let id, let transition):
      guard let call = calls[id],
        case .object(var event) = TranscriptEvent(transition, of: call).json
      else { return .null }
      event.append("call", .string(id.text))
      return .object(event)
    }
  }

  private func json(
    _ kind: String, _ actor: String, _ text: String, _ evidence: JSON, _ bridge: JSON
  ) -> JSON {
    [
      "atUs": at.json, "kind": .string(kind), "evidence": evidence, "endpointAtUs": .null,
      "actor": .string(actor), "text": .string(text), "isRecovery": false, "bridge": bridge,
      "call": .null,
    ]
  }
}

extension APIError {
  fileprivate static func noSuchSession(_ id: String) -> APIError {
    APIError(
      404, "noSuchSession", "there is no session \(id)", remedy: "see \"signalbox sessions\"")
  }
}
