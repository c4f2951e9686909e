package import Engine
import JSON
package import Model
import Platform
package import SQLite
import Wire

/// The durable side of the engine: one writer connection, used by one thread. Effects are written
/// within a batch; nothing of a batch may become visible before `commit` returns.
package final class Store {
  let database: Database
  private let statements: Statements
  /// The last snapshot of each call that the batch touched, in order of the first touch.
  private var touched: [(call: Call, isNew: Bool)] = []
  /// Where each is in `touched`.
  private var places: [CallID: Int] = [:]
  private var endpoints: [EndpointID: Endpoint] = [:]
  /// What the rows of endpoints hold that seldom changes.
  private var written: [EndpointID: Enrolment] = [:]
  private var inBatch = false
  var outbox = OutboxCounts()

  /// Opens the store, creating or migrating it.
  package init(path: String) throws {
    database = try Database(path: path, mode: .readWriteCreate)
    try database.configureDurable()
    // A secret argument is overwritten at the end of its call; this makes that true of the pages.
    try database.execute("PRAGMA secure_delete = ON")
    try Tables.migrator.migrate(database)
    statements = try Statements(database)
    // SQLite begins its log again from the start when it was moved, so commits overwrite.
    try Files.fill(path + "-wal", to: Self.logBytes + (4 << 20))
  }

  /// Bytes of log after which it is moved into the database.
  package static let logBytes = 32 << 20

  package func close() throws { try database.close() }

  // MARK: Writing a batch

  /// Writes a durable effect. Visible effects are none of the store's business and are ignored.
  package func write(_ effect: EngineEffect) throws(SQLiteError) {
    switch effect {
    case .insertBatch(let batch): try insert(batch)
    case .insertCall(let call): touch(call, isNew: true)
    case .updateCall(let call): touch(call, isNew: false)
    case .transition(let id, let transition): try insert(transition, of: id)
    case .attempt(let id, let attempt): try insert(attempt, of: id)
    case .execution(let id, let report): try insert(report, of: id)
    case .verdict(let id, let verdict): try insert(verdict, of: id)
    case .storeOutput(let chunk): try insert(chunk)
    case .lateOutput(let endpoint, let chunk): try add(late: chunk, from: endpoint)
    case .lateReport(let endpoint, let id, let report, let at):
      try resolve(id, of: endpoint, by: report, at: at)
    case .saveEndpoint(let endpoint): endpoints[endpoint.id] = endpoint
    case .deleteEndpoint(let id): try delete(id)
    case .saveSession(let session): try save(session)
    case .judge, .send, .close, .answer: break
    }
  }

  /// Keeps a definition for as long as calls may refer to it.
  package func write(definition text: String, digest: String) throws(SQLiteError) {
    try begin()
    let statement = statements.insertDefinition
    try statement.bind(1, digest)
    try statement.bind(2, text)
    try statement.run()
  }

  /// Makes the batch durable: on return it is on disk. After an error the store must not be used
  /// again, because what is on disk is not known.
  package func commit() throws(SQLiteError) {
    try flush()
    guard inBatch else { return }
    inBatch = false
    try database.commit()
    try database.checkpointIfNeeded(walBytesOver: Self.logBytes)
  }

  /// Writes the snapshots that wait for the end of the batch.
  package func flush() throws(SQLiteError) {
    for (call, isNew) in touched { try isNew ? insert(call) : update(call) }
    for id in endpoints.keys.sorted() {
      if let endpoint = endpoints[id] { try save(endpoint) }
    }
    places.removeAll(keepingCapacity: true)
    touched.removeAll(keepingCapacity: true)
    endpoints.removeAll(keepingCapacity: true)
  }

  func begin() throws(SQLiteError) {
    if inBatch { return }
    try database.begin()
    inBatch = true
  }

  private func touch(_ call: Call, isNew: Bool) {
    if let place = places[call.id] {
      touched[place].call = call
    } else {
      places[call.id] = touched.count
      touched.append((call, isNew))
    }
  }

  // MARK: Rows

  private func insert(_ call: Call) throws(SQLiteError) {
    try begin()
    let request = call.request
    let row = statements.insertCall
    try row.bind(1, call.id.text)
    try row.bind(2, call.endpoint.text)
    try row.bind(3, request.tool)
    try row.bind(4, request.toolVersion)
    try row.bind(5, request.digest)
    try row.bind(6, request.arguments.compact)
    try row.bind(
      7, request.shownArguments == request.arguments ? nil : request.shownArguments.compact)
    try row.bind(8, request.idempotencyKey)
    try row.bind(9, request.by)
    try row.bind(10, request.acceptedAt.microseconds)
    try row.bind(11, request.expiresAt.microseconds)
    try row.bind(12, request.ackWithin.wholeMicroseconds)
    try row.bind(13, request.maxAttempts)
    try row.bind(14, request.idempotent)
    try bindState(of: call, to: row, from: 15)
    try row.run()
    if let first = request.retryOf {
      let link = statements.insertRetry
      try link.bind(1, call.id.text)
      try link.bind(2, first.text)
      try link.run()
    }
    if let shape = request.shape.json {
      let row = statements.insertShape
      try row.bind(1, call.id.text)
      try row.bind(2, shape.compact)
      try row.run()
    }
    if let place = request.batch {
      let row = statements.insertBatchCall
      try row.bind(1, place.batch.text)
      try row.bind(2, place.position)
      try row.bind(3, call.id.text)
      try row.run()
    }
    if let session = request.session {
      let row = statements.insertSessionCall
      try row.bind(1, session.text)
      try row.bind(2, call.id.text)
      try row.run()
    }
  }

  private func insert(_ batch: CallBatch) throws(SQLiteError) {
    try begin()
    let row = statements.insertBatch
    try row.bind(1, batch.id.text)
    try row.bind(2, batch.name)
    try row.bind(3, batch.by)
    try row.bind(4, batch.acceptedAt.microseconds)
    try row.bind(5, batch.isOrdered)
    try row.bind(6, JSON.array(batch.refused).compact)
    try row.bind(7, batch.requestDigest)
    try row.run()
  }

  private func update(_ call: Call) throws(SQLiteError) {
    try begin()
    let row = statements.updateCall
    try bindState(of: call, to: row, from: 1)
    try row.bind(12, call.id.text)
    try row.run()
    if !call.isOpen, call.request.shownArguments != call.request.arguments {
      let scrub = statements.scrubArguments
      try scrub.bind(1, call.id.text)
      try scrub.run()
    }
  }

  private func bindState(
    of call: Call, to row: Statement, from first: Int
  ) throws(SQLiteError) {
    try row.bind(first, call.delivery.rawValue)
    try row.bind(first + 1, call.execution.rawValue)
    try row.bind(first + 2, call.output.rawValue)
    try row.bind(first + 3, call.validity.rawValue)
    try row.bind(first + 4, call.outcome?.rawValue)
    try row.bind(first + 5, call.reason)
    try row.bind(first + 6, call.remedy)
    try row.bind(first + 7, call.cancelledBy)
    try row.bind(first + 8, call.startedAt?.microseconds)
    try row.bind(first + 9, call.endedAt?.microseconds)
    try row.bind(first + 10, call.transitions)
  }

  private func insert(_ transition: Transition, of id: CallID) throws(SQLiteError) {
    try begin()
    let row = statements.insertTransition
    try row.bind(1, id.text)
    try row.bind(2, transition.sequence)
    try row.bind(3, transition.at.microseconds)
    try row.bind(4, transition.kind.rawValue)
    try row.bind(5, transition.delivery.rawValue)
    try row.bind(6, transition.execution.rawValue)
    try row.bind(7, transition.output.rawValue)
    try row.bind(8, transition.evidence.compact)
    try row.run()
  }

  private func insert(_ attempt: Attempt, of id: CallID) throws(SQLiteError) {
    try begin()
    let row = statements.insertAttempt
    try row.bind(1, id.text)
    try row.bind(2, attempt.number)
    try row.bind(3, Int64(attempt.link.number))
    try row.bind(4, attempt.offeredAt.microseconds)
    try row.bind(5, attempt.result.rawValue)
    try row.bind(6, attempt.answeredAt?.microseconds)
    try row.bind(7, attempt.runtime.text)
    try row.bind(8, attempt.refusal?.text)
    try row.run()
  }

  func insert(_ report: Report, of id: CallID) throws(SQLiteError) {
    try begin()
    let row = statements.insertExecution
    try row.bind(1, id.text)
    try row.bind(2, report.json.compact)
    try row.run()
  }

  private func insert(_ verdict: Verdict, of id: CallID) throws(SQLiteError) {
    try begin()
    let row = statements.insertResult
    try row.bind(1, id.text)
    try row.bind(2, verdict.meaning)
    try row.bind(3, verdict.result?.compact)
    try row.bind(4, JSON.array(verdict.violations).compact)
    try row.run()
  }

  func insert(_ chunk: OutputChunk) throws(SQLiteError) {
    try begin()
    let row = statements.insertOutput
    try row.bind(1, chunk.call.text)
    try row.bind(2, chunk.stream.rawValue)
    try row.bind(3, chunk.offset)
    try row.bind(4, chunk.at.microseconds)
    // Up to 256 KiB: worth not to be copied.
    try chunk.bytes.withUnsafeBytes { bytes in
      Result { () throws(SQLiteError) in
        try row.bind(5, borrowing: bytes)
        try row.run()
        row.clearBindings()
      }
    }.get()
  }

  private struct Enrolment: Equatable {
    let name: String
    let credentialHash: [UInt8]
    let epoch: EpochID
    let runtime: RuntimeInfo?

    init(_ endpoint: Endpoint) {
      name = endpoint.name
      credentialHash = endpoint.credentialHash
      epoch = endpoint.epoch
      runtime = endpoint.runtime
    }
  }

  private func save(_ endpoint: Endpoint) throws(SQLiteError) {
    try begin()
    let enrolment = Enrolment(endpoint)
    if written[endpoint.id] == enrolment {
      let row = statements.saveContact
      try row.bind(1, endpoint.seen.sequence)
      try row.bind(2, endpoint.seen.hash)
      try row.bind(3, endpoint.lastContact?.microseconds)
      try row.bind(4, endpoint.id.text)
      return try row.run()
    }
    written[endpoint.id] = enrolment
    let row = statements.saveEndpoint
    try row.bind(1, endpoint.id.text)
    try row.bind(2, endpoint.name)
    try row.bind(3, endpoint.joinedAt.microseconds)
    try row.bind(4, endpoint.credentialHash)
    try row.bind(5, endpoint.epoch.text)
    try row.bind(6, endpoint.seen.sequence)
    try row.bind(7, endpoint.seen.hash)
    try row.bind(8, endpoint.runtime?.json.compact)
    try row.bind(9, endpoint.lastContact?.microseconds)
    try row.run()
  }

  private func delete(_ id: EndpointID) throws(SQLiteError) {
    endpoints[id] = nil
    written[id] = nil
    try begin()
    try statements.deleteEndpoint.bind(1, id.text)
    try statements.deleteEndpoint.run()
  }

  // MARK: Reading within the batch

  /// The committed and the pending bytes of one stream, in order, handed over chunk by chunk.
  package func readOutput(
    of call: CallID, _ stream: OutputStream, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(SQLiteError) {
    let row = statements.selectOutput
    try row.bind(1, call.text)
    try row.bind(2, stream.rawValue)
    while try row.step() { body(row.bytes(0)) }
    row.reset()
  }

  /// The call that used an idempotency key, and what it asked for.
  package func call(withKey key: String) throws(SQLiteError) -> KeyedCall? {
    let row = statements.selectKey
    try row.bind(1, key)
    defer { row.reset() }
    guard try row.step() else { return nil }
    return KeyedCall(
      id: CallID(row.text(0)), endpoint: EndpointID(row.text(1)), digest: row.text(2),
      shownArguments: row.text(3), runtime: row.optionalText(6),
      session: row.optionalText(7).map { SessionID($0) },
      batch: row.optionalText(4).map {
        KeyedCall.Batch(id: BatchID($0), requestDigest: row.text(5))
      })
  }
}

/// A call found by its idempotency key.
package struct KeyedCall: Sendable, Hashable {
  package let id: CallID
  package let endpoint: EndpointID
  package let digest: String
  /// Compact JSON.
  package let shownArguments: String
  /// The runtime that was asked for.
  package let runtime: String?
  package let session: SessionID?
  /// The batch that it is the first call of.
  package let batch: Batch?

  package struct Batch: Sendable, Hashable {
    package let id: BatchID
    package let requestDigest: String

    package init(id: BatchID, requestDigest: String) {
      self.id = id
      self.requestDigest = requestDigest
    }
  }

  package init(
    id: CallID, endpoint: EndpointID, digest: String, shownArguments: String, runtime: String?,
    session: SessionID?, batch: Batch?
  ) {
    self.id = id
    self.endpoint = endpoint
    self.digest = digest
    self.shownArguments = shownArguments
    self.runtime = runtime
    self.session = session
    self.batch = batch
  }
}
