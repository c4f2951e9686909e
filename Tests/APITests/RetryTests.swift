import JSON
import Model
import Testing

@Suite("A retry") struct RetryTests {
  @Test("is a new call with the same tool, arguments and endpoint, and both name each other")
  func links() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("oops\n", code: 5))
      let first = try desk.call("test.echo", ["text": "a"], waitMs: 20_000)
      #expect(first.call["outcome"]?.string == "failed")
      let second = try desk.post("/v1/calls/\(first.id)/retry?waitMs=20000", ["by": "bob"])
      #expect(second.status == 200 && second.id != first.id)
      #expect(second.call["retryOf"]?.string == first.id && second.call["by"]?.string == "bob")
      #expect(second.call["arguments"] == ["text": "a"])
      #expect(second.call["outcome"]?.string == "failed")
      let again = try desk.get("/v1/calls/\(first.id)").call
      #expect(again["retriedBy"] == [.string(second.id)] && again["retryOf"] == .null)
    }
  }

  @Test("that is asked for again when it has ended is answered at once, though it is to wait")
  func waitsForNoEnd() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("oops\n", code: 5))
      let first = try desk.call("test.echo", ["text": "a"], waitMs: 20_000)
      let second = try desk.post("/v1/calls/\(first.id)/retry?waitMs=20000", [:])
      let before = ContinuousClock.now
      let again = try desk.post("/v1/calls/\(first.id)/retry?waitMs=20000", [:])
      #expect(ContinuousClock.now - before < .seconds(15))
      #expect(again.id == second.id && again.call["outcome"]?.string == "failed")
    }
  }

  @Test("that is asked for twice is one call")
  func once() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let first = try desk.call("test.echo").id
      _ = try desk.post("/v1/calls/\(first)/cancel", [:])
      let ids = try (0..<3).map { _ in try desk.post("/v1/calls/\(first)/retry", [:]).id }
      #expect(Set(ids).count == 1 && ids[0] != first)
    }
  }

  @Test("of a call that ran and must not run twice wants to be understood, and says what ran")
  func twice() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("oops\n", code: 5))
      let first = try desk.call("test.once", waitMs: 20_000).id
      let refused = try desk.post("/v1/calls/\(first)/retry", [:])
      #expect(refused.status == 409 && refused.code == "mayRunTwice")
      #expect(
        refused.message.contains("ran already (failed: it ran and failed: the thing is broken"))
      #expect(try desk.get("/v1/calls/\(first)").call["retriedBy"] == [])
      let second = try desk.post(
        "/v1/calls/\(first)/retry?waitMs=20000", ["mayRunTwice": true])
      #expect(second.call["retryOf"]?.string == first)
    }
  }

  @Test("of a call that never ran needs no words")
  func neverRan() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let first = try desk.call("test.once").id
      _ = try desk.post("/v1/calls/\(first)/cancel", [:])
      #expect(try desk.post("/v1/calls/\(first)/retry", [:]).status == 202)
    }
  }

  @Test("of an open call, of one with secrets, or of none is refused with what to do")
  func refusals() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let open = try desk.call("test.echo").id
      #expect(try desk.post("/v1/calls/\(open)/retry", [:]).code == "stillOpen")
      let secret = try desk.call("test.secret", ["password": "tell no one"]).id
      _ = try desk.post("/v1/calls/\(secret)/cancel", [:])
      #expect(try desk.post("/v1/calls/\(secret)/retry", [:]).code == "secretsGone")
      #expect(try desk.post("/v1/calls/nope/retry", [:]).code == "noSuchCall")
      #expect(try desk.post("/v1/calls/\(open)/retry", ["mayRunTwice": 1]).code == "invalidBody")
      let guarded = try desk.call("test.operator", [:], [("approvedBy", "eve")]).id
      _ = try desk.post("/v1/calls/\(guarded)/cancel", [:])
      #expect(try desk.post("/v1/calls/\(guarded)/retry", [:]).code == "approvalRequired")
      #expect(
        try desk.post("/v1/calls/\(guarded)/retry", ["approvedBy": "eve"]).status == 202)
    }
  }
}
