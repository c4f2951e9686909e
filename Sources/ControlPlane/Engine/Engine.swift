package import Model
package import Wire

/// All rules of the control plane: endpoints, links and open calls. Pure; `step` takes an event and
/// appends what follows. The driver persists the durable effects of a batch, and only then performs
/// the visible ones.
package struct Engine: Sendable {
  package let settings: EngineSettings
  package internal(set) var endpoints: [EndpointID: Endpoint] = [:]
  /// Calls without an outcome; the others are in the store only.
  package internal(set) var calls: [CallID: Call] = [:]
  var names: [String: EndpointID] = [:]
  var links: [LinkID: Link] = [:]
  /// Beside the endpoints, because those are copied for the store.
  var bridges: [EndpointID: BridgeRecord] = [:]
  /// Canonical definitions by digest, as the offers need them.
  var definitions: [String: String] = [:]
  var callDeadlines = Deadlines<CallID>()
  var linkDeadlines = Deadlines<LinkID>()
  /// When a line that is paced may go on.
  var paceDeadlines = Deadlines<EndpointID>()
  /// The step that waits for a call, by that call.
  var followers: [CallID: CallID] = [:]
  var sessions: Sessions
  var endedSteps: [(call: CallID, position: Int, outcome: Outcome)] = []
  /// Nobody was away before that, as far as this life of the control plane knows.
  var resumedAt: Instant?
  var identifiers = IdentifierSequence()
  let joinTokenHash: [UInt8]
  var random: any RandomNumberGenerator & Sendable

  package init(
    settings: EngineSettings = EngineSettings(), joinTokenHash: [UInt8],
    random: any RandomNumberGenerator & Sendable
  ) {
    self.settings = settings
    sessions = Sessions(idle: settings.sessionIdle)
    self.joinTokenHash = joinTokenHash
    self.random = random
  }

  /// When `tick` is due next.
  package var nextDeadline: Instant? {
    [
      callDeadlines.earliest, linkDeadlines.earliest, paceDeadlines.earliest, sessions.nextDeadline,
    ].compactMap { $0 }.min()
  }

  package mutating func step(
    _ event: EngineEvent, at now: Instant, into effects: inout [EngineEffect]
  ) {
    switch event {
    case .submit(let submission, let ticket): submit(submission, ticket, now, &effects)
    case .submitBatch(let batch, let ticket): submit(batch, ticket, now, &effects)
    case .cancel(let id, let by, let ticket): cancel(id, by, ticket, now, &effects)
    case .removeEndpoint(let id, let ticket): remove(id, ticket, now, &effects)
    case .openSession(let request, let ticket): openSession(request, ticket, now, &effects)
    case .closeSession(let id, let by, let ticket): closeSession(id, by, ticket, now, &effects)
    case .linkOpened(let id): linkOpened(id, now)
    case .message(let link, let message): received(message, over: link, now, &effects)
    case .linkClosed(let id, let reason): linkClosed(id, reason, now, &effects)
    case .judged(let id, let verdict): stepCall(id, .judged(verdict), now, &effects)
    case .tick: tick(now, &effects)
    }
    followEnded(now, &effects)
  }

  /// What the last round trip proved of an endpoint.
  package func reachability(of endpoint: Endpoint, at now: Instant) -> Reachability {
    guard let id = endpoint.link, let link = links[id] else {
      return endpoint.lastContact.map { .lastContact(ago: now - $0) } ?? .never
    }
    guard let roundTrip = link.roundTrip, let provenAt = link.provenAt else { return .connecting }
    let age = now - provenAt
    if age > settings.heartbeat * 2 + .seconds(1) { return .silent(since: age) }
    return .reachable(roundTrip: roundTrip, provenAgo: age)
  }

  package func endpoint(named name: String) -> Endpoint? {
    names[name].flatMap { endpoints[$0] }
  }

  /// As people name one: by its name, or by its id.
  package func endpoint(called word: String) -> Endpoint? {
    endpoint(named: word) ?? endpoints[EndpointID(word)]
  }
}

/// Ties an answer to the question of whoever waits for it.
package struct Ticket: Hashable, Sendable {
  package let number: UInt64

  package init(_ number: UInt64) { self.number = number }
}

package enum EngineEvent: Sendable {
  case submit(Submission, Ticket)
  /// Answered with the batch's id.
  case submitBatch(BatchSubmission, Ticket)
  case cancel(CallID, by: String, Ticket)
  case removeEndpoint(EndpointID, Ticket)
  /// Answered with the session's id, as closing it is.
  case openSession(SessionRequest, Ticket)
  case closeSession(SessionID, by: String, Ticket)
  case linkOpened(LinkID)
  case message(LinkID, Message)
  case linkClosed(LinkID, reason: String)
  case judged(CallID, Verdict)
  case tick
}

/// A validated request for a call.
package struct Submission: Sendable {
  package var endpoint: EndpointID
  package var request: CallRequest
  /// The canonical definition that `request.digest` is of.
  package var definition: String
  /// The call that used the same idempotency key before, as the store knows.
  package var existing: (id: CallID, sameRequest: Bool)?

  package init(
    endpoint: EndpointID, request: CallRequest, definition: String,
    existing: (id: CallID, sameRequest: Bool)? = nil
  ) {
    self.endpoint = endpoint
    self.request = request
    self.definition = definition
    self.existing = existing
  }
}

package enum EngineEffect: Sendable {
  // Durable: committed before any visible effect of the same batch.
  case insertBatch(CallBatch)
  case insertCall(Call)
  case updateCall(Call)
  case transition(CallID, Transition)
  case attempt(CallID, Attempt)
  case execution(CallID, Report)
  case verdict(CallID, Verdict)
  case storeOutput(OutputChunk)
  /// An endpoint has come back with output, or with the end, of a call that is over. It counts for a
  /// call of that endpoint whose outcome is `unknown`, and for no other.
  case lateOutput(EndpointID, OutputChunk)
  case lateReport(EndpointID, CallID, Report, at: Instant)
  /// `Endpoint.stored`.
  case saveEndpoint(Endpoint)
  case deleteEndpoint(EndpointID)
  case saveSession(Session)
  // To be answered within the batch, by `judged`.
  case judge(CallID, digest: String, ExecutionRecord)
  // Visible: after the commit.
  case send(LinkID, Message)
  case close(LinkID, reason: String)
  case answer(Ticket, Result<CallID, EngineError>)
}

/// A request that the engine refuses. `code` is stable.
package struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
  package let code: String
  package let message: String

  package init(code: String, message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
