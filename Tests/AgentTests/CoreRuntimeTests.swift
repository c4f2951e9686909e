import Bridge
import Digest
import JSON
import Journal
import Model
import PluginProtocol
import Testing
import Wire

@testable import Agent

@Suite("The agent's driver, and who is logged in")
struct CoreRuntimeTests {
  private static func core(_ desk: CoreDesk) throws -> Core {
    var configuration = AgentConfiguration(
      stateDirectory: "/state", controlPlane: "desk", name: "web-01", joinTokenFile: nil,
      version: "1", log: { _ in })
    configuration.selfCheck = .init(interval: .seconds(1))
    // The journal is the one that the control plane knows.
    desk.setEpoch(EpochID("epoch"))
    var core = try Core(
      configuration: configuration, surroundings: desk, journal: desk, dialer: desk, executing: desk
    )
    try core.recover()
    try core.turn([.execution(.ready)])
    try core.turn([.bridge(.opened(1))])
    return core
  }

  static func welcomed(
    _ desk: CoreDesk, credit: Int = 1, committed: [CommittedOutput] = []
  ) throws -> Core {
    var core = try core(desk)
    let welcome = Welcome(
      endpoint: EndpointID("e"), epoch: EpochID("epoch"), heartbeat: .seconds(5),
      creditBytes: credit, outputs: committed)
    try core.turn([.bridge(.message(1, .reply(id: 1, .welcome(welcome))))])
    _ = desk.take()
    return core
  }

  static func offer(
    _ runtime: RuntimeName?, executor: String = "shell", attempt: Int = 1,
    call: CallID = CallID("a")
  ) -> Offer {
    let definition = """
      {"delivery":{"ackWithinMs":10000,"attempts":3,"expiresAfterMs":86400000,"whenOffline":"queue"},\
      "limits":{"killGraceMs":2000,"runMs":20000,"stderrBytes":1048576,"stdoutBytes":1048576},\
      "name":"t","recovery":{"attempts":1,"onLostAfterStart":"unknown"},"redact":[],\
      "run":[{"input":{"env":{"USER":"/user"}},"script":"id","when":{},"with":"\(executor)"}],\
      "signalbox":1,"version":"1.0.0"}
      """
    return Offer(
      call: call, attempt: attempt,
      digest: "sha256:" + SHA256.hex(of: Array(definition.utf8)), definition: definition,
      arguments: [:], expiresIn: .seconds(60), runtime: runtime)
  }

  private static func take(_ offer: Offer, _ core: inout Core) throws {
    try core.turn([.bridge(.message(1, .offer(offer)))])
  }

  @Test("a call of a session runs as its user, with what a login would give it")
  func inSession() throws {
    let desk = CoreDesk()
    desk.users = ["ann"]
    var core = try Self.welcomed(desk)
    try Self.take(Self.offer(.session(of: "ann")), &core)
    let prepared = try #require(desk.prepared)
    #expect(prepared.runAs == "ann")
    #expect(
      prepared.environment.map { "\($0.name)=\($0.value)" } == [
        "HOME=/home/ann", "USER=ann", "LOGNAME=ann", "XDG_RUNTIME_DIR=/run/ann",
      ])
  }

  @Test("what the tool binds counts more than what a login would give")
  func bound() throws {
    let desk = CoreDesk()
    desk.users = ["ann"]
    var core = try Self.welcomed(desk)
    var offer = Self.offer(.session(of: "ann"))
    offer.arguments = ["user": "me"]
    try Self.take(offer, &core)
    let environment = try #require(desk.prepared).environment
    #expect(environment.filter { $0.name == "USER" }.map(\.value) == ["me"])
  }

  @Test("a session that is not there refuses, by name, and keeps nothing")
  func noSession() throws {
    let desk = CoreDesk()
    var core = try Self.welcomed(desk)
    try Self.take(Self.offer(.session(of: "ann")), &core)
    #expect(desk.take() == ["refused 1 noRuntime"])
    #expect(core.machine.held.isEmpty)
  }

  @Test("where nobody could look, nobody is said to be logged out")
  func blind() throws {
    let desk = CoreDesk()
    var core = try Self.welcomed(desk)
    try Self.take(Self.offer(.session(of: "ann")), &core)
    #expect(desk.refusal == "ann is not logged in, so there is no such session")
    desk.blindness = "cannot see who is logged in: no"
    try Self.take(Self.offer(.session(of: "ann"), attempt: 2), &core)
    #expect(
      desk.refusal
        == "no session of ann was found, but the agent cannot see who is logged in: no")
    #expect(desk.take() == ["refused 1 noRuntime", "refused 2 noRuntime"])
  }

  @Test("whoever logged out since the last look is not there")
  func loggedOut() throws {
    let desk = CoreDesk()
    desk.users = ["ann"]
    var core = try Self.welcomed(desk)
    desk.users = []
    try Self.take(Self.offer(.session(of: "ann")), &core)
    #expect(desk.take() == ["refused 1 noRuntime"])
  }

  @Test("an executor that cannot run a call as another user is none of a session's")
  func noExecutor() throws {
    let desk = CoreDesk()
    desk.users = ["ann"]
    var core = try Self.welcomed(desk)
    try Self.take(Self.offer(.session(of: "ann"), executor: "native"), &core)
    #expect(desk.take() == ["refused 1 noExecutor"])
    try Self.take(Self.offer(.service, executor: "native", attempt: 2), &core)
    desk.now = desk.now + HeldMessages.patience
    try core.turn([])
    #expect(desk.take().last == "acknowledge released")
    #expect(desk.prepared?.runAs == nil)
  }

  @Test("an offer that names no runtime is rejected with a row: nobody would offer it elsewhere")
  func withoutRuntime() throws {
    let desk = CoreDesk()
    var core = try Self.welcomed(desk)
    try Self.take(Self.offer(nil, executor: "osascript"), &core)
    let told = desk.take()
    #expect(told.first == "journal rejected")
    #expect(told.last?.hasPrefix("finished") == true)
  }

  @Test("who logged in or out is told with the next answer to a heartbeat, and once")
  func told() throws {
    let desk = CoreDesk()
    var core = try Self.welcomed(desk)
    desk.users = ["ann"]
    try core.turn([.bridge(.message(1, .heartbeat(id: 7)))])
    // It has not looked yet.
    #expect(desk.take() == ["alive 7"])
    desk.now = desk.now + .seconds(2)
    try core.turn([])
    _ = desk.take()
    try core.turn([.bridge(.message(1, .heartbeat(id: 8)))])
    try core.turn([.bridge(.message(1, .heartbeat(id: 9)))])
    let told = desk.take()
    #expect(told.first { $0.hasPrefix("alive 8") }?.hasSuffix("service session:ann") == true)
    #expect(told.first { $0.hasPrefix("alive 9") }?.contains("service") == false)
  }

  @Test("after a new start a session's call runs in its session, or not at all")
  func recovered() throws {
    let now = Instant(microseconds: 1_700_000_000_000_000)
    let (kind, body) = JournalEntry.received(Self.offer(.session(of: "ann")))
      .row(bootID: "boot", directory: nil, at: now)
    let open = OpenCall(
      call: CallID("a"),
      entries: [Entry(sequence: 1, call: CallID("a"), kind: kind, at: now, body: body.bytes)])
    let desk = CoreDesk()
    desk.open = [open]
    desk.users = ["ann"]
    _ = try Self.welcomed(desk)
    #expect(desk.prepared?.runAs == "ann")

    let other = CoreDesk()
    other.open = [open]
    let core = try Self.welcomed(other)
    #expect(other.prepared == nil)
    guard case .ended(.rejected(let code, _, _)) = core.machine.phase(of: CallID("a")) else {
      Issue.record("the call is \(String(describing: core.machine.phase(of: CallID("a"))))")
      return
    }
    #expect(code == "noRuntime")
  }

  @Test("a call that waits for a slot does not begin in a session that ended meanwhile")
  func endedWhileWaiting() throws {
    let desk = CoreDesk()
    desk.users = ["ann"]
    var core = try Self.welcomed(desk)
    for number in 0..<8 {
      var busy = Self.offer(nil)
      busy.call = CallID("b\(number)")
      try Self.take(busy, &core)
    }
    try Self.take(Self.offer(.session(of: "ann")), &core)
    #expect(core.machine.phase(of: CallID("a")) == .received)
    desk.users = []
    try core.turn([.bridge(.message(1, .cancel(Cancel(call: CallID("b0"), by: "x"))))])
    _ = desk.take()
    try core.turn([
      .execution(.refused(CallID("b0"), reason: "r", message: "m", remedy: "r"))
    ])
    // A release without a spool would be taken for a start after a crash.
    #expect(
      desk.take().filter { $0.hasPrefix("journal") } == ["journal cancelled", "journal rejected"])
    let phase = core.machine.phase(of: CallID("a"))
    guard case .ended(.rejected(let code, _, _)) = phase else {
      Issue.record("the call is \(String(describing: phase))")
      return
    }
    #expect(code == "noRuntime")
  }
}
