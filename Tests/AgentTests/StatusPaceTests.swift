import JSON
import Model
import Testing

@testable import Agent

@Suite("When the agent's status is written")
struct StatusPaceTests {
  private let now = Instant(microseconds: 1_000_000_000)

  @Test("it is looked at once a second at most, and what came in between is not forgotten")
  func pace() {
    var pace = StatusPace()
    let looks = [0, 400, 1_000].map { milliseconds in
      let isTime = pace.isTime(at: now + .milliseconds(milliseconds))
      return (isTime, pace.due)
    }
    #expect(looks.map(\.0) == [true, false, true])
    #expect(looks.map(\.1) == [nil, now + .seconds(1), nil])
  }

  @Test("what did not change is written seldom")
  func unchanged() {
    var pace = StatusPace()
    let writes = [(1, 0), (1, 5), (2, 5), (2, 34), (2, 35)].map { content, seconds in
      pace.isWorthWriting(["a": .int(content)], at: now + .seconds(seconds))
    }
    #expect(writes == [true, false, true, false, true])
  }
}
