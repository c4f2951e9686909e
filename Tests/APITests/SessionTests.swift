import Engine
import JSON
import Model
import Support
import Testing
import Wire

@testable import API

@Suite("Sessions, over the API")
struct SessionTests {
  private func open(_ desk: Desk, with endpoint: String = "web-01") throws -> String {
    let answer = try desk.post(
      "/v1/sessions", ["endpoint": .string(endpoint), "by": "ann", "note": "ticket 7"])
    #expect(answer.status == 201, "\(answer)")
    return try #require(answer.json["session"]?["id"]?.string)
  }

  @Test("a call belongs to its session, which tells of it and closes when it is told to")
  func whole() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("hello\n"))
      let id = try open(desk)
      let call = try desk.call("test.echo", waitMs: 20_000, [("session", .string(id))])
      #expect(call.status == 200 && call.call["session"]?.string == id, "\(call)")
      #expect(try desk.get("/v1/calls/\(call.id)").call == call.call)
      let shown = try desk.get("/v1/sessions/\(id)").json["session"]
      #expect(shown?["state"] == "open" && shown?["note"] == "ticket 7")
      #expect(shown?["counts"] == ["succeeded": 1] && shown?["endpoint"]?["name"] == "web-01")
      let used = try #require(shown?["usedAtUs"]?.int)
      #expect(shown?["closesAtUs"]?.int == used + 1_800_000_000)
      #expect(
        try desk.get("/v1/endpoints/web-01").json["endpoint"]?["sessions"] == [.string(id)])
      #expect(try desk.get("/v1/status").json["sessions"]?["open"] == 1)
      let listed = try desk.get("/v1/calls?session=\(id)").json["calls"]?.array ?? []
      #expect(listed.map { $0["id"]?.string } == [call.id])

      let closed = try desk.post("/v1/sessions/\(id)/close", ["by": "bob"]).json["session"]
      #expect(closed?["state"] == "closed" && closed?["closedBy"] == "bob")
      #expect(closed?["closesAtUs"] == .null)
      let again = try desk.post("/v1/sessions/\(id)/close", [:])
      #expect(again.status == 409 && again.code == "alreadyClosed" && again.message.contains("bob"))
      #expect(try desk.get("/v1/sessions?open=true").json["sessions"] == [])
      let events = try desk.get("/v1/sessions/\(id)/transcript").json["events"]?.array ?? []
      #expect(events.first?["text"] == "opened the session: ticket 7")
      #expect(events.last?["kind"] == "closed" && events.last?["actor"] == "bob")
      #expect(events.allSatisfy { $0["bridge"]?["state"] == "good" }, "\(events)")
      let middle = events.dropFirst().dropLast()
      #expect(middle.allSatisfy { $0["call"]?.string == call.id })
      #expect(middle.contains { $0["endpointAtUs"]?.int != nil })
      let own = try desk.get("/v1/calls/\(call.id)/transcript").json["events"]?.array ?? []
      #expect(middle.map { $0["text"] } == own.map { $0["text"] })
    }
  }

  @Test("what cannot be is refused, and says what to do")
  func refused() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      try desk.joinAway("db-01")
      let id = try open(desk)
      let other = try desk.call("test.echo", on: "db-01", [("session", .string(id))])
      #expect(other.status == 409 && other.code == "sessionOfOtherEndpoint")
      #expect(
        other.json["error"]?["remedy"]
          == "open one with \"signalbox sessions open db-01\"", "\(other)")
      _ = try desk.post("/v1/sessions/\(id)/close", [:])
      let late = try desk.call("test.echo", waitMs: 0, [("session", .string(id))])
      #expect(late.status == 409 && late.code == "noOpenSession")
      let wrong = try desk.post(
        "/v1/batches",
        ["calls": [["endpoint": "web-01", "tool": "test.echo"]], "session": .string(id)])
      #expect(wrong.code == "noOpenSession")
      #expect(try desk.get("/v1/calls").json["calls"] == [])
      #expect(try desk.get("/v1/sessions/none").code == "noSuchSession")
      #expect(try desk.get("/v1/sessions/none/transcript").code == "noSuchSession")
      #expect(try desk.post("/v1/sessions/none/close", [:]).code == "noSuchSession")
      #expect(try desk.get("/v1/sessions/\(id)/transcript?after=x").code == "invalidQuery")
      #expect(try desk.get("/v1/sessions?open=1").code == "invalidQuery")
      #expect(try desk.post("/v1/sessions", ["endpoint": "none"]).code == "noSuchEndpoint")
      #expect(try desk.post("/v1/sessions", ["host": "web-01"]).code == "unknownMember")
      #expect(try desk.send("DELETE", "/v1/sessions", bytes: []).code == "methodNotAllowed")
    }
  }

  @Test("a batch, and what is done again, belong to the session; its calls outlive it")
  func batches() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let id = try open(desk)
      let echo: JSON = ["endpoint": "web-01", "tool": "test.echo"]
      let made = try desk.post(
        "/v1/batches", ["calls": [echo, echo], "session": .string(id)])
      #expect(made.status == 202, "\(made)")
      let calls = try desk.get("/v1/calls?session=\(id)").json["calls"]?.array ?? []
      #expect(calls.count == 2)
      let first = calls[0]["id"]?.string ?? ""
      _ = try desk.post("/v1/calls/\(first)/cancel", [:])
      let again = try desk.post("/v1/calls/\(first)/retry", [:])
      #expect(again.call["session"]?.string == id, "\(again)")
      let shown = try desk.get("/v1/sessions/\(id)").json["session"]
      #expect(shown?["counts"] == ["cancelled": 1, "open": 2])
      #expect(shown?["closesAtUs"] == .null)
      _ = try desk.post("/v1/sessions/\(id)/close", [:])
      #expect(try desk.get("/v1/calls/\(again.id)").call["outcome"] == .null)
      _ = try desk.post("/v1/calls/\(again.id)/cancel", [:])
      let later = try desk.post("/v1/calls/\(again.id)/retry", [:])
      #expect(later.call["session"] == .null && later.call["retryOf"]?.string == again.id)
    }
  }

  @Test("one that is left alone closes by itself, as the setting says")
  func idle() throws {
    try Desk.with(change: { $0.engine.sessionIdle = .milliseconds(50) }) { desk throws in
      try desk.joinAway()
      let id = try open(desk)
      var session: JSON?
      try desk.eventually {
        session = try desk.get("/v1/sessions/\(id)").json["session"]
        return session?["state"] == "closed"
      }
      #expect(session?["closedBy"] == "control plane")
      #expect(session?["reason"]?.string?.contains("the limit sessionIdle") == true)
      #expect(try desk.get("/v1/status").json["limits"]?["sessionIdleMs"] == 50)
    }
  }

  @Test("the command line opens, lists, shows and closes them, and tells what happened")
  func commandLine() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("oops\n", code: 5))
      let shell = Shell(root: desk.root)
      let opened = try shell.run(["sessions", "open", "web-01", "--note", "ticket 7"])
      #expect(opened.exit == 0, "\(opened)")
      let id = opened.stdout.split(separator: "\n").joined()
      let call = try shell.run(["call", "--session", id, "web-01", "test.echo"])
      #expect(call.exit == 10, "\(call)")
      let first = try desk.get("/v1/calls?session=\(id)").json["calls"]?.array?.first
      let callID = first?["id"]?.string ?? ""
      // The spelling is taken as well.
      let again = try shell.run(["call", "retry", callID, "--no-wait"])
      #expect(again.exit == 0, "\(again)")
      #expect(try shell.run(["call", "retry", "test.echo"]).stderr.contains("endpoint retry"))
      _ = try desk.ended(again.stdout.split(separator: "\n").joined())
      #expect(try shell.run(["calls", "show", callID]).stdout.contains("session:   \(id)"))
      #expect(try shell.run(["calls", "list", "--session", id]).stdout.contains(callID))
      #expect(try shell.run(["sessions", "list", "--open", "--ids"]).stdout == id + "\n")
      let listed = try shell.run(["sessions"]).stdout
      #expect(listed.contains("2 failed") && listed.contains("ticket 7"), "\(listed)")
      let told = try shell.run(["transcript", id])
      #expect(told.exit == 0 && told.stdout.contains("CALL"), "\(told)")
      #expect(told.stdout.contains("…" + callID.suffix(6)), "\(told)")
      let json = try JSON(parsing: Array(try shell.run(["transcript", id, "--json"]).stdout.utf8))
      #expect(json["events"]?.array?.first?["kind"] == "opened")
      #expect(try shell.run(["transcript", callID]).stdout.contains("in session \(id)"))
      let none = try shell.run(["transcript", "nope"])
      #expect(none.exit == 78 && none.stderr.contains("no call and no session"), "\(none)")
      let closed = try shell.run(["sessions", "close", id, "--by", "bob"])
      #expect(closed.stdout.contains("by bob: closed"), "\(closed)")
      let shown = try shell.run(["sessions", "show", id, "--json", "--calls", "1"])
      let document = try JSON(parsing: Array(shown.stdout.utf8))
      #expect(document["session"]?["state"] == "closed" && document["calls"]?.array?.count == 1)
      let near = try shell.run(["sessions", "open", "web-02"])
      #expect(near.exit == 78 && near.stderr.contains("did you mean \"web-01\"?"), "\(near)")
    }
  }
}
