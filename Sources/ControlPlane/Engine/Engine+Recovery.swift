package import Model
import Mutants

extension Engine {
  /// Takes up what the store holds: every endpoint, every call without an outcome, every open session,
  /// and the newest ids ever issued. Called once, before the first event.
  package mutating func resume(
    endpoints known: [Endpoint], calls open: [Call], definitions texts: [String: String],
    newestCall: CallID?, newestSession: SessionID? = nil, sessions openSessions: [Session] = [],
    at now: Instant
  ) {
    for endpoint in known {
      endpoints[endpoint.id] = endpoint
      names[endpoint.name] = endpoint.id
    }
    definitions = texts
    resumedAt = now
    for session in openSessions { sessions.add(session) }
    // A clock that was set back must not have an id issued twice.
    if let newestCall { identifiers.continueAfter(newestCall, at: now) }
    if let newestSession { identifiers.continueAfter(newestSession, at: now) }
    for saved in open.sorted(by: { $0.id < $1.id }) {
      var call = saved
      call.resume(horizon: now + settings.recoveryHorizon)
      calls[call.id] = call
      place(call)
      if let before = call.request.batch?.after, call.delivery == .held,
        !Mutant.heldStepsForgotten.isPlanted
      {
        followers[before] = call.id
      }
      callDeadlines.set(call.id, call.nextDeadline)
      if let session = call.request.session { _ = sessions.count(1, of: session, at: nil) }
    }
    for id in endpoints.keys where endpoints[id]?.newestCall == nil {
      endpoints[id]?.newestCall = newestCall
    }
  }
}

extension Call {
  /// A control plane that starts has no links: whoever has a handed call will say so in its hello.
  mutating func resume(horizon: Instant) {
    ackDeadline = nil
    probed = false
    probe = nil
    self.horizon = isHanded ? max(horizon, request.expiresAt) : nil
  }

  /// Adds what the store keeps in tables of their own.
  package mutating func complete(shape: CallShape, batch: BatchPlace?, session: SessionID?) {
    request.shape = shape
    request.batch = batch
    request.session = session
  }

  /// Adds what the store keeps in tables of their own.
  package mutating func complete(attempts: [Attempt], stdoutBytes: Int, stderrBytes: Int) {
    self.attempts = attempts
    self.stdoutBytes = stdoutBytes
    self.stderrBytes = stderrBytes
  }

  /// A call as the store has it.
  package init(
    id: CallID, endpoint: EndpointID, request: CallRequest, delivery: Delivery,
    execution: Execution, output: Output, validity: Validity, outcome: Outcome?, reason: String,
    remedy: String?, attempts: [Attempt], cancelledBy: String?, stdoutBytes: Int,
    stderrBytes: Int, startedAt: Instant?, endedAt: Instant?, transitions: Int
  ) {
    self.init(id: id, endpoint: endpoint, request: request)
    self.delivery = delivery
    self.execution = execution
    self.output = output
    self.validity = validity
    self.outcome = outcome
    self.reason = reason
    self.remedy = remedy
    self.attempts = attempts
    self.cancelledBy = cancelledBy
    self.stdoutBytes = stdoutBytes
    self.stderrBytes = stderrBytes
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.transitions = transitions
  }
}
