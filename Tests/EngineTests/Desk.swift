import Digest
import Engine
import JSON
import Model
import Support
import Testing
import Wire

/// An engine with a hand-turned clock, and everything it asked for.
struct Desk {
  var engine: Engine
  var now = Instant(microseconds: 1_700_000_000_000_000)
  var effects: [EngineEffect] = []
  private var tickets: UInt64 = 0
  private var linkNumber: UInt64 = 0

  static let token = "join-me"

  init(_ settings: EngineSettings = EngineSettings()) {
    engine = Engine(
      settings: settings, joinTokenHash: SHA256.digest(of: Array(Desk.token.utf8)),
      random: Dice(state: 7))
  }

  mutating func step(_ event: EngineEvent) {
    effects.removeAll()
    engine.step(event, at: now, into: &effects)
  }

  mutating func pass(_ time: Duration) {
    now = now + time
    step(.tick)
  }

  // MARK: Events

  mutating func openLink() -> LinkID {
    linkNumber += 1
    step(.linkOpened(LinkID(linkNumber)))
    return LinkID(linkNumber)
  }

  /// - Parameter users: who is logged in there.
  mutating func join(
    _ name: String = "web-01", capacity: Int = 8, users: [String] = []
  ) -> Joined {
    let link = openLink()
    var hello = Desk.hello(name: name, proof: .joinToken(Desk.token), capacity: capacity)
    hello.runtime.sessions = Desk.sessions(of: users)
    step(.message(link, .hello(id: 1, hello)))
    guard let welcome = welcomes.first, let credential = welcome.credential else {
      preconditionFailure("a first hello is welcomed with a credential")
    }
    answerHeartbeat(over: link)
    return Joined(
      link: link, endpoint: welcome.endpoint, credential: credential, epoch: welcome.epoch)
  }

  mutating func comeBack(
    _ joined: Joined, head: JournalHead = .empty, epoch: EpochID?? = nil,
    proven: JournalHead? = nil,
    calls: [HeldCall] = [], capacity: Int = 8, users: [String] = []
  ) -> LinkID {
    let link = openLink()
    var hello = Desk.hello(
      name: "web-01", proof: .credential(joined.endpoint, secret: joined.credential),
      capacity: capacity)
    hello.epoch = epoch ?? joined.epoch
    hello.head = head
    hello.provenRow = proven
    hello.calls = calls
    hello.runtime.sessions = Desk.sessions(of: users)
    step(.message(link, .hello(id: 1, hello)))
    answerHeartbeat(over: link)
    return link
  }

  /// Answers the heartbeat that came with the last step, if there was one; what both asked for
  /// stays together.
  mutating func answerHeartbeat(over link: LinkID) {
    for case .heartbeat(let request, _) in sent {
      let before = effects
      step(.message(link, .reply(id: request, .alive(.empty))))
      effects = before + effects
    }
  }

  static func hello(name: String, proof: Proof, capacity: Int) -> Hello {
    Hello(
      name: name, proof: proof,
      runtime: RuntimeInfo(
        kind: "service", platform: "linux", architecture: "x86_64", version: "1", bootID: "b",
        executors: ["shell"]),
      epoch: nil, head: .empty, capacity: capacity, calls: [])
  }

  static func sessions(of users: [String]) -> [Runtime] {
    users.map { Runtime(name: .session(of: $0), executors: ["shell"]) }
  }

  static func head(_ sequence: Int, _ letter: Character = "a") -> JournalHead {
    JournalHead(sequence: sequence, hash: String(repeating: letter, count: 64))
  }

  mutating func submit(
    to endpoint: EndpointID, arguments: JSON = [:], expiresAfter: Duration = .seconds(3_600),
    attempts: Int = 5, shape: (inout CallShape) -> Void = { _ in }
  ) -> CallID {
    tickets += 1
    var request = request(arguments, expiresAfter, attempts)
    shape(&request.shape)
    step(
      .submit(
        Submission(endpoint: endpoint, request: request, definition: "{}"), Ticket(tickets)))
    for case .answer(_, .success(let id)) in effects { return id }
    preconditionFailure("the submission was refused")
  }

  mutating func openSession(with endpoint: EndpointID, note: String? = nil) throws -> SessionID {
    tickets += 1
    step(
      .openSession(SessionRequest(endpoint: endpoint, by: "ann", note: note), Ticket(tickets)))
    return try #require(savedSession?.id)
  }

  /// - Returns: nil if it was refused.
  mutating func submit(to endpoint: EndpointID, in session: SessionID) -> CallID? {
    tickets += 1
    var request = request([:], .seconds(86_400))
    request.session = session
    step(
      .submit(
        Submission(endpoint: endpoint, request: request, definition: "{}"), Ticket(tickets)))
    for case .answer(_, .success(let id)) in effects { return id }
    return nil
  }

  mutating func accepted(to endpoint: EndpointID, in session: SessionID) throws -> CallID {
    let id = submit(to: endpoint, in: session)
    return try #require(id)
  }

  /// The session as the last step left it.
  var savedSession: Session? {
    effects.compactMap { if case .saveSession(let session) = $0 { session } else { nil } }.last
  }

  private func request(
    _ arguments: JSON = [:], _ expiresAfter: Duration = .seconds(3_600), _ attempts: Int = 5
  ) -> CallRequest {
    CallRequest(
      tool: "disk.usage", toolVersion: "1.0.0", digest: "sha256:00",
      arguments: arguments, shownArguments: arguments, idempotencyKey: nil, by: "ann",
      acceptedAt: now,
      expiresAt: now + expiresAfter,
      ackWithin: .seconds(10), maxAttempts: attempts, idempotent: false)
  }

  /// - Returns: the ids of the calls that were accepted, by position.
  mutating func submitBatch(to endpoints: [EndpointID], ordered: Bool) throws -> [CallID] {
    tickets += 1
    step(
      .submitBatch(
        BatchSubmission(
          name: "b", by: "ann", isOrdered: ordered,
          submissions: endpoints.map {
            Submission(endpoint: $0, request: request(), definition: "{}")
          }, refused: [], idempotencyKey: "k\(tickets)", requestDigest: "d"), Ticket(tickets)))
    return effects.compactMap { effect in
      if case .insertCall(let call) = effect { call.id } else { nil }
    }
  }

  var batch: CallBatch? {
    for case .insertBatch(let batch) in effects { return batch }
    return nil
  }

  /// Ends a call in the way that has the outcome.
  mutating func end(_ id: CallID, over link: LinkID, _ outcome: Outcome) {
    let report: Report =
      switch outcome {
      case .cancelled: .cancelled
      case .rejected: .rejected(code: "x", reason: "no", remedy: "yes")
      case .interrupted: .interrupted(reason: "power", startedAt: nil)
      case .unknown: .lost(reason: "gone")
      case .expired: .expired
      case .succeeded, .succeededEmpty, .failed, .malformed, .timedOut, .denied, .undeliverable:
        .ended(Records.ended())
      }
    finish(id, over: link, report, row: 2 + Int(tickets))
    guard case .ended = report else { return }
    step(.judged(id, Verdict(outcome: outcome, validity: .valid, meaning: "\(outcome)")))
  }

  /// The call as the last step ended it.
  func closed(_ id: CallID) -> Call? {
    for case .updateCall(let call) in effects.reversed() where call.id == id && !call.isOpen {
      return call
    }
    return nil
  }

  mutating func acknowledge(
    _ call: CallID, over link: LinkID, _ state: CallState = .received, row: Int = 1
  ) {
    step(
      .message(
        link,
        .acknowledge(Acknowledge(call: call, attempt: 1, state: state, head: Desk.head(row)))))
  }

  mutating func refuse(
    _ offer: Offer, over link: LinkID, _ cause: RefusalCause = .noRuntime
  ) {
    step(
      .message(
        link,
        .refused(
          RefusedOffer(
            call: offer.call, attempt: offer.attempt, cause: cause, reason: "not here",
            remedy: "try there"))))
  }

  mutating func finish(_ call: CallID, over link: LinkID, _ report: Report, row: Int = 2) {
    step(.message(link, .finished(Finished(call: call, report: report, head: Desk.head(row)))))
  }

  // MARK: What followed

  var sent: [Message] {
    effects.compactMap { effect in
      if case .send(_, let message) = effect { message } else { nil }
    }
  }

  var offers: [Offer] {
    sent.compactMap { if case .offer(let offer) = $0 { offer } else { nil } }
  }

  var welcomes: [Welcome] {
    sent.compactMap { if case .reply(_, .welcome(let welcome)) = $0 { welcome } else { nil } }
  }

  var refusals: [Refusal] {
    sent.compactMap { if case .refusal(_, let refusal) = $0 { refusal } else { nil } }
  }

  /// What the last step wrote into transcripts.
  var transitions: [Transition] {
    effects.compactMap { effect in
      if case .transition(_, let transition) = effect { transition } else { nil }
    }
  }

  /// The outcomes that were written by the last step.
  var outcomes: [Outcome] {
    effects.compactMap { effect in
      if case .updateCall(let call) = effect { call.outcome } else { nil }
    }
  }

  var closed: [String] {
    effects.compactMap { effect in
      if case .close(_, let reason) = effect { reason } else { nil }
    }
  }

  func call(_ id: CallID) -> Call? { engine.calls[id] }
}

struct Joined {
  var link: LinkID
  let endpoint: EndpointID
  let credential: String
  let epoch: EpochID
}

/// A small generator (SplitMix64), so that a test is the same each time.
struct Dice: RandomNumberGenerator, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
