import JSON
import Model
import Platform
import Sockets
import Support
import Testing
import Wire

@testable import API

@Suite("A call over the API")
struct CallTests {
  @Test("to an endpoint that is away is accepted, and says what it waits for")
  func queued() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let answer = try desk.call("test.echo", ["text": "hi"])
      #expect(answer.status == 202)
      #expect(answer.call["state"]?["delivery"]?.string == "queued")
      #expect(answer.call["outcome"] == .null && answer.call["ran"]?.string == "no")
      let waits = answer.call["waitsFor"]?.string ?? ""
      #expect(waits.hasPrefix("web-01: last contact"), "\(waits)")
      #expect(waits.contains("expires in 23 h"), "\(waits)")
    }
  }

  @Test("to a tool that does not queue is refused while the endpoint is away")
  func refusedOffline() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let answer = try desk.call("test.now")
      #expect(answer.status == 409 && answer.code == "endpointNotReachable")
    }
  }

  @Test("with the key of an earlier one is that one, or refused if it asks for something else")
  func idempotency() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let key: [(String, JSON)] = [("idempotencyKey", "k1")]
      let first = try desk.call("test.echo", ["text": "a"], key)
      let again = try desk.call("test.echo", ["text": "a"], key)
      #expect(first.status == 202 && again.status == 202)
      #expect(first.id == again.id)
      let other = try desk.call("test.echo", ["text": "b"], key)
      #expect(other.status == 409 && other.code == "idempotencyKeyReused")
      #expect(try desk.get("/v1/calls").json["calls"]?.array?.count == 1)
    }
  }

  @Test("that waits is cancelled at once, and only once")
  func cancelQueued() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let id = try desk.call("test.echo").id
      let cancelled = try desk.post("/v1/calls/\(id)/cancel", ["by": "bob"])
      #expect(cancelled.call["outcome"]?.string == "cancelled")
      #expect(cancelled.call["ran"]?.string == "no")
      #expect(cancelled.call["cancelledBy"]?.string == "bob")
      let again = try desk.post("/v1/calls/\(id)/cancel", ["by": "bob"])
      #expect(again.status == 409 && again.code == "alreadyEnded")
      #expect(again.message.contains("cancelled"))
      #expect(try desk.post("/v1/calls/nope/cancel", [:]).code == "noSuchCall")
    }
  }

  @Test("expires where it waits, and wakes whoever waits for it")
  func expiry() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let answer = try desk.call("test.echo", waitMs: 20_000, [("expiresAfterMs", 50)])
      #expect(answer.status == 200)
      #expect(answer.call["outcome"]?.string == "expired")
      #expect(answer.call["ran"]?.string == "no")
      #expect(answer.call["remedy"]?.string != nil)
    }
  }

  @Test("is answered when the wait is over, with 202 and without an outcome")
  func waitOver() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let answer = try desk.call("test.echo", waitMs: 30)
      #expect(answer.status == 202)
      #expect(answer.call["outcome"] == .null)
    }
  }

  @Test(
    "has the outcome that its tool's rules make of the execution",
    arguments: [
      ("test.echo", "hello\n", 0, "succeeded", "it ran and succeeded"),
      ("test.echo", "", 0, "succeededEmpty", "it ran and printed nothing"),
      ("test.echo", "oops\n", 5, "failed", "the thing is broken (exit code 5)"),
      ("test.keyed", "state=up\n", 0, "succeeded", "it ran"),
      ("test.keyed", "state=sideways\n", 0, "malformed", "1 violation"),
      ("test.keyed", "nonsense\n", 0, "malformed", "not what the tool promises"),
    ])
  func outcomes(tool: String, text: String, code: Int, outcome: String, reason: String) throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing(text, code: code))
      let answer = try desk.call(tool, waitMs: 20_000)
      #expect(answer.status == 200)
      #expect(answer.call["outcome"]?.string == outcome)
      #expect(answer.call["ran"]?.string == "yes")
      #expect(answer.call["reason"]?.string?.contains(reason) == true, "\(answer.call["reason"])")
      let bytes = try desk.get("/v1/calls/\(answer.id)/output").bytes
      #expect(String(decoding: bytes, as: UTF8.self) == text)
      let isMalformed = outcome == "malformed"
      #expect(answer.call["result"]?["violations"]?.array?.isEmpty == !isMalformed)
    }
  }

  @Test("whose output lost bytes on the way is malformed, and keeps what arrived")
  func damaged() throws {
    try Desk.with { desk throws in
      try desk.join { offer, runtime in
        runtime.start(offer)
        runtime.print(offer.call, Array("half".utf8), at: 0)
        runtime.finish(offer.call, stdout: Array("half and half".utf8))
      }
      let call = try desk.call("test.echo", waitMs: 20_000).call
      #expect(call["outcome"]?.string == "malformed")
      let violation = call["result"]?["violations"]?.array?.last
      #expect(violation?["keyword"]?.string == "output.incomplete")
      #expect(violation?["actual"]?.string?.contains("4 bytes") == true)
      #expect(call["outputs"]?["stdout"]?["bytes"]?.int == 4)
    }
  }

  @Test("keeps its outcome when it failed, even if its output lost bytes")
  func damagedFailure() throws {
    try Desk.with { desk throws in
      try desk.join { offer, runtime in
        runtime.start(offer)
        runtime.finish(offer.call, .exit(code: 5), stdout: Array("lost".utf8))
      }
      let call = try desk.call("test.echo", waitMs: 20_000).call
      #expect(call["outcome"]?.string == "failed")
    }
  }

  @Test("shows its secrets to the endpoint alone")
  func secrets() throws {
    try Desk.with { desk throws in
      let runtime = try desk.join(onOffer: FakeRuntime.printing("ok\n"))
      let answer = try desk.call("test.secret", ["password": "correct horse"], waitMs: 20_000)
      #expect(answer.call["outcome"]?.string == "succeeded")
      #expect(answer.call["arguments"]?["password"]?.string == "(redacted)")
      var offers: [Offer] = []
      _ = runtime.offers.drain(into: &offers)
      #expect(offers.first?.arguments["password"]?.string == "correct horse")
      try desk.service.stop()
      for name in try Files.list(desk.root + "/data") {
        let bytes = try Files.read(desk.root + "/data/" + name)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("correct horse"), "\(name)")
      }
    }
  }

  @Test("that runs is cancelled by way of the endpoint")
  func cancelRunning() throws {
    try Desk.with { desk throws in
      let runtime = try desk.join { offer, runtime in runtime.start(offer) }
      let id = try desk.call("test.echo").id
      let asked = try desk.post("/v1/calls/\(id)/cancel", ["by": "bob"])
      #expect(asked.status == 200 && asked.call["outcome"] == .null)
      var cancels: [CallID] = []
      while cancels.isEmpty { _ = runtime.cancels.drain(into: &cancels) }
      #expect(cancels == [CallID(id)])
      runtime.finish(CallID(id), .cancelled(signal: 15))
      let call = try desk.ended(id)
      #expect(call["outcome"]?.string == "cancelled" && call["ran"]?.string == "yes")
    }
  }

  @Test("is judged by the definition it was accepted with, after that has left the directory")
  func storedDefinition() throws {
    try Desk.with { desk throws in
      let runtime = try desk.join { offer, runtime in runtime.start(offer) }
      let id = try desk.call("test.keyed").id
      try Files.remove(desk.root + "/tools/keyed.yaml")
      _ = desk.service.reloadTools()
      #expect(try desk.call("test.keyed").code == "noSuchTool")
      let bytes = Array("state=down\n".utf8)
      runtime.print(CallID(id), bytes, at: 0)
      runtime.finish(CallID(id), stdout: bytes)
      let call = try desk.ended(id)
      #expect(call["outcome"]?.string == "succeeded")
      #expect(call["result"]?["value"]?["state"]?.string == "down")
    }
  }

  @Test("shows a long result by its length, and lists show none")
  func longResult() throws {
    try Desk.with { desk throws in
      let text = String(repeating: "x", count: 2 << 20)
      try desk.join(onOffer: FakeRuntime.printing(text))
      let long = try desk.call("test.echo", waitMs: 20_000).call
      #expect(long["outcome"]?.string == "succeeded")
      #expect(long["result"]?["value"] == .null)
      #expect(long["result"]?["valueBytes"]?.int == text.utf8.count + 2)
      let listed = try desk.get("/v1/calls").json["calls"]?.array?.first
      #expect(listed?["result"]?["value"] == .null)
      #expect(listed?["result"]?["meaning"]?.string != nil)
    }
  }

  @Test("with long arguments makes short pages, and none is lost")
  func longArguments() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let text = String(repeating: "y", count: 900 << 10)
      let ids = try (0..<12).map { index in
        try desk.call("test.secret", ["password": .string(text + "\(index)")]).id
      }
      #expect(Set(ids).count == 12)
      let long = try (0..<12).map { _ in
        try desk.call("test.long", ["text": .string(text)]).id
      }
      var seen: [String] = []
      var pages = 0
      var before = ""
      while pages < 100 {
        let answer = try desk.get("/v1/calls?limit=500" + before)
        #expect(answer.bytes.count < 6 << 20)
        pages += 1
        seen += answer.json["calls"]?.array?.compactMap { $0["id"]?.string } ?? []
        guard let next = answer.json["next"]?.string else { break }
        before = "&before=" + next
      }
      #expect(seen == (ids + long).reversed())
      #expect(pages > 2)
    }
  }

  @Test("is listed newest first, by filter, page by page")
  func listing() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      try desk.joinAway("web-02")
      var ids: [String] = []
      for index in 0..<7 {
        ids.append(
          try desk.call("test.echo", on: index.isMultiple(of: 2) ? "web-01" : "web-02").id)
      }
      _ = try desk.post("/v1/calls/\(ids[0])/cancel", [:])
      var seen: [String] = []
      var before = ""
      while true {
        let page = try desk.get("/v1/calls?limit=3" + before).json
        seen += page["calls"]?.array?.compactMap { $0["id"]?.string } ?? []
        guard let next = page["next"]?.string else { break }
        before = "&before=" + next
      }
      #expect(seen == ids.reversed())
      func list(_ query: String) throws -> [String] {
        try desk.get("/v1/calls?" + query).json["calls"]?.array?.compactMap { $0["id"]?.string }
          ?? []
      }
      #expect(try list("endpoint=web-02") == [ids[5], ids[3], ids[1]])
      #expect(try list("outcome=cancelled") == [ids[0]])
      #expect(try list("open=true&endpoint=web-01") == [ids[6], ids[4], ids[2]])
      #expect(try list("tool=test.other").isEmpty)
      #expect(try list("open=true&outcome=cancelled").isEmpty)
    }
  }

  @Test("survives a restart of the control plane")
  func restart() throws {
    try withTemporaryDirectory { root in
      try Definitions.write(to: root + "/tools")
      let first = try Desk(root)
      try first.joinAway()
      let id = try first.call("test.echo", ["text": "a"]).id
      try first.service.stop()
      #expect(!Files.exists(root + "/data/api.json"))
      let second = try Desk(root)
      let call = try second.get("/v1/calls/" + id).call
      #expect(call["arguments"] == ["text": "a"] && call["outcome"] == .null)
      #expect(second.service.apiToken == first.service.apiToken)
      try second.service.stop()
    }
  }
}

@Suite("The data directory")
struct DataDirectoryTests {
  @Test("belongs to one control plane at a time")
  func lock() throws {
    try Desk.with { desk throws in
      #expect(throws: DataDirectoryError.self) { _ = try Desk(desk.root) }
    }
  }

  @Test("is its owner's alone, and so are its files")
  func permissions() throws {
    try Desk.with { desk throws in
      #expect(try Files.status(desk.root + "/data").permissions == 0o700)
      for name in try Files.list(desk.root + "/data") {
        let bits = try Files.status(desk.root + "/data/" + name).permissions
        #expect(bits & 0o077 == 0, "\(name)")
      }
    }
    try withTemporaryDirectory { root in
      try Files.makeDirectories(root + "/data")
      try Files.setPermissions(root + "/data", 0o755)
      #expect(throws: DataDirectoryError.self) { _ = try Desk(root) }
    }
  }
}
