package import Engine
package import Model
import Platform
package import Store
package import Wire

/// Drives the engine: one thread takes all waiting events, steps the engine, writes what must last,
/// commits once for all of them, and only then lets anything be seen.
///
/// Whatever arrives during a commit shares the next one (group commit). If the disk fails, the
/// process stops: what is on disk is then not known, and every answer could be a lie.
package final class ControlPlane: Sendable {
  package enum Input: Sendable {
    case event(EngineEvent)
    case submit(
      @Sendable (Engine, Instant) -> Submission?, @Sendable (Result<CallID, EngineError>) -> Void)
    case submitBatch(
      @Sendable (Engine, Instant) -> BatchSubmission?,
      @Sendable (Result<CallID, EngineError>) -> Void)
    /// Anything else that is answered.
    case ask(
      @Sendable (Engine, Instant, Ticket) -> EngineEvent?,
      @Sendable (Result<CallID, EngineError>) -> Void)
    /// Looks at the engine between two batches.
    case inspect(@Sendable (Engine, Instant) -> Void)
    /// Changes a notification; tells whether it could be once that is on disk.
    case notification(NotificationChange, @Sendable (Bool) -> Void)
    case stop
  }

  private let mailbox = Mailbox<Input>()
  private let thread: WorkerThread

  /// - Parameters:
  ///   - storePath: the database file; created when it is not there.
  ///   - judge: judges a finished execution by its tool's rules.
  ///   - visible: performs what a committed batch sends and closes, in order; called on the engine's
  ///     thread and must not block.
  ///   - changed: the calls that a committed batch changed, and what of those that ended in it is to be
  ///     shown, where that is at hand; called on the engine's thread.
  ///   - notices: what is to be told of calls that end, and who waits for it.
  ///   - fatal: told why before the process must stop.
  package init(
    storePath: String, settings: EngineSettings, joinTokenHash: [UInt8],
    judge: @escaping Judge,
    visible: @escaping @Sendable ([VisibleEffect]) -> Void,
    changed: @escaping @Sendable ([CallID: Outcome?], (CallID) -> StoredCall?) -> Void,
    notices rules: NoticeRules? = nil,
    fatal: @escaping @Sendable (String) -> Never
  ) throws {
    let store = try Store(path: storePath)
    var engine = Engine(
      settings: settings, joinTokenHash: joinTokenHash, random: SystemRandomNumberGenerator())
    let resumption = try store.resume()
    engine.resume(
      endpoints: resumption.endpoints, calls: resumption.calls,
      definitions: resumption.definitions, newestCall: resumption.newestCall,
      newestSession: resumption.newestSession, sessions: resumption.sessions,
      at: Instant(microseconds: Clock.now()))
    let parts = Transfer((engine: engine, store: store))
    let mailbox = mailbox
    thread = try WorkerThread(name: "engine") {
      let store = parts.value.store
      var batch = Batch(
        engine: parts.value.engine, store: store, judge: judge, visible: visible,
        changed: changed, notices: rules.map { Notices($0, store) })
      batch.run(mailbox, fatal: fatal)
    }
  }

  /// Posts what happened on the bridge.
  package func post(_ event: EngineEvent) { mailbox.post(.event(event)) }

  /// Submits a call. `answer` is called on the engine's thread once the call is on disk.
  package func submit(
    _ submission: Submission,
    answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    submit({ _, _ in submission }, answer: answer)
  }

  /// Submits what `make` makes of the engine as it is then; for `nil` nothing is done or answered.
  package func submit(
    _ make: @escaping @Sendable (Engine, Instant) -> Submission?,
    answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    mailbox.post(.submit(make, answer))
  }

  /// Submits many calls as one. `answer` is given the batch's id, as the id of a call.
  package func submitBatch(
    _ make: @escaping @Sendable (Engine, Instant) -> BatchSubmission?,
    answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    mailbox.post(.submitBatch(make, answer))
  }

  package func cancel(
    _ call: CallID, by: String,
    answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    mailbox.post(.ask({ .cancel(call, by: by, $2) }, answer))
  }

  /// Opens the session that `make` makes of the engine as it is then; for `nil` nothing is done or
  /// answered. `answer` is given the session's id, as the id of a call.
  package func openSession(
    _ make: @escaping @Sendable (Engine, Instant) -> SessionRequest?,
    answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    mailbox.post(
      .ask({ engine, now, ticket in make(engine, now).map { .openSession($0, ticket) } }, answer))
  }

  package func closeSession(
    _ id: SessionID, by: String,
    answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    mailbox.post(.ask({ .closeSession(id, by: by, $2) }, answer))
  }

  package func removeEndpoint(
    _ id: EndpointID, answer: @escaping @Sendable (Result<CallID, EngineError>) -> Void
  ) {
    mailbox.post(.ask({ .removeEndpoint(id, $2) }, answer))
  }

  /// Calls `look` on the engine's thread, between two batches.
  package func inspect(_ look: @escaping @Sendable (Engine, Instant) -> Void) {
    mailbox.post(.inspect(look))
  }

  package func change(
    _ change: NotificationChange, done: @escaping @Sendable (Bool) -> Void
  ) {
    mailbox.post(.notification(change, done))
  }

  /// Ends the thread after what was posted before.
  package func stop() {
    mailbox.post(.stop)
    thread.join()
  }
}

/// What a committed batch lets the world see.
package enum VisibleEffect: Sendable {
  case send(LinkID, Message)
  case close(LinkID, reason: String)
}

/// Moves values that are not `Sendable` to the one thread that uses them from then on.
struct Transfer<Value>: @unchecked Sendable {
  // Safe because the creator gives the value up: only the receiving thread touches it.
  let value: Value

  init(_ value: Value) { self.value = value }
}
