import Engine
import JSON
import Model
import Testing
import Wire

@Suite("Sessions")
struct SessionTests {
  private let ticket = Ticket(1_000)

  private func refusal(_ desk: Desk) -> EngineError? {
    for case .answer(_, .failure(let error)) in desk.effects { return error }
    return nil
  }

  /// What the last step told the endpoint of sessions, with each heartbeat.
  private func told(_ desk: Desk) -> [Duration?] {
    desk.sent.compactMap { if case .heartbeat(_, let session) = $0 { .some(session) } else { nil } }
  }

  @Test("one that is opened is on disk before it is answered, with how the bridge stood")
  func opened() throws {
    var desk = Desk()
    let web = desk.join()
    let id = try desk.openSession(with: web.endpoint, note: "ticket 7")
    let session = try #require(desk.engine.openSessions[id])
    #expect(session.by == "ann" && session.note == "ticket 7" && session.endpointName == "web-01")
    #expect(session.openedUnder["state"] == "good")
    #expect(desk.engine.sessions(with: web.endpoint) == [id])
    guard case .answer(_, .success(CallID(id.text))) = desk.effects.last else {
      Issue.record("it is not answered last: \(desk.effects)")
      return
    }
  }

  @Test("the endpoint is told at once, or right after the heartbeat that it has not answered")
  func toldAtOnce() throws {
    var desk = Desk()
    let web = desk.join()
    _ = try desk.openSession(with: web.endpoint)
    #expect(told(desk) == [.seconds(1_800)])
    var slow = Desk()
    let db = slow.join("db-01")
    slow.pass(.seconds(5))
    #expect(told(slow) == [nil])
    guard case .heartbeat(let request, _) = slow.sent.first else { return }
    _ = try slow.openSession(with: db.endpoint)
    #expect(told(slow).isEmpty)
    slow.now = slow.now + .seconds(2)
    slow.step(.message(db.link, .reply(id: request, .alive(.empty))))
    slow.step(.tick)
    #expect(told(slow) == [.seconds(1_798)])
  }

  @Test("one that is closed is told of no more, and takes no call")
  func closed() throws {
    var desk = Desk()
    let web = desk.join()
    let id = try desk.openSession(with: web.endpoint)
    desk.answerHeartbeat(over: web.link)
    desk.step(.closeSession(id, by: "bob", ticket))
    let closing = try #require(desk.savedSession?.closing)
    #expect(closing.by == "bob" && closing.reason == "closed" && closing.under["state"] == "good")
    desk.pass(.seconds(5))
    #expect(told(desk) == [nil])
    let late = desk.submit(to: web.endpoint, in: id)
    #expect(late == nil)
    #expect(refusal(desk)?.code == "noOpenSession")
    #expect(refusal(desk)?.message.contains("signalbox sessions open web-01") == true)
    desk.step(.closeSession(id, by: "bob", ticket))
    #expect(refusal(desk)?.code == "noOpenSession")
    #expect(desk.savedSession == nil)
  }

  @Test("a call of another endpoint is refused, with what to do")
  func otherEndpoint() throws {
    var desk = Desk()
    let (web, db) = (desk.join(), desk.join("db-01"))
    let id = try desk.openSession(with: web.endpoint)
    let wrong = desk.submit(to: db.endpoint, in: id)
    #expect(wrong == nil)
    #expect(refusal(desk)?.code == "sessionOfOtherEndpoint")
    #expect(
      refusal(desk)?.message.hasPrefix("session \(id) is with web-01, not with db-01") == true)
  }

  @Test("a request that is sent again gets its call, though the session was closed since")
  func repeated() throws {
    var desk = Desk()
    let web = desk.join()
    let id = try desk.openSession(with: web.endpoint)
    let call = try desk.accepted(to: web.endpoint, in: id)
    var request = try #require(desk.call(call)).request
    request.session = id
    desk.step(.closeSession(id, by: "ann", ticket))
    desk.step(
      .submit(
        Submission(
          endpoint: web.endpoint, request: request, definition: "{}",
          existing: (id: call, sameRequest: true)), ticket))
    guard case .answer(_, .success(call)) = desk.effects.last else {
      Issue.record("\(desk.effects)")
      return
    }
  }

  @Test("one that is left alone is closed after sessionIdle; one with an open call is not")
  func idle() throws {
    var settings = EngineSettings()
    settings.sessionIdle = .seconds(60)
    var desk = Desk(settings)
    let web = desk.join()
    let id = try desk.openSession(with: web.endpoint)
    desk.pass(.seconds(59))
    #expect(desk.engine.openSessions[id] != nil)
    desk.step(.linkClosed(web.link, reason: "gone"))
    let call = try desk.accepted(to: web.endpoint, in: id)
    #expect(desk.savedSession?.usedAt == desk.now)
    let used = try #require(desk.savedSession)
    #expect(desk.engine.idleAt(used) == nil)
    desk.pass(.seconds(3_600))
    #expect(desk.engine.openSessions[id] != nil)
    desk.step(.cancel(call, by: "ann", ticket))
    #expect(desk.savedSession?.usedAt == desk.now)
    desk.pass(.seconds(59))
    #expect(desk.engine.openSessions[id] != nil)
    #expect(desk.engine.nextDeadline.map { $0 <= desk.now + .seconds(1) } == true)
    desk.pass(.seconds(1))
    #expect(desk.engine.openSessions[id] == nil)
    let closing = try #require(desk.savedSession?.closing)
    #expect(closing.by == "control plane" && closing.reason.contains("the limit sessionIdle"))
    #expect(closing.under["state"] == "silent")
  }

  @Test("with several, the endpoint is told of the one that lasts longest")
  func several() throws {
    var desk = Desk()
    let web = desk.join()
    let first = try desk.openSession(with: web.endpoint)
    desk.answerHeartbeat(over: web.link)
    desk.pass(.seconds(600))
    desk.answerHeartbeat(over: web.link)
    let second = try desk.openSession(with: web.endpoint)
    #expect(told(desk) == [.seconds(1_800)])
    desk.answerHeartbeat(over: web.link)
    desk.step(.closeSession(second, by: "ann", ticket))
    desk.pass(.seconds(5))
    #expect(told(desk) == [.seconds(1_195)])
    desk.answerHeartbeat(over: web.link)
    // A call of it is a use, and no more than that: one that is held until the endpoint works again
    // must not keep it from its restart.
    _ = try desk.accepted(to: web.endpoint, in: first)
    desk.pass(.seconds(5))
    #expect(told(desk) == [.seconds(1_795)])
  }

  @Test("it ends with its endpoint, and there are only so many")
  func ends() throws {
    var settings = EngineSettings()
    settings.maxOpenSessions = 1
    var desk = Desk(settings)
    let web = desk.join()
    let id = try desk.openSession(with: web.endpoint)
    desk.step(
      .openSession(SessionRequest(endpoint: web.endpoint, by: "bob", note: nil), ticket))
    #expect(refusal(desk)?.code == "limit.openSessions")
    let call = try desk.accepted(to: web.endpoint, in: id)
    desk.step(.removeEndpoint(web.endpoint, ticket))
    #expect(desk.closed(call) != nil)
    #expect(desk.savedSession?.id == id)
    #expect(desk.savedSession?.closing?.reason == "the endpoint was removed")
    desk.step(
      .openSession(SessionRequest(endpoint: web.endpoint, by: "bob", note: nil), ticket))
    #expect(refusal(desk)?.code == "noSuchEndpoint")
  }

  @Test("a control plane that starts again has its sessions, and knows which are in use")
  func resumed() throws {
    var desk = Desk()
    let web = desk.join()
    let (idle, used) = (
      try desk.openSession(with: web.endpoint), try desk.openSession(with: web.endpoint)
    )
    let call = try desk.accepted(to: web.endpoint, in: used)
    let endpoint = try #require(desk.engine.endpoints[web.endpoint])
    let known = try #require(desk.call(call))
    var later = Desk()
    later.engine.resume(
      endpoints: [endpoint], calls: [known], definitions: [:], newestCall: call,
      sessions: desk.engine.openSessions.values.sorted { $0.id < $1.id },
      at: later.now)
    later.pass(.seconds(1_800))
    #expect(later.engine.openSessions.keys.sorted() == [used])
    #expect(later.savedSession?.id == idle)
  }
}
