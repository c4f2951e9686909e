import Glibc
import JSON
import Model
import Platform
import Support
import Testing
import Wire

@testable import API

@Suite("The signalbox command")
struct SignalboxTests {
  @Test(
    "prints the output, tells the outcome, and exits by it",
    arguments: [
      ("test.echo", "hi\n", 0, 0, "succeeded: test.echo on web-01"),
      ("test.echo", "", 0, 0, "next: adjust the query, do not resend"),
      ("test.echo", "no\n", 5, 10, "the thing is broken (exit code 5)"),
      ("test.keyed", "state=sideways\n", 0, 11, "- /state: expected"),
    ])
  func outcomes(tool: String, text: String, code: Int, exit: Int, words: String) throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing(text, code: code))
      let result = try Shell(root: desk.root).run(["call", "web-01", tool])
      #expect(result.exit == exit, "\(result.stderr)")
      #expect(result.stdout == text)
      #expect(result.stderr.contains(words), "\(result.stderr)")
    }
  }

  @Test("exits by how a call ended that did not run to an end")
  func reports() throws {
    try Desk.with { desk throws in
      let reports: [(Report, Int)] = [
        (.ended(record(.limit("run", signal: 9))), 12),
        (.ended(record(.cancelled(signal: 15))), 13),
        (.interrupted(reason: "power", startedAt: nil), 14),
        (.rejected(code: "x", reason: "no shell", remedy: "install one"), 15), (.expired, 17),
        (.lost(reason: "gone"), 19),
      ]
      for (index, (report, exit)) in reports.enumerated() {
        let runtime = try desk.join("web-\(index)") { offer, runtime in
          switch report {
          case .ended, .interrupted, .lost: runtime.start(offer)
          // Nothing ran, and it is believed only where nothing was heard to run.
          case .rejected, .cancelled, .expired: break
          }
          runtime.report(offer.call, report)
        }
        let result = try Shell(root: desk.root).run(["call", "web-\(index)", "test.echo"])
        #expect(result.exit == exit, "\(result.stderr)")
        runtime.leave()
      }
    }
  }

  private func record(_ ending: Ending) -> ExecutionRecord {
    let empty = StreamAccount(
      producedBytes: 0, keptBytes: 0, droppedBytes: 0, redactions: 0,
      sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let at = Instant(microseconds: 1)
    return ExecutionRecord(
      ended: ending, startedAt: at, endedAt: at, duration: .seconds(1),
      executor: Executor(name: "shell", version: "1"), process: ProcessUsage(), stdout: empty,
      stderr: empty)
  }

  @Test("checks arguments before anything is called")
  func arguments() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let shell = Shell(root: desk.root)
      let long = try shell.run(["call", "web-01", "test.echo", "text=too long"])
      #expect(long.exit == 65 && long.stderr.contains("/text: expected"), "\(long.stderr)")
      let secret = try shell.run(["call", "web-01", "test.secret", "password=hunter22"])
      #expect(secret.exit == 65 && secret.stderr.contains("password=@FILE"))
      let approval = try shell.run(["call", "web-01", "test.operator"])
      #expect(approval.exit == 77 && approval.stderr.contains("--approve"))
      #expect(try desk.get("/v1/calls").json["calls"]?.array?.isEmpty == true)
      let typo = try shell.run(["call", "wbe-01", "test.echo"])
      #expect(typo.exit == 78 && typo.stderr.contains("did you mean \"web-01\"?"))
      let piped = try shell.run(
        ["call", "web-01", "test.secret", "password=-", "--no-wait"], stdin: "hunter22\n")
      #expect(piped.exit == 0 && piped.stdout.count == 27, "\(piped.stderr)")
    }
  }

  @Test("prints one document with --json, whatever the output is")
  func json() throws {
    try Desk.with { desk throws in
      let bytes: [UInt8] = [0xFF, 0x0A]
      try desk.join { offer, runtime in
        runtime.start(offer)
        runtime.print(offer.call, bytes, at: 0)
        runtime.print(offer.call, Array("e".utf8), at: 0, .stderr)
        runtime.finish(offer.call, .exit(code: 5), stdout: bytes, stderr: Array("e".utf8))
      }
      let result = try Shell(root: desk.root).run(["call", "web-01", "test.echo", "--json"])
      #expect(result.exit == 10 && result.stderr.isEmpty, "\(result.stderr)")
      let document = try JSON(parsing: result.stdout)
      #expect(document["stdout"] == ["base64": "/wo="])
      #expect(document["stderr"] == ["text": "e"])
      #expect(document["call"]?["outcome"]?.string == "failed")
      #expect(document["call"]?["by"]?.string == "ann")
    }
  }

  @Test("leaves a call alone when it stops following it")
  func following() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let shell = Shell(root: desk.root)
      let late = try shell.run(["call", "web-01", "test.echo", "--timeout", "50ms"])
      #expect(late.exit == 20 && late.stderr.contains("signalbox calls cancel"))
      let id = try #require(
        try desk.get("/v1/calls?open=true").json["calls"]?.array?.first?["id"]?.string)
      let waiting = try shell.start(["calls", "wait", id])
      // It follows once the control plane has a follower.
      try desk.eventually {
        _ = try desk.get("/v1/status")
        return desk.service.watchers.followed([CallID(id): nil]).open == [CallID(id)]
      }
      try waiting.signal(SIGINT)
      #expect(Shell.code(try waiting.wait().how) == 130)
      #expect(try shell.text("err").contains("the call goes on"))
      let cancelled = try shell.run(["calls", "cancel", id])
      #expect(cancelled.exit == 0 && cancelled.stdout.contains("cancelled"))
      #expect(try shell.run(["calls", "wait", id]).exit == 13)
      #expect(try shell.run(["calls", "cancel", id]).exit == 78)
      #expect(try shell.run(["calls", "show", id]).stdout.contains("by:        ann"))
    }
  }

  @Test("tells whoever waits for a call what it shows of it afterwards")
  func waiting() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("oops\n", code: 5))
      let failed = try desk.call("test.echo", ["text": "a"], waitMs: 20_000)
      let retried = try desk.post("/v1/calls/\(failed.id)/retry?waitMs=20000", ["by": "bob"])
      let refused = try desk.call("test.once", waitMs: 20_000)
      for told in [retried, refused] {
        #expect(told.call["outcome"] != .null && told.call["execution"] != .null)
        #expect(try desk.get("/v1/calls/\(told.id)").call == told.call)
      }
    }
  }

  @Test("prints a past call's output unchanged")
  func output() throws {
    try Desk.with { desk throws in
      let text = "\u{1B}[31mred\r\n"
      try desk.join(onOffer: FakeRuntime.printing(text))
      let id = try desk.call("test.echo", waitMs: 20_000).id
      let shell = Shell(root: desk.root)
      #expect(try shell.run(["calls", "output", id]).stdout == text)
      #expect(try shell.run(["calls", "output", id, "--stream", "stderr"]).stdout.isEmpty)
      let none = try shell.run(["calls", "output", "nope"])
      #expect(none.exit == 78 && none.stderr.contains("no call nope"), "\(none.stderr)")
    }
  }

  @Test("says where the control plane should be, when there is none")
  func unreachable() throws {
    try withTemporaryDirectory { root in
      let shell = Shell(root: root)
      let missing = try shell.run(["endpoints"])
      #expect(missing.exit == 69 && missing.stderr.contains("signalbox serve"))
      #expect(try shell.run(["endpionts"]).exit == 64)
      #expect(try shell.run(["version"]).exit == 0)
    }
  }

  @Test("serves until SIGTERM, alone in its directory, on loopback only")
  func serving() throws {
    try withTemporaryDirectory { root in
      try Definitions.write(to: root + "/tools")
      let shell = Shell(root: root)
      let server = try shell.start(["serve", "--port", "0", "--tools", root + "/tools"])
      // A file of its own, so that what follows does not overwrite the server's.
      let other = Shell(root: try Self.directory(root + "/other"))
      while !Files.exists(root + "/data/api.json") { usleep(1_000) }
      let arguments = ["--data", root + "/data"]
      #expect(try other.run(["status"] + arguments).exit == 0)
      #expect(try other.run(["serve", "--port", "0"] + arguments).exit == 73)
      #expect(try other.run(["serve", "--listen", "0.0.0.0"] + arguments).exit == 64)
      let tools = try other.run(["tools", "--json"] + arguments).stdout
      #expect(try JSON(parsing: tools)["tools"]?.array?.count == Definitions.all.count)
      try server.signal(SIGTERM)
      #expect(Shell.code(try server.wait().how) == 0)
      #expect(!Files.exists(root + "/data/api.json"))
      #expect(!Files.exists(root + "/data/store.db-wal"), "the store was not closed")
      #expect(try other.run(["status"] + arguments).exit == 69)
    }
  }

  private static func directory(_ path: String) throws -> String {
    try Files.makeDirectories(path)
    return path
  }

  @Test("checks definitions without a control plane, and says each place")
  func checking() throws {
    try withTemporaryDirectory { root in
      try Definitions.write(to: root + "/tools")
      let shell = Shell(root: root)
      #expect(try shell.run(["tools", "check", root + "/tools"]).exit == 0)
      let bad = root + "/tools/bad.yaml"
      try Files.writeAtomically(Array("signalbox: 1\nnmae: x\n".utf8), to: bad)
      let result = try shell.run(["tools", "check", bad])
      #expect(result.exit == 65 && result.stdout.contains("\(bad):2:1: "), "\(result.stdout)")
      let json = try JSON(parsing: try shell.run(["tools", "check", "--json", root]).stdout)
      #expect(json["tools"]?.array?.count == Definitions.all.count)
      #expect(json["errors"]?.array?.isEmpty == false)
      #expect(json["findings"]?.array?.isEmpty == false && json["summary"]?["passed"] == false)
    }
  }
}
