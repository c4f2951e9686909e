import Digest
import JSON
import Model
import Wire

extension Engine {
  mutating func linkOpened(_ id: LinkID, _ now: Instant) {
    links[id] = Link(id: id, openedAt: now)
    linkDeadlines.set(id, now + settings.helloWithin)
  }

  mutating func received(
    _ message: Message, over id: LinkID, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    // What a link said after its end does not count: the endpoint says it again on its next one.
    guard let link = links[id] else { return }
    guard let endpoint = link.endpoint else {
      if case .hello(let request, let hello) = message {
        greet(hello, request, link, now, &effects)
      } else {
        closeLink(id, "the first message must be hello", now, &effects)
      }
      return
    }
    heard(endpoint, now, &effects)
    switch message {
    case .acknowledge(let acknowledge):
      saw(acknowledge.head, of: endpoint, &effects)
      let held = HeldCall(call: acknowledge.call, state: acknowledge.state)
      relay(.known(held), held.call, endpoint, now, &effects)
      // There may be room for offers that waited for this answer.
      offerWaiting(of: endpoint, now, &effects)
    case .refused(let refused):
      relay(
        .refused(refused, among: endpoints[endpoint]?.runtime), refused.call, endpoint, now,
        &effects)
      offerWaiting(of: endpoint, now, &effects)
    case .released(let released):
      saw(released.head, of: endpoint, &effects)
      relay(
        .released(startedAt: released.startedAt, pid: released.pid), released.call, endpoint, now,
        &effects)
    case .output(let chunk):
      measure(endpoint, at: now) { $0.told(of: chunk.at, at: now) }
      if calls[chunk.call] == nil { effects.append(.lateOutput(endpoint, chunk)) }
      relay(.output(chunk), chunk.call, endpoint, now, &effects)
      effects.append(.send(id, .confirm(Confirm(creditBytes: chunk.bytes.count))))
    case .finished(let finished):
      saw(finished.head, of: endpoint, &effects)
      if calls[finished.call] == nil {
        effects.append(.lateReport(endpoint, finished.call, finished.report, at: now))
      }
      relay(.finished(finished.report), finished.call, endpoint, now, &effects)
      confirm(finished.call, endpoint, id, &effects)
    case .reply(let request, let reply): replied(reply, request, id, endpoint, now, &effects)
    case .refusal: break
    case .hello, .offer, .confirm, .cancel, .probe, .heartbeat:
      closeLink(id, "this method does not go from a runtime to the control plane", now, &effects)
    }
  }

  /// The first word after the welcome shows that the endpoint has its credential: that is kept at
  /// once, later times with the next change.
  private mutating func heard(
    _ id: EndpointID, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    let isFirst = endpoints[id]?.lastContact == nil
    endpoints[id]?.lastContact = now
    if isFirst, let endpoint = endpoints[id] { effects.append(.saveEndpoint(endpoint.stored)) }
  }

  /// Steps a call on the word of an endpoint, if the call is that endpoint's.
  private mutating func relay(
    _ event: CallEvent, _ call: CallID, _ endpoint: EndpointID, _ now: Instant,
    _ effects: inout [EngineEffect]
  ) {
    guard let known = calls[call], known.endpoint == endpoint else { return }
    if case .known = event, let last = known.attempts.last, last.result == .pending {
      measure(endpoint, at: now) { [limits = settings.bridge] in
        $0.acknowledged(after: now - last.offeredAt, limits: limits)
      }
    }
    stepCall(call, event, now, &effects)
  }

  private mutating func confirm(
    _ call: CallID, _ id: EndpointID, _ link: LinkID, _ effects: inout [EngineEffect]
  ) {
    endpoints[id]?.confirms += 1
    guard let endpoint = endpoints[id] else { return }
    let tellsMark = endpoint.handed.isEmpty || endpoint.confirms.isMultiple(of: 64)
    effects.append(
      .send(
        link,
        .confirm(
          Confirm(finished: [call], lowWater: tellsMark ? endpoint.lowWater : nil))))
  }

  private mutating func saw(
    _ head: JournalHead, of id: EndpointID, _ effects: inout [EngineEffect]
  ) {
    guard let known = endpoints[id]?.seen, head.sequence > known.sequence else { return }
    endpoints[id]?.seen = head
    if let endpoint = endpoints[id] { effects.append(.saveEndpoint(endpoint.stored)) }
  }

  private mutating func replied(
    _ reply: Reply, _ request: Int, _ link: LinkID, _ endpoint: EndpointID, _ now: Instant,
    _ effects: inout [EngineEffect]
  ) {
    switch reply {
    case .alive(let head, let health, let runtimes):
      // Before the offers: a policy may hold them.
      measure(endpoint, at: now) { $0.told(health, at: now) }
      if let runtimes { has(endpoint, runtimes, &effects) }
      if var state = links[link], let sent = state.heartbeatSent, sent.id == request {
        state.heartbeatSent = nil
        state.roundTrip = now - sent.at
        state.provenAt = now
        links[link] = state
        linkDeadlines.set(link, state.hasMoreToTell ? now : sent.at + settings.heartbeat)
        offerWaiting(of: endpoint, now, &effects)
      }
      saw(head, of: endpoint, &effects)
    case .state(let held) where held.state == .absent:
      // An answer about an attempt that was refused since then says nothing of the next one.
      if let call = calls[held.call], call.delivery == .offered, !call.startWasHeard,
        call.probe != request
      {
        return
      }
      relay(.absent, held.call, endpoint, now, &effects)
    case .state(let held): relay(.known(held), held.call, endpoint, now, &effects)
    case .welcome, .prove:
      closeLink(link, "this reply does not go from a runtime to the control plane", now, &effects)
    }
  }

  /// Somebody has logged in or out.
  private mutating func has(
    _ id: EndpointID, _ runtimes: [Runtime], _ effects: inout [EngineEffect]
  ) {
    guard var endpoint = endpoints[id], var info = endpoint.runtime else { return }
    if let service = runtimes.first(where: { $0.name == .service }) {
      info.executors = service.executors
    }
    info.sessions = runtimes.filter(\.name.isSession)
    guard info != endpoint.runtime else { return }
    endpoint.runtime = info
    endpoints[id] = endpoint
    effects.append(.saveEndpoint(endpoint.stored))
  }

  // MARK: The end of a link

  mutating func closeLink(
    _ id: LinkID, _ reason: String, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard links[id] != nil else { return }
    effects.append(.close(id, reason: reason))
    linkClosed(id, reason, now, &effects)
  }

  mutating func linkClosed(
    _ id: LinkID, _ reason: String, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let link = links.removeValue(forKey: id) else { return }
    linkDeadlines.set(id, nil)
    guard let owner = link.endpoint, var endpoint = endpoints[owner], endpoint.link == id else {
      return
    }
    measure(owner, at: now) { $0.lost(at: now) }
    endpoint.link = nil
    endpoints[owner] = endpoint
    effects.append(.saveEndpoint(endpoint.stored))
    for call in endpoint.handed.sorted() {
      stepCall(
        call, .connectionLost(reason: reason, horizon: now + settings.recoveryHorizon), now,
        &effects)
    }
  }

  // MARK: Time

  mutating func tick(_ now: Instant, _ effects: inout [EngineEffect]) {
    while let id = linkDeadlines.popDue(at: now) { linkDue(id, now, &effects) }
    endIdleSessions(now, &effects)
    while let id = paceDeadlines.popDue(at: now) { offerWaiting(of: id, now, &effects) }
    while let id = callDeadlines.popDue(at: now) {
      let reachable = calls[id].flatMap { endpoints[$0.endpoint]?.link } != nil
      stepCall(id, .deadline(reachable: reachable), now, &effects)
      stopRepeating(id, now)
    }
  }

  /// A deadline that is over and changed nothing (an unanswered offer without a link) must not come
  /// up again at once; the end of the wait is decided by the link's return.
  private mutating func stopRepeating(_ id: CallID, _ now: Instant) {
    guard let due = calls[id]?.nextDeadline, due <= now else { return }
    callDeadlines.set(id, now + .seconds(1))
  }

  private mutating func linkDue(
    _ id: LinkID, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard var link = links[id] else { return }
    guard link.endpoint != nil else {
      closeLink(id, "no hello within \(settings.helloWithin)", now, &effects)
      return
    }
    if link.heartbeatSent != nil {
      closeLink(id, "two heartbeats without an answer", now, &effects)
      return
    }
    sendHeartbeat(&link, now, &effects)
    links[id] = link
  }

  /// A heartbeat has the time of two to be answered; then the link is taken for dead.
  mutating func sendHeartbeat(
    _ link: inout Link, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    linkDeadlines.set(link.id, now + settings.heartbeat * 2)
    link.heartbeatSent = (id: link.nextRequest, at: now)
    link.hasMoreToTell = false
    let lasting = link.endpoint.flatMap { sessions.lasting(with: $0, at: now) }
    effects.append(.send(link.id, .heartbeat(id: link.nextRequest, sessionFor: lasting)))
    link.nextRequest += 1
  }
}
