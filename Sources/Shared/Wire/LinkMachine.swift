package import Model
import Mutants

/// The runtime's end of the bridge: dial, say hello, stay, and come back. Pure; the driver owns the
/// socket and the timer.
///
/// `idle` → `connecting` → `greeting` → `open`; any of them → `waiting` → `connecting`.
package struct LinkMachine: Sendable {
  package enum State: Sendable, Hashable {
    case idle
    /// A socket is being opened.
    case connecting(since: Instant)
    /// The socket is open and hello is not answered yet.
    case greeting(since: Instant)
    case open(since: Instant)
    /// Queued until the next try.
    case waiting(until: Instant, failures: Int, reason: String)
  }

  package enum Event: Sendable, Hashable {
    case start
    case socketOpened
    case welcomed
    case received
    case closed(reason: String)
    /// Begin anew, without the rest of a wait.
    case reconnect(reason: String)
    case tick
  }

  package enum Effect: Sendable, Hashable {
    case dial
    case sayHello
    case close(reason: String)
  }

  package struct Settings: Sendable, Hashable {
    package var backoffBase: Duration = .milliseconds(200)
    /// A control plane that is started again is found within so long.
    package var backoffCap: Duration = .seconds(2)
    /// Of an outage that has lasted for `longOutage`.
    package var longBackoffCap: Duration = .seconds(30)
    package var longOutage: Duration = .seconds(600)
    /// From dialling to the answer to hello.
    package var openWithin: Duration = .seconds(10)
    /// Set by the control plane's welcome; silence of more than three of them ends the link.
    package var heartbeat: Duration = .seconds(5)

    package init() {}
  }

  package var settings: Settings
  package private(set) var state: State = .idle
  private var failures = 0
  /// When the first of the failures in a row was.
  private var failingSince = Instant(microseconds: 0)
  /// When the other end was heard from last; it means something while the link is open.
  package private(set) var lastHeard = Instant(microseconds: 0)

  package init(settings: Settings = Settings()) { self.settings = settings }

  /// When `tick` is due next.
  package var deadline: Instant? {
    switch state {
    case .idle: nil
    case .connecting(let since), .greeting(let since): since + settings.openWithin
    case .open: lastHeard + silenceLimit
    case .waiting(let until, _, _): until
    }
  }

  private var silenceLimit: Duration { settings.heartbeat * 3 }

  /// - Parameter random: 64 random bits, for the jitter; asked for only when there is any.
  package mutating func step(
    _ event: Event, at now: Instant, random: @autoclosure () -> UInt64
  ) -> [Effect] {
    switch event {
    case .start:
      guard state == .idle else { return [] }
      state = .connecting(since: now)
      return [.dial]
    case .socketOpened:
      guard case .connecting = state else { return [] }
      state = .greeting(since: now)
      return [.sayHello]
    case .welcomed:
      guard case .greeting = state else { return [] }
      state = .open(since: now)
      lastHeard = now
      failures = 0
      return []
    case .received:
      lastHeard = now
      return []
    case .closed(let reason):
      wait(reason: reason, at: now, random: random())
      return []
    case .reconnect(let reason): return reconnect(reason, at: now, random: random)
    case .tick:
      return tick(at: now, random: random)
    }
  }

  /// What is on its way to an answer is left alone: it has its own deadline.
  private mutating func reconnect(
    _ reason: String, at now: Instant, random: () -> UInt64
  ) -> [Effect] {
    switch state {
    case .idle, .connecting, .greeting: return []
    case .open:
      wait(reason: reason, at: now, random: random())
      return [.close(reason: reason)]
    case .waiting:
      state = .connecting(since: now)
      return [.dial]
    }
  }

  private mutating func tick(at now: Instant, random: () -> UInt64) -> [Effect] {
    guard let deadline, now >= deadline else { return [] }
    switch state {
    case .idle: return []
    case .connecting, .greeting:
      let reason = "no answer within \(settings.openWithin)"
      wait(reason: reason, at: now, random: random())
      return [.close(reason: reason)]
    case .open:
      if Mutant.silentLinkKept.isPlanted { return [] }
      let reason = "nothing heard for \(silenceLimit)"
      wait(reason: reason, at: now, random: random())
      return [.close(reason: reason)]
    case .waiting:
      state = .connecting(since: now)
      return [.dial]
    }
  }

  /// Capped exponential backoff with full jitter: a random time between nothing and the cap of this
  /// failure, so that a thousand endpoints do not return in one moment.
  private mutating func wait(reason: String, at now: Instant, random: UInt64) {
    switch state {
    case .idle, .waiting: return
    case .connecting, .greeting, .open: break
    }
    if failures == 0 { failingSince = now }
    failures += 1
    let isLong = now - failingSince >= settings.longOutage
    let base = settings.backoffBase.wholeMicroseconds
    let cap = (isLong ? settings.longBackoffCap : settings.backoffCap).wholeMicroseconds
    let ceiling = min(cap, base << Int64(min(failures - 1, 20)))
    var delay = Int64(random % UInt64(max(1, ceiling)))
    if Mutant.backoffForever.isPlanted { delay = 1 << 40 }
    state = .waiting(
      until: now + .microseconds(delay), failures: failures, reason: reason)
  }
}
