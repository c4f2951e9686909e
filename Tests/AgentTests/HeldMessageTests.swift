import Bridge
import Model
import Testing
import Wire

@testable import Agent

@Suite("The agent's driver, and words that can wait")
struct HeldMessageTests {
  private static func offered(_ desk: CoreDesk) throws -> Core {
    var core = try CoreRuntimeTests.welcomed(desk)
    try core.turn([.bridge(.message(1, .offer(CoreRuntimeTests.offer(nil))))])
    return core
  }

  @Test("an acknowledgement waits two milliseconds for another word, and no longer")
  func alone() throws {
    let desk = CoreDesk()
    var core = try Self.offered(desk)
    #expect(desk.take() == ["prepare", "journal received", "journal released", "commit"])
    let due = try #require(core.nextDeadline)
    #expect(due - desk.now == .milliseconds(2))
    desk.now = desk.now + .microseconds(1_999)
    try core.turn([])
    #expect(desk.take() == [])
    desk.now = due
    try core.turn([])
    #expect(desk.take() == ["acknowledge released"])
    try core.turn([])
    #expect(desk.take() == [])
  }

  @Test("it goes before the next word, in one go")
  func together() throws {
    let desk = CoreDesk()
    var core = try Self.offered(desk)
    _ = desk.take()
    let sent = desk.sent
    try core.turn([.bridge(.message(1, .heartbeat(id: 3)))])
    #expect(desk.take() == ["acknowledge released", "alive 3"])
    #expect(desk.sent == sent + 1)
  }

  @Test("many do not wait, and go in one")
  func many() throws {
    let desk = CoreDesk()
    var core = try CoreRuntimeTests.welcomed(desk)
    let sent = desk.sent
    try core.turn(
      ["a", "b", "c"].map {
        .bridge(.message(1, .offer(CoreRuntimeTests.offer(nil, call: CallID($0)))))
      })
    #expect(desk.take().filter { $0.hasPrefix("acknowledge") }.count == 3)
    #expect(desk.sent == sent + 1)
  }

  @Test("what waited for a link that is gone is said on no other")
  func otherLink() throws {
    let desk = CoreDesk()
    var core = try Self.offered(desk)
    _ = desk.take()
    try core.turn([.bridge(.closed(1, reason: "gone"))])
    desk.now = desk.now + .seconds(60)
    try core.turn([])
    try core.turn([.bridge(.opened(2))])
    let welcome = Welcome(
      endpoint: EndpointID("e"), epoch: EpochID("epoch"), heartbeat: .seconds(5), creditBytes: 1)
    try core.turn([.bridge(.message(2, .reply(id: 2, .welcome(welcome))))])
    desk.now = desk.now + .seconds(1)
    try core.turn([.bridge(.message(2, .heartbeat(id: 3)))])
    let told = desk.take()
    #expect(told.filter { $0.hasPrefix("acknowledge") } == [])
    #expect(told.last == "alive 3")
  }

  @Test("what is held for one link is not taken for another")
  func taken() {
    var held = HeldMessages()
    held.add(.heartbeat(id: 1), to: 1)
    #expect(held.take(for: 2) == [])
    held.add(.heartbeat(id: 1), to: 1)
    held.add(.heartbeat(id: 2), to: 2)
    held.add(.heartbeat(id: 3), to: 2)
    #expect(held.take(for: 2) == [.heartbeat(id: 2), .heartbeat(id: 3)])
    #expect(held.take(for: 2) == [] && held.due == nil)
  }

  @Test("the agent leaves nothing unsaid when it stops")
  func stop() throws {
    let desk = CoreDesk()
    var core = try Self.offered(desk)
    _ = desk.take()
    core.leave()
    #expect(desk.take() == ["acknowledge released", "close: the agent stops"])
  }
}
