import Engine
import Model
import Testing

@Suite("Whether a call ran")
struct RanTests {
  private func ran(
    _ outcome: Outcome?, _ execution: Execution = .notStarted,
    _ delivery: Delivery = .acknowledged, resolution: String? = nil
  ) -> Ran {
    Ran(outcome, delivery, execution, resolution: resolution)
  }

  @Test("a start that was heard is proof, whatever the outcome is or will be")
  func started() {
    for outcome in Outcome.allCases.map(Optional.some) + [nil] {
      #expect(ran(outcome, .started) == .yes)
      #expect(ran(outcome, .ended) == .yes)
    }
  }

  @Test("an outcome says whether it ran where no start was heard")
  func outcomes() {
    for outcome in Outcome.allCases {
      let expected: Ran =
        switch outcome {
        case .succeeded, .succeededEmpty, .failed, .malformed, .timedOut, .interrupted: .yes
        case .cancelled, .rejected, .denied, .expired, .undeliverable: .no
        case .unknown: .notKnown
        }
      #expect(ran(outcome) == expected, "\(outcome)")
      #expect(ran(outcome, .released) == expected, "\(outcome)")
    }
  }

  @Test("what came to be known of an unknown call counts; an open one is proved only in the queue")
  func open() {
    #expect(ran(.unknown, .lost, resolution: "ended") == .yes)
    #expect(ran(.unknown, .lost, resolution: "interrupted") == .yes)
    #expect(ran(.unknown, .lost, resolution: "rejected") == .no)
    #expect(ran(nil, .notStarted, .queued) == .no)
    #expect(ran(nil, .notStarted, .held) == .no)
    #expect(ran(nil, .notStarted, .offered) == .notKnown)
    #expect(ran(nil, .released) == .notKnown)
  }

  @Test("what ran, or may have, is done again only if that does no harm")
  func again() {
    for past in [Ran.yes, .notKnown] {
      #expect(!past.mayRepeat(isIdempotent: false))
      #expect(past.mayRepeat(isIdempotent: true))
    }
    #expect(Ran.no.mayRepeat(isIdempotent: false))
  }
}
