import Engine
import JSON
import Model
import Testing
import Wire

@Suite("Delivery of calls")
struct DeliveryTests {
  @Test("a call for a reachable endpoint is accepted and offered in one step")
  func offeredAtOnce() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    #expect(desk.offers.map(\.call) == [id])
    #expect(desk.call(id)?.delivery == .offered)
  }

  @Test("a call for an endpoint that is away waits, and is offered when it comes back")
  func waitsForReturn() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let id = desk.submit(to: web.endpoint)
    #expect(desk.offers.isEmpty)
    #expect(desk.call(id)?.delivery == .queued)
    _ = desk.comeBack(web)
    #expect(desk.offers.map(\.call) == [id])
  }

  @Test("calls that waited are offered oldest first, and no more than the runtime takes")
  func oldestFirstWithinCapacity() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let ids = (0..<5).map { _ in desk.submit(to: web.endpoint) }
    let link = desk.comeBack(web, capacity: 3)
    #expect(desk.offers.map(\.call) == Array(ids[0..<3]))
    desk.finish(ids[1], over: link, .cancelled)
    #expect(desk.offers.map(\.call) == [ids[3]])
  }

  @Test("large offers wait for the answers to those before, so that heartbeats are not held up")
  func largeOffersOneByOne() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let large: JSON = ["text": .string(String(repeating: "x", count: 1 << 20))]
    let ids = (0..<3).map { _ in desk.submit(to: web.endpoint, arguments: large) }
    let link = desk.comeBack(web)
    #expect(desk.offers.map(\.call) == [ids[0]])
    desk.acknowledge(ids[0], over: link)
    #expect(desk.offers.map(\.call) == [ids[1]])
    // What is not answered any more leaves room too.
    desk.finish(ids[1], over: link, .cancelled)
    #expect(desk.offers.map(\.call) == [ids[2]])
  }

  @Test("a call that waits past its deadline expires, and did not run")
  func expires() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let id = desk.submit(to: web.endpoint, expiresAfter: .seconds(60))
    desk.pass(.seconds(59))
    #expect(desk.call(id)?.isOpen == true)
    desk.pass(.seconds(2))
    #expect(desk.outcomes == [.expired])
    #expect(desk.call(id) == nil)
  }

  @Test("a handed call does not expire while its endpoint is away: whether it ran is not known yet")
  func handedDoesNotExpire() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint, expiresAfter: .seconds(60))
    desk.step(.linkClosed(web.link, reason: "cut"))
    desk.pass(.seconds(120))
    #expect(desk.call(id)?.delivery == .offered)
  }

  @Test("an offer that never arrived is proved absent by the next hello and offered again")
  func absentAtHello() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.step(.linkClosed(web.link, reason: "cut"))
    _ = desk.comeBack(web)
    #expect(desk.offers.map(\.attempt) == [2])
    #expect(desk.call(id)?.attempts.map(\.result) == [.absent, .pending])
  }

  @Test("an offer that did arrive is not sent again after a reconnect")
  func presentAtHello() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.step(.linkClosed(web.link, reason: "cut"))
    _ = desk.comeBack(web, head: Desk.head(2), calls: [HeldCall(call: id, state: .released)])
    #expect(desk.offers.isEmpty)
    #expect(desk.call(id)?.delivery == .acknowledged)
    #expect(desk.call(id)?.execution == .released)
  }

  @Test("a call is undeliverable when its attempts are used up, each proved absent")
  func undeliverable() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint, attempts: 2)
    desk.step(.linkClosed(web.link, reason: "cut"))
    let second = desk.comeBack(web)
    #expect(desk.offers.map(\.call) == [id])
    desk.step(.linkClosed(second, reason: "cut"))
    _ = desk.comeBack(web)
    #expect(desk.outcomes == [.undeliverable])
    #expect(desk.offers.isEmpty)
  }

  @Test("an offer without acknowledgement is probed, and proved absent it is offered again later")
  func probed() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    answerHeartbeats(&desk, web.link, for: .seconds(10))
    guard case .probe(let request, id)? = desk.sent.last else {
      Issue.record("no probe after the ack window: \(desk.sent)")
      return
    }
    desk.step(.message(web.link, .reply(id: request + 1, .state(id, .absent))))
    #expect(desk.call(id)?.delivery == .offered)
    desk.step(.message(web.link, .reply(id: request, .state(id, .absent))))
    #expect(desk.offers.isEmpty)
    #expect(desk.call(id)?.delivery == .queued)
    desk.pass(.milliseconds(1_100))
    #expect(desk.offers.map(\.attempt) == [2])
  }

  @Test("a probe without answer ends the link")
  func probeUnanswered() {
    var desk = Desk()
    let web = desk.join()
    _ = desk.submit(to: web.endpoint)
    answerHeartbeats(&desk, web.link, for: .seconds(20))
    #expect(desk.closed == ["no answer to an offer or its probe"])
  }

  /// Lets time pass while the runtime answers every heartbeat and nothing else.
  private func answerHeartbeats(_ desk: inout Desk, _ link: LinkID, for time: Duration) {
    let end = desk.now + time
    while desk.now < end {
      desk.pass(.seconds(1))
      let after = desk.effects
      for case .heartbeat(let request, _) in desk.sent {
        desk.step(.message(link, .reply(id: request, .alive(.empty))))
        desk.effects = after
      }
    }
  }

  @Test("a call acknowledged twice is counted once")
  func acknowledgedTwice() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    desk.acknowledge(id, over: web.link)
    let rows = desk.call(id)?.transitions
    desk.acknowledge(id, over: web.link, row: 2)
    #expect(desk.call(id)?.transitions == rows)
  }

  @Test("no new offer goes over a link that missed two heartbeats")
  func silentLinkGetsNoOffers() {
    var desk = Desk()
    let web = desk.join()
    desk.pass(.seconds(6))
    desk.now = desk.now + .seconds(11)
    let id = desk.submit(to: web.endpoint)
    #expect(desk.offers.isEmpty)
    #expect(desk.call(id)?.delivery == .queued)
  }

  @Test("an idempotency key that was used returns the same call; for another request it is refused")
  func idempotencyKey() {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    guard let request = desk.call(id)?.request else { return }
    for (same, expectsSuccess) in [(true, true), (false, false)] {
      desk.step(
        .submit(
          Submission(
            endpoint: web.endpoint, request: request, definition: "{}",
            existing: (id: id, sameRequest: same)), Ticket(50)))
      guard case .answer(_, let result)? = desk.effects.first else {
        Issue.record("no answer")
        return
      }
      #expect((try? result.get()) == (expectsSuccess ? id : nil))
      #expect(desk.offers.isEmpty)
    }
  }

  @Test("the limit of open calls is named in the refusal")
  func openCallLimit() {
    var settings = EngineSettings()
    settings.maxOpenCalls = 1
    var desk = Desk(settings)
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    guard let request = desk.call(id)?.request else { return }
    desk.step(
      .submit(
        Submission(endpoint: web.endpoint, request: request, definition: "{}"), Ticket(9)))
    guard case .answer(_, .failure(let error))? = desk.effects.first else {
      Issue.record("not refused")
      return
    }
    #expect(error.code == "limit.openCalls")
  }
}
