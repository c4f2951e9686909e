import Engine
import JSON
import Model
import Testing
import Wire

@Suite("Several runtimes of an endpoint")
struct RuntimeTests {
  private static func anywhere(_ shape: inout CallShape) { shape.placement = .any }
  private static func inSessions(_ shape: inout CallShape) { shape.placement = .session }

  @Test("a call for the service alone goes there, and its offer names no runtime")
  func serviceOnly() {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint)
    #expect(desk.offers.map(\.runtime) == [nil])
    #expect(desk.call(id)?.attempts.map(\.runtime) == [.service])
  }

  @Test("a call that may run anywhere goes to a session where there is one, else to the service")
  func preference() {
    var desk = Desk()
    let web = desk.join("web-01", users: ["ann", "ben"])
    _ = desk.submit(to: web.endpoint, shape: Self.anywhere)
    #expect(desk.offers.map(\.runtime) == [.session(of: "ann")])
    let db = desk.join("db-01")
    _ = desk.submit(to: db.endpoint, shape: Self.anywhere)
    #expect(desk.offers.map(\.runtime) == [.service])
  }

  @Test("of the runtimes where a tool may run, somebody can choose one")
  func chosen() {
    var desk = Desk()
    let web = desk.join(users: ["ann", "ben"])
    _ = desk.submit(to: web.endpoint) { shape in
      shape.placement = .any
      shape.runtime = .session(of: "ben")
    }
    #expect(desk.offers.map(\.runtime) == [.session(of: "ben")])
  }

  @Test("a call that a runtime refuses goes to another one at once, and the transcript says why")
  func requeuedAfterRefusal() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.anywhere)
    desk.refuse(try #require(desk.offers.first), over: web.link)
    #expect(desk.offers.map(\.attempt) == [2])
    #expect(desk.offers.map(\.runtime) == [.service])
    #expect(desk.transitions.map(\.kind) == [.refused, .offered])
    #expect(desk.transitions[0].evidence["cause"] == "noRuntime")
    let evidence = desk.transitions[1].evidence
    #expect(evidence["insteadOf"] == "session:ann")
    #expect(evidence["because"] == "session:ann refused: not here")
    let attempts = try #require(desk.call(id)).attempts
    #expect(attempts.map(\.result) == [.refused, .pending])
    #expect(attempts.map(\.refusal) == [Attempt.Refusal(.noRuntime, "not here"), nil])
  }

  @Test("a call that every runtime refuses is rejected, with the words of the last one")
  func refusedEverywhere() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.anywhere)
    desk.refuse(try #require(desk.offers.first), over: web.link)
    desk.refuse(try #require(desk.offers.first), over: web.link, .noExecutor)
    let call = try #require(desk.closed(id))
    #expect(call.outcome == .rejected)
    #expect(call.reason == "service refused it: not here")
    #expect(call.remedy == "try there")
    #expect(Ran(call.outcome, call.delivery, call.execution, resolution: nil) == .no)
    let reports = desk.effects.compactMap { effect in
      if case .execution(_, let report) = effect { report } else { nil }
    }
    #expect(
      reports == [.rejected(code: "noExecutor", reason: "not here", remedy: "try there")])
  }

  @Test("what one session cannot execute no other one is asked for")
  func lacksExecutor() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann", "ben", "cleo", "dora", "eve"])
    _ = desk.submit(to: web.endpoint, attempts: 2, shape: Self.anywhere)
    desk.refuse(try #require(desk.offers.first), over: web.link, .noExecutor)
    #expect(desk.offers.map(\.runtime) == [.service])
  }

  @Test("a late answer about an attempt that was refused says nothing of the next one")
  func lateAbsence() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, attempts: 2, shape: Self.anywhere)
    let offer = try #require(desk.offers.first)
    desk.tell(["ann"], over: web.link)
    desk.tell(["ann"], over: web.link)
    desk.pass(.seconds(1))
    let probe = try #require(desk.call(id)?.probe)
    desk.refuse(offer, over: web.link)
    #expect(desk.offers.map(\.runtime) == [.service])
    desk.step(.message(web.link, .reply(id: probe, .state(id, .absent))))
    #expect(desk.call(id)?.attempts.map(\.result) == [.refused, .pending])
    desk.acknowledge(id, over: web.link)
    #expect(desk.call(id)?.delivery == .acknowledged)
  }

  @Test("attempts count over all runtimes")
  func attemptsCount() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann", "ben"])
    let id = desk.submit(to: web.endpoint, attempts: 2, shape: Self.anywhere)
    desk.refuse(try #require(desk.offers.first), over: web.link)
    desk.refuse(try #require(desk.offers.first), over: web.link)
    #expect(desk.offers.isEmpty)
    #expect(desk.closed(id)?.outcome == .rejected)
    #expect(desk.closed(id)?.reason.hasSuffix("the limit of attempts is met") == true)
  }

  @Test("what never arrived is offered to the same runtime again")
  func retriedAtTheSame() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann", "ben"])
    _ = desk.submit(to: web.endpoint) { shape in
      shape.placement = .any
      shape.runtime = nil
    }
    desk.step(.linkClosed(web.link, reason: "gone"))
    _ = desk.comeBack(web, users: ["aaron", "ann", "ben"])
    #expect(desk.offers.map(\.runtime) == [.session(of: "ann")])
    let offered = try #require(desk.transitions.last { $0.kind == .offered })
    #expect(offered.evidence["insteadOf"] == nil)
  }

  @Test("what never arrived goes to another runtime if the one that it was for is gone")
  func requeuedWhenGone() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    _ = desk.submit(to: web.endpoint, shape: Self.anywhere)
    desk.step(.linkClosed(web.link, reason: "gone"))
    _ = desk.comeBack(web)
    #expect(desk.offers.map(\.runtime) == [.service])
    let offered = try #require(desk.transitions.last { $0.kind == .offered })
    #expect(offered.evidence["because"] == "session:ann is not there any more")
  }

  @Test("an orphan of a runtime that is gone waits its backoff before it goes to another")
  func backoffHolds() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.anywhere)
    // The ack window passes, and the endpoint tells meanwhile that the user is gone.
    desk.tell([], over: web.link)
    desk.tell([], over: web.link)
    desk.pass(.seconds(1))
    #expect(desk.call(id)?.delivery == .offered)
    let probe = try #require(desk.call(id)?.probe)
    desk.step(.message(web.link, .reply(id: probe, .state(id, .absent))))
    #expect(desk.offers.isEmpty)
    #expect(desk.call(id)?.delivery == .queued)
    desk.pass(.seconds(1))
    #expect(desk.offers.map(\.runtime) == [.service])
  }

  @Test("a call for a session waits until somebody logs in")
  func waitsForLogin() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint, shape: Self.inSessions)
    #expect(desk.offers.isEmpty)
    desk.tell(["ann"], over: web.link)
    #expect(desk.offers.map(\.call) == [id])
    #expect(desk.offers.map(\.runtime) == [.session(of: "ann")])
    #expect(desk.engine.endpoints[web.endpoint]?.runtime?.sessions.count == 1)
    let saved = desk.effects.compactMap { effect in
      if case .saveEndpoint(let endpoint) = effect { endpoint } else { nil }
    }
    #expect(saved.map(\.runtime?.sessions.count) == [1])
    // The books of its calls are not the store's, who would make each change of them a copy.
    #expect(saved.map(\.waiting.count) == [0])
  }

  @Test("a call that waits for nobody in particular is looked at only when something changes")
  func waitsQuietly() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.inSessions)
    desk.step(.linkClosed(web.link, reason: "gone"))
    _ = desk.comeBack(web)
    let call = try #require(desk.call(id))
    #expect(call.delivery == .queued)
    #expect(call.nextDeadline == call.request.expiresAt)
  }

  @Test("a refusal of a call that is acknowledged, or of an older attempt, changes nothing")
  func lateRefusals() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.anywhere)
    let first = try #require(desk.offers.first)
    desk.refuse(first, over: web.link)
    let second = try #require(desk.offers.first)
    desk.refuse(first, over: web.link)
    #expect(desk.offers.isEmpty && desk.transitions.isEmpty)
    desk.acknowledge(id, over: web.link, .released)
    desk.refuse(second, over: web.link)
    #expect(desk.offers.isEmpty && desk.transitions.isEmpty)
    #expect(desk.call(id)?.delivery == .acknowledged)
  }

  @Test("what a runtime rejects by its journal is rejected: it may have been released there")
  func rejectedForGood() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.anywhere)
    desk.finish(
      id, over: web.link, .rejected(code: "noRuntime", reason: "left", remedy: "call again"))
    #expect(desk.closed(id)?.outcome == .rejected)
    #expect(desk.offers.isEmpty)
  }

  @Test("a call whose cancel was asked for is not offered elsewhere")
  func cancelledMeanwhile() throws {
    var desk = Desk()
    let web = desk.join(users: ["ann"])
    let id = desk.submit(to: web.endpoint, shape: Self.anywhere)
    let offer = try #require(desk.offers.first)
    desk.step(.cancel(id, by: "ann", Ticket(99)))
    desk.refuse(offer, over: web.link)
    #expect(desk.offers.isEmpty)
    #expect(desk.closed(id)?.outcome == .cancelled)
  }

  @Test("where a call may run is kept with its shape")
  func shapeIsKept() {
    var shape = CallShape()
    #expect(shape.json == nil)
    shape.placement = .any
    shape.runtime = .session(of: "ann")
    #expect(shape.json.map { CallShape($0) } == shape)
  }
}

extension Desk {
  /// The runtime tells who is logged in, with its next answer to a heartbeat.
  mutating func tell(_ users: [String], over link: LinkID) {
    let runtimes = [Runtime(name: .service, executors: ["shell"])] + Desk.sessions(of: users)
    pass(engine.settings.heartbeat)
    for case .heartbeat(let request, _) in sent {
      step(.message(link, .reply(id: request, .alive(.empty, health: nil, runtimes: runtimes))))
    }
  }
}
