import Bridge
import Model
import Platform
import Testing
import Wire

@testable import Agent

/// The driver with a hand-turned clock, and what it writes into its log.
private final class LogBook: Sendable {
  private let lines = Locked<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  func has(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
}

@Suite("The agent's driver looks after itself")
struct CoreSelfCheckTests {
  private let desk = CoreDesk()
  private let log = LogBook()

  private func core(restarts: Bool = false) throws -> Core {
    let log = log
    var configuration = AgentConfiguration(
      stateDirectory: "", controlPlane: "desk", name: "web-01", joinTokenFile: nil,
      version: "1", log: { log.add($0) })
    configuration.selfCheck.restarts = restarts
    var core = try Core(
      configuration: configuration, surroundings: desk, journal: desk, dialer: desk,
      executing: desk)
    try core.turn([.execution(.ready)])
    // Said again when executors change.
    try core.turn([.execution(.ready)])
    return core
  }

  private func open(_ core: inout Core) throws {
    let welcome = Welcome(
      endpoint: EndpointID("e"), epoch: EpochID("epoch"), heartbeat: .seconds(5), creditBytes: 1)
    try core.turn([.bridge(.opened(core.dials))])
    try core.turn([.bridge(.message(core.dials, .reply(id: core.helloID, .welcome(welcome))))])
  }

  /// Turns the clock to each deadline of the self-check, and answers what is asked.
  private func pass(
    _ time: Duration, _ core: inout Core, spool: SelfCheckMachine.Finding? = .good,
    isHeard: Bool = false
  ) throws {
    let end = desk.now + time
    while let due = core.selfCheck.nextDeadline, due <= end {
      desk.now = max(desk.now, due)
      if isHeard { try core.turn([.bridge(.message(core.dials, .heartbeat(id: 1)))]) }
      try core.turn([])
      if let round = core.selfCheck.round(of: .spool), round == desk.examining, let spool {
        try core.turn([.spoolExamined(round: round, spool)])
      }
    }
    desk.now = end
  }

  @Test("an agent that is well tells no fault, and starts nothing")
  func well() throws {
    var core = try core()
    try open(&core)
    try pass(.seconds(70), &core, isHeard: true)
    #expect(core.selfCheck.health(at: desk.now).faults.isEmpty)
    #expect(!log.has("self-check"))
    #expect(desk.take().contains("ask"))
  }

  @Test("a link that is gone is dialled at once, told when it is back, and good then")
  func link() throws {
    var core = try core()
    try open(&core)
    try core.turn([.bridge(.closed(1, reason: "reset"))])
    _ = desk.take()
    try pass(.seconds(60), &core)
    #expect(core.selfCheck.health(at: desk.now).faults.map(\.subject) == [.controlPlane])
    #expect(log.has("controlPlane: no link to desk"))
    #expect(log.has("opens the link anew"))
    #expect(desk.take().contains("dial"))
    try open(&core)
    try core.turn([.bridge(.message(core.dials, .heartbeat(id: 9)))])
    #expect(desk.take().last?.hasPrefix("alive 9") == true)
    try core.turn([])
    #expect(core.selfCheck.health(at: desk.now).faults.isEmpty)
    #expect(log.has("controlPlane: no longer degraded"))
  }

  @Test("silent executors are built anew, and told with the next heartbeat until they answer")
  func executors() throws {
    var core = try core()
    try open(&core)
    desk.silent = ["plugin x does not answer"]
    try pass(.seconds(90), &core, isHeard: true)
    #expect(log.has("plugins: plugin x does not answer; looks again"))
    #expect(log.has("self-check: plugins: plugin x is started anew"))
    _ = desk.take()
    try core.turn([.bridge(.message(core.dials, .heartbeat(id: 9)))])
    #expect(desk.take() == ["alive 9 plugins"])
    // The answer ends the check that is under way.
    while core.selfCheck.round(of: .plugins) == nil { try pass(.seconds(1), &core, isHeard: true) }
    desk.silent = []
    try core.turn([.execution(.answered)])
    #expect(core.selfCheck.health(at: desk.now).faults.isEmpty)
    #expect(log.has("plugins: no longer degraded"))
  }

  @Test(
    "a damaged journal and a spool that cannot be used are degraded; a repair that fails is told")
  func disk() throws {
    var core = try core()
    try open(&core)
    desk.journalFinding = .bad(evidence: "entry 4 is missing")
    try pass(.seconds(120), &core, spool: .bad(evidence: "no directory"), isHeard: true)
    #expect(core.selfCheck.faults.map(\.subject) == [.journal, .spool])
    #expect(desk.take().contains("remake"))
    #expect(log.has("self-check: spool: mkdir"))
    #expect(!log.has("journal: entry 4 is missing; builds"))
    desk.journalFinding = .good
    try pass(.seconds(120), &core, spool: nil, isHeard: true)
    #expect(core.selfCheck.faults.map(\.evidence) == ["no answer within 10.0 seconds"])
  }

  @Test("a restart ends the driver, once it may; one that stops looks at nothing any more")
  func restart() throws {
    var core = try core(restarts: true)
    try open(&core)
    desk.silent = ["plugin x does not answer"]
    try pass(.seconds(3_500), &core, isHeard: true)
    #expect(!core.isDone)
    try pass(.seconds(200), &core, isHeard: true)
    #expect(core.isDone)
    #expect(
      log.has(
        "asks to be started anew, because it is degraded, and no session and no call is active"))
    var leaving = try self.core()
    try open(&leaving)
    try leaving.turn([.stop])
    let due = try #require(leaving.selfCheck.nextDeadline)
    desk.now = due
    _ = desk.take()
    try leaving.turn([])
    #expect(!desk.take().contains("ask"))
  }

  @Test("a restart waits while there is a session, and for as long as one was told of")
  func session() throws {
    var core = try core(restarts: true)
    try open(&core)
    desk.silent = ["plugin x does not answer"]
    func heartbeat(_ session: Duration?) throws {
      try core.turn([.bridge(.message(core.dials, .heartbeat(id: 1, sessionFor: session)))])
    }
    for _ in 0..<400 {
      try heartbeat(.seconds(1_800))
      try pass(.seconds(10), &core)
    }
    #expect(core.hasSession && !core.isDone)
    #expect(log.has("plugins: will ask to be started anew once no session and no call is active"))
    // Nobody can tell any more that it is over.
    try core.turn([.bridge(.closed(core.dials, reason: "reset"))])
    try pass(.seconds(1_700), &core)
    #expect(!core.isDone)
    try pass(.seconds(300), &core)
    #expect(core.isDone)
  }

  @Test("a session that was closed is over with the next heartbeat")
  func closedSession() throws {
    var core = try core()
    try open(&core)
    try core.turn([.bridge(.message(core.dials, .heartbeat(id: 1, sessionFor: .seconds(60))))])
    #expect(core.hasSession)
    try core.turn([.bridge(.message(core.dials, .heartbeat(id: 2)))])
    #expect(!core.hasSession)
  }
}
