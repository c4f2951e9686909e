import Model
import Testing

@testable import Agent

@Suite("How long executors have to end their calls")
struct ExecutorPatienceTests {
  private let now = Instant(microseconds: 1_000_000_000)
  private let limits = ExecutorPatience.Limits(run: .seconds(10), killGrace: .seconds(2))

  @Test(
    "an executor is ended when run limit, kill grace and its own grace are over, and not before")
  func exhausts() {
    var patience = ExecutorPatience(executorGrace: .seconds(60))
    patience.began(CallID("a"), limits, at: now)
    #expect(patience.nextDeadline == now + .seconds(10))
    #expect(patience.exhausted(at: now + .seconds(10)).isEmpty)
    #expect(patience.nextDeadline == now + .seconds(72))
    #expect(patience.exhausted(at: now + .seconds(71)).isEmpty)
    #expect(patience.exhausted(at: now + .seconds(72)) == [CallID("a")])
    // Still there after as long again: it is told again.
    #expect(patience.exhausted(at: now + .seconds(133)).isEmpty)
    #expect(patience.exhausted(at: now + .seconds(134)) == [CallID("a")])
    patience.ended(CallID("a"))
    #expect(patience.nextDeadline == nil)
  }

  @Test("a machine that slept through all of it leaves the executor its grace after it woke")
  func sleep() {
    var patience = ExecutorPatience(executorGrace: .seconds(60))
    patience.began(CallID("a"), limits, at: now)
    let woke = now + .seconds(3_600)
    #expect(patience.exhausted(at: woke).isEmpty)
    #expect(patience.exhausted(at: woke + .seconds(61)).isEmpty)
    #expect(patience.exhausted(at: woke + .seconds(62)) == [CallID("a")])
  }

  @Test("a machine that slept through the grace leaves it once more, and not for ever")
  func sleepInGrace() {
    var patience = ExecutorPatience(executorGrace: .seconds(60))
    patience.began(CallID("a"), limits, at: now)
    #expect(patience.exhausted(at: now + .seconds(10)).isEmpty)
    let woke = now + .seconds(3_600)
    #expect(patience.exhausted(at: woke).isEmpty)
    #expect(patience.exhausted(at: woke + .seconds(61)).isEmpty)
    #expect(patience.exhausted(at: woke + .seconds(3_600)) == [CallID("a")])
  }

  @Test("the wait begins again with the start")
  func restarted() {
    var patience = ExecutorPatience(executorGrace: .seconds(60))
    patience.began(CallID("a"), limits, at: now)
    patience.started(CallID("a"), at: now + .seconds(5))
    patience.started(CallID("unheard of"), at: now)
    #expect(patience.nextDeadline == now + .seconds(15))
  }
}
