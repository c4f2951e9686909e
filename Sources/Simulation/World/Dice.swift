import Model

/// Every choice of a simulation (SplitMix64). A seed gives the same choices in every run; a fork has
/// choices of its own, so that a change in one part of the world leaves the others' as they were.
package struct Dice: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  mutating func fork() -> Dice { Dice(seed: next()) }

  /// - Parameter share: of 1.
  mutating func chance(_ share: Double) -> Bool {
    Double(next() >> 11) < share * Double(1 << 53)
  }

  mutating func int(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[int(0...(choices.count - 1))]
  }

  mutating func micro(_ range: ClosedRange<Int>) -> Duration { .microseconds(int(range)) }

  /// Small values often, large ones seldom, as waiting times are.
  mutating func skewed(_ shortest: Duration, _ longest: Duration) -> Duration {
    let low = max(1, shortest.wholeMicroseconds)
    var octaves = 0
    while low << Int64(octaves + 1) <= longest.wholeMicroseconds { octaves += 1 }
    let floor = low << Int64(int(0...max(0, octaves)))
    return min(longest, .microseconds(floor + Int64(next() % UInt64(floor))))
  }
}
