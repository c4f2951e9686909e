import JSON
import Model
import Support
import Testing
import Wire

@testable import API

@Suite("Transcripts, and endpoints one by one")
struct TranscriptTests {
  @Test("tells who did what, by both clocks, and how the bridge stood")
  func events() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("hello\n"))
      let id = try desk.call("test.echo", waitMs: 20_000).id
      let answer = try desk.get("/v1/calls/\(id)/transcript")
      #expect(answer.call["outcome"] == "succeeded")
      let events = answer.json["events"]?.array ?? []
      #expect(events.first?["actor"] == "ann")
      #expect(events.first?["text"]?.string?.hasPrefix("asked for test.echo") == true)
      let offered = try #require(events.first { $0["kind"] == "offered" })
      #expect(offered["actor"] == "control plane" && offered["isRecovery"] == false)
      #expect(offered["bridge"]?["state"] == "good")
      let began = try #require(events.first { $0["kind"] == "started" })
      #expect(began["actor"] == "web-01")
      #expect(began["endpointAtUs"]?.int ?? 0 >= answer.call["acceptedAtUs"]?.int ?? .max)
      #expect(events.last?["text"]?.string?.hasPrefix("succeeded: ") == true)
      #expect(try desk.get("/v1/calls/nope/transcript").code == "noSuchCall")
    }
  }

  @Test("steps of recovery are marked, and the command shows them while the endpoint is away")
  func recovery() throws {
    try Desk.with { desk throws in
      let runtime = try desk.join { offer, runtime in runtime.start(offer) }
      let id = try desk.call("test.echo").id
      try desk.eventually {
        try desk.get("/v1/calls/\(id)").call["state"]?["execution"] == "started"
      }
      runtime.leave()
      try desk.eventually {
        try desk.get("/v1/endpoints/web-01").json["endpoint"]?["bridge"]?["state"] == "silent"
      }
      let events = try desk.get("/v1/calls/\(id)/transcript").json["events"]?.array ?? []
      #expect(events.last?["kind"] == "connectionLost" && events.last?["isRecovery"] == true)
      let waits = try desk.get("/v1/calls/\(id)").call["waitsFor"]?.string ?? ""
      #expect(waits.contains("runtime lost") && waits.contains("in mid-run"), "\(waits)")
      #expect(waits.hasSuffix("its journal will say"))

      let shown = try Shell(root: desk.root).run(["transcript", id])
      #expect(shown.exit == 0 && shown.stdout.contains("!"), "\(shown)")
      #expect(shown.stdout.contains("the connection was lost"))
      let endpoint = try Shell(root: desk.root).run(["endpoints", "show", "web-01"])
      #expect(endpoint.exit == 0, "\(endpoint)")
      #expect(endpoint.stdout.contains("bridge:     silent: nothing heard for"))
      #expect(endpoint.stdout.contains(id))
      let wrong = try Shell(root: desk.root).run(["endpoints", "show", "web-02"])
      #expect(wrong.exit == 78 && wrong.stderr.contains("did you mean \"web-01\"?"), "\(wrong)")
    }
  }
}
