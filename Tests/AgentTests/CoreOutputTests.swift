import Bridge
import Journal
import Model
import PluginProtocol
import Support
import Testing
import Wire

@testable import Agent

@Suite("The agent's driver, and the output that its journal keeps")
struct CoreOutputTests {
  private let call = CallID("a")

  /// A spool with little output, which has ended.
  private var spool: SpoolFindings {
    var findings = SpoolFindings()
    let at = Instant(microseconds: 5)
    for frame: SpoolFrame in [
      .opened(SpoolOpening(call: call, plugin: "shell", bootID: "boot", at: at, owner: nil)),
      .starting(at: at), .started(at: at, process: 7),
      .output(SpoolOutput(stream: .stdout, offset: 0, at: at, bytes: Array("hel".utf8))),
      .output(SpoolOutput(stream: .stderr, offset: 0, at: at, bytes: Array("oops".utf8))),
      .output(SpoolOutput(stream: .stdout, offset: 3, at: at, bytes: Array("lo\n".utf8))),
      .ended(at: at, Records.ended(stdout: 6, stderr: 4)),
    ] { _ = findings.take(frame, of: call) }
    return findings
  }

  private let all = ["output stdout 0 hel", "output stderr 0 oops", "output stdout 3 lo\n"]

  /// Runs the call to its end.
  private func run(_ desk: CoreDesk) throws -> Core {
    var core = try CoreRuntimeTests.welcomed(desk, credit: 1 << 20)
    try core.turn([.bridge(.message(1, .offer(CoreRuntimeTests.offer(.service, call: call))))])
    #expect(try #require(desk.prepared).unsyncedBytes == Spool.journaledBytes)
    desk.spool = spool
    try core.turn([.execution(.started(call, pid: 7)), .execution(.ended(call))])
    return core
  }

  @Test("goes out after the commit that keeps it, and the report after it")
  func order() throws {
    let desk = CoreDesk()
    _ = try run(desk)
    let told = desk.take().filter { !$0.hasPrefix("acknowledge") }
    let commit = try #require(told.lastIndex(of: "commit"))
    #expect(told[commit - 1] == "journal ended")
    #expect(Array(told[(commit + 1)...].prefix(3)) == all)
    #expect(told.last?.hasPrefix("finished ") == true && told.count == commit + 5)
  }

  @Test("is told by the next agent though the spool is gone, from where the store ends")
  func afterwards() throws {
    let before = CoreDesk()
    _ = try run(before)
    let desk = CoreDesk()
    desk.open = [OpenCall(call: call, entries: before.entries)]
    _ = try CoreRuntimeTests.welcomed(
      desk, credit: 1 << 20,
      committed: [CommittedOutput(call: call, stdoutBytes: 4, stderrBytes: 0)])
    #expect(
      Array(desk.lastTold.suffix(3).dropLast()) == ["output stderr 0 oops", "output stdout 4 o\n"])
    #expect(desk.lastTold.last?.hasPrefix("finished ") == true)
  }
}
