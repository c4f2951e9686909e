import JSON
import Platform
import Testing

@Suite("Isolation, told from end to end", .serialized)
struct IsolationReportTests {
  private static let limits = "run: 60s, killGrace: 2s, stdout: 1MiB, stderr: 64KiB"

  @Test("what a call was held to, and the limit that it met, reach whoever called it")
  func told() throws {
    let box = try Machinery(tools: [
      Definitions.shell(
        "file.fill", "exec head -c 5000000 /dev/zero > big",
        limits: Self.limits + ", fileSize: 1MiB, openFiles: 100, cpu: 30s")
    ])
    try box.start()
    let call = try box.ended(try box.submit("file.fill"))
    #expect(call["outcome"]?.string == "failed", "\(call.pretty)")
    #expect(call["reason"]?.string?.contains("it met its limit fileSize") == true)
    let told = try #require(call["execution"]?["record"]?["isolation"])
    for name in ["processGroup", "subreaper", "noNewPrivileges"] { #expect(told[name] == true) }
    #expect(told["cgroup"] == true || told["cgroup"]?.string?.hasPrefix("not available: ") == true)
    #expect(told["limits"]?["fileSize"] == ["value": 1_048_576, "by": "RLIMIT_FSIZE"])
    #expect(told["limits"]?["openFiles"]?["value"] == 100)
    #expect(told["exceeded"]?.array?.first?["limit"] == "fileSize")
  }

  @Test("a user that the endpoint does not have, or may not take on, is a rejection: nothing ran")
  func rejected() throws {
    let box = try Machinery(tools: [
      Definitions.shell(
        "run.elsewhere", "echo ran", input: "{}\n    runAs: nobody-of-that-name")
    ])
    try box.start()
    let call = try box.ended(try box.submit("run.elsewhere"))
    #expect(call["outcome"]?.string == "rejected" && call["ran"] == "no", "\(call.pretty)")
    #expect(call["reason"]?.string?.contains("nobody-of-that-name") == true)
    #expect(call["remedy"]?.string?.isEmpty == false)
  }

  @Test(
    "a tool that names a user ran as that user, and its directory is cleared away",
    .enabled(if: Machine.effectiveUser == 0, "only root may run a process as another user"))
  func user() throws {
    let box = try Machinery(tools: [
      Definitions.shell("who.am-i", "id -un; touch left-behind", input: "{}\n    runAs: nobody")
    ])
    try box.start()
    for _ in 0..<3 {
      let call = try box.ended(try box.submit("who.am-i"))
      #expect(call["result"]?["value"] == "nobody\n", "\(call.pretty)")
      #expect(call["execution"]?["record"]?["isolation"]?["runAs"] == "nobody")
    }
    try eventually("the directories are cleared", within: .seconds(20)) {
      try Files.list(box.state + "/calls").allSatisfy { name in
        !Files.exists(box.state + "/calls/\(name)/user")
      }
    }
  }
}
