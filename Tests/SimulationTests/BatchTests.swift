import ControlPlane
import Engine
import Model
import Store
import Testing
import Wire

@Suite("A turn of the engine's driver")
struct BatchTests {
  private let now = Instant(microseconds: 1_700_000_000_000_000)

  @Test("when the commit fails, nothing is let out")
  func failedCommit() {
    let shown = Shown()
    var batch = batch(FailingStore(fails: true), shown)
    #expect(throws: FailingStore.Failed.self) {
      try batch.turn([.event(.linkOpened(LinkID(1))), notHello], at: now)
    }
    #expect(shown.effects == 0)
  }

  @Test("what a turn decides is let out after the commit")
  func committed() throws {
    let shown = Shown()
    var batch = batch(FailingStore(fails: false), shown)
    try batch.turn([.event(.linkOpened(LinkID(1))), notHello], at: now)
    #expect(shown.effects == 1)
  }

  private var notHello: ControlPlane.Input {
    .event(.message(LinkID(1), .reply(id: 1, .alive(.empty))))
  }

  private func batch(_ store: FailingStore, _ shown: Shown) -> Batch {
    Batch(
      engine: Engine(joinTokenHash: [], random: SystemRandomNumberGenerator()), store: store,
      judge: { _, _ in Verdict(outcome: .failed, validity: .valid, meaning: "") },
      visible: { shown.effects += $0.count }, changed: { _, _ in })
  }

  private final class Shown {
    var effects = 0
  }
}

/// A disk that fails, or not.
private final class FailingStore: Storing {
  struct Failed: Error {}

  private let fails: Bool

  init(fails: Bool) { self.fails = fails }

  func write(_ effect: EngineEffect) throws {}
  func write(definition text: String, digest: String) throws {}
  func flush() throws {}
  func call(withKey key: String) throws -> KeyedCall? { nil }
  func readOutput(
    of call: CallID, _ stream: OutputStream, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws {}
  func commit() throws { if fails { throw Failed() } }
  func close() throws {}
}
