import Engine
import JSON
import Model
import Platform
import SQLite
import Store
import Support
import Testing
import Wire

@Suite("The store of the control plane")
struct StoreTests {
  /// Writes what a step asked for, and commits.
  private func write(_ desk: Desk, to store: Store) throws {
    for effect in desk.effects { try store.write(effect) }
    try store.commit()
  }

  @Test("what was committed is there after a new start: endpoints, open calls, attempts, offsets")
  func resumes() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      var desk = Desk()
      let first = try Store(path: path)
      let web = desk.join()
      try write(desk, to: first)
      let id = desk.submit(to: web.endpoint)
      try first.write(definition: "{}", digest: "sha256:00")
      try write(desk, to: first)
      desk.acknowledge(id, over: web.link, .started)
      try write(desk, to: first)
      desk.step(
        .message(
          web.link,
          .output(
            OutputChunk(call: id, stream: .stdout, offset: 0, at: desk.now, bytes: [1, 2, 3]))))
      try write(desk, to: first)
      // No close: as a process that was killed leaves it.
      let second = try Store(path: path)
      let found = try second.resume()
      #expect(found.endpoints.map(\.name) == ["web-01"])
      #expect(found.endpoints.first?.seen == Desk.head(1))
      #expect(found.definitions == ["sha256:00": "{}"])
      #expect(found.newestCall == id)
      let call = try #require(found.calls.first)
      #expect(call.id == id)
      #expect(call.delivery == .acknowledged)
      #expect(call.execution == .started)
      #expect(call.attempts.map(\.result) == [.acknowledged])
      #expect(call.stdoutBytes == 3)
      #expect(call.transitions == desk.call(id)?.transitions)
    }
  }

  @Test("batches, and what shaped a call, are there after a new start")
  func resumesBatches() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      var desk = Desk()
      let first = try Store(path: path)
      let web = desk.join()
      try write(desk, to: first)
      let ids = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
      let batch = try #require(desk.batch)
      try write(desk, to: first)
      let shaped = desk.submit(to: web.endpoint) {
        $0.priority = 5
        $0.policy = PolicyStamp(group: "hq", version: 2, digest: "sha256:00")
      }
      try write(desk, to: first)
      let found = try Store(path: path).resume().calls
      #expect(found.map(\.id) == ids + [shaped])
      #expect(found[1].delivery == .held)
      #expect(
        found[1].request.batch == BatchPlace(batch: batch.id, position: 2, after: ids[0]))
      #expect(found[0].request.batch?.after == nil)
      #expect(found[2].request.shape == desk.call(shaped)?.request.shape)
      let reader = try Reader(path: path)
      #expect(try reader.batch(batch.id)?.counts == ["open": 2])
      #expect(try reader.calls(of: batch.id, after: 1, limit: 9).map(\.call.id) == [ids[1]])
    }
  }

  private func events(_ reader: Reader, _ session: SessionID) throws -> [String] {
    try reader.transcript(of: session, after: nil).events.map { event in
      switch event.what {
      case .opened: "opened"
      case .closed: "closed"
      case .call(let call, let transition): "\(call.text.suffix(1)) \(transition.kind)"
      }
    }
  }

  @Test("open sessions and the calls of them are there after a new start, closed ones to be read")
  func resumesSessions() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      var desk = Desk()
      let first = try Store(path: path)
      let web = desk.join()
      try write(desk, to: first)
      let open = try desk.openSession(with: web.endpoint)
      try write(desk, to: first)
      let closed = try desk.openSession(with: web.endpoint)
      try write(desk, to: first)
      let call = try desk.accepted(to: web.endpoint, in: open)
      try write(desk, to: first)
      desk.step(.closeSession(closed, by: "bob", Ticket(9)))
      try write(desk, to: first)
      let found = try Store(path: path).resume()
      #expect(found.sessions == [try #require(desk.engine.openSessions[open])])
      #expect(found.calls.map(\.request.session) == [open])
      let reader = try Reader(path: path)
      #expect(try reader.sessions(SessionFilter()).map(\.id) == [closed, open])
      var filter = SessionFilter()
      filter.openOnly = true
      filter.endpoint = "web-01"
      #expect(try reader.sessions(filter).map(\.counts) == [["open": 1]])
      filter.endpoint = "db-01"
      #expect(try reader.sessions(filter).isEmpty)
      #expect(try reader.session(closed)?.closing?.by == "bob")
      #expect(try reader.call(call)?.session == open)
      var calls = CallFilter()
      calls.session = open
      #expect(try reader.calls(calls).calls.map(\.id) == [call])
      calls.session = closed
      #expect(try reader.calls(calls).calls.isEmpty)
    }
  }

  @Test("a session's transcript has its calls in the order of time, each in its own, page by page")
  func sessionTranscript() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let store = try Store(path: path)
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let session = try desk.openSession(with: web.endpoint)
      try write(desk, to: store)
      desk.step(.linkClosed(web.link, reason: "cut"))
      desk.now = desk.now + .seconds(1)
      let first = try desk.accepted(to: web.endpoint, in: session)
      try write(desk, to: store)
      let second = try desk.accepted(to: web.endpoint, in: session)
      try write(desk, to: store)
      // Nobody's business here.
      _ = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      // A clock that was set back between two lives of the control plane.
      desk.now = Instant(microseconds: desk.now.microseconds - 3_600_000_000)
      desk.step(.cancel(first, by: "ann", Ticket(9)))
      try write(desk, to: store)
      desk.now = desk.now + .seconds(7_200)
      desk.step(.closeSession(session, by: "ann", Ticket(9)))
      try write(desk, to: store)
      let reader = try Reader(path: path)
      let (a, b) = (first.text.suffix(1), second.text.suffix(1))
      let whole = [
        "opened", "\(a) accepted", "\(a) cancelRequested", "\(a) ended", "\(b) accepted", "closed",
      ]
      #expect(try events(reader, session) == whole)
      var paged: [SessionEvent] = []
      var cursor: SessionCursor?
      while true {
        let page = try reader.transcript(of: session, after: cursor, limit: 2).events
        paged += page
        cursor = page.last.flatMap { SessionCursor($0.cursor.text) }
        if page.count < 2 { break }
      }
      #expect(
        paged.map(\.cursor) == (try reader.transcript(of: session, after: nil).events).map(\.cursor)
      )
      #expect(SessionCursor("nonsense") == nil)
      #expect(try reader.transcript(of: session, after: nil).calls[first]?.outcome == .cancelled)
      #expect(try reader.transcript(of: SessionID("none"), after: nil).events.isEmpty)
    }
  }

  @Test("a call that ended is not taken up again, and its outcome cannot be written twice")
  func endedStaysEnded() throws {
    try withTemporaryDirectory { directory in
      let store = try Store(path: directory + "/store.db")
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let id = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.finish(id, over: web.link, .cancelled)
      try write(desk, to: store)
      #expect(try store.resume().calls.isEmpty)
      for case .updateCall(let call) in desk.effects {
        try store.write(.updateCall(call))
        try store.commit()
      }
      let database = try Database(path: directory + "/store.db", mode: .readOnly)
      #expect(try database.text("SELECT outcome FROM calls") == "cancelled")
    }
  }

  @Test("metadata and output are separate tables: printed nothing has a record and no chunk")
  func separateTables() throws {
    try withTemporaryDirectory { directory in
      let store = try Store(path: directory + "/store.db")
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let id = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.finish(id, over: web.link, .ended(Records.ended()))
      try write(desk, to: store)
      let database = try Database(path: directory + "/store.db", mode: .readOnly)
      #expect(try database.integer("SELECT count(*) FROM executions") == 1)
      #expect(try database.integer("SELECT count(*) FROM output_chunks") == 0)
    }
  }

  @Test("secret arguments are gone from the file when the call has its outcome")
  func secretsAreScrubbed() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      let secret = "correct-horse-battery-staple"
      let store = try Store(path: path)
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let request = CallRequest(
        tool: "t", toolVersion: "1.0.0", digest: "sha256:00",
        arguments: ["password": .string(secret)], shownArguments: ["password": "[secret]"],
        idempotencyKey: "k1", by: "ann", acceptedAt: desk.now,
        expiresAt: desk.now + .seconds(60), ackWithin: .seconds(10), maxAttempts: 5,
        idempotent: false)
      desk.step(
        .submit(
          Submission(endpoint: web.endpoint, request: request, definition: "{}"), Ticket(1)))
      guard case .answer(_, .success(let id))? = desk.effects.last else {
        Issue.record("not accepted")
        return
      }
      try write(desk, to: store)
      #expect(try store.call(withKey: "k1")?.shownArguments == #"{"password":"[secret]"}"#)
      desk.finish(id, over: web.link, .cancelled)
      try write(desk, to: store)
      try store.close()
      for name in try Files.list(directory) {
        let text = String(decoding: try Files.read(directory + "/" + name), as: UTF8.self)
        #expect(!text.contains(secret), "\(name)")
      }
    }
  }

  @Test("a store of a newer version is refused, not guessed at")
  func newerVersion() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/store.db"
      try Store(path: path).close()
      let database = try Database(path: path, mode: .readWriteCreate)
      try database.execute("PRAGMA user_version = 99")
      try database.close()
      #expect(throws: (any Error).self) { try Store(path: path) }
    }
  }

  @Test("late evidence is added to an unknown call, once, and its outcome stays")
  func lateEvidence() throws {
    try withTemporaryDirectory { directory in
      let store = try Store(path: directory + "/store.db")
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let id = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.acknowledge(id, over: web.link, .started)
      try write(desk, to: store)
      func output(_ offset: Int, _ bytes: [UInt8]) throws {
        desk.step(
          .message(
            web.link,
            .output(
              OutputChunk(call: id, stream: .stdout, offset: offset, at: desk.now, bytes: bytes))))
        try write(desk, to: store)
      }
      try output(0, [1, 2, 3])
      desk.finish(id, over: web.link, .lost(reason: "x"))
      try write(desk, to: store)
      // Its start was heard: that it did not run is not believed.
      desk.finish(id, over: web.link, .expired)
      try write(desk, to: store)
      // The whole output again, as after a reconnect, cut in other places; and a hole.
      try output(0, [1, 2])
      try output(2, [3, 4])
      try output(9, [9])
      let report = Report.ended(Records.ended(stdout: 4))
      for _ in 0..<2 {
        desk.finish(id, over: web.link, report)
        try write(desk, to: store)
      }
      try output(4, [5])
      let reader = try Reader(path: directory + "/store.db")
      let call = try #require(try reader.call(id))
      #expect(call.outcome == .unknown)
      #expect(call.stdoutBytes == 4)
      #expect(call.report == report.json)
      let rows = try reader.transitions(of: id)
      #expect(rows.map(\.kind).suffix(2) == ["ended", "resolved"])
      #expect(rows.count == call.transitions)
    }
  }

  @Test("an unknown call of which nothing was heard is resolved by the word that it did not run")
  func lateAbsence() throws {
    try withTemporaryDirectory { directory in
      let store = try Store(path: directory + "/store.db")
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let id = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.finish(id, over: web.link, .lost(reason: "x"))
      try write(desk, to: store)
      desk.finish(id, over: web.link, .expired)
      try write(desk, to: store)
      let reader = try Reader(path: directory + "/store.db")
      #expect(try reader.transitions(of: id).last?.kind == "resolved")
      #expect(try reader.call(id)?.report == Report.expired.json)
    }
  }

  @Test("an endpoint that has forgotten what it knew is not believed when it says that nothing ran")
  func lateAbsenceAfterMemoryLoss() throws {
    try withTemporaryDirectory { directory in
      let store = try Store(path: directory + "/store.db")
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let id = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.acknowledge(id, over: web.link, .tombstone)
      try write(desk, to: store)
      let reader = try Reader(path: directory + "/store.db")
      #expect(try reader.call(id)?.outcome == .unknown)
      desk.finish(id, over: web.link, .rejected(code: "a", reason: "b", remedy: "c"))
      try write(desk, to: store)
      #expect(try reader.transitions(of: id).last?.kind == "ended")
      desk.finish(id, over: web.link, .ended(Records.ended()))
      try write(desk, to: store)
      #expect(try reader.transitions(of: id).last?.kind == "resolved")
    }
  }

  @Test("late evidence changes no other outcome, and no other endpoint can give it")
  func lateEvidenceRefused() throws {
    try withTemporaryDirectory { directory in
      let store = try Store(path: directory + "/store.db")
      var desk = Desk()
      let web = desk.join()
      try write(desk, to: store)
      let other = desk.join("web-02")
      try write(desk, to: store)
      let cancelled = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.finish(cancelled, over: web.link, .cancelled)
      try write(desk, to: store)
      let unknown = desk.submit(to: web.endpoint)
      try write(desk, to: store)
      desk.finish(unknown, over: web.link, .lost(reason: "x"))
      try write(desk, to: store)
      desk.finish(cancelled, over: web.link, .ended(Records.ended()))
      try write(desk, to: store)
      desk.finish(unknown, over: other.link, .ended(Records.ended()))
      try write(desk, to: store)
      let reader = try Reader(path: directory + "/store.db")
      for id in [cancelled, unknown] {
        #expect(try reader.transitions(of: id).allSatisfy { $0.kind != "resolved" })
      }
      #expect(try reader.call(cancelled)?.report == Report.cancelled.json)
    }
  }
}
