import JSON
import Model
import Platform
import Sockets
import Support
import Testing
import Wire

@testable import API

@Suite("A call's streams")
struct StreamTests {
  @Test("events come from the beginning, live, output before the end, and then the stream ends")
  func events() throws {
    try Desk.with { desk throws in
      let runtime = try desk.join { offer, runtime in
        runtime.start(offer)
        runtime.print(offer.call, Array("one\n".utf8), at: 0)
      }
      let id = try desk.call("test.echo").id
      let began = Mailbox<Void>()
      let follower = Follower(desk, "/v1/calls/\(id)/events") { text in
        if text.contains("\"one\\n\"") { began.post(()) }
      }
      var taken: [Void] = []
      while taken.isEmpty { _ = began.drain(into: &taken) }
      runtime.print(CallID(id), [0xFF, 0x00], at: 4)
      runtime.print(CallID(id), Array("err".utf8), at: 0, .stderr)
      runtime.finish(
        CallID(id), stdout: Array("one\n".utf8) + [0xFF, 0x00], stderr: Array("err".utf8))
      let lines = follower.lines()
      let types = lines.map { line in
        line["kind"]?.string ?? (line["stream"]?.string).map { "\($0)" } ?? line["type"]?.string
          ?? ""
      }.filter { $0 != "waiting" }
      #expect(
        types == [
          "accepted", "offered", "acknowledged", "started", "outputBegan", "stdout", "stdout",
          "stderr", "finished", "ended", "end",
        ], "\(types)")
      let outputs = lines.filter { $0["type"]?.string == "output" }
      #expect(outputs[0]["text"]?.string == "one\n" && outputs[0]["offset"]?.int == 0)
      #expect(outputs[1]["base64"]?.string == "/wA=" && outputs[1]["offset"]?.int == 4)
      #expect(lines.last?["call"]?["outcome"]?.string != nil)
    }
  }

  @Test("events of an ended call can be taken up in the middle")
  func resumedEvents() throws {
    try Desk.with { desk throws in
      try desk.join(onOffer: FakeRuntime.printing("hello\n"))
      let id = try desk.call("test.echo", waitMs: 20_000).id
      let whole = try desk.get("/v1/calls/\(id)/events")
      #expect(whole.headers["content-type"] == "application/x-ndjson")
      #expect(whole.lines.last?["type"]?.string == "end")
      let rest = try desk.get("/v1/calls/\(id)/events?after=3&stdout=2").lines
      #expect(rest.first?["sequence"]?.int == 4)
      #expect(rest.first { $0["type"]?.string == "output" }?["text"]?.string == "llo\n")
      let transitions = try desk.get("/v1/calls/\(id)/transitions?after=2").json["transitions"]
      #expect(transitions?.array?.first?["sequence"]?.int == 3)
    }
  }

  @Test("events say what a call waits for")
  func waiting() throws {
    try Desk.with { desk throws in
      try desk.joinAway()
      let id = try desk.call("test.echo").id
      let said = Mailbox<Void>()
      let follower = Follower(desk, "/v1/calls/\(id)/events") { text in
        if text.contains("last contact") { said.post(()) }
      }
      var taken: [Void] = []
      while taken.isEmpty { _ = said.drain(into: &taken) }
      _ = try desk.post("/v1/calls/\(id)/cancel", [:])
      #expect(follower.lines().last?["call"]?["outcome"]?.string == "cancelled")
    }
  }

  @Test("output comes raw, from any offset, with its length")
  func output() throws {
    try Desk.with { desk throws in
      try desk.join { offer, runtime in
        runtime.start(offer)
        for piece in 0..<10 {
          runtime.print(offer.call, Array("\(piece)\(piece)\n".utf8), at: piece * 3)
        }
        runtime.print(offer.call, Array("e".utf8), at: 0, .stderr)
        let all = (0..<10).flatMap { Array("\($0)\($0)\n".utf8) }
        runtime.finish(offer.call, stdout: all, stderr: Array("e".utf8))
      }
      let id = try desk.call("test.echo", waitMs: 20_000).id
      let whole = (0..<10).map { "\($0)\($0)\n" }.joined()
      for offset in [0, 1, 2, 3, 28, 29, 30, 31, 1_000_000] {
        let answer = try desk.get("/v1/calls/\(id)/output?offset=\(offset)")
        #expect(String(decoding: answer.bytes, as: UTF8.self) == String(whole.dropFirst(offset)))
        #expect(answer.headers["x-signalbox-bytes"] == "\(max(0, 30 - offset))")
      }
      #expect(try desk.get("/v1/calls/\(id)/output?stream=stderr").bytes == Array("e".utf8))
      #expect(try desk.get("/v1/calls/\(id)/output?stream=x").code == "invalidQuery")
    }
  }

  /// 24 MiB in a stream that nobody reads.
  @Test("a reader that does not read costs no memory, and holds up nobody")
  func slowReader() throws {
    try Desk.with { desk throws in
      let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 128 << 10)
      let count = 192
      let runtime = try desk.join { offer, runtime in
        runtime.start(offer)
        for index in 0..<count { runtime.print(offer.call, piece, at: index * piece.count) }
      }
      let id = try desk.call("test.echo").id
      let total = count * piece.count
      try desk.eventually {
        try desk.get("/v1/calls/\(id)").call["outputs"]?["stdout"]?["bytes"]?.int == total
      }
      let before = try residentBytes()
      let readers = try (0..<4).map { index in
        try IdleReader(desk, "/v1/calls/\(id)/" + (index.isMultiple(of: 2) ? "output" : "events"))
      }
      // Round trips beside them: were the streams read ahead, they would be by now.
      for _ in 0..<200 { #expect(try desk.get("/v1/status").status == 200) }
      let grown = try residentBytes() - before
      #expect(Sanitizer.isOn || grown < 24 << 20, "\(grown) bytes for \(readers.count) readers")
      runtime.report(CallID(id), .lost(reason: "the test is over"))
    }
  }

  private func residentBytes() throws -> Int {
    let text = String(decoding: try Files.read("/proc/self/statm"), as: UTF8.self)
    return (Int(text.split(separator: " ")[1]) ?? 0) * 4_096
  }
}

/// Follows an endless reply on a loop of its own.
final class Follower: Sendable {
  private let loop = SocketLoop()
  private let bytes = Locked<[UInt8]>([])
  private let ended = Mailbox<Bool>()

  init(_ desk: Desk, _ path: String, onText: @escaping @Sendable (String) -> Void) {
    try? loop.start()
    loop.request(
      HTTPCall(
        "GET", port: desk.port, path: path,
        headers: [HTTPHeader("authorization", "Bearer " + desk.service.apiToken)]),
      handlers: HTTPCallHandlers(
        onChunk: { [self] chunk in
          let all = bytes.withLock { all in
            all += chunk
            return all
          }
          onText(String(decoding: all, as: UTF8.self))
        },
        onEnd: { [self] result in
          if case .success = result { ended.post(true) } else { ended.post(false) }
        }))
  }

  /// All lines, once the stream has ended.
  func lines() -> [JSON] {
    var taken: [Bool] = []
    while taken.isEmpty { _ = ended.drain(into: &taken) }
    loop.stop()
    #expect(taken == [true])
    return bytes.withLock { $0 }.split(separator: 0x0A).compactMap { try? JSON(parsing: Array($0)) }
  }
}
