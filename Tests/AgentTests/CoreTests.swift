import Bridge
import JSON
import Journal
import Model
import Platform
import PluginProtocol
import Testing
import Wire

@testable import Agent

@Suite("The agent's driver")
struct CoreTests {
  @Test("a heartbeat that comes along with the welcome is answered when the epoch is on disk")
  func heartbeatAfterWelcome() throws {
    let desk = CoreDesk()
    var core = try Core(
      configuration: AgentConfiguration(
        stateDirectory: "", controlPlane: "desk", name: "web-01", joinTokenFile: nil,
        version: "1", log: { _ in }),
      surroundings: desk, journal: desk, dialer: desk, executing: desk)
    try core.turn([.execution(.ready)])
    #expect(desk.told == ["dial"])
    try core.turn([.bridge(.opened(1))])
    let welcome = Welcome(
      endpoint: EndpointID("e"), epoch: EpochID("epoch"), heartbeat: .seconds(5), creditBytes: 1)
    try core.turn([
      .bridge(.message(1, .reply(id: 1, .welcome(welcome)))),
      .bridge(.message(1, .heartbeat(id: 7))),
    ])
    #expect(desk.told == ["dial", "hello", "commit", "alive 7"])
  }
}

/// Everything around the driver, which notes what it is asked for, in its order.
final class CoreDesk: Surroundings, Journaling, Dialing, Executing, @unchecked Sendable {
  // Safe because a test has one thread.
  private(set) var told: [String] = []

  var now = Instant(microseconds: 1_700_000_000_000_000)
  /// What the agent finds when it looks after itself.
  var silent: [String] = []
  var journalFinding = SelfCheckMachine.Finding.good
  /// The round in which the spool is to be examined.
  private(set) var examining: Int?

  /// The last offer that was refused.
  private(set) var refusal: String?

  /// What was taken last.
  private(set) var lastTold: [String] = []

  func take() -> [String] {
    lastTold = told
    told = []
    return lastTold
  }

  let bootID = "boot"
  let platform = "linux"
  let architecture = "none"
  func randomWord() -> UInt64 { 4 }
  func hasCommand(_ name: String) -> Bool { true }
  /// Who is logged in.
  var users: [String] = []
  var blindness: String?
  func sessions() -> UserSessions {
    let seen = users.map {
      UserSession(
        user: $0, userID: 1_000, home: "/home/\($0)", runtimeDirectory: "/run/\($0)")
    }
    return UserSessions(seen: seen, blindness: blindness)
  }

  func identity() -> Identity? { Identity(endpoint: EndpointID("e"), credential: "secret") }
  func keep(_ identity: Identity) {}
  func joinToken() -> String? { nil }
  func callDirectories() -> [String] { [] }
  /// What stands in every spool.
  var spool: SpoolFindings?
  func findings(of call: CallID, in directory: String?) -> SpoolFindings? { spool }
  func frames(
    in directory: String, stdout: Int, stderr: Int, isForeign: Bool
  ) -> (any SpoolFrames)? { nil }
  func requestCancel(in directory: String) {}
  func killOwner(of call: CallID, in directory: String) -> (any FallenProcesses)? { nil }

  func examineSpool(round: Int, room: Int) { examining = round }
  func remakeCallsDirectory() throws {
    told.append("remake")
    throw SystemError.busy("mkdir", path: "calls")
  }

  let head = JournalHead.empty
  func inspect() -> SelfCheckMachine.Finding { journalFinding }
  let pendingSequence = 0
  private(set) var epoch: EpochID?
  func isTombstone(_ call: CallID) -> Bool { false }
  func row(at sequence: Int) -> JournalHead? { nil }
  /// What it holds at the start.
  var open: [OpenCall] = []
  func openCalls() -> [OpenCall] { open }
  func begin() {}
  /// What was written, in its order.
  private(set) var entries: [Entry] = []
  func append(_ kind: EntryKind, _ body: [UInt8], of call: CallID, at now: Instant) {
    told.append("journal \(kind.rawValue)")
    entries.append(
      Entry(sequence: entries.count + 1, call: call, kind: kind, at: now, body: body))
  }
  func setEpoch(_ epoch: EpochID) { self.epoch = epoch }
  func prune(before mark: CallID, through last: Int) {}
  func commit() { told.append("commit") }
  func close() {}

  func deliver(to user: @escaping @Sendable (BridgeEvent) -> Void) {}
  func dial(_ number: UInt64) { told.append("dial") }
  func close(_ number: UInt64, reason: String) { told.append("close: \(reason)") }

  /// How often something was sent.
  private(set) var sent = 0

  func send(_ messages: [Message], on number: UInt64) {
    sent += 1
    for message in messages {
      switch message {
      case .hello: told.append("hello")
      case .reply(let id, .alive(_, let health, let runtimes)):
        let faults = (health?.faults ?? []).map { " \($0.subject.rawValue)" }.joined()
        let names = runtimes?.map(\.name.text) ?? []
        told.append((["alive \(id)" + faults] + names).joined(separator: " "))
      case .refused(let refused):
        told.append("refused \(refused.attempt) \(refused.cause)")
        refusal = refused.reason
      case .finished(let finished): told.append("finished \(finished.report.json.compact)")
      case .output(let chunk):
        told.append(
          "output \(chunk.stream.rawValue) \(chunk.offset) \(String(decoding: chunk.bytes, as: UTF8.self))"
        )
      case .acknowledge(let word): told.append("acknowledge \(word.state)")
      default: told.append("\(message)")
      }
    }
  }

  let executors = ["shell", "native"]
  let sessionExecutors = ["shell"]
  func takeDirectory() -> String { "1" }
  /// What was asked for last.
  private(set) var prepared: Preparation?
  func prepare(_ preparation: Preparation) {
    prepared = preparation
    told.append("prepare")
  }
  func start(_ call: CallID) {}
  func discard(_ call: CallID) {}
  func cancel(_ call: CallID) {}
  /// The calls of the one plugin there is.
  var having: Set<CallID> = []
  func giveUp(_ call: CallID) -> Bool {
    defer { if having.contains(call) { having = [] } }
    return having.contains(call)
  }
  func giveBack(directory: String, isSuspect: Bool) {}
  func ask() { told.append("ask") }
  func rebuild() -> [String] { ["plugin x is started anew"] }
  func shutdown() {}
}
