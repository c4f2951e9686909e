import Platform
import Testing

@Suite("The loop of one thread")
struct EventLoopTests {
  @Test("a deadline that is taken back wakes nobody")
  func cancelled() throws {
    let loop = EventLoop(try Poller())
    loop.after(.seconds(60)) {}
    let early = loop.after(.seconds(1)) {}
    let before = try #require(loop.timeToWait(upTo: nil))
    #expect(before <= .seconds(1))
    loop.cancel(early)
    let after = try #require(loop.timeToWait(upTo: nil))
    #expect(after > .seconds(50))
    // It is no error to take it back once more.
    loop.cancel(early)
    #expect(try #require(loop.timeToWait(upTo: nil)) > .seconds(50))
  }

  @Test("deadlines are called in their order, one that an earlier one took back is not")
  func order() throws {
    let loop = EventLoop(try Poller())
    var called: [String] = []
    var third: EventLoop.Deadline?
    loop.after(.milliseconds(2)) {
      called.append("second")
      if let third { loop.cancel(third) }
    }
    loop.after(.milliseconds(1)) { called.append("first") }
    third = loop.after(.milliseconds(3)) { called.append("third") }
    Clock.sleep(for: .milliseconds(5))
    try loop.turn(waitUpTo: .zero)
    #expect(called == ["first", "second"])
    #expect(loop.timeToWait(upTo: nil) == nil)
  }
}
