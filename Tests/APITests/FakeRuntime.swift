import Bridge
import Digest
import JSON
import Model
import Platform
import Sockets
import Support
import Wire

/// An endpoint's end of the bridge that does what a test says, without an agent.
///
/// `@unchecked Sendable`: the stored state is touched on the loop's thread only.
final class FakeRuntime: @unchecked Sendable {
  typealias OnOffer = @Sendable (Offer, FakeRuntime) -> Void

  private let loop = SocketLoop()
  private let dialer: Dialer
  private let onOffer: OnOffer
  private let greeting: Hello
  private var row = 0
  private let ended = Mailbox<Void>()
  private let welcomed = Mailbox<Void>()
  /// Calls that were asked to stop.
  let cancels = Mailbox<CallID>()
  /// Offers as they came.
  let offers = Mailbox<Offer>()

  init(
    _ desk: Desk, name: String, users: [String] = [], onOffer: @escaping OnOffer
  ) throws {
    self.onOffer = onOffer
    dialer = Dialer(loop: loop, host: "127.0.0.1", port: desk.port)
    let token = try Files.read(desk.root + "/data/join-token")
    greeting = Hello(
      name: name, proof: .joinToken(String(decoding: token.dropLast(), as: UTF8.self)),
      runtime: RuntimeInfo(
        kind: "service", platform: "linux", architecture: "x86_64", version: "1", bootID: "b",
        executors: ["shell"],
        sessions: users.map { Runtime(name: .session(of: $0), executors: ["shell"]) }),
      epoch: nil, head: .empty, capacity: 16, calls: [])
    try loop.start()
    dialer.deliver { [weak self] event in self?.take(event) }
    dialer.dial(1)
    var taken: [Void] = []
    while taken.isEmpty { _ = welcomed.drain(into: &taken) }
  }

  /// Not from its own events.
  func end() { loop.stop() }

  private func take(_ event: BridgeEvent) {
    switch event {
    case .opened: send([.hello(id: 1, greeting)])
    case .closed: ended.post(())
    case .message(_, let message): take(message)
    }
  }

  private func take(_ message: Message) {
    switch message {
    case .offer(let offer):
      offers.post(offer)
      onOffer(offer, self)
    case .heartbeat(let id, _): send([.reply(id: id, .alive(head))])
    case .probe(let id, let call): send([.reply(id: id, .state(call, .received))])
    case .cancel(let cancel): cancels.post(cancel.call)
    case .reply(_, .welcome): welcomed.post(())
    case .hello, .acknowledge, .refused, .released, .output, .finished, .confirm, .reply, .refusal:
      break
    }
  }

  func send(_ messages: [Message]) { dialer.send(messages, on: 1) }

  func leave() {
    dialer.close(1, reason: "test")
    var taken: [Void] = []
    while taken.isEmpty { _ = ended.drain(into: &taken) }
  }

  // MARK: What an agent would say

  private var head: JournalHead {
    JournalHead(sequence: row, hash: String(repeating: "a", count: 64))
  }

  private func nextHead() -> JournalHead {
    row += 1
    return head
  }

  func acknowledge(_ offer: Offer, _ state: CallState = .received) {
    send([
      .acknowledge(
        Acknowledge(call: offer.call, attempt: offer.attempt, state: state, head: nextHead()))
    ])
  }

  func refuse(_ offer: Offer, _ reason: String) {
    send([
      .refused(
        RefusedOffer(
          call: offer.call, attempt: offer.attempt, cause: .noRuntime, reason: reason,
          remedy: "call again later"))
    ])
  }

  func start(_ offer: Offer) {
    acknowledge(offer)
    send([
      .released(
        Released(
          call: offer.call, startedAt: Instant(microseconds: Clock.now()), pid: 7, head: nextHead())
      )
    ])
  }

  func print(_ call: CallID, _ bytes: [UInt8], at offset: Int, _ stream: OutputStream = .stdout) {
    send([
      .output(
        OutputChunk(
          call: call, stream: stream, offset: offset, at: Instant(microseconds: Clock.now()),
          bytes: bytes))
    ])
  }

  /// - Parameters:
  ///   - stdout: all of what the record accounts for.
  ///   - dropped: bytes over the tool's limit.
  func finish(
    _ call: CallID, _ ending: Ending = .exit(code: 0), stdout: [UInt8] = [], stderr: [UInt8] = [],
    dropped: Int = 0
  ) {
    finish(call, ending, account(stdout, dropped), account(stderr, 0))
  }

  func finish(
    _ call: CallID, _ ending: Ending, _ stdout: StreamAccount, _ stderr: StreamAccount
  ) {
    let begin = Instant(microseconds: Clock.now())
    let record = ExecutionRecord(
      ended: ending, startedAt: begin, endedAt: begin + .milliseconds(12),
      duration: .milliseconds(12), executor: Executor(name: "shell", version: "1"),
      process: ProcessUsage(pid: 7), stdout: stdout, stderr: stderr)
    report(call, .ended(record))
  }

  func report(_ call: CallID, _ report: Report) {
    send([.finished(Finished(call: call, report: report, head: nextHead()))])
  }

  func account(_ bytes: [UInt8], _ dropped: Int) -> StreamAccount {
    StreamAccount(
      producedBytes: bytes.count + dropped, keptBytes: bytes.count, droppedBytes: dropped,
      redactions: 0, sha256: SHA256.hex(of: bytes))
  }

  /// Runs the call at once and prints `text`.
  static func printing(_ text: String, code: Int = 0) -> OnOffer {
    { offer, runtime in
      let bytes = Array(text.utf8)
      runtime.start(offer)
      for begin in stride(from: 0, to: bytes.count, by: 128 << 10) {
        let end = min(bytes.count, begin + (128 << 10))
        runtime.print(offer.call, Array(bytes[begin..<end]), at: begin)
      }
      runtime.finish(offer.call, .exit(code: code), stdout: bytes)
    }
  }
}
