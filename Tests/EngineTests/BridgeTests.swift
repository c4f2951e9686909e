import Engine
import JSON
import Model
import Testing
import Wire

@Suite("How the bridge to a runtime stands")
struct BridgeTests {
  private func condition(_ desk: Desk, _ joined: Joined) throws -> BridgeCondition {
    let endpoint = try #require(desk.engine.endpoints[joined.endpoint])
    return desk.engine.bridgeCondition(of: endpoint, at: desk.now)
  }

  @Test("a proved round trip is good")
  func good() throws {
    var desk = Desk()
    let web = desk.join()
    let bridge = try condition(desk, web)
    #expect(bridge.state == .good && bridge.roundTrip == .zero)
  }

  @Test("an endpoint that is away is silent, with how long, and with what waits")
  func silent() throws {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "gone"))
    _ = desk.submit(to: web.endpoint)
    desk.pass(.seconds(90))
    let bridge = try condition(desk, web)
    #expect(bridge.state == .silent && bridge.silence == .seconds(90) && bridge.waiting == 1)
  }

  @Test("a link that is lost again and again is flapping for an hour")
  func flapping() throws {
    var desk = Desk()
    let web = desk.join()
    var link = web.link
    for _ in 0..<6 {
      #expect(try condition(desk, web).state == .good)
      desk.step(.linkClosed(link, reason: "gone"))
      desk.now = desk.now + .seconds(60)
      link = desk.comeBack(web)
    }
    #expect(try condition(desk, web).state == .flapping)
    #expect(try condition(desk, web).lossesLastHour == 6)
    for _ in 0..<56 {
      desk.now = desk.now + .seconds(60)
      // No tick: the link stays as it is, only the hour goes by.
    }
    #expect(try condition(desk, web).lossesLastHour < 6)
  }

  @Test("of very many lost links, the newest are counted")
  func manyLosses() throws {
    var desk = Desk()
    let web = desk.join()
    #expect(try condition(desk, web).lossesLastHour == 0)
    var link = web.link
    for _ in 0..<300 {
      desk.step(.linkClosed(link, reason: "gone"))
      desk.now = desk.now + .seconds(1)
      link = desk.comeBack(web)
    }
    #expect(try condition(desk, web).lossesLastHour == 256)
    #expect(BridgeRecord(since: desk.now).delivery(percentile: 0.5) == nil)
  }

  @Test("one that has all it takes, while calls wait, is backpressured")
  func backpressured() throws {
    var desk = Desk()
    let web = desk.join(capacity: 2)
    for _ in 0..<2 { _ = desk.submit(to: web.endpoint) }
    #expect(try condition(desk, web).state == .good)
    _ = desk.submit(to: web.endpoint)
    let bridge = try condition(desk, web)
    #expect(bridge.state == .backpressured)
    #expect(bridge.waiting == 1 && bridge.handed == 2 && bridge.capacity == 2)
  }

  @Test("slow round trips, slow deliveries and late news are lagging, each by itself")
  func lagging() throws {
    var desk = Desk()
    let web = desk.join()
    desk.pass(.seconds(5))
    let request = try #require(desk.heartbeat)
    desk.now = desk.now + .seconds(2)
    desk.step(.message(web.link, .reply(id: request, .alive(.empty))))
    #expect(try condition(desk, web).state == .lagging)

    desk = Desk()
    let slow = desk.join()
    let id = desk.submit(to: slow.endpoint)
    desk.now = desk.now + .seconds(3)
    desk.acknowledge(id, over: slow.link)
    #expect(try condition(desk, slow).state == .lagging)
    let record = try #require(desk.engine.bridgeRecord(of: slow.endpoint))
    #expect(record.deliveryCount == 1 && record.delivery(percentile: 0.5) == .seconds(3))

    desk = Desk()
    let late = desk.join()
    let call = desk.submit(to: late.endpoint)
    // Its clock is an hour ahead: what counts is what comes on top of the quickest news.
    let ahead = Duration.seconds(3_600)
    desk.print("a", of: call, offset: 0, at: desk.now + ahead, over: late.link)
    #expect(try condition(desk, late).state == .good)
    desk.print("b", of: call, offset: 1, at: desk.now + (ahead - .seconds(11)), over: late.link)
    #expect(try condition(desk, late).eventLag == .seconds(11))
    #expect(try condition(desk, late).state == .lagging)
  }

  @Test("the newest deliveries count, the oldest are forgotten")
  func percentiles() throws {
    var desk = Desk()
    let web = desk.join(capacity: 1_000)
    for number in 1...200 {
      let id = desk.submit(to: web.endpoint)
      desk.now = desk.now + .milliseconds(number <= 50 ? 5_000 : number - 50)
      desk.acknowledge(id, over: web.link, row: number)
      desk.finish(id, over: web.link, .cancelled, row: number)
    }
    let record = try #require(desk.engine.bridgeRecord(of: web.endpoint))
    // The last 128 took 23 to 150 ms.
    #expect(record.deliveryCount == 128)
    #expect(record.delivery(percentile: 0.5) == .milliseconds(86))
    #expect(record.delivery(percentile: 0.99) == .milliseconds(149))
    #expect(record.delivery(percentile: 1) == .milliseconds(150))
  }

  @Test("each row of a transcript says how the bridge stood")
  func inTranscript() throws {
    var desk = Desk()
    let web = desk.join()
    let id = desk.submit(to: web.endpoint)
    #expect(desk.bridgeStates(of: id) == ["good", "good"])
    desk.step(.linkClosed(web.link, reason: "gone"))
    #expect(desk.bridgeStates(of: id) == ["silent"])
  }
}

extension Desk {
  fileprivate var heartbeat: Int? {
    for case .heartbeat(let id, _) in sent { return id }
    return nil
  }

  fileprivate mutating func print(
    _ text: String, of call: CallID, offset: Int, at: Instant, over link: LinkID
  ) {
    step(
      .message(
        link,
        .output(
          OutputChunk(
            call: call, stream: .stdout, offset: offset, at: at, bytes: Array(text.utf8)))))
  }

  fileprivate func bridgeStates(of call: CallID) -> [String] {
    effects.compactMap { effect in
      guard case .transition(call, let row) = effect else { return nil }
      return row.evidence["bridge"]?["state"]?.string
    }
  }
}
