import Engine
import JSON
import Model
import Testing
import Wire

/// Steps that a peer or a caller rarely takes: each has its rule all the same.
@Suite("Rare events of the control plane")
struct RareEventTests {
  private func errors(_ desk: Desk) -> [String] {
    desk.effects.compactMap { effect in
      if case .answer(_, .failure(let error)) = effect { error.code } else { nil }
    }
  }

  private func submission(to endpoint: EndpointID, _ desk: Desk) -> Submission {
    Submission(
      endpoint: endpoint,
      request: CallRequest(
        tool: "disk.usage", toolVersion: "1.0.0", digest: "sha256:00", arguments: [:],
        shownArguments: [:], idempotencyKey: nil, by: "ann", acceptedAt: desk.now,
        expiresAt: desk.now + .seconds(60), ackWithin: .seconds(10), maxAttempts: 5,
        idempotent: false), definition: "{}")
  }

  @Test("a method and a reply that go the other way end the link")
  func wrongWay() {
    for message: Message in [
      .heartbeat(id: 9), .probe(id: 9, CallID("a")), .cancel(Cancel(call: CallID("a"), by: "ann")),
      .reply(id: 9, .prove(sequence: 1)),
    ] {
      var desk = Desk()
      let web = desk.join()
      desk.step(.message(web.link, message))
      #expect(desk.closed.count == 1, "\(message)")
      #expect(desk.closed.first?.contains("does not go from a runtime") == true)
    }
  }

  @Test("a runtime of another protocol, with a bad name, or one too many is refused")
  func refusedHellos() {
    var settings = EngineSettings()
    settings.maxEndpoints = 1
    var desk = Desk(settings)
    func refusal(_ name: String, protocolVersion: Int? = nil) -> [String] {
      let link = desk.openLink()
      var hello = Desk.hello(name: name, proof: .joinToken(Desk.token), capacity: 1)
      if let protocolVersion { hello.protocolVersion = protocolVersion }
      desk.step(.message(link, .hello(id: 1, hello)))
      return desk.refusals.map(\.code)
    }
    #expect(refusal("web-01", protocolVersion: Hello.currentProtocol + 1) == ["protocol"])
    for name in ["", "-web", "web 01", String(repeating: "w", count: 64)] {
      #expect(refusal(name) == ["nameRefused"], "\(name)")
    }
    #expect(refusal("WEB-1.x").isEmpty)
    #expect(refusal("web-02") == ["limit.endpoints"])
  }

  @Test("a journal of another epoch has lost its memory")
  func otherEpoch() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.step(.linkClosed(web.link, reason: "closed"))
    _ = desk.comeBack(web, epoch: .some(EpochID("another")))
    #expect(desk.outcomes == [.unknown])
    #expect(desk.call(id) == nil)
  }

  @Test("a tombstone of an open call, and an acknowledged call without a trace, are unknown")
  func goneEvidence() {
    var desk = Desk()
    let web = desk.join()
    let first = desk.submit(to: web.endpoint)
    desk.acknowledge(first, over: web.link, .tombstone)
    #expect(desk.outcomes == [.unknown])
    let second = desk.submit(to: web.endpoint)
    desk.acknowledge(second, over: web.link)
    desk.step(.message(web.link, .reply(id: 77, .state(second, .absent))))
    #expect(desk.outcomes == [.unknown])
  }

  @Test("an offer that never arrived, and whose deadline passed meanwhile, is expired")
  func expiredInFlight() {
    var desk = Desk()
    let web = desk.join()
    _ = desk.submit(to: web.endpoint, expiresAfter: .seconds(20))
    desk.step(.linkClosed(web.link, reason: "closed"))
    desk.pass(.seconds(21))
    #expect(desk.outcomes.isEmpty)
    _ = desk.comeBack(web)
    #expect(desk.outcomes == [.expired])
  }

  @Test("a release is told without a start, and once")
  func releasedOnly() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link)
    let released = Message.released(Released(call: id, head: Desk.head(2)))
    desk.step(.message(web.link, released))
    #expect(desk.call(id)?.execution == .released)
    let transitions = desk.call(id)?.transitions
    desk.step(.message(web.link, released))
    #expect(desk.call(id)?.transitions == transitions)
  }

  @Test("a welcome says how much output of each call is kept")
  func outputsInWelcome() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link, .started)
    desk.step(
      .message(
        web.link,
        .output(
          OutputChunk(
            call: id, stream: .stderr, offset: 0, at: desk.now, bytes: Array("oops".utf8)))))
    desk.step(.linkClosed(web.link, reason: "closed"))
    _ = desk.comeBack(
      web, head: Desk.head(1), calls: [HeldCall(call: id, state: .started)])
    #expect(
      desk.welcomes.first?.outputs == [
        CommittedOutput(call: id, stdoutBytes: 0, stderrBytes: 4)
      ])
  }

  @Test("requests that cannot be are refused by name")
  func refusedRequests() {
    var settings = EngineSettings()
    settings.maxWaitingPerEndpoint = 1
    var desk = Desk(settings)
    let web = desk.join()
    desk.step(.submit(submission(to: EndpointID("nobody"), desk), Ticket(1)))
    #expect(errors(desk) == ["noSuchEndpoint"])
    desk.step(.cancel(CallID("nothing"), by: "ann", Ticket(2)))
    #expect(errors(desk) == ["noOpenCall"])
    desk.step(.removeEndpoint(EndpointID("nobody"), Ticket(3)))
    #expect(errors(desk) == ["noSuchEndpoint"])
    desk.step(.linkClosed(web.link, reason: "closed"))
    _ = desk.submit(to: web.endpoint)
    desk.step(.submit(submission(to: web.endpoint, desk), Ticket(4)))
    #expect(errors(desk) == ["limit.waitingPerEndpoint"])
    #expect(EngineError(code: "a", message: "words").description == "words")
  }

  @Test("the next deadline is the earliest of links and calls, and endpoints are found by name")
  func lookups() {
    var desk = Desk()
    #expect(desk.engine.nextDeadline == nil)
    let web = desk.join()
    #expect(desk.engine.endpoint(named: "web-01")?.id == web.endpoint)
    #expect(desk.engine.endpoint(named: "web-02") == nil)
    let beforeSubmission = desk.engine.nextDeadline
    _ = desk.submit(to: web.endpoint, expiresAfter: .milliseconds(1))
    desk.step(.linkClosed(web.link, reason: "closed"))
    #expect(beforeSubmission != nil && desk.engine.nextDeadline != beforeSubmission)
  }

  @Test("a control plane that starts again takes up what waits and what was handed over")
  func resumes() throws {
    var desk = Desk()
    let web = desk.join(capacity: 1)
    let handed = desk.submit(to: web.endpoint)
    let waiting = desk.submit(to: web.endpoint)
    let calls = [try #require(desk.call(handed)), try #require(desk.call(waiting))]
    let endpoint = try #require(desk.engine.endpoints[web.endpoint])
    var next = Desk()
    next.now = desk.now
    next.engine.resume(
      endpoints: [endpoint], calls: calls, definitions: ["sha256:00": "{}"], newestCall: waiting,
      at: next.now)
    #expect(next.engine.endpoints[web.endpoint]?.handed == [handed])
    #expect(next.engine.endpoints[web.endpoint]?.waiting.count == 1)
    next.pass(.seconds(3_601))
    // What waits has its deadline; what was handed over waits for its endpoint.
    #expect(next.outcomes == [.expired])
    #expect(next.call(handed)?.isOpen == true)
  }

  @Test("a probe's answer and a second cancel of a handed call are taken as they come")
  func answers() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.step(.message(web.link, .reply(id: 78, .state(id, .received))))
    #expect(desk.call(id)?.delivery == .acknowledged)
    desk.step(.cancel(id, by: "ann", Ticket(8)))
    #expect(desk.sent == [.cancel(Cancel(call: id, by: "ann"))])
    desk.step(.cancel(id, by: "bob", Ticket(9)))
    #expect(desk.sent.isEmpty)
    #expect(desk.call(id)?.cancelledBy == "ann")
    desk.step(.message(web.link, .refusal(id: 5, Refusal(code: "x", message: "x"))))
    #expect(desk.closed.isEmpty)
  }
}
