import Engine
import Model
import Testing
import Wire

@Suite("Links of the control plane")
struct EngineLinkTests {
  @Test("a link that does not say hello is closed, and so is one that says something else first")
  func helloFirst() {
    var desk = Desk()
    let mute = desk.openLink()
    desk.pass(.seconds(11))
    #expect(desk.closed == ["no hello within \(desk.engine.settings.helloWithin)"])
    let rude = desk.openLink()
    desk.step(.message(rude, .reply(id: 1, .alive(.empty))))
    #expect(desk.closed == ["the first message must be hello"])
    _ = mute
  }

  @Test("a wrong join token, a wrong credential and a taken name are refused with what to do next")
  func refusals() {
    var desk = Desk()
    let web = desk.join()
    let proofs: [(Proof, String)] = [
      (.joinToken("guess"), "joinRefused"), (.joinToken(Desk.token), "nameTaken"),
      (.credential(web.endpoint, secret: "guess"), "notEnrolled"),
      (.credential(EndpointID("nobody"), secret: web.credential), "notEnrolled"),
    ]
    for (proof, code) in proofs {
      let link = desk.openLink()
      desk.step(
        .message(link, .hello(id: 1, Desk.hello(name: "web-01", proof: proof, capacity: 1))))
      #expect(desk.refusals.map(\.code) == [code])
      #expect(desk.closed.count == 1)
    }
  }

  @Test("an endpoint has one link: a newer one ends the older")
  func newerLinkWins() {
    var desk = Desk()
    let web = desk.join()
    let newer = desk.comeBack(web)
    #expect(desk.closed == ["the endpoint opened a newer link"])
    #expect(desk.engine.endpoints[web.endpoint]?.link == newer)
    desk.step(.linkClosed(web.link, reason: "closed"))
    #expect(desk.engine.endpoints[web.endpoint]?.link == newer)
  }

  @Test("a hello that arrives after its endpoint went on with a newer link closes no call")
  func helloOfOlderLink() {
    var desk = Desk()
    let web = desk.join()
    let older = desk.openLink()
    let newer = desk.comeBack(web)
    let call = desk.submit(to: web.endpoint)
    desk.acknowledge(call, over: newer, row: 3)
    var hello = Desk.hello(
      name: "web-01", proof: .credential(web.endpoint, secret: web.credential), capacity: 8)
    hello.epoch = web.epoch
    desk.step(.message(older, .hello(id: 1, hello)))
    #expect(desk.refusals.map(\.code) == ["olderLink"])
    #expect(desk.engine.calls[call]?.delivery == .acknowledged)
    #expect(desk.engine.endpoints[web.endpoint]?.link == newer)
    #expect(desk.engine.endpoints[web.endpoint]?.epoch == web.epoch)
  }

  @Test("reachability is what a round trip proved, with its age")
  func reachability() throws {
    var desk = Desk()
    let web = desk.join()
    func now() throws -> Reachability {
      let endpoint = try #require(desk.engine.endpoints[web.endpoint])
      return desk.engine.reachability(of: endpoint, at: desk.now)
    }
    desk.pass(.seconds(6))
    let heartbeat = desk.sent.compactMap { message -> Int? in
      if case .heartbeat(let id, _) = message { id } else { nil }
    }
    desk.now = desk.now + .milliseconds(3)
    desk.step(.message(web.link, .reply(id: try #require(heartbeat.first), .alive(.empty))))
    desk.now = desk.now + .seconds(2)
    #expect(
      try now() == .reachable(roundTrip: .milliseconds(3), provenAgo: .seconds(2)))
    desk.now = desk.now + .seconds(30)
    #expect(try now() == .silent(since: .seconds(32)))
    desk.step(.linkClosed(web.link, reason: "cut"))
    desk.now = desk.now + .seconds(60)
    #expect(try now() == .lastContact(ago: .seconds(92)))
  }

  @Test("two heartbeats without an answer end the link, however many were answered before")
  func heartbeatDeath() {
    var desk = Desk()
    let web = desk.join()
    for _ in 0..<3 {
      desk.pass(.seconds(5))
      desk.answerHeartbeat(over: web.link)
    }
    desk.pass(.seconds(5))
    desk.pass(.seconds(9))
    #expect(desk.closed.isEmpty)
    desk.pass(.seconds(2))
    #expect(desk.closed == ["two heartbeats without an answer"])
  }

  @Test("nothing is offered before the first answered heartbeat: the welcome may be lost")
  func offersWaitForProof() {
    var desk = Desk()
    let web = desk.join()
    desk.step(.linkClosed(web.link, reason: "cut"))
    let id = desk.submit(to: web.endpoint)
    let link = desk.openLink()
    var hello = Desk.hello(
      name: "web-01", proof: .credential(web.endpoint, secret: web.credential), capacity: 8)
    hello.epoch = web.epoch
    desk.step(.message(link, .hello(id: 1, hello)))
    #expect(desk.offers.isEmpty)
    desk.answerHeartbeat(over: link)
    #expect(desk.offers.map(\.call) == [id])
  }

  @Test("a join that was late on its way leaves the endpoint's newer credential alone")
  func lateJoin() {
    var desk = Desk()
    let hello = Desk.hello(name: "web-01", proof: .joinToken(Desk.token), capacity: 8)
    let late = desk.openLink()
    let newer = desk.openLink()
    desk.step(.message(newer, .hello(id: 1, hello)))
    let welcome = desk.welcomes.first
    desk.step(.linkClosed(newer, reason: "cut"))
    desk.step(.message(late, .hello(id: 1, hello)))
    #expect(desk.refusals.map(\.code) == ["olderLink"])
    var back = hello
    back.proof = .credential(
      welcome?.endpoint ?? EndpointID(""), secret: welcome?.credential ?? "")
    back.epoch = welcome?.epoch
    desk.step(.message(desk.openLink(), .hello(id: 1, back)))
    #expect(desk.welcomes.first?.endpoint == welcome?.endpoint)
  }

  @Test("an endpoint whose welcome was lost joins again under its name")
  func lostWelcome() {
    var desk = Desk()
    let lost = desk.openLink()
    let hello = Desk.hello(name: "web-01", proof: .joinToken(Desk.token), capacity: 8)
    desk.step(.message(lost, .hello(id: 1, hello)))
    let first = desk.welcomes.first
    desk.step(.linkClosed(lost, reason: "cut"))
    let again = desk.openLink()
    desk.step(.message(again, .hello(id: 1, hello)))
    #expect(desk.welcomes.first?.endpoint == first?.endpoint)
    #expect(desk.welcomes.first?.credential != first?.credential)
    desk.answerHeartbeat(over: again)
    let third = desk.openLink()
    desk.step(.message(third, .hello(id: 1, hello)))
    #expect(desk.refusals.map(\.code) == ["nameTaken"])
  }

  @Test("a control plane that starts again takes up its calls and issues greater ids")
  func resumes() {
    var desk = Desk()
    let web = desk.join()
    let handed = desk.submit(to: web.endpoint)
    guard let call = desk.call(handed), let endpoint = desk.engine.endpoints[web.endpoint] else {
      return
    }
    var after = Desk()
    after.engine.resume(
      endpoints: [
        Endpoint(
          id: endpoint.id, name: endpoint.name, joinedAt: endpoint.joinedAt,
          credentialHash: endpoint.credentialHash, epoch: endpoint.epoch, seen: endpoint.seen)
      ], calls: [call], definitions: ["sha256:00": "{}"], newestCall: handed, at: after.now)
    let link = after.comeBack(web, calls: [HeldCall(call: handed, state: .released)])
    #expect(after.offers.isEmpty)
    #expect(after.submit(to: web.endpoint) > handed)
    after.finish(handed, over: link, .cancelled)
    #expect(after.outcomes == [.cancelled])
  }
}
