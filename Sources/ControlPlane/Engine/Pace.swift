import Model
import Mutants

/// How fast the calls that waited for an endpoint go to it when it is back: a token bucket, so that
/// a returning laptop is not stampeded. Calls made since are not held up by it.
struct Pace: Sendable {
  private let returnedAt: Instant
  private let burst: Int
  private let perSecond: Int
  /// In microseconds of refilling.
  private var level: Int64
  private var filledAt: Instant
  private var isWaitedFor = false

  /// - Returns: nil where the settings set no pace.
  init?(of returnedAt: Instant, _ settings: EngineSettings) {
    guard settings.pacePerSecond > 0, settings.paceBurst > 0 else { return nil }
    self.returnedAt = returnedAt
    burst = settings.paceBurst
    perSecond = settings.pacePerSecond
    level = Int64(burst) * Self.cost(perSecond)
    filledAt = returnedAt
  }

  private static func cost(_ perSecond: Int) -> Int64 { 1_000_000 / Int64(perSecond) }

  /// Looks through the line again.
  mutating func begin() { isWaitedFor = false }

  /// Whether a call that was accepted then may go now; if so, it counts as gone.
  mutating func mayGo(_ acceptedAt: Instant, at now: Instant) -> Bool {
    guard acceptedAt < returnedAt, !Mutant.paceIgnored.isPlanted else { return true }
    let cost = Self.cost(perSecond)
    level = min(
      Int64(burst) * cost, level + max(0, (now - filledAt).wholeMicroseconds))
    filledAt = now
    guard level >= cost else {
      isWaitedFor = true
      return false
    }
    level -= cost
    return true
  }

  /// When the next one may go; nil if none is held back.
  func next(after now: Instant) -> Instant? {
    isWaitedFor ? now + .microseconds(max(1, Self.cost(perSecond) - level)) : nil
  }
}
