import Platform
import Testing

@Suite("The loop of one thread")
struct EventLoopTests {
  @Test("what came while the loop was busy is taken before the deadlines that are over by then")
  func answerBeforeDeadline() throws {
    let loop = EventLoop(try Poller())
    // More than one look at the poller tells of, so that the last of them is among those of the next.
    var pipes: [Answer] = []
    for _ in 0..<200 { pipes.append(try Answer()) }
    var late: [Int] = []
    for (number, pipe) in pipes.enumerated() {
      let limit = loop.after(.milliseconds(20)) { late.append(number) }
      try pipe.watch(by: loop) { loop.cancel(limit) }
    }
    let busy = try Answer()
    try busy.watch(by: loop) {
      for pipe in pipes { try? pipe.come() }
      Clock.sleep(for: .milliseconds(30))
    }
    try busy.come()
    try loop.turn(waitUpTo: .zero)
    #expect(late == [])
  }

  @Test("what another process has time for gets it once more after a sleep, and not twice")
  func sleptThrough() throws {
    let loop = EventLoop(try Poller())
    var called: [String] = []
    loop.afterAwake(.milliseconds(10)) { called.append("awake") }
    loop.after(.milliseconds(10)) { called.append("any") }
    Clock.sleep(for: .milliseconds(1_100))
    try loop.turn(waitUpTo: .zero)
    #expect(called == ["any"])
    Clock.sleep(for: .milliseconds(1_100))
    try loop.turn(waitUpTo: .zero)
    #expect(called == ["any", "awake"])
    #expect(loop.timeToWait(upTo: nil) == nil)
  }

  @Test("a deadline is called when its time is over, and nothing has come")
  func deadline() throws {
    let loop = EventLoop(try Poller())
    let pipe = try Answer()
    var called: [String] = []
    try pipe.watch(by: loop) { called.append("answer") }
    loop.after(.milliseconds(2)) { called.append("deadline") }
    while called.isEmpty { try loop.turn() }
    #expect(called == ["deadline"])
  }

  @Test("a deadline that is taken back wakes nobody")
  func cancelled() throws {
    let loop = EventLoop(try Poller())
    loop.after(.seconds(600)) {}
    let early = loop.after(.seconds(1)) {}
    let before = try #require(loop.timeToWait(upTo: nil))
    #expect(before <= .seconds(1))
    loop.cancel(early)
    let after = try #require(loop.timeToWait(upTo: nil))
    #expect(after > .seconds(500))
    // It is no error to take it back once more.
    loop.cancel(early)
    #expect(try #require(loop.timeToWait(upTo: nil)) > .seconds(500))
  }

  @Test("deadlines are called in their order, one that an earlier one took back is not")
  func order() throws {
    for _ in 0..<20 {
      let loop = EventLoop(try Poller())
      var called: [String] = []
      var third: EventLoop.Deadline?
      let before = ContinuousClock.now
      loop.after(.milliseconds(20)) {
        called.append("second")
        if let third { loop.cancel(third) }
      }
      loop.after(.milliseconds(10)) { called.append("first") }
      third = loop.after(.milliseconds(30)) { called.append("third") }
      // Or their order is another.
      guard ContinuousClock.now - before < .milliseconds(9) else { continue }
      Clock.sleep(for: .milliseconds(40))
      try loop.turn(waitUpTo: .zero)
      #expect(called == ["first", "second"])
      #expect(loop.timeToWait(upTo: nil) == nil)
      return
    }
    Issue.record("the deadlines could not be set in time")
  }
}

/// A pipe in which one byte comes.
private final class Answer {
  private let reader: Descriptor
  private let writer: Descriptor

  init() throws {
    var pipe = try Pipe()
    reader = pipe.takeReadEnd()
    writer = pipe.takeWriteEnd()
    try reader.setNonblocking()
  }

  func come() throws { try writer.writeAll([1]) }

  func watch(by loop: EventLoop, onReady: @escaping () -> Void) throws {
    try loop.watch(reader.number) { [self] in
      var byte: UInt8 = 0
      _ = withUnsafeMutableBytes(of: &byte) { try? reader.readIfReady(into: $0) }
      onReady()
    }
  }
}
