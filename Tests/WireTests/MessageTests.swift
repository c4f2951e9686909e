import JSON
import Model
import Testing
import Wire

@Suite("Messages of the bridge")
struct MessageTests {
  static let head = JournalHead(sequence: 41, hash: String(repeating: "ab", count: 32))
  static let record = ExecutionRecord(
    ended: .signal(number: 9, coreDumped: false), startedAt: Instant(microseconds: 5),
    endedAt: Instant(microseconds: 9), duration: .microseconds(4),
    executor: Executor(name: "shell", version: "1", interpreter: "/bin/sh"),
    process: ProcessUsage(pid: 3, cpuUser: .microseconds(7)),
    stdout: StreamAccount(
      producedBytes: 3, keptBytes: 2, droppedBytes: 1, redactions: 0, sha256: "aa"),
    stderr: StreamAccount(
      producedBytes: 0, keptBytes: 0, droppedBytes: 0, redactions: 0, sha256: "bb"))

  static let samples: [Message] = [
    .hello(
      id: 1,
      Hello(
        name: "web-01", proof: .credential(EndpointID("e1"), secret: "s"),
        runtime: RuntimeInfo(
          kind: "service", platform: "linux", architecture: "x86_64", version: "1", bootID: "b",
          executors: ["shell"]),
        epoch: EpochID("ep1"), head: head, provenRow: head, capacity: 8,
        calls: [HeldCall(call: CallID("c1"), state: .released)])),
    .offer(
      Offer(
        call: CallID("c1"), attempt: 2, digest: "sha256:00", definition: "{\"a\":1}",
        arguments: ["unit": "x; reboot"], expiresIn: .seconds(60))),
    .hello(
      id: 1,
      Hello(
        name: "web-01", proof: .joinToken("t"),
        runtime: RuntimeInfo(
          kind: "service", platform: "linux", architecture: "x86_64", version: "1", bootID: "b",
          executors: ["shell", "native"],
          sessions: [Runtime(name: .session(of: "ann"), executors: ["shell"])]),
        epoch: nil, head: .empty, capacity: 8, calls: [])),
    .offer(
      Offer(
        call: CallID("c1"), attempt: 2, digest: "sha256:00", definition: "{}", arguments: [:],
        expiresIn: .seconds(60), runtime: .session(of: "ann"))),
    .offer(
      Offer(
        call: CallID("c1"), attempt: 2, digest: "sha256:00", definition: "{}", arguments: [:],
        expiresIn: .seconds(60), runtime: .service)),
    .refused(
      RefusedOffer(
        call: CallID("c1"), attempt: 2, cause: .noRuntime, reason: "gone", remedy: "wait")),
    .acknowledge(Acknowledge(call: CallID("c1"), attempt: 1, state: .received, head: head)),
    .released(
      Released(call: CallID("c1"), startedAt: Instant(microseconds: 3), pid: 9, head: head)),
    .output(
      OutputChunk(
        call: CallID("c1"), stream: .stderr, offset: 7, at: Instant(microseconds: 3),
        bytes: [0, 10, 255])),
    .finished(Finished(call: CallID("c1"), report: .ended(record), head: head)),
    .finished(
      Finished(
        call: CallID("c1"), report: .interrupted(reason: "power", startedAt: nil), head: head)),
    .finished(
      Finished(
        call: CallID("c1"), report: .rejected(code: "x", reason: "y", remedy: "z"), head: head)),
    .finished(Finished(call: CallID("c1"), report: .lost(reason: "y"), head: head)),
    .confirm(Confirm(finished: [CallID("c1")], creditBytes: 5, lowWater: CallID("c0"))),
    .cancel(Cancel(call: CallID("c1"), by: "ann")),
    .probe(id: 4, CallID("c1")),
    .heartbeat(id: 5),
    .heartbeat(id: 5, sessionFor: .seconds(1_800)),
    .reply(
      id: 1,
      .welcome(
        Welcome(
          endpoint: EndpointID("e1"), credential: "s", epoch: EpochID("ep1"),
          heartbeat: .seconds(5), creditBytes: 10, lowWater: nil,
          outputs: [CommittedOutput(call: CallID("c1"), stdoutBytes: 1, stderrBytes: 2)],
          started: [CallID("c2"), CallID("c3")], closed: [CallID("c4")]))),
    .reply(id: 1, .prove(sequence: 4)),
    .reply(id: 4, .state(CallID("c1"), .absent)),
    .reply(id: 4, .state(HeldCall(call: CallID("c1"), state: .ended, hasBegun: true))),
    .reply(id: 5, .alive(head)),
    .reply(id: 5, .alive(head, health: AgentHealth())),
    .reply(
      id: 5,
      .alive(
        head, health: nil,
        runtimes: [
          Runtime(name: .service, executors: []),
          Runtime(name: .session(of: "ann"), executors: ["shell"]),
        ])),
    .reply(
      id: 5,
      .alive(
        head,
        health: AgentHealth(faults: [
          AgentHealth.Fault(
            subject: .spool, lasting: .seconds(5), evidence: "full", tried: [.retry, .rebuild])
        ]))),
    .refusal(id: 1, Refusal(code: "joinRefused", message: "no")),
  ]

  @Test("every message reads back as it was written", arguments: samples)
  func roundTrip(message: Message) throws {
    #expect(try Message(message.frame) == message)
  }

  @Test(
    "a frame that is not a message is refused by name",
    arguments: [
      ("", "wire.json"), ("{}", "wire.shape"), ("[]", "wire.shape"), ("nonsense", "wire.json"),
      (#"{"jsonrpc":"2.0","method":"reboot","params":{}}"#, "wire.unknownMethod"),
      (#"{"jsonrpc":"2.0","method":"output","params":{}}"#, "wire.outputAsText"),
      (#"{"jsonrpc":"1.0","method":"heartbeat","id":1}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"heartbeat"}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"heartbeat","id":1e999999999}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"heartbeat","id":-1}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"cancel","params":{"call":"../etc","by":"x"}}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"cancel","params":{"call":7,"by":"x"}}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"probe","id":1,"params":{"call":"A"}}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","method":"hello","id":1,"params":[]}"#, "wire.shape"),
      (#"{"jsonrpc":"2.0","jsonrpc":"2.0"}"#, "wire.json"),
    ])
  func refused(text: String, code: String) {
    #expect {
      try Message(Frame(bytes: Array(text.utf8), isBinary: false))
    } throws: { ($0 as? WireError)?.code == code }
  }

  @Test(
    "health that is not of the closed set is refused",
    arguments: [
      #"{}"#, #"{"faults":{}}"#, #"{"faults":[{}]}"#,
      #"{"faults":[{"subject":"moon","forMs":1,"evidence":"x","tried":[]}]}"#,
      #"{"faults":[{"subject":"spool","forMs":-1,"evidence":"x","tried":[]}]}"#,
      #"{"faults":[{"subject":"spool","forMs":1,"evidence":"x","tried":["pray"]}]}"#,
      #"{"faults":[{"subject":"spool","forMs":1,"evidence":"x","tried":["retry","retry"]}]}"#,
      #"{"faults":[{"subject":"spool","forMs":1,"evidence":"x"},"#
        + #"{"subject":"spool","forMs":1,"evidence":"x"}]}"#,
      #"{"faults":[{"subject":"spool","forMs":1,"tried":[],"evidence":""#
        + String(repeating: "x", count: WireLimits.evidenceBytes + 1) + #""}]}"#,
    ])
  func healthRefused(health: String) throws {
    let head = #"{"sequence":0,"hash":"\#(String(repeating: "0", count: 64))"}"#
    func frame(_ health: String) -> Frame {
      let text =
        #"{"jsonrpc":"2.0","id":1,"result":{"kind":"alive","journal":\#(head),"health":\#(health)}}"#
      return Frame(bytes: Array(text.utf8), isBinary: false)
    }
    #expect(throws: Never.self) { try Message(frame(#"{"faults":[]}"#)) }
    #expect {
      try Message(frame(health))
    } throws: { ($0 as? WireError)?.code == "wire.shape" }
  }

  @Test("a list of runtimes without the service, or with one twice, is refused")
  func strangeRuntimes() throws {
    for list in [
      #"[{"name":"session:ann","executors":[]}]"#,
      #"[{"name":"service","executors":[]},{"name":"service","executors":[]}]"#,
    ] {
      let json = try JSON(
        parsing: #"{"kind":"service","platform":"linux","architecture":"a","version":"1","#
          + #""bootId":"b","executors":["shell"],"runtimes":"# + list + "}")
      #expect(throws: ShapeError.self) { _ = try RuntimeInfo(json) }
    }
  }

  @Test("a hello from before there were several runtimes has the service, with what it lists")
  func olderHello() throws {
    let info = try RuntimeInfo(
      JSON(
        parsing: #"{"kind":"service","platform":"linux","architecture":"a","version":"1","#
          + #""bootId":"b","executors":["shell"]}"#))
    #expect(info.runtimes == [Runtime(name: .service, executors: ["shell"])])
  }

  @Test(
    "a runtime is the service or the session of a user with a plain name",
    arguments: [
      ("service", true), ("session:ann", true), ("session:_apt", true), ("session:a.b-c_1", true),
      ("", false), ("session", false), ("session:", false), ("session:-x", false),
      ("session:a b", false), ("session:a/b", false), ("session:../x", false), ("Service", false),
      ("session:" + String(repeating: "a", count: 32), true),
      ("session:" + String(repeating: "a", count: 33), false),
    ])
  func runtimeNames(text: String, isName: Bool) throws {
    #expect(RuntimeName(text).map(\.text) == (isName ? text : nil))
    let offer =
      #"{"jsonrpc":"2.0","method":"offer","params":{"call":"c","attempt":1,"digest":"d","#
      + #""definition":"{}","arguments":{},"expiresInMs":1,"runtime":"\#(text)"}}"#
    let frame = Frame(bytes: Array(offer.utf8), isBinary: false)
    if isName {
      #expect(throws: Never.self) { try Message(frame) }
    } else {
      #expect {
        try Message(frame)
      } throws: { ($0 as? WireError)?.code == "wire.shape" }
    }
  }

  @Test("a cause of a refusal that is not of the closed set is refused")
  func unknownCause() {
    let text =
      #"{"jsonrpc":"2.0","method":"refused","params":{"call":"c","attempt":1,"#
      + #""cause":"noMood","reason":"x","remedy":"y"}}"#
    #expect {
      try Message(Frame(bytes: Array(text.utf8), isBinary: false))
    } throws: { ($0 as? WireError)?.code == "wire.shape" }
  }

  private func welcome(_ lists: String) throws -> Message {
    let text =
      #"{"jsonrpc":"2.0","id":1,"result":{"kind":"welcome","endpoint":"e1","epoch":"ep1","#
      + #""heartbeatMs":1,"creditBytes":1,"lowWater":null,"outputs":[]\#(lists)}}"#
    return try Message(Frame(bytes: Array(text.utf8), isBinary: false))
  }

  @Test("a welcome from before it named calls that must not begin names none")
  func olderWelcome() throws {
    guard case .reply(_, .welcome(let welcome)) = try welcome("") else {
      Issue.record("not a welcome")
      return
    }
    #expect(welcome.started.isEmpty && welcome.closed.isEmpty)
  }

  @Test("a list of calls that must not begin has identifiers, and no more than a hello")
  func barredCallsRefused() {
    let tooMany = Array(repeating: #""c""#, count: WireLimits.heldCalls + 1).joined(separator: ",")
    for lists in [
      #","started":"c1""#, #","started":[1]"#, #","closed":["../c1"]"#, #","closed":[\#(tooMany)]"#,
    ] {
      #expect(throws: WireError.self) { try welcome(lists) }
    }
  }

  @Test("evidence that is too long is clipped where it is told, in whole characters")
  func clipped() {
    let fault = AgentHealth.Fault(
      subject: .spool, lasting: .zero, evidence: String(repeating: "ä", count: 1_000), tried: [])
    #expect(fault.evidence == String(repeating: "ä", count: WireLimits.evidenceBytes / 2))
  }

  @Test("binary frames that lie about their length, or have no header, are refused")
  func binaryRefused() {
    let header =
      #"{"jsonrpc":"2.0","method":"output","params":{"call":"c","stream":"stdout","offset":0,"#
    let hostile: [[UInt8]] = [
      [], [0xFF, 0xFE], Array("\n".utf8), Array(repeating: 0x20, count: 5_000),
      Array((header + #""atUs":1,"bytes":4}}"# + "\nabc").utf8),
      Array((header + #""atUs":1,"bytes":-3}}"# + "\nabc").utf8),
      Array(repeating: 0, count: WireLimits.frameBytes + 1),
    ]
    for bytes in hostile {
      #expect(throws: WireError.self) { try Message(Frame(bytes: bytes, isBinary: true)) }
    }
  }

  @Test("a message nested deeper than the limit is refused")
  func tooDeep() {
    let text = String(repeating: "[", count: 10_000)
    #expect(throws: WireError.self) {
      try Message(Frame(bytes: Array(text.utf8), isBinary: false))
    }
  }

  @Test("a proof is never shown when a hello is printed")
  func proofHidden() {
    let secret = "s3cr3t-t0ken"
    var text = ""
    dump(Proof.joinToken(secret), to: &text)
    print(Proof.credential(EndpointID("e1"), secret: secret), to: &text)
    #expect(!text.contains(secret))
  }
}
