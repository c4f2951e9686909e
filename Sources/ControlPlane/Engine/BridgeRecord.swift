package import Model
import Wire

/// What was measured of the bridge to one runtime, since the control plane started or the endpoint
/// joined. Pure; bounded.
package struct BridgeRecord: Sendable, Hashable {
  /// From offer to acknowledgement, the newest `maxDeliveries`; the oldest is overwritten.
  private var deliveries: [Duration] = []
  private var nextDelivery = 0
  private var slowDeliveries = 0
  /// When links ended, at most an hour ago and at most `maxLosses` of them.
  private var losses: [Instant] = []
  /// The least that the endpoint's clock was behind ours when it told of something, on this link:
  /// what remains above it is time that the news was on its way.
  private var leastOffset: Duration?
  private var lastLag: Lag?
  package let since: Instant
  /// nil where the agent is from before it told.
  package private(set) var health: EndpointHealth?

  static let maxDeliveries = 128
  static let maxLosses = 256
  static let lossWindow = Duration.seconds(3_600)
  /// A lag that was measured longer ago says nothing of now.
  static let lagIsNews = Duration.seconds(60)

  package init(since: Instant) { self.since = since }

  mutating func acknowledged(after time: Duration, limits: BridgeLimits) {
    let isSlow = time >= limits.slowDelivery
    if isSlow { slowDeliveries += 1 }
    if deliveries.count < Self.maxDeliveries {
      deliveries.append(time)
    } else {
      if deliveries[nextDelivery] >= limits.slowDelivery { slowDeliveries -= 1 }
      deliveries[nextDelivery] = time
      nextDelivery = (nextDelivery + 1) % Self.maxDeliveries
    }
  }

  mutating func opened() {
    leastOffset = nil
    lastLag = nil
  }

  mutating func lost(at now: Instant) {
    losses.removeAll { now - $0 > Self.lossWindow }
    if losses.count == Self.maxLosses { losses.removeFirst() }
    losses.append(now)
  }

  /// The endpoint told of something that happened at `time` by its own clock.
  mutating func told(of time: Instant, at now: Instant) {
    let offset = now - time
    let least = min(leastOffset ?? offset, offset)
    leastOffset = least
    lastLag = Lag(time: offset - least, measuredAt: now)
  }

  mutating func told(_ health: AgentHealth?, at now: Instant) {
    guard let health else {
      self.health = nil
      return
    }
    var known = self.health ?? EndpointHealth(toldAt: now)
    known.told(health, at: now)
    self.health = known
  }

  /// Half of the deliveries took too long.
  var deliversSlowly: Bool { slowDeliveries * 2 >= max(1, deliveries.count) }

  package var deliveryCount: Int { deliveries.count }

  /// The delivery time that a share of the deliveries did not exceed; nil if there were none.
  package func delivery(percentile share: Double) -> Duration? {
    let sorted = deliveries.sorted()
    guard !sorted.isEmpty else { return nil }
    let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
    return sorted[min(max(rank, 0), sorted.count - 1)]
  }

  package func lossesLastHour(at now: Instant) -> Int {
    losses.count { now - $0 <= Self.lossWindow }
  }

  /// How late the last news came, beyond the quickest on this link.
  package func eventLag(at now: Instant) -> Duration? {
    guard let lastLag, now - lastLag.measuredAt <= Self.lagIsNews else { return nil }
    return lastLag.time
  }

  private struct Lag: Hashable {
    let time: Duration
    let measuredAt: Instant
  }
}

/// From when on a bridge is not good. Part of `EngineSettings`.
package struct BridgeLimits: Sendable, Hashable {
  /// A round trip of this or more is lagging.
  package var slowRoundTrip: Duration = .seconds(1)
  /// A delivery of this or more is slow; lagging is when half of the last ones are.
  package var slowDelivery: Duration = .seconds(2)
  /// News that comes this much later than it could is lagging.
  package var slowEvents: Duration = .seconds(10)
  /// This many lost connections within an hour are flapping.
  package var flappingLosses = 6

  package init() {}
}
