import JSON
import Model
import Platform
import Sockets
import Support
import Testing

@testable import API

@Suite("A request to the API")
struct RequestTests {
  @Test("without the token is refused, whatever it asks for")
  func authorisation() throws {
    try Desk.with { desk throws in
      let right = desk.service.apiToken
      let wrong = [
        nil, "", "Bearer", "Bearer ", "Bearer x", "Bearer \(right)x", "Bearer \(right.dropLast())",
        "Basic \(right)", right, "Bearer \(right.uppercased())x",
      ]
      for authorization in wrong {
        for path in ["/v1/status", "/v1/calls/x/events", "/nowhere"] {
          let answer = try desk.send("GET", path, authorization: authorization)
          #expect(answer.status == 401, "\(authorization ?? "none")")
          #expect(answer.code == "unauthorised")
          #expect(answer.headers["www-authenticate"] != nil)
        }
      }
      #expect(try desk.get("/v1/status").status == 200)
      #expect(try desk.send("GET", "/v1/status", authorization: "bearer " + right).status == 200)
    }
  }

  @Test("to nothing gets 404, with another method 405")
  func routes() throws {
    try Desk.with { desk throws in
      for path in [
        "/", "/v1", "/v1/", "/v2/status", "/v1/stat", "/v1/calls/x/y", "/v1/calls/x/y/z",
      ] {
        #expect(try desk.get(path).code == "noSuchPath", "\(path)")
      }
      for (method, path) in [
        ("POST", "/v1/status"), ("DELETE", "/v1/calls"), ("GET", "/v1/calls/x/cancel"),
        ("PUT", "/v1/endpoints/x"), ("PUT", "/v1/tools"),
      ] {
        let answer = try desk.send(method, path, bytes: [])
        #expect(answer.status == 405 && answer.code == "methodNotAllowed", "\(method) \(path)")
      }
      for path in ["", "/transitions", "/output", "/events"] {
        let answer = try desk.get("/v1/calls/01zzzzzzzzzzzzzzzzzzzzzzzz" + path)
        #expect(answer.status == 404 && answer.code == "noSuchCall", "\(path)")
      }
    }
  }

  @Test("with a body that is no JSON is refused with the place")
  func bodies() throws {
    try Desk.with { desk throws in
      func refusal(_ text: String) throws -> Desk.Answer {
        let answer = try desk.send("POST", "/v1/calls", bytes: Array(text.utf8))
        #expect(answer.status == 400, "\(text.prefix(40))")
        return answer
      }
      #expect(try refusal("{\n \"a\": x}").message.contains("line 2, column 7"))
      #expect(try refusal("").code == "json.unexpectedEnd")
      #expect(try refusal("[]").code == "invalidBody")
      #expect(try refusal("{\"tool\":\"a\",\"tool\":\"b\"}").code == "json.duplicateKey")
      #expect(try refusal("{\"tol\":\"a\"}").code == "unknownMember")
      #expect(try refusal("{\"tool\":1,\"endpoint\":\"x\"}").code == "invalidBody")
      #expect(try refusal("{\"endpoint\":\"x\"}").code == "invalidBody")
      #expect(try refusal("{\"endpoint\":\"x\\u0000\",\"tool\":\"t\"}").code == "invalidBody")
      let bomb = String(repeating: "[", count: 100_000)
      #expect(try refusal("{\"arguments\":" + bomb).code == "json.limit.depth")
    }
  }

  @Test("of ten megabytes is refused by the limit's name, and the connection's neighbours live on")
  func longBody() throws {
    try Desk.with { desk throws in
      let body = [UInt8](repeating: UInt8(ascii: " "), count: 10 << 20)
      let answer = try desk.send("POST", "/v1/calls", bytes: body)
      #expect(answer.status == 413 && answer.code == "limit.body")
      try desk.joinAway()
      let text = String(repeating: "x", count: (1 << 20) + 1)
      let long = try desk.call("test.echo", ["text": .string(text)])
      #expect(long.status == 413 && long.code == "limit.arguments")
      #expect(try desk.get("/v1/status").status == 200)
    }
  }

  @Test("for a call names what is not there")
  func missing() throws {
    try Desk.with { desk throws in
      #expect(try desk.call("test.none").code == "noSuchTool")
      #expect(try desk.call("test.echo").code == "noSuchEndpoint")
      #expect(try desk.call("test.echo").status == 404)
      #expect(try desk.call("test.echo", [:], [("version", "9.9.9")]).code == "noSuchTool")
    }
  }

  @Test("with arguments that break the schema gets every violation with its pointer, and no secret")
  func invalidArguments() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let answer = try desk.call(
        "test.secret", ["text": "too long", "password": "hunter2", "more": 1])
      #expect(answer.status == 422 && answer.code == "invalidArguments")
      let violations = answer.json["error"]?["violations"]?.array ?? []
      let pointers = violations.compactMap { $0["pointer"]?.string }
      #expect(Set(pointers) == ["/text", "/password", "/more"])
      #expect(!String(decoding: answer.bytes, as: UTF8.self).contains("hunter2"))
      #expect(try desk.call("test.echo", ["text": 5]).status == 422)
      #expect(try desk.call("test.echo", []).status == 422)
    }
  }

  @Test("needs an approval where the tool does, and the record says whose it was")
  func approval() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let refused = try desk.call("test.operator")
      #expect(refused.status == 403 && refused.code == "approvalRequired")
      let approved = try desk.call("test.operator", [:], [("approvedBy", "bob")])
      #expect(approved.status == 202)
      #expect(approved.call["by"]?.string == "ann, approved by bob")
      #expect(
        try desk.call("test.pair", [:], [("approvedBy", "bob")]).code == "approvalUnsupported")
    }
  }

  @Test("with a query that makes no sense is refused")
  func queries() throws {
    try Desk.with { desk throws in
      for query in [
        "limit=0", "limit=501", "limit=x", "outcome=good", "open=maybe",
        "limit=99999999999999999999",
      ] {
        #expect(try desk.get("/v1/calls?" + query).code == "invalidQuery", "\(query)")
      }
      #expect(try desk.get("/v1/calls?before=%27;--%20").status == 200)
      #expect(try desk.get("/v1/calls?endpoint='%20OR%201=1").json["calls"]?.array?.isEmpty == true)
    }
  }

  @Test("to upgrade is only taken where the bridge is")
  func upgrade() throws {
    try Desk.with { desk throws in
      let answer = try desk.get("/v1/bridge")
      #expect(answer.status == 404)
    }
  }
}

@Suite("The overview")
struct OverviewTests {
  @Test("says how many endpoints, calls and tools there are, and every limit")
  func status() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      _ = try desk.call("test.echo")
      let status = try desk.get("/v1/status").json
      #expect(status["endpoints"]?["known"]?.int == 1)
      #expect(status["endpoints"]?["reachable"]?.int == 0)
      #expect(status["calls"]?["open"]?.int == 1)
      #expect(status["tools"]?["known"]?.int == Definitions.all.count)
      #expect(status["limits"]?["maxOpenCalls"]?.int == 200_000)
    }
  }

  @Test("shows a tool with its definition, and the errors of those that are none")
  func tools() throws {
    try Desk.with { desk throws in
      let tool = try desk.get("/v1/tools/test.keyed").json["tool"]
      #expect(tool?["definition"]?["name"]?.string == "test.keyed")
      #expect(tool?["platforms"] == ["linux"])
      #expect(try desk.get("/v1/tools/test.none").code == "noSuchTool")
      try Files.writeAtomically(Array("signalbox: 1\n".utf8), to: desk.root + "/tools/bad.yaml")
      #expect(!desk.service.reloadTools().isEmpty)
      let all = try desk.get("/v1/tools").json
      #expect(all["tools"]?.array?.count == Definitions.all.count)
      #expect(all["errors"]?.array?.first?["file"]?.string?.hasSuffix("bad.yaml") == true)
    }
  }

  @Test("reads the definitions again when it is asked to")
  func reload() throws {
    try Desk.with { desk throws in
      let bad = desk.root + "/tools/bad.yaml"
      try Files.writeAtomically(Array("signalbox: 1\n".utf8), to: bad)
      #expect(try desk.get("/v1/tools").json["errors"] == [])
      let answer = try desk.send("POST", "/v1/tools/reload", bytes: [])
      #expect(answer.status == 200 && answer.json["tools"]?.int == Definitions.all.count)
      #expect(answer.json["errors"]?.array?.isEmpty == false)
      try Files.remove(bad)
      #expect(try desk.send("POST", "/v1/tools/reload", bytes: []).json["errors"] == [])
      #expect(try desk.get("/v1/tools/reload").code == "noSuchTool")
    }
  }

  @Test("shows reachability as what a round trip proved, and forgets a removed endpoint")
  func endpoints() throws {
    try Desk.with { desk throws in
      try desk.join { _, _ in }
      let here = try desk.get("/v1/endpoints").json["endpoints"]?.array?.first
      #expect(here?["reachability"]?["roundTripUs"]?.int != nil)
      #expect(
        here?["reachability"]?["text"]?.string?.hasPrefix("reachable now (round trip") == true)
      let call = try desk.call("test.echo").id
      #expect(try desk.send("DELETE", "/v1/endpoints/web-01", bytes: []).status == 200)
      #expect(try desk.send("DELETE", "/v1/endpoints/web-01", bytes: []).code == "noSuchEndpoint")
      #expect(try desk.ended(call)["outcome"]?.string != nil)
      #expect(try desk.get("/v1/endpoints").json["endpoints"]?.array?.isEmpty == true)
    }
  }
}
