import JSON
import Model
import Testing

@Suite("Execution records") struct ExecutionRecordTests {
  private func record(_ ended: Ending) -> ExecutionRecord {
    let stream = StreamAccount(
      producedBytes: 10, keptBytes: 7, droppedBytes: 3, redactions: 1, sha256: "ab")
    return ExecutionRecord(
      ended: ended, startedAt: Instant(microseconds: 1_767_225_600_000_001),
      endedAt: Instant(microseconds: 1_767_225_600_500_002), duration: .microseconds(500_001),
      executor: Executor(name: "shell", version: "1.0.0", interpreter: "/bin/sh"),
      process: ProcessUsage(pid: 42, cpuUser: .microseconds(5), escapedKilled: 2),
      stdout: stream, stderr: stream)
  }

  @Test(
    "a record comes back from its JSON as it was, however the process ended",
    arguments: [
      Ending.exit(code: 0), .exit(code: 255), .signal(number: 9, coreDumped: true),
      .limit("run", signal: 15), .limit("stdout", signal: nil), .cancelled(signal: nil),
      .cancelled(signal: 9),
    ])
  func roundTrip(ended: Ending) throws {
    let record = record(ended)
    #expect(try ExecutionRecord(record.json) == record)
    #expect(try ExecutionRecord(JSON(parsing: record.json.bytes)) == record)
  }

  @Test("what the processes were held to comes back as it was, and its absence too")
  func isolation() throws {
    var record = record(.signal(number: 25, coreDumped: false))
    #expect(record.json["isolation"] == nil)
    for lacking in ["no cgroup v2 is mounted here", nil] {
      record.isolation = Isolation(
        hasProcessGroup: true, hasSubreaper: true, hasNoNewPrivileges: false,
        lacksControlGroup: lacking, runAs: "nobody",
        limits: [.init(name: "core", value: 0, by: "RLIMIT_CORE")],
        exceeded: [.init(limit: "fileSize", evidence: "ended by SIGXFSZ")])
      #expect(try ExecutionRecord(record.json) == record)
    }
    #expect(
      Isolation(
        hasProcessGroup: true, hasSubreaper: true, hasNoNewPrivileges: true,
        lacksControlGroup: "why"
      ).json["cgroup"] == "not available: why")
  }

  @Test("a member that is missing or of the wrong type is named") func shape() throws {
    let json = record(.exit(code: 1)).json
    for key in ["ended", "startedAtUs", "endedAtUs", "durationUs", "executor", "stdout", "stderr"] {
      for wrong in [nil, "x", -1, .null] as [JSON?] {
        guard var object = json.object else { return }
        object[key] = wrong
        let error = #expect(throws: ShapeError.self) { try ExecutionRecord(.object(object)) }
        #expect(error?.pointer.isEmpty == false)
        #expect(error?.expected.isEmpty == false)
      }
    }
  }

  @Test("hostile records are refused or read, never a crash") func hostile() throws {
    for text in [
      "null", "[]", "{}", #"{"ended":{"how":"exit","code":1e99}}"#,
      #"{"ended":{"how":"vanished"},"startedAtUs":0}"#,
      #"{"ended":{"how":"exit","code":0},"startedAtUs":9223372036854775808}"#,
    ] {
      let json = try JSON(parsing: text)
      #expect(throws: ShapeError.self) { try ExecutionRecord(json) }
    }
    guard var object = record(.exit(code: 0)).json.object else { return }
    object["durationUs"] = .int(.max)
    object["endedAtUs"] = .int(.max)
    let record = try ExecutionRecord(.object(object))
    #expect(record.json["endedAtUs"] == .int(.max))
  }

  @Test("every name on the wire is the word of the model") func words() {
    #expect(Outcome.allCases.count == 12)
    #expect(Outcome.succeededEmpty.rawValue == "succeededEmpty")
    #expect(Delivery.allCases.map(\.rawValue).contains("undeliverable"))
    #expect(Execution.allCases.map(\.rawValue).contains("notStarted"))
    #expect(Output(rawValue: "partial") == .partial)
    #expect(Validity(rawValue: "odd") == nil)
  }
}
