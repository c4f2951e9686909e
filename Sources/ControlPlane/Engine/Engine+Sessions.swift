import JSON
package import Model

// Sessions. They end when somebody says so, and when they were left alone for too long, so that one
// that was forgotten does not hold back updates for ever. Calls outlive their session.

extension Engine {
  package var openSessions: [SessionID: Session] { sessions.open }

  /// When a session ends if it is left alone; nil while it has an open call.
  package func idleAt(_ session: Session) -> Instant? { sessions.idleAt(session) }

  package func sessions(with endpoint: EndpointID) -> [SessionID] {
    sessions.sessions(with: endpoint)
  }

  mutating func openSession(
    _ request: SessionRequest, _ ticket: Ticket, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let endpoint = endpoints[request.endpoint] else {
      return refuse(
        ticket, "noSuchEndpoint",
        "no endpoint \(request.endpoint); see \"signalbox endpoints\"", &effects)
    }
    guard sessions.open.count < settings.maxOpenSessions else {
      return refuse(
        ticket, "limit.openSessions",
        "the limit maxOpenSessions (\(settings.maxOpenSessions)) is met; close some, see"
          + " \"signalbox sessions list --open\"", &effects)
    }
    let session = Session(
      id: identifiers.next(at: now, random: random.next()), endpoint: endpoint.id,
      endpointName: endpoint.name, by: request.by, note: request.note, openedAt: now,
      openedUnder: bridgeCondition(of: endpoint, at: now).json, usedAt: now)
    sessions.add(session)
    effects.append(.saveSession(session))
    tellOfSession(with: endpoint, now, &effects)
    effects.append(.answer(ticket, .success(CallID(session.id.text))))
  }

  mutating func closeSession(
    _ id: SessionID, _ by: String, _ ticket: Ticket, _ now: Instant,
    _ effects: inout [EngineEffect]
  ) {
    guard sessions.open[id] != nil else {
      return refuse(ticket, "noOpenSession", "session \(id) is not open", &effects)
    }
    endSession(id, by: by, "closed", now, &effects)
    effects.append(.answer(ticket, .success(CallID(id.text))))
  }

  mutating func endIdleSessions(_ now: Instant, _ effects: inout [EngineEffect]) {
    while let id = sessions.popIdle(at: now) {
      endSession(
        id, by: Session.controlPlane,
        "left alone for \(settings.sessionIdle), the limit sessionIdle", now, &effects)
    }
  }

  mutating func endSessions(
    with endpoint: EndpointID, _ reason: String, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    for id in sessions.sessions(with: endpoint) {
      endSession(id, by: Session.controlPlane, reason, now, &effects)
    }
  }

  private mutating func endSession(
    _ id: SessionID, by: String, _ reason: String, _ now: Instant,
    _ effects: inout [EngineEffect]
  ) {
    guard var session = sessions.remove(id) else { return }
    let condition = endpoints[session.endpoint].map { bridgeCondition(of: $0, at: now).json }
    session.closing = Session.Closing(at: now, by: by, reason: reason, under: condition ?? .null)
    effects.append(.saveSession(session))
  }

  // MARK: Its calls

  func sessionRefusal(of submission: Submission) -> EngineError? {
    guard let id = submission.request.session else { return nil }
    let name = endpoints[submission.endpoint]?.name ?? submission.endpoint.text
    guard let session = sessions.open[id] else {
      return EngineError(
        code: "noOpenSession",
        message: "there is no open session \(id), and nothing was called; open one with"
          + " \"signalbox sessions open \(name)\", or see \"signalbox sessions show \(id)\" for what"
          + " became of that one")
    }
    guard session.endpoint == submission.endpoint else {
      return EngineError(
        code: "sessionOfOtherEndpoint",
        message: "session \(id) is with \(session.endpointName), not with \(name), and nothing was"
          + " called; open one with \"signalbox sessions open \(name)\"")
    }
    return nil
  }

  /// A call of a session was accepted (1), or has ended (-1).
  mutating func count(
    _ calls: Int, of call: Call, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let id = call.request.session, let session = sessions.count(calls, of: id, at: now) else {
      return
    }
    effects.append(.saveSession(session))
  }

  // MARK: The endpoint

  /// The endpoint is not to restart from now on: it is told with a heartbeat, at once or right after
  /// the one that it has not answered.
  private mutating func tellOfSession(
    with endpoint: Endpoint, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let id = endpoint.link, var link = links[id] else { return }
    if link.heartbeatSent == nil {
      sendHeartbeat(&link, now, &effects)
    } else {
      link.hasMoreToTell = true
    }
    links[id] = link
  }

  private func refuse(
    _ ticket: Ticket, _ code: String, _ message: String, _ effects: inout [EngineEffect]
  ) {
    effects.append(.answer(ticket, .failure(EngineError(code: code, message: message))))
  }
}

extension Session {
  /// Who ends what nobody ended.
  static let controlPlane = "control plane"
}
