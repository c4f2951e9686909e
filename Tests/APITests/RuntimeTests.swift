import JSON
import Model
import Platform
import Support
import Testing
import Wire

@Suite("Several runtimes, as the API shows them")
struct RuntimeTests {
  /// Sessions refuse, the service runs it.
  private static let refusing: FakeRuntime.OnOffer = { offer, runtime in
    if offer.runtime?.isSession == true {
      runtime.refuse(offer, "nobody is there")
    } else {
      FakeRuntime.printing("hello\n")(offer, runtime)
    }
  }

  @Test("an endpoint lists its runtimes, also on the command line")
  func listed() throws {
    try Desk.with { desk throws in
      try desk.join(users: ["ann"], onOffer: { _, _ in })
      let endpoint = try desk.get("/v1/endpoints/web-01").json["endpoint"]
      #expect(
        endpoint?["runtimes"] == [
          ["name": "service", "executors": ["shell"]],
          ["name": "session:ann", "executors": ["shell"]],
        ])
      let shown = try Shell(root: desk.root).run(["endpoints", "show", "web-01"])
      #expect(shown.stdout.contains("session:ann, executors shell"), "\(shown)")
      let list = try Shell(root: desk.root).run(["endpoints"])
      #expect(list.stdout.contains("service,session:ann"), "\(list)")
    }
  }

  @Test("a requeue is told with its reason, to people and to programs")
  func requeue() throws {
    try Desk.with { desk throws in
      try desk.join(users: ["ann"], onOffer: Self.refusing)
      let answer = try desk.call("test.any", ["text": "a"], waitMs: 20_000)
      #expect(answer.call["outcome"] == "succeeded")
      let attempts = try #require(answer.call["attempts"]?.array)
      #expect(attempts.map { $0["runtime"] } == ["session:ann", "service"])
      #expect(attempts.map { $0["result"] } == ["refused", "acknowledged"])
      #expect(attempts[0]["refusal"] == "noRuntime: nobody is there")
      let path = "/v1/calls/\(answer.id)/transcript"
      let events = try desk.get(path).json["events"]?.array ?? []
      let again = try #require(events.last { $0["kind"] == "offered" })
      #expect(
        again["text"]
          == "requeue: offered to service, because session:ann refused: nobody is there; attempt 2")
      #expect(again["evidence"]?["insteadOf"] == "session:ann" && again["isRecovery"] == true)
      let shown = try Shell(root: desk.root).run(["transcript", answer.id])
      #expect(shown.stdout.contains("requeue: offered to service, because"), "\(shown)")
      let call = try Shell(root: desk.root).run(["calls", "show", answer.id])
      #expect(
        call.stdout.contains("attempt 1: session:ann, refused: noRuntime: nobody is there"),
        "\(call)")
    }
  }

  @Test("a retry stays with the runtime that the call had, a requeue may go anywhere")
  func again() throws {
    try Desk.with { desk throws in
      let runtime = try desk.join(users: ["ann", "ben"], onOffer: Self.refusing)
      let first = try desk.call(
        "test.any", [:], waitMs: 20_000, [("runtime", "session:ben")])
      #expect(first.call["outcome"] == "rejected")
      #expect(first.call["shape"]?["runtime"] == "session:ben")
      let second = try desk.post("/v1/calls/\(first.id)/retry?waitMs=20000", ["by": "bob"])
      #expect(second.call["outcome"] == "rejected")
      #expect(second.call["attempts"]?.array?.map { $0["runtime"] } == ["session:ben"])
      let third = try desk.post("/v1/calls/\(second.id)/requeue?waitMs=20000", ["by": "bob"])
      #expect(third.call["outcome"] == "succeeded" && third.call["retryOf"] == second.call["id"])
      var offers: [Offer] = []
      _ = runtime.offers.drain(into: &offers, waitUpTo: .zero)
      #expect(
        offers.compactMap { $0.runtime?.text } == [
          "session:ben", "session:ben", "session:ann", "session:ben", "service",
        ])
    }
  }

  @Test("a runtime where the tool may not run, or that is no name, is refused with what to do")
  func refused() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: { _, _ in })
      let foreign = try desk.call("test.echo", [:], [("runtime", "session:ann")])
      #expect(foreign.status == 422 && foreign.code == "runtimeNotAllowed")
      #expect(
        try desk.call("test.session", [:], [("runtime", "service")]).code == "runtimeNotAllowed")
      #expect(try desk.call("test.any", [:], [("runtime", "moon")]).code == "invalidBody")
      let absent = try desk.call("test.session-now")
      #expect(absent.status == 409 && absent.code == "runtimeNotThere")
    }
  }

  @Test("a key does not stand for a call of another runtime, or of another session")
  func key() throws {
    try Desk.with { desk throws in
      try desk.join(users: ["ann"], onOffer: { _, _ in })
      let key: (String, JSON) = ("idempotencyKey", "k1")
      let ann: (String, JSON) = ("runtime", "session:ann")
      let session = try desk.post("/v1/sessions", ["endpoint": "web-01"]).json["session"]?["id"]
      let first = try desk.call("test.any", [:], [key, ann])
      #expect(first.status == 202)
      #expect(try desk.call("test.any", [:], [key, ann]).id == first.id)
      #expect(try desk.call("test.any", [:], [key]).code == "idempotencyKeyReused")
      let within = ("session", try #require(session))
      #expect(try desk.call("test.any", [:], [key, ann, within]).code == "idempotencyKeyReused")
    }
  }

  @Test("a call for a session says that it waits for somebody to log in")
  func waits() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: { _, _ in })
      let call = try desk.call("test.session").id
      let waits = try desk.get("/v1/calls/\(call)").call["waitsFor"]?.string ?? ""
      #expect(waits.contains("nobody is logged in there"), "\(waits)")
    }
  }
}
