import JSON
import Model
import PluginProtocol
import Testing

@Suite("Plugin messages")
struct MessageTests {
  private let preparation = Preparation(
    call: CallID("c1"), executor: "shell", directory: "/d", spool: "/d/spool",
    script: "echo \"$A\"\n", interpreter: "/bin/bash",
    environment: [("B", "2"), ("A", "1\n\u{1}é")], arguments: ["-x", ""], stdin: "{\"a\":1}",
    limits: .init(
      run: .seconds(150), killGrace: .milliseconds(1_500), stdoutBytes: 10, stderrBytes: 0,
      memoryBytes: 1 << 20, processes: 5, cpu: .seconds(3)),
    runAs: "nobody", needs: ["agent"], redact: ["secret"], unsyncedBytes: 100)

  @Test("a preparation survives the wire, variables in order")
  func preparationRoundTrip() throws {
    let received = ReceivedRequest(line: PluginRequest.prepare(preparation).line(id: 4))
    #expect(received.id == .int(4))
    guard case .success(.prepare(let read)) = received.content else {
      Issue.record("not a preparation: \(received)")
      return
    }
    #expect(read.json == preparation.json)
    #expect(read.environment.map(\.name) == ["B", "A"])
    #expect(read.stdin == preparation.stdin)
    #expect(read.limits == preparation.limits)
    #expect(read.runAs == "nobody" && read.needs == ["agent"])
    #expect(read.asksFor == ["limits", "runAs", "agent"])
    #expect(read.unsyncedBytes == 100)
  }

  @Test("a message is one line, whatever it carries")
  func oneLine() {
    let line = PluginRequest.prepare(preparation).line(id: 1)
    #expect(line.count { $0 == 0x0A } == 1)
    #expect(line.last == 0x0A)
  }

  @Test(
    "what is no request is answered with its fault",
    arguments: [
      ("", -32700), ("nonsense", -32700), ("[]", -32600), ("{}", -32600),
      (#"{"jsonrpc":"2.0","id":1,"method":"fly"}"#, -32601),
      (#"{"jsonrpc":"2.0","id":1,"method":"start"}"#, -32602),
      (#"{"jsonrpc":"2.0","id":1,"method":"start","params":{"call":3}}"#, -32602),
      (#"{"jsonrpc":"2.0","id":1,"method":"prepare","params":{"call":"c"}}"#, -32602),
    ])
  func faults(line: String, code: Int) {
    guard case .failure(let fault) = ReceivedRequest(line: Array(line.utf8)).content else {
      Issue.record("accepted: \(line)")
      return
    }
    #expect(fault.code == code)
    #expect(!fault.remedy.isEmpty)
  }

  @Test("the plugin's messages survive the wire")
  func messages() throws {
    let fault = PluginFault(message: "no", reason: "x.y", remedy: "do z")
    guard case .fault(.null, fault)? = try parse(.fault(id: .null, fault)),
      case .result("a", ["b": 1])? = try parse(.result(id: "a", ["b": 1])),
      case .progress(CallID("c"), spoolBytes: 5)? = try parse(
        .progress(CallID("c"), spoolBytes: 5)),
      case .ended(CallID("c"), spoolBytes: 9)? = try parse(.ended(CallID("c"), spoolBytes: 9))
    else {
      Issue.record("a message changed on the way")
      return
    }
  }

  private func parse(_ message: PluginMessage) throws -> PluginMessage? {
    try PluginMessage.parse(line: message.line.dropLast())
  }

  @Test("a notification from a newer plugin is ignored, and garbage is not")
  func unknown() throws {
    let newer = #"{"jsonrpc":"2.0","method":"sing","params":{}}"#
    #expect(try PluginMessage.parse(line: Array(newer.utf8)) == nil)
    for line in ["hello", "{}", #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0"}"#] {
      #expect(throws: PluginFault.self) { try PluginMessage.parse(line: Array(line.utf8)) }
    }
  }

  @Test("a plugin describes itself the same on both sides")
  func description() throws {
    let description = PluginDescription(
      name: "shell", version: "1.0.0", executors: ["shell"], isolation: ["limits", "runAs"],
      platform: "linux")
    #expect(try PluginDescription(description.json) == description)
  }
}

@Suite("Lines")
struct LineBufferTests {
  private func lines(_ chunks: [String], limit: Int = 10) -> [LineBuffer.Line] {
    var buffer = LineBuffer(limit: limit)
    var lines: [LineBuffer.Line] = []
    for chunk in chunks {
      buffer.append(Array(chunk.utf8))
      while let line = buffer.next() { lines.append(line) }
    }
    return lines
  }

  private func line(_ text: String) -> LineBuffer.Line { .line(Array(text.utf8)) }

  @Test("lines come out whole, however they were cut")
  func cuts() {
    let text = "one\n\ntwo\nthree"
    let expected = [line("one"), line(""), line("two")]
    #expect(lines([text]) == expected)
    #expect(lines(text.map { String($0) }) == expected)
  }

  @Test("a line over the limit is reported once, and the next one is read")
  func tooLong() {
    let long = String(repeating: "x", count: 25)
    #expect(lines(["\(long)\nok\n"]) == [.tooLong(limit: 10), line("ok")])
    #expect(
      lines(["\(long)", long, "\nok\n0123456789\n"])
        == [.tooLong(limit: 10), line("ok"), line("0123456789")])
  }
}
