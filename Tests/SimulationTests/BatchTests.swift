import ControlPlane
import Digest
import Engine
import JSON
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

  @Test("a call that ends in the turn in which it is offered is not offered any more")
  func endedWhileOffered() throws {
    let shown = Shown()
    var batch = batch(FailingStore(fails: false), shown)
    let link = LinkID(1)
    try batch.turn(
      [.event(.linkOpened(link)), .event(.message(link, .hello(id: 1, hello)))], at: now)
    let now = now
    try batch.turn(
      [
        .submit({ engine, _ in Self.submission(to: engine, at: now) }, { _ in })
      ], at: now)
    guard let call = batch.engine.calls.keys.first else {
      Issue.record("nothing was accepted")
      return
    }
    let ended = Finished(call: call, report: .cancelled, head: .empty)
    let alive = shown.messages.compactMap { message -> ControlPlane.Input? in
      guard case .heartbeat(let id, _) = message else { return nil }
      return .event(.message(link, .reply(id: id, .alive(.empty))))
    }
    try batch.turn(alive + [.event(.message(link, .finished(ended)))], at: now)
    #expect(batch.engine.calls.isEmpty)
    #expect(!shown.messages.contains { if case .offer = $0 { true } else { false } })
    #expect(shown.messages.contains { if case .confirm = $0 { true } else { false } })
  }

  private static func submission(to engine: Engine, at now: Instant) -> Submission? {
    guard let endpoint = engine.endpoint(named: "web-01") else { return nil }
    return Submission(
      endpoint: endpoint.id,
      request: CallRequest(
        tool: "disk.usage", toolVersion: "1.0.0", digest: "sha256:00", arguments: [:],
        shownArguments: [:], idempotencyKey: nil, by: "ann", acceptedAt: now,
        expiresAt: now + .seconds(60), ackWithin: .seconds(10), maxAttempts: 5, idempotent: false),
      definition: "{}")
  }

  private var hello: Hello {
    Hello(
      name: "web-01", proof: .joinToken("join-me"),
      runtime: RuntimeInfo(
        kind: "service", platform: "linux", architecture: "x86_64", version: "1", bootID: "b",
        executors: ["shell"]),
      epoch: nil, head: .empty, capacity: 8, calls: [])
  }

  private var notHello: ControlPlane.Input {
    .event(.message(LinkID(1), .reply(id: 1, .alive(.empty))))
  }

  private func batch(_ store: FailingStore, _ shown: Shown) -> Batch {
    Batch(
      engine: Engine(
        joinTokenHash: SHA256.digest(of: Array("join-me".utf8)),
        random: SystemRandomNumberGenerator()), store: store,
      judge: { _, _ in Verdict(outcome: .failed, validity: .valid, meaning: "") },
      visible: { shown.take($0) }, changed: { _, _ in })
  }

  private final class Shown {
    private(set) var effects = 0
    private(set) var messages: [Message] = []

    func take(_ shown: [VisibleEffect]) {
      effects += shown.count
      for case .send(_, let message) in shown { messages.append(message) }
    }
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
