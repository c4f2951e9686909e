import Engine
import JSON
import Model
import Testing
import Wire

@Suite("Batches")
struct BatchTests {
  @Test("the steps of an ordered batch go one after the other, each when the one before succeeded")
  func ordered() throws {
    var desk = Desk()
    let web = desk.join()
    let ids = try desk.submitBatch(to: [web.endpoint, web.endpoint, web.endpoint], ordered: true)
    #expect(desk.offers.map(\.call) == [ids[0]])
    #expect(ids.dropFirst().allSatisfy { desk.call($0)?.delivery == .held })
    desk.end(ids[0], over: web.link, .succeeded)
    #expect(desk.offers.map(\.call) == [ids[1]])
    desk.end(ids[1], over: web.link, .succeededEmpty)
    #expect(desk.offers.map(\.call) == [ids[2]])
  }

  @Test(
    "a batch that is sent again is answered with the first; one that nothing of fits is refused")
  func repeatedAndRefused() throws {
    var settings = EngineSettings()
    settings.maxOpenCalls = 1
    var desk = Desk(settings)
    let web = desk.join()
    let first = try #require(try desk.submitBatch(to: [web.endpoint], ordered: false).first)
    let refused = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
    #expect(refused.isEmpty && desk.batch == nil)
    guard case .answer(_, .failure(let error))? = desk.effects.last else {
      Issue.record("\(desk.effects)")
      return
    }
    #expect(error.code == "limit.openCalls")
    var again = BatchSubmission(
      name: nil, by: "ann", isOrdered: false, submissions: [], refused: [], idempotencyKey: "k1",
      requestDigest: "d")
    again.existing = (id: first, sameRequest: true)
    desk.step(.submitBatch(again, Ticket(9)))
    guard case .answer(_, .success(first))? = desk.effects.last else {
      Issue.record("\(desk.effects)")
      return
    }
    #expect(desk.effects.count == 1)
  }

  @Test(
    "an ordered batch stops at the first step that does not succeed, and says so of the rest",
    arguments: [
      Outcome.failed, .malformed, .timedOut, .cancelled, .interrupted, .rejected, .unknown,
    ])
  func stops(outcome: Outcome) throws {
    var desk = Desk()
    let web = desk.join()
    let ids = try desk.submitBatch(to: [web.endpoint, web.endpoint, web.endpoint], ordered: true)
    desk.end(ids[0], over: web.link, outcome)
    #expect(desk.offers.isEmpty)
    for id in ids.dropFirst() {
      let last = try #require(desk.closed(id))
      #expect(last.outcome == .cancelled && last.delivery == .withdrawn)
      #expect(last.execution == .notStarted)
    }
    #expect(desk.closed(ids[1])?.reason.contains("step 1 of its batch ended as") == true)
    #expect(desk.engine.calls.isEmpty)
  }

  @Test("a long chain of steps is withdrawn without a deep stack")
  func longChain() throws {
    var desk = Desk()
    let web = desk.join()
    let ids = try desk.submitBatch(
      to: Array(repeating: web.endpoint, count: 5_000), ordered: true)
    desk.end(ids[0], over: web.link, .failed)
    #expect(desk.engine.calls.isEmpty)
  }

  @Test("held steps can be cancelled, expire, and go with their endpoint")
  func heldEnds() throws {
    var desk = Desk()
    let web = desk.join()
    var ids = try desk.submitBatch(to: [web.endpoint, web.endpoint, web.endpoint], ordered: true)
    desk.step(.cancel(ids[1], by: "ann", Ticket(90)))
    #expect(desk.closed(ids[1])?.outcome == .cancelled)
    #expect(desk.closed(ids[2])?.outcome == .cancelled)
    #expect(desk.call(ids[0])?.delivery == .offered)

    ids = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
    desk.pass(.seconds(3_601))
    #expect(desk.closed(ids[1])?.outcome == .expired)

    ids = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
    desk.step(.removeEndpoint(web.endpoint, Ticket(91)))
    #expect(desk.closed(ids[1])?.outcome == .undeliverable)
    #expect(desk.engine.calls.isEmpty)
  }

  @Test("a held step keeps the low-water mark below it")
  func lowWater() throws {
    var desk = Desk()
    let web = desk.join()
    let ids = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
    let later = desk.submit(to: web.endpoint)
    #expect(later > ids[1])
    desk.finish(ids[0], over: web.link, .cancelled, row: 3)
    // The first is over and its step after withdrawn; before that, the mark was the first.
    var other = Desk()
    let db = other.join()
    let steps = try other.submitBatch(to: [db.endpoint, db.endpoint], ordered: true)
    #expect(other.engine.endpoints[db.endpoint]?.lowWater == steps[0])
    other.acknowledge(steps[0], over: db.link)
    _ = other.submit(to: db.endpoint)
    #expect(other.engine.endpoints[db.endpoint]?.lowWater == steps[0])
    #expect(try #require(other.engine.endpoints[db.endpoint]?.held.oldest) == steps[1])
  }

  @Test("a batch over many endpoints is accepted as far as there is room, and says what was not")
  func partial() throws {
    var settings = EngineSettings()
    settings.maxWaitingPerEndpoint = 2
    var desk = Desk(settings)
    let web = desk.join("web-01")
    let db = desk.join("db-01")
    desk.step(.linkClosed(db.link, reason: "gone"))
    for _ in 0..<2 { _ = desk.submit(to: db.endpoint) }
    let ids = try desk.submitBatch(to: [web.endpoint, db.endpoint], ordered: false)
    #expect(ids.count == 1)
    let batch = try #require(desk.batch)
    #expect(batch.refused.first?["code"] == "limit.waitingPerEndpoint")
    #expect(batch.refused.first?["endpoint"] == "db-01")
  }

  @Test("steps that were held before a restart are let go after it")
  func resumed() throws {
    var desk = Desk()
    let web = desk.join()
    let ids = try desk.submitBatch(to: [web.endpoint, web.endpoint], ordered: true)
    var next = Desk()
    next.now = desk.now
    next.engine.resume(
      endpoints: Array(desk.engine.endpoints.values).map(\.asStored),
      calls: Array(desk.engine.calls.values), definitions: ["sha256:00": "{}"], newestCall: ids[1],
      at: next.now)
    let link = next.comeBack(web, calls: [HeldCall(call: ids[0], state: .received)])
    #expect(next.offers.isEmpty)
    next.end(ids[0], over: link, .succeeded)
    #expect(next.offers.map(\.call) == [ids[1]])
  }
}

@Suite("Which waiting call goes first, and how fast")
struct LineTests {
  @Test("higher priorities go first, and of one priority the oldest")
  func priorities() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let ids = [0, 2, 0, 2, -1].map { priority in
      desk.submit(to: web.endpoint) { $0.priority = priority }
    }
    _ = desk.comeBack(web)
    #expect(desk.offers.map(\.call) == [ids[1], ids[3], ids[0], ids[2], ids[4]])
  }

  @Test("an endpoint that was away for long is handed what waited at a pace, and new calls at once")
  func pace() {
    var settings = EngineSettings()
    settings.paceBurst = 2
    settings.pacePerSecond = 4
    var desk = Desk(settings)
    let web = desk.join(capacity: 100)
    desk.step(.linkClosed(web.link, reason: "gone"))
    let ids = (0..<5).map { _ in desk.submit(to: web.endpoint) }
    desk.now = desk.now + .seconds(600)
    _ = desk.comeBack(web, capacity: 100)
    #expect(desk.offers.map(\.call) == Array(ids[0..<2]))
    desk.now = desk.now + .milliseconds(1)
    let fresh = desk.submit(to: web.endpoint)
    #expect(desk.offers.map(\.call) == [fresh])
    desk.pass(.milliseconds(100))
    #expect(desk.offers.isEmpty)
    desk.pass(.milliseconds(150))
    #expect(desk.offers.map(\.call) == [ids[2]])
    desk.pass(.milliseconds(500))
    #expect(desk.offers.map(\.call) == Array(ids[3...4]))
  }

  @Test("an endpoint that joined and went before it was heard is paced as one that was away")
  func paceAfterJoin() {
    var settings = EngineSettings()
    settings.paceBurst = 2
    var desk = Desk(settings)
    let link = desk.openLink()
    desk.step(
      .message(
        link, .hello(id: 1, Desk.hello(name: "web-01", proof: .joinToken(Desk.token), capacity: 8)))
    )
    guard let welcome = desk.welcomes.first, let credential = welcome.credential else {
      Issue.record("a first hello is welcomed with a credential")
      return
    }
    desk.step(.linkClosed(link, reason: "gone"))
    let ids = (0..<5).map { _ in desk.submit(to: welcome.endpoint) }
    desk.now = desk.now + .seconds(600)
    _ = desk.comeBack(
      Joined(
        link: link, endpoint: welcome.endpoint, credential: credential, epoch: welcome.epoch))
    #expect(desk.offers.map(\.call) == Array(ids[0..<2]))
  }

  @Test("a short loss of the connection paces nothing")
  func noPace() {
    var settings = EngineSettings()
    settings.paceBurst = 1
    var desk = Desk(settings)
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let ids = (0..<5).map { _ in desk.submit(to: web.endpoint) }
    desk.now = desk.now + .seconds(20)
    _ = desk.comeBack(web)
    #expect(desk.offers.map(\.call) == ids)
  }

  @Test(
    "settings without a rate, or without a first handful, pace nothing",
    arguments: [(0, 1), (1, 0)])
  func unpaced(perSecond: Int, burst: Int) {
    var settings = EngineSettings()
    settings.pacePerSecond = perSecond
    settings.paceBurst = burst
    var desk = Desk(settings)
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    let ids = (0..<5).map { _ in desk.submit(to: web.endpoint) }
    desk.now = desk.now + .seconds(600)
    _ = desk.comeBack(web)
    #expect(desk.offers.map(\.call) == ids)
  }

  @Test("a policy's concurrency holds calls back, and others pass them")
  func concurrency() {
    var desk = Desk()
    let web = desk.join()
    let one = desk.submit(to: web.endpoint) { $0.concurrency = 1 }
    #expect(desk.offers.map(\.call) == [one])
    let two = desk.submit(to: web.endpoint) { $0.concurrency = 1 }
    #expect(desk.offers.isEmpty)
    let free = desk.submit(to: web.endpoint)
    #expect(desk.offers.map(\.call) == [free])
    desk.finish(one, over: web.link, .cancelled)
    #expect(desk.offers.isEmpty)
    desk.finish(free, over: web.link, .cancelled, row: 3)
    #expect(desk.offers.map(\.call) == [two])
  }

  @Test("a policy that holds on a degraded bridge holds its calls until the bridge is good again")
  func degraded() {
    var desk = Desk()
    let web = desk.join()
    var link = web.link
    for _ in 0..<6 {
      desk.step(.linkClosed(link, reason: "gone"))
      desk.now = desk.now + .seconds(1)
      link = desk.comeBack(web)
    }
    let held = desk.submit(to: web.endpoint) { $0.holdsWhenDegraded = true }
    #expect(desk.offers.isEmpty && desk.call(held)?.delivery == .queued)
    let sent = desk.submit(to: web.endpoint)
    #expect(desk.offers.map(\.call) == [sent])
  }

  @Test("what shaped a call is kept and read again")
  func shape() throws {
    var shape = CallShape()
    #expect(shape.json == nil)
    shape.priority = -3
    shape.concurrency = 4
    shape.holdsWhenDegraded = true
    shape.policy = PolicyStamp(group: "hq", version: 7, digest: "sha256:ab")
    #expect(CallShape(try #require(shape.json)) == shape)
    shape.notify = true
    #expect(CallShape(try #require(shape.json)) == shape)
  }

  @Test("what is not said of a shape is as if nobody had shaped it")
  func bareShape() {
    let shape = CallShape(["notify": true, "policy": ["group": "hq"]])
    var expected = CallShape()
    expected.notify = true
    expected.policy = PolicyStamp(group: "hq", version: 0, digest: "")
    #expect(shape == expected)
  }
}

extension Endpoint {
  /// As a store gives it back: without link and lines.
  fileprivate var asStored: Endpoint {
    Endpoint(
      id: id, name: name, joinedAt: joinedAt, credentialHash: credentialHash, epoch: epoch,
      seen: seen, runtime: runtime, lastContact: lastContact)
  }
}
