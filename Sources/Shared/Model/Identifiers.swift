/// An identifier whose kind the compiler checks: a call's id is never taken for an endpoint's.
package struct Identifier<Kind>: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }
}

extension Identifier: Comparable {
  package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Identifier: CustomStringConvertible {
  package var description: String { text }
}

package enum CallKind {}
package enum EndpointKind {}
package enum EpochKind {}
package enum BatchKind {}
package enum SessionKind {}

/// Time-ordered: a later call of one control plane has a greater id.
package typealias CallID = Identifier<CallKind>
package typealias BatchID = Identifier<BatchKind>
package typealias SessionID = Identifier<SessionKind>
package typealias EndpointID = Identifier<EndpointKind>
/// One life of an endpoint's journal. Assigned by the control plane.
package typealias EpochID = Identifier<EpochKind>

/// Issues identifiers that grow: 48 bits of milliseconds, then 80 bits that start random and count
/// up within one millisecond (the ULID layout), in 26 letters of Crockford's base 32, lower case.
package struct IdentifierSequence: Sendable {
  private var lastMilliseconds: UInt64 = 0
  private var high: UInt16 = 0
  private var low: UInt64 = 0

  package init() {}

  /// - Parameter random: 64 random bits; used when the millisecond is a new one.
  package mutating func next<Kind>(at now: Instant, random: UInt64) -> Identifier<Kind> {
    let milliseconds = UInt64(max(0, now.microseconds / 1_000))
    if milliseconds > lastMilliseconds {
      lastMilliseconds = milliseconds
      high = UInt16(truncatingIfNeeded: random >> 48) >> 1
      low = random &* 0x9E37_79B9_7F4A_7C15
    } else {
      let (sum, overflow) = low.addingReportingOverflow(1)
      low = sum
      if overflow { high += 1 }
    }
    return Identifier(text)
  }

  /// Whether a text could be an identifier that was issued.
  package static func hasForm(_ text: String) -> Bool {
    text.utf8.count == 26 && text.utf8.allSatisfy { letters.contains($0) }
  }

  /// Makes sure that what is issued from now on is greater than `last`.
  package mutating func continueAfter<Kind>(_ last: Identifier<Kind>, at now: Instant) {
    let floor = Self.milliseconds(of: last.text) ?? 0
    lastMilliseconds = max(lastMilliseconds, floor)
    high = UInt16.max >> 1
    low = 0
    lastMilliseconds += 1
  }

  private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  private var text: String {
    String(unsafeUninitializedCapacity: 26) { buffer in
      for index in 0..<10 {
        buffer[index] = Self.letters[Int(lastMilliseconds >> UInt64(45 - index * 5)) & 31]
      }
      for index in 0..<16 {
        let shift = 75 - index * 5
        let bits: UInt64 =
          shift >= 64
          ? UInt64(high) >> UInt64(shift - 64)
          : (low >> UInt64(shift)) | (shift > 59 ? UInt64(high) << UInt64(64 - shift) : 0)
        buffer[10 + index] = Self.letters[Int(bits & 31)]
      }
      return 26
    }
  }

  private static func milliseconds(of text: String) -> UInt64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 26 else { return nil }
    var value: UInt64 = 0
    for byte in bytes.prefix(10) {
      guard let digit = letters.firstIndex(of: byte) else { return nil }
      value = value << 5 | UInt64(digit)
    }
    return value
  }
}
