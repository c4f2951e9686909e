import Engine
import JSON
import Model
import Testing
import Wire

@Suite("What an agent says of itself")
struct HealthTests {
  private func condition(_ desk: Desk, _ joined: Joined) throws -> BridgeCondition {
    let endpoint = try #require(desk.engine.endpoints[joined.endpoint])
    return desk.engine.bridgeCondition(of: endpoint, at: desk.now)
  }

  private func tell(
    _ desk: inout Desk, _ web: Joined, _ health: AgentHealth?
  ) throws {
    desk.pass(desk.engine.settings.heartbeat)
    let requests = desk.sent.compactMap { if case .heartbeat(let id, _) = $0 { id } else { nil } }
    let request = try #require(requests.first)
    desk.step(.message(web.link, .reply(id: request, .alive(.empty, health: health))))
  }

  private func fault(
    _ subject: AgentHealth.Subject, _ lasting: Duration, _ evidence: String = "x"
  ) -> AgentHealth {
    AgentHealth(faults: [
      AgentHealth.Fault(subject: subject, lasting: lasting, evidence: evidence, tried: [.retry])
    ])
  }

  @Test("a fault is kept with when it began, and with when it was over")
  func health() throws {
    var desk = Desk()
    let web = desk.join()
    func health() -> EndpointHealth? { desk.engine.bridgeRecord(of: web.endpoint)?.health }
    #expect(health() == nil)
    try tell(&desk, web, AgentHealth())
    #expect(health()?.faults == [])
    try tell(&desk, web, fault(.plugins, .seconds(3)))
    let since = desk.now + .seconds(-3)
    #expect(health()?.faults.map(\.since) == [since])
    #expect(try condition(desk, web).degraded == [.plugins])
    #expect(try condition(desk, web).json["degraded"] == ["plugins"])
    // A second longer on the way: it is the same fault, with newer evidence.
    try tell(&desk, web, fault(.plugins, .seconds(7), "y"))
    #expect(health()?.faults.map(\.since) == [since])
    #expect(health()?.faults.map(\.evidence) == ["y"])
    // It began later by far: another one.
    try tell(&desk, web, fault(.plugins, .seconds(1)))
    #expect(health()?.faults.map(\.since) == [desk.now + .seconds(-1)])
    try tell(&desk, web, AgentHealth())
    #expect(health()?.faults == [])
    #expect(health()?.recoveries.map(\.until) == [desk.now])
    #expect(try condition(desk, web).json["degraded"] == nil)
    for _ in 0..<10 {
      try tell(&desk, web, fault(.spool, .zero))
      try tell(&desk, web, AgentHealth())
    }
    #expect(health()?.recoveries.count == 8)
    // An agent of an earlier version came back in its place.
    try tell(&desk, web, nil)
    #expect(health() == nil)
  }

  @Test("calls that are held while degraded wait for a fault that would meet them, and then go")
  func held() throws {
    var desk = Desk()
    let web = desk.join()
    try tell(&desk, web, fault(.spool, .zero))
    let call = desk.submit(to: web.endpoint) { $0.holdsWhenDegraded = true }
    #expect(desk.engine.calls[call]?.delivery == .queued)
    try tell(&desk, web, fault(.controlPlane, .zero))
    #expect(desk.engine.calls[call]?.delivery == .offered)
    try tell(&desk, web, fault(.journal, .zero))
    let next = desk.submit(to: web.endpoint) { $0.holdsWhenDegraded = true }
    #expect(desk.engine.calls[next]?.delivery == .queued)
    let other = desk.submit(to: web.endpoint)
    #expect(desk.engine.calls[other]?.delivery == .offered)
    try tell(&desk, web, AgentHealth())
    #expect(desk.engine.calls[next]?.delivery == .offered)
  }
}
