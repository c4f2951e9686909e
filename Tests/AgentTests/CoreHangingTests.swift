import Bridge
import Model
import PluginProtocol
import Testing
import Wire

@testable import Agent

@Suite("The agent's driver, and executors that hang")
struct CoreHangingTests {
  private let a = CallID("a")
  private let b = CallID("b")

  @Test("two calls that one hung executor never began are each prepared once more, not twice")
  func onceMore() throws {
    let desk = CoreDesk()
    var core = try CoreRuntimeTests.welcomed(desk)
    try core.turn([
      .bridge(.message(1, .offer(CoreRuntimeTests.offer(.service, call: a)))),
      .bridge(.message(1, .offer(CoreRuntimeTests.offer(.service, call: b)))),
    ])
    var blank = SpoolFindings()
    blank.close(isTorn: false) { true }
    desk.spool = blank
    desk.having = [a, b]
    // The run limit is seen to be over, and then the patience.
    desk.now = desk.now + .seconds(21)
    try core.turn([])
    desk.now = desk.now + .seconds(63)
    _ = desk.take()
    try core.turn([])
    #expect(!desk.take().contains("prepare"), "its end was not told yet")
    try core.turn([.execution(.died([a, b], why: "it was let go"))])
    #expect(desk.take().filter { $0 == "prepare" }.count == 2)
    try core.turn([])
    #expect(!desk.take().contains("prepare"))
    #expect(core.machine.phase(of: a) == .released && core.machine.phase(of: b) == .released)
  }
}
