import Model
import Testing
import Wire

@Suite("The runtime's link")
struct LinkMachineTests {
  let start = Instant(microseconds: 1_000_000)

  private func opened() -> LinkMachine {
    var link = LinkMachine()
    _ = link.step(.start, at: start, random: 0)
    _ = link.step(.socketOpened, at: start, random: 0)
    _ = link.step(.welcomed, at: start, random: 0)
    return link
  }

  @Test("dials, says hello, and is open when it is welcomed")
  func opens() {
    var link = LinkMachine()
    #expect(link.step(.start, at: start, random: 0) == [.dial])
    #expect(link.step(.socketOpened, at: start, random: 0) == [.sayHello])
    #expect(link.step(.welcomed, at: start, random: 0).isEmpty)
    #expect(link.state == .open(since: start))
  }

  @Test("opened anew: an open link is closed, a wait is cut short, a dial is left alone")
  func reconnects() {
    var link = LinkMachine()
    let anew = LinkMachine.Event.reconnect(reason: "mute")
    #expect(link.step(anew, at: start, random: 0).isEmpty)
    #expect(link.state == .idle)
    _ = link.step(.start, at: start, random: 0)
    #expect(link.step(anew, at: start, random: 0).isEmpty)
    _ = link.step(.socketOpened, at: start, random: 0)
    #expect(link.step(anew, at: start, random: 0).isEmpty)
    link = opened()
    #expect(link.step(anew, at: start, random: 199_999) == [.close(reason: "mute")])
    #expect(
      link.state == .waiting(until: start + .microseconds(199_999), failures: 1, reason: "mute"))
    #expect(link.step(anew, at: start, random: 0) == [.dial])
    #expect(link.state == .connecting(since: start))
  }

  @Test("what comes out of turn changes nothing")
  func outOfTurn() {
    var link = LinkMachine()
    #expect(link.deadline == nil)
    for event in [LinkMachine.Event.socketOpened, .welcomed, .tick, .closed(reason: "gone")] {
      #expect(link.step(event, at: start, random: 0).isEmpty)
      #expect(link.state == .idle)
    }
    _ = link.step(.start, at: start, random: 0)
    #expect(link.step(.welcomed, at: start, random: 0).isEmpty)
    #expect(link.step(.start, at: start, random: 0).isEmpty)
    #expect(link.state == .connecting(since: start))
  }

  @Test("waits a random time below a doubling, capped ceiling, then dials again")
  func backoff() {
    var link = LinkMachine()
    var now = start
    _ = link.step(.start, at: now, random: 0)
    var ceilings: [Duration] = []
    for _ in 0..<12 {
      _ = link.step(.closed(reason: "refused"), at: now, random: UInt64.max / 3)
      guard case .waiting(let until, _, _) = link.state else {
        Issue.record("not waiting")
        return
      }
      ceilings.append(until - now)
      #expect(link.step(.tick, at: until, random: 0) == [.dial])
      now = until
    }
    #expect(ceilings.allSatisfy { $0 <= link.settings.backoffCap })
    #expect(ceilings[0] < .milliseconds(200))
  }

  @Test("waits longer once an outage has lasted for long")
  func longOutage() {
    var link = LinkMachine()
    var now = start
    _ = link.step(.start, at: now, random: 0)
    var longest = Duration.zero
    while now - start < link.settings.longOutage + .seconds(120) {
      _ = link.step(.closed(reason: "refused"), at: now, random: 29_999_999)
      guard case .waiting(let until, _, _) = link.state else {
        Issue.record("not waiting")
        return
      }
      let isLong = now - start >= link.settings.longOutage
      #expect(until - now < (isLong ? link.settings.longBackoffCap : link.settings.backoffCap))
      longest = max(longest, until - now)
      now = max(until, now + .milliseconds(100))
      #expect(link.step(.tick, at: now, random: 0) == [.dial])
    }
    #expect(longest > .seconds(20))
  }

  @Test("a link that was open starts its backoff anew")
  func backoffResets() {
    var link = opened()
    _ = link.step(.closed(reason: "cut"), at: start, random: 199_999)
    guard case .waiting(let until, let failures, let reason) = link.state else {
      Issue.record("not waiting")
      return
    }
    #expect(failures == 1)
    #expect(reason == "cut")
    #expect(until - start < .milliseconds(200))
  }

  @Test("silence of three heartbeats ends the link; anything heard keeps it")
  func silence() {
    var link = opened()
    _ = link.step(.received, at: start + .seconds(14), random: 0)
    #expect(link.step(.tick, at: start + .seconds(16), random: 0).isEmpty)
    #expect(link.step(.tick, at: start + .seconds(29), random: 5).count == 1)
  }

  @Test("a dial that is never answered is given up")
  func dialTimeout() {
    var link = LinkMachine()
    _ = link.step(.start, at: start, random: 0)
    #expect(link.step(.tick, at: start + .seconds(9), random: 0).isEmpty)
    #expect(link.step(.tick, at: start + .seconds(10), random: 5).count == 1)
  }

  @Test("the end of a link that is already over changes nothing")
  func closedTwice() {
    var link = opened()
    _ = link.step(.closed(reason: "cut"), at: start, random: 5)
    let state = link.state
    _ = link.step(.closed(reason: "again"), at: start, random: 50)
    #expect(link.state == state)
  }
}
