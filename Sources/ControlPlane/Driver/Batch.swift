package import Engine
import JSON
package import Model
import Mutants
import Platform
package import Store
import Wire

/// The loop of the engine's thread: one turn takes in what has come, steps the engine, writes what must
/// last, commits once for all of it, and only then lets anything be seen.
package struct Batch {
  package private(set) var engine: Engine
  let store: any Storing
  let judge: Judge
  let visible: ([VisibleEffect]) -> Void
  let changed: ([CallID: Outcome?], (CallID) -> StoredCall?) -> Void
  private var notices: Notices?
  private var endings = Endings()
  private var judging = Judging()
  private var effects: [EngineEffect] = []
  private var answers: [Ticket: @Sendable (Result<CallID, EngineError>) -> Void] = [:]
  private var nextTicket: UInt64 = 1
  private var keptDefinitions: Set<String> = []
  private var isStopping = false
  /// When what nobody waits for is committed at the latest.
  private var commitDue: Instant?

  /// An acknowledgement is often followed at once by something that must be committed anyway.
  static let commitDelay: Duration = .milliseconds(2)

  package init(
    engine: Engine, store: any Storing, judge: @escaping Judge,
    visible: @escaping ([VisibleEffect]) -> Void,
    changed: @escaping ([CallID: Outcome?], (CallID) -> StoredCall?) -> Void,
    notices: Notices? = nil
  ) {
    self.engine = engine
    self.store = store
    self.judge = judge
    self.visible = visible
    self.changed = changed
    self.notices = notices
  }

  mutating func run(
    _ mailbox: Mailbox<ControlPlane.Input>, fatal: (String) -> Never
  ) {
    var inputs: [ControlPlane.Input] = []
    while !isStopping {
      inputs.removeAll(keepingCapacity: true)
      guard mailbox.drain(into: &inputs, waitUpTo: untilDeadline()) || !inputs.isEmpty || hasDue
      else { continue }
      do {
        try turn(inputs, at: now)
      } catch {
        fatal("the store failed: \(error)")
      }
    }
    judging.stop()
    try? store.close()
  }

  private var now: Instant { Instant(microseconds: Clock.now()) }

  /// When a turn is due, whether or not anything comes.
  package var nextDeadline: Instant? {
    [engine.nextDeadline, commitDue].compactMap { $0 }.min()
  }

  private var hasDue: Bool { nextDeadline.map { $0 <= now } ?? false }

  private func untilDeadline() -> Duration? {
    nextDeadline.map { max(.zero, $0 - now) }
  }

  /// - Throws: when the disk failed: then nothing more may be let out.
  package mutating func turn(_ inputs: [ControlPlane.Input], at now: Instant) throws {
    var looks: [@Sendable (Engine, Instant) -> Void] = []
    for input in inputs { try take(input, now, &looks) }
    engine.step(.tick, at: now, into: &effects)
    try persist(now)
    if looks.isEmpty, !isStopping, canWait(at: now) { return }
    if Mutant.confirmBeforeCommit.isPlanted { show() }
    try store.commit()
    show()
    for look in looks { look(engine, now) }
  }

  /// Whether the commit may be left to the next batch, because nobody is waiting for it.
  private mutating func canWait(at now: Instant) -> Bool {
    if let commitDue, commitDue <= now { return false }
    let isAwaited = effects.contains { effect in
      switch effect {
      case .send, .close, .answer: true
      case .insertBatch, .insertCall, .updateCall, .transition, .attempt, .execution, .verdict,
        .saveEndpoint, .deleteEndpoint, .saveSession, .storeOutput, .judge, .lateOutput,
        .lateReport:
        false
      }
    }
    if isAwaited { return false }
    if commitDue == nil, !effects.isEmpty { commitDue = now + Self.commitDelay }
    return true
  }

  private mutating func take(
    _ input: ControlPlane.Input, _ now: Instant,
    _ looks: inout [@Sendable (Engine, Instant) -> Void]
  ) throws {
    switch input {
    case .event(let event): engine.step(event, at: now, into: &effects)
    case .submit(let make, let answer):
      if let submission = make(engine, now) { try submit(submission, answer, now) }
    case .submitBatch(let make, let answer):
      if let batch = make(engine, now) { try submit(batch, answer, now) }
    case .ask(let make, let answer):
      let ticket = ticket(for: answer)
      if let event = make(engine, now, ticket) {
        engine.step(event, at: now, into: &effects)
      } else {
        answers[ticket] = nil
      }
    case .inspect(let look): looks.append(look)
    case .notification(let change, let done):
      let isDone = try notices?.apply(change) ?? false
      looks.append { _, _ in done(isDone) }
    case .stop: isStopping = true
    }
  }

  private mutating func ticket(
    for answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) -> Ticket {
    let ticket = Ticket(nextTicket)
    nextTicket += 1
    answers[ticket] = answer
    return ticket
  }

  private mutating func submit(
    _ submission: Submission, _ answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void,
    _ now: Instant
  ) throws {
    var submission = submission
    let request = submission.request
    if let known = try call(withKey: request.idempotencyKey, now) {
      submission.existing = (id: known.id, sameRequest: known.isAnswer(to: submission))
    }
    try keepDefinition(of: submission)
    engine.step(.submit(submission, ticket(for: answer)), at: now, into: &effects)
  }

  private mutating func submit(
    _ batch: BatchSubmission,
    _ answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void, _ now: Instant
  ) throws {
    var batch = batch
    if let known = try call(withKey: batch.idempotencyKey, now) {
      batch.existing = (
        id: known.batch.map { CallID($0.id.text) } ?? known.id,
        sameRequest: known.batch?.requestDigest == batch.requestDigest
      )
    }
    for submission in batch.submissions { try keepDefinition(of: submission) }
    engine.step(.submitBatch(batch, ticket(for: answer)), at: now, into: &effects)
  }

  private mutating func keepDefinition(of submission: Submission) throws {
    guard keptDefinitions.insert(submission.request.digest).inserted else { return }
    try store.write(definition: submission.definition, digest: submission.request.digest)
  }

  /// The call that used the same idempotency key before.
  private mutating func call(withKey key: String?, _ now: Instant) throws -> KeyedCall? {
    guard let key, !Mutant.keyIgnored.isPlanted else { return nil }
    // A call of this very batch of events is in the engine, not in the store yet.
    try persist(now)
    try store.flush()
    return try store.call(withKey: key)
  }

  // MARK: Persist, then act

  private var persisted = 0

  /// Writes the durable effects so far, and has finished executions judged within the batch.
  private mutating func persist(_ now: Instant) throws {
    while persisted < effects.count {
      let effect = effects[persisted]
      persisted += 1
      switch effect {
      case .storeOutput(let chunk): try judging.add(chunk)
      case .judge(let id, let digest, let record):
        let verdict = try judging.verdict(
          of: id, digest: digest, record: record, store: store, judge: judge)
        engine.step(.judged(id, verdict), at: now, into: &effects)
      case .updateCall(let call) where !call.isOpen: judging.forget(call.id)
      case .insertBatch, .insertCall, .updateCall, .transition, .attempt, .execution, .verdict,
        .saveEndpoint, .deleteEndpoint, .saveSession, .send, .close, .answer, .lateOutput,
        .lateReport:
        break
      }
      endings.note(effect)
      try store.write(effect)
    }
    try notices?.write(endings, engine, now)
  }

  private var closedLinks: Set<LinkID> {
    var links: Set<LinkID> = []
    for case .close(let link, _) in effects { links.insert(link) }
    return links
  }

  /// Sends, closes, answers, and tells the news to whoever watches.
  private mutating func show() {
    var shown: [VisibleEffect] = []
    var news: [CallID: Outcome?] = [:]
    var confirms = Confirms()
    var told: [() -> Void] = []
    let closed = closedLinks
    let ended = Set(endings.calls.map(\.id))
    for effect in effects {
      switch effect {
      // The link's end has already been reckoned with: the call may wait again, or be over.
      case .send(let link, .offer(let offer))
      where closed.contains(link) || ended.contains(offer.call):
        break
      case .send(let link, .confirm(let confirm)): confirms.add(confirm, to: link)
      case .send(let link, let message): shown.append(.send(link, message))
      case .close(let link, let reason): shown.append(.close(link, reason: reason))
      case .answer(let ticket, let result):
        if let answer = answers.removeValue(forKey: ticket) { told.append { answer(result) } }
      case .insertCall(let call), .updateCall(let call):
        news.updateValue(call.outcome, forKey: call.id)
      case .storeOutput(let chunk):
        if news[chunk.call] == nil { news.updateValue(nil, forKey: chunk.call) }
      case .insertBatch, .transition, .attempt, .execution, .verdict, .saveEndpoint,
        .deleteEndpoint, .saveSession, .judge, .lateOutput, .lateReport:
        break
      }
    }
    persisted = 0
    effects.removeAll(keepingCapacity: true)
    commitDue = nil
    shown += confirms.effects
    notices?.committed()
    // An offer first: its call runs the sooner, and whoever asked for it waits for its end. Without one
    // the links are last: nobody waits for a confirmation.
    let offers = shown.contains { if case .send(_, .offer) = $0 { true } else { false } }
    if offers { visible(shown) }
    // The answers before the news, so that whoever follows a call from its beginning hears of its end in
    // this very batch.
    for tell in told { tell() }
    if !news.isEmpty { changed(news) { endings.stored($0, in: engine) } }
    endings.removeAll()
    if !offers, !shown.isEmpty { visible(shown) }
  }
}

extension KeyedCall {
  fileprivate func isAnswer(to submission: Submission) -> Bool {
    let request = submission.request
    guard batch == nil, endpoint == submission.endpoint, digest == request.digest,
      shownArguments == request.shownArguments.compact
    else { return false }
    // One call is done again by one call, wherever it is asked to run.
    if request.retryOf != nil { return true }
    return runtime == request.shape.runtime?.text && session == request.session
  }
}
