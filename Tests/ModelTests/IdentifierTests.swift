import Model
import Testing

@Suite("Identifiers") struct IdentifierTests {
  private func issue(
    _ count: Int, at times: (Int) -> Int64, random: (Int) -> UInt64 = { UInt64($0) &* 0x9E37_79B9 }
  ) -> [CallID] {
    var sequence = IdentifierSequence()
    return (0..<count).map { index in
      sequence.next(at: Instant(microseconds: times(index)), random: random(index))
    }
  }

  private func grow(_ ids: [CallID]) -> Bool { zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 } }

  @Test("identifiers are 26 letters of Crockford's base 32") func layout() {
    let letters = Set("0123456789abcdefghjkmnpqrstvwxyz")
    for id in issue(50, at: { Int64($0) * 777 }) {
      #expect(id.text.utf8.count == 26)
      #expect(id.text.allSatisfy { letters.contains($0) })
    }
  }

  @Test("the first ten letters are the milliseconds") func milliseconds() {
    // 2^48 - 1 milliseconds, the last of the layout.
    let last = issue(1, at: { _ in ((1 << 48) - 1) * 1_000 })
    #expect(last.first?.text.prefix(10) == "7zzzzzzzzz")
    #expect(issue(1, at: { _ in 33_000 }).first?.text.prefix(10) == "0000000011")
  }

  @Test(
    "identifiers grow within a millisecond, from one to the next, and when the clock steps back")
  func growth() {
    #expect(grow(issue(5_000, at: { _ in 1_767_225_600_000_000 })))
    #expect(grow(issue(500, at: { Int64($0) * 300 + 1 })))
    #expect(grow(issue(500, at: { 1_000_000_000 - Int64($0) * 100_000 })))
    #expect(grow(issue(10, at: { _ in -5_000_000 })))
  }

  @Test("a carry out of the low half of the random part is not lost") func carry() {
    // The low half is the random number times this odd constant; this one makes it all ones.
    var inverse: UInt64 = 1
    for _ in 0..<6 { inverse = inverse &* (2 &- 0x9E37_79B9_7F4A_7C15 &* inverse) }
    let random = UInt64.max &* inverse
    let ids = issue(4, at: { _ in 1_000_000 }, random: { _ in random })
    #expect(ids[0].text.hasSuffix("zzzzzzzzzzzz"))
    #expect(ids[1].text.hasSuffix("000000000000"))
    #expect(grow(ids))
  }

  @Test("after a restart identifiers go on above the last one, whatever the clock says")
  func restart() {
    let before = issue(3, at: { _ in 2_000_000_000 })
    for now in [0, 1_999_999_999, 2_000_000_000, 2_000_000_999, 9_000_000_000] as [Int64] {
      var sequence = IdentifierSequence()
      sequence.continueAfter(before[2], at: Instant(microseconds: now))
      let after: [CallID] = (0..<3).map { _ in
        sequence.next(at: Instant(microseconds: now), random: 0)
      }
      #expect(grow([before[2]] + after))
    }
  }

  @Test("continuing after a text that is no identifier is harmless") func foreign() {
    for text in ["", "x", "ILOU0000000000000000000000", "é"] {
      var sequence = IdentifierSequence()
      sequence.continueAfter(CallID(text), at: Instant(microseconds: 0))
      let id: CallID = sequence.next(at: Instant(microseconds: 5_000), random: 1)
      #expect(id.text.utf8.count == 26)
    }
  }
}

@Suite("Instants") struct InstantTests {
  @Test("an instant and a duration make an instant, two instants a duration") func arithmetic() {
    let start = Instant(microseconds: 1_000_000)
    let end = start + .milliseconds(1_500)
    #expect(end.microseconds == 2_500_000)
    #expect(end - start == .milliseconds(1_500))
    #expect(start - end == .milliseconds(-1_500))
    #expect(start < end)
  }

  @Test("durations are rounded toward zero") func rounding() {
    #expect(Duration.nanoseconds(1_999).wholeMicroseconds == 1)
    #expect(Duration.nanoseconds(-1_999).wholeMicroseconds == -1)
    #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
    #expect(Duration.seconds(90).wholeMilliseconds == 90_000)
  }

  @Test("times beyond the range do not trap") func extremes() {
    _ = Instant(microseconds: .max) + .seconds(1)
    _ = Instant(microseconds: .max) - Instant(microseconds: .min)
    _ = Duration.seconds(Int64.max).wholeMicroseconds
  }
}
