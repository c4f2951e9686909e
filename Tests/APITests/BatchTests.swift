import JSON
import Model
import Platform
import Support
import Testing
import Wire

@testable import API

@Suite("Batches and policy, over the API")
struct BatchTests {
  private static let policy = """
    signalbox-policy: 1
    version: 4
    groups:
      - {name: hq, endpoints: ["web-*"], attempts: 2, ackWithin: 3s, expiresAfter: 2h, priority: 1}

    """

  private func withPolicy(
    _ text: String = policy, _ body: (Desk) throws -> Void
  ) throws {
    try withTemporaryDirectory { directory in
      let file = directory + "/policy.yaml"
      try Files.writeAtomically(Array(text.utf8), to: file)
      try Desk.with(change: { $0.policyFile = file }) { desk throws in try body(desk) }
    }
  }

  private func batch(_ desk: Desk, _ id: String) throws -> JSON {
    var answer: JSON = .null
    try desk.eventually {
      answer = try desk.get("/v1/batches/\(id)").json
      return answer["batch"]?["counts"]?["open"] == nil
    }
    return answer
  }

  @Test("a call for a group runs on each of its endpoints, shaped by its policy")
  func group() throws {
    try withPolicy { desk in
      for name in ["web-01", "web-02", "db-01"] {
        try desk.join(name, onOffer: FakeRuntime.printing("hi\n"))
      }
      let made = try desk.post(
        "/v1/batches", ["calls": [["group": "hq", "tool": "test.echo"]], "by": "ann"])
      #expect(made.status == 202, "\(made)")
      let all = try batch(desk, made.json["batch"]?["id"]?.string ?? "")
      #expect(all["batch"]?["counts"] == ["succeeded": 2])
      let calls = all["calls"]?.array ?? []
      #expect(calls.map { $0["endpoint"]?["name"]?.string } == ["web-01", "web-02"])
      #expect(calls[0]["shape"]?["policy"]?["group"] == "hq")
      #expect(calls[0]["shape"]?["policy"]?["version"] == 4)
      #expect(calls[0]["shape"]?["priority"] == 1)
      let accepted = calls[0]["acceptedAtUs"]?.int ?? 0
      #expect((calls[0]["expiresAtUs"]?.int ?? 0) - accepted == 7_200_000_000)
      let plain = try desk.call("test.echo", on: "db-01", waitMs: 20_000).call
      #expect(plain["shape"] == .null && plain["batch"] == .null)
    }
  }

  @Test("the same key makes one batch, and another request with it is refused")
  func key() throws {
    try withPolicy { desk in
      try desk.join(onOffer: FakeRuntime.printing("hi\n"))
      let body: JSON = [
        "calls": [
          ["endpoint": "web-01", "tool": "test.echo"], ["endpoint": "web-01", "tool": "test.echo"],
        ], "idempotencyKey": "k",
      ]
      let first = try desk.post("/v1/batches", body)
      let second = try desk.post("/v1/batches", body)
      #expect(first.json["batch"]?["id"] == second.json["batch"]?["id"])
      #expect(second.json["calls"]?.array?.count == 2)
      let other = try desk.post(
        "/v1/batches",
        [
          "calls": [["endpoint": "web-01", "tool": "test.echo", "arguments": ["text": "x"]]],
          "idempotencyKey": "k",
        ])
      #expect(other.code == "idempotencyKeyReused")
      #expect(try desk.get("/v1/batches").json["batches"]?.array?.count == 1)
      let single = try desk.call("test.echo", [:], [("idempotencyKey", "k")])
      #expect(single.code == "idempotencyKeyReused")
    }
  }

  @Test("the same key makes one batch also where its first call was refused")
  func keyOfPartial() throws {
    try withPolicy { desk in
      try desk.joinAway("web-01")
      try desk.join("web-02", onOffer: FakeRuntime.printing("hi\n"))
      let body: JSON = ["calls": [["group": "hq", "tool": "test.now"]], "idempotencyKey": "k"]
      let first = try desk.post("/v1/batches", body)
      #expect(first.json["batch"]?["refused"]?.array?.count == 1)
      let second = try desk.post("/v1/batches", body)
      #expect(first.json["batch"]?["id"] == second.json["batch"]?["id"])
    }
  }

  @Test("what is wrong with a batch is told with the call's number, and nothing is called")
  func refusals() throws {
    try withPolicy { desk in
      try desk.join(onOffer: FakeRuntime.printing("hi\n"))
      let good: JSON = ["endpoint": "web-01", "tool": "test.echo"]
      let cases: [(JSON, String)] = [
        ([:], "invalidBody"), (["calls": []], "invalidBody"), (["calls": [1]], "invalidBody"),
        (["calls": [good, ["endpoint": "web-01", "tool": "nope"]]], "noSuchTool"),
        (
          ["calls": [good, ["endpoint": "web-1", "tool": "test.echo"]], "ordered": true],
          "invalidBody"
        ),
        (["calls": [["group": "hq", "tool": "test.echo"]], "ordered": true], "invalidBody"),
        (["calls": [["group": "no", "tool": "test.echo"]]], "noSuchGroup"),
        (["calls": [["endpoint": "no", "tool": "test.echo"]]], "noSuchEndpoint"),
        (["calls": [["tool": "test.echo"]]], "invalidBody"),
        (["calls": [good], "oredred": true], "unknownMember"),
        (["calls": [["endpoint": "web-01", "tool": "test.echo", "by": "x"]]], "unknownMember"),
        (["calls": [good], "priority": 10], "invalidBody"),
      ]
      for (body, code) in cases {
        let answer = try desk.post("/v1/batches", body)
        #expect(answer.code == code, "\(body.compact): \(answer.message)")
      }
      let second = try desk.post(
        "/v1/batches", ["calls": [good, ["endpoint": "web-01", "tool": "nope"]]])
      #expect(second.message.hasPrefix("call 2 of the batch: "))
      #expect(try desk.get("/v1/calls").json["calls"] == [])
    }
  }

  @Test("a batch with an endpoint that is refused is accepted without it, and says so")
  func partial() throws {
    try withPolicy { desk in
      try desk.join(onOffer: FakeRuntime.printing("hi\n"))
      try desk.joinAway("web-02")
      let made = try desk.post(
        "/v1/batches", ["calls": [["group": "hq", "tool": "test.now"]]])
      let refused = made.json["batch"]?["refused"]?.array ?? []
      #expect(refused.count == 1 && refused[0]["code"] == "endpointNotReachable")
      #expect(refused[0]["endpoint"] == "web-02")
    }
  }

  @Test("the command runs steps in order, stops at the first that fails, and prints a table")
  func command() throws {
    try withPolicy { desk in
      try desk.join(onOffer: FakeRuntime.printing("oops\n", code: 5))
      let file = desk.root + "/batch.yaml"
      try Files.writeAtomically(
        Array(
          """
          signalbox-batch: 1
          name: two steps
          ordered: true
          calls:
            - {endpoint: web-01, tool: test.echo}
            - {endpoint: web-01, tool: test.echo}

          """.utf8), to: file)
      let shell = Shell(root: desk.root)
      let ran = try shell.run(["call", "--batch", file])
      #expect(ran.exit == 21, "\(ran)")
      #expect(ran.stdout.contains("\"two steps\": 1 cancelled, 1 failed"))
      #expect(ran.stdout.contains("step 1 of its batch ended as failed"))
      let group = try shell.run(["call", "--group", "hq", "test.echo", "text=x"])
      #expect(group.exit == 21 && group.stdout.contains("1 failed"), "\(group)")
      #expect(try shell.run(["batches"]).stdout.contains("two steps"))
      #expect(try shell.run(["call", "--group", "hq"]).exit == 64)
      #expect(try shell.run(["call", "web-01"]).exit == 64)
      #expect(try shell.run(["call", "x", "--batch", file]).exit == 64)
      try Files.writeAtomically(Array("signalbox-batch: 2\n".utf8), to: file)
      #expect(try shell.run(["call", "--batch", file]).exit == 65)
      let policy = try shell.run(["policy"])
      #expect(policy.stdout.contains("version 4") && policy.stdout.contains("web-01"), "\(policy)")
    }
  }

  @Test("a policy that is wrong when it is read again leaves the one before in force, and tells")
  func wrongPolicy() throws {
    try withTemporaryDirectory { directory in
      let file = directory + "/policy.yaml"
      try Files.writeAtomically(Array(Self.policy.utf8), to: file)
      try Desk.with(change: { $0.policyFile = file }) { desk throws in
        try Files.writeAtomically(Array("signalbox-policy: 1\nversion: 5\n".utf8), to: file)
        let answer = try desk.post("/v1/tools/reload", [:])
        #expect(answer.json["errors"]?.array?.count == 1, "\(answer)")
        let policy = try desk.get("/v1/policy").json["policy"]
        #expect(policy?["version"] == 4 && policy?["errors"]?.array?.count == 1)
      }
    }
  }
}
