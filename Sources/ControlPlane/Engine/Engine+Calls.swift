import JSON
import Model
import Mutants
import Wire

extension Engine {
  // MARK: Requests

  mutating func submit(
    _ submission: Submission, _ ticket: Ticket, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    if let existing = submission.existing {
      effects.append(.answer(ticket, Self.answer(toRepeated: existing)))
      return
    }
    if let refusal = refusal(of: submission) {
      effects.append(.answer(ticket, .failure(refusal)))
      return
    }
    let id = accept(submission, now, &effects)
    offerWaiting(of: submission.endpoint, now, &effects)
    effects.append(.answer(ticket, .success(id)))
  }

  /// Takes a call in, without offering it yet.
  mutating func accept(
    _ submission: Submission, _ now: Instant, _ effects: inout [EngineEffect]
  ) -> CallID {
    let id: CallID = identifiers.next(at: now, random: random.next())
    definitions[submission.request.digest] = submission.definition
    var call = Call(id: id, endpoint: submission.endpoint, request: submission.request)
    let first = call.step(.accepted, at: now)
    calls[id] = call
    endpoints[submission.endpoint]?.newestCall = id
    place(call)
    if let before = call.request.batch?.after { followers[before] = id }
    callDeadlines.set(id, call.nextDeadline)
    if !Mutant.acceptedNotStored.isPlanted { effects.append(.insertCall(call)) }
    count(1, of: call, now, &effects)
    perform(first, of: call, now, &effects)
    return id
  }

  static func answer(
    toRepeated existing: (id: CallID, sameRequest: Bool)
  ) -> Result<CallID, EngineError> {
    existing.sameRequest
      ? .success(existing.id)
      : .failure(
        EngineError(
          code: "idempotencyKeyReused",
          message: "this idempotency key belongs to call \(existing.id), which asked for something"
            + " else; use a new key"))
  }

  /// - Parameters:
  ///   - others: calls that are accepted along with this one; `sameEndpoint` of them for its endpoint.
  func refusal(
    of submission: Submission, beside others: Int = 0, sameEndpoint: Int = 0
  ) -> EngineError? {
    guard let endpoint = endpoints[submission.endpoint] else {
      return EngineError(
        code: "noSuchEndpoint",
        message: "no endpoint \(submission.endpoint); see"
          + " \"signalbox endpoints\"")
    }
    if calls.count + others >= settings.maxOpenCalls {
      return EngineError(
        code: "limit.openCalls",
        message: "the limit maxOpenCalls (\(settings.maxOpenCalls)) is met; wait for calls to end")
    }
    let lined = endpoint.waiting.count + endpoint.held.count + sameEndpoint
    if lined >= settings.maxWaitingPerEndpoint {
      return EngineError(
        code: "limit.waitingPerEndpoint",
        message: "\(endpoint.name) has \(lined) calls waiting, the limit"
          + " maxWaitingPerEndpoint; wait, or cancel some")
    }
    return sessionRefusal(of: submission)
  }

  mutating func cancel(
    _ id: CallID, _ by: String, _ ticket: Ticket, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard calls[id] != nil else {
      effects.append(
        .answer(
          ticket,
          .failure(
            EngineError(code: "noOpenCall", message: "call \(id) is not open; it has its outcome"))
        ))
      return
    }
    stepCall(id, .cancel(by: by), now, &effects)
    effects.append(.answer(ticket, .success(id)))
  }

  mutating func remove(
    _ id: EndpointID, _ ticket: Ticket, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let endpoint = endpoints[id] else {
      effects.append(
        .answer(
          ticket,
          .failure(EngineError(code: "noSuchEndpoint", message: "no endpoint \(id)"))))
      return
    }
    if let link = endpoint.link { closeLink(link, "endpoint removed", now, &effects) }
    for call in endpoint.handed.sorted() + endpoint.waiting.all + endpoint.held.all {
      stepCall(call, .endpointRemoved, now, &effects)
    }
    endSessions(with: id, "the endpoint was removed", now, &effects)
    endpoints[id] = nil
    bridges[id] = nil
    names[endpoint.name] = nil
    effects.append(.deleteEndpoint(id))
    effects.append(.answer(ticket, .success(CallID(id.text))))
  }

  // MARK: Stepping a call

  /// Steps an open call and does what follows. A call that is not open is left alone.
  mutating func stepCall(
    _ id: CallID, _ event: CallEvent, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard var call = calls[id] else { return }
    let following = call.step(event, at: now)
    calls[id] = call
    place(call)
    callDeadlines.set(id, call.nextDeadline)
    if !following.isEmpty, Self.changes(following) { effects.append(.updateCall(call)) }
    perform(following, of: call, now, &effects)
    if !call.isOpen { close(call, now, &effects) }
  }

  /// Output alone does not rewrite the call's row: its byte counts follow from the chunks.
  private static func changes(_ effects: [CallEffect]) -> Bool {
    if effects.count == 1, case .store = effects[0] { return false }
    return true
  }

  mutating func place(_ call: Call) {
    endpoints[call.endpoint]?.place(call) { [definitions] in
      Self.offerBytes(call, definitions)
    }
  }

  private static func offerBytes(_ call: Call, _ definitions: [String: String]) -> Int {
    call.request.argumentBytes + (definitions[call.request.digest]?.utf8.count ?? 0)
  }

  private mutating func close(
    _ call: Call, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    calls[call.id] = nil
    count(-1, of: call, now, &effects)
    if let outcome = call.outcome, followers[call.id] != nil {
      endedSteps.append((call.id, call.request.batch?.position ?? 0, outcome))
    }
    if let before = call.request.batch?.after { followers[before] = nil }
    offerWaiting(of: call.endpoint, now, &effects)
  }

  private mutating func perform(
    _ following: [CallEffect], of call: Call, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    let endpoint = endpoints[call.endpoint]
    let link = endpoint?.link
    let condition = endpoint.map { bridgeCondition(of: $0, at: now) }
    for effect in following {
      switch effect {
      case .transition(let transition):
        effects.append(
          .transition(call.id, condition.map { transition.under($0) } ?? transition))
      case .attempt(let attempt): effects.append(.attempt(call.id, attempt))
      case .execution(let report): effects.append(.execution(call.id, report))
      case .verdict(let verdict): effects.append(.verdict(call.id, verdict))
      case .store(let chunk): effects.append(.storeOutput(chunk))
      case .judge(let record):
        effects.append(.judge(call.id, digest: call.request.digest, record))
      case .sendOffer(let attempt):
        if let link { effects.append(.send(link, .offer(offer(of: call, attempt, now)))) }
      case .sendCancel(let by):
        if let link { effects.append(.send(link, .cancel(Cancel(call: call.id, by: by)))) }
      case .sendProbe:
        if let link {
          let request = requestID(on: link)
          calls[call.id]?.probe = request
          effects.append(.send(link, .probe(id: request, call.id)))
        }
      case .queued: offerWaiting(of: call.endpoint, now, &effects)
      case .linkIsSilent:
        if let link { closeLink(link, "no answer to an offer or its probe", now, &effects) }
      case .outputGap:
        if let link { closeLink(link, "output of \(call.id) has a gap", now, &effects) }
      }
    }
  }

  private func offer(of call: Call, _ attempt: Int, _ now: Instant) -> Offer {
    Offer(
      call: call.id, attempt: attempt, digest: call.request.digest,
      definition: definitions[call.request.digest] ?? "", arguments: call.request.arguments,
      expiresIn: max(.zero, call.request.expiresAt - now),
      runtime: call.request.shape.isForServiceOnly ? nil : call.attempts.last?.runtime)
  }

  private mutating func requestID(on link: LinkID) -> Int {
    guard var state = links[link] else { return 0 }
    let id = state.nextRequest
    state.nextRequest += 1
    links[link] = state
    return id
  }

  // MARK: Offering

  /// Hands waiting calls to the endpoint's runtime, oldest first, as far as it takes them.
  mutating func offerWaiting(
    of id: EndpointID, _ now: Instant, _ effects: inout [EngineEffect]
  ) {
    guard let endpoint = endpoints[id], let link = endpoint.link, isSendable(link, now) else {
      return
    }
    let room = min(endpoint.capacity, settings.maxHandedPerEndpoint) - endpoint.handed.count
    guard room > 0, endpoint.waiting.count > 0 else { return }
    let isDegraded =
      bridges[id]?.health?.hindersCalls ?? false
      || [.lagging, .flapping].contains(bridgeCondition(of: endpoint, at: now).state)
    var pace = endpoint.pace
    pace?.begin()
    var chosen: [(id: CallID, runtime: RuntimeName)] = []
    var bytes = endpoint.unansweredBytes
    endpoint.waiting.walk { id in
      if chosen.count == room || bytes >= settings.maxUnansweredOfferBytes { return false }
      guard let call = calls[id] else { return true }
      if let notBefore = call.notBefore, notBefore > now { return true }
      let shape = call.request.shape
      if let most = shape.concurrency, endpoint.handed.count + chosen.count >= most,
        !Mutant.concurrencyIgnored.isPlanted
      {
        return true
      }
      if shape.holdsWhenDegraded, isDegraded, !Mutant.degradationIgnored.isPlanted { return true }
      // Waits for somebody to log in.
      guard let runtime = call.nextRuntime(among: endpoint.runtime) else { return true }
      if pace?.mayGo(call.request.acceptedAt, at: now) == false { return true }
      chosen.append((id, runtime))
      bytes += Self.offerBytes(call, definitions)
      return true
    }
    if pace != nil {
      endpoints[id]?.pace = pace
      paceDeadlines.set(id, pace?.next(after: now))
    }
    for (id, runtime) in chosen { stepCall(id, .offer(link, in: runtime), now, &effects) }
  }

  /// Offers wait for the first answered heartbeat: it shows that the welcome arrived, and with it
  /// the epoch that they are offered under. A link that missed heartbeats is sent nothing new.
  private func isSendable(_ id: LinkID, _ now: Instant) -> Bool {
    guard let link = links[id], link.provenAt != nil else { return false }
    guard let sent = link.heartbeatSent else { return true }
    return now - sent.at < settings.heartbeat * 2
  }
}
