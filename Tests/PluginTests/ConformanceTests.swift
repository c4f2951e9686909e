import Conformance
import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("Plugin check: what is not kept is found, and why is told")
struct ConformanceTests {
  @Test("the shell plugin keeps the whole protocol")
  func shell() throws {
    let report = try check(builtProgram("signalbox-plugin-shell"))
    #expect(faults(report) == [])
    let skipped = report.results.filter { $0.word == "skipped" }
    #expect(skipped.allSatisfy { $0.name.hasPrefix("isolation.") }, "\(skipped.map(\.name))")
    for result in skipped { print("skipped: \(result.name): \(result.reason)") }
    // What no machine lacks.
    for name in ["processGroup", "openFiles", "fileSize", "cpu", "memory", "agent"] {
      #expect(report["isolation." + name]?.word == "passed", "\(name)")
    }
  }

  @Test(
    "of an executor that makes processes ahead, a call with limits tells whether there are cgroups")
  func controlGroupsOfSome() throws {
    try withTemporaryDirectory { directory in
      var settings = Conformance.Settings(
        program: try builtProgram("signalbox-plugin-native"), scratch: directory)
      settings.environment = [("SIGNALBOX_CGROUP", "none")]
      let result = try #require(
        Conformance(settings).run(only: ["handshake", "isolation.cgroup"])["isolation.cgroup"])
      #expect(result.word == "skipped" && result.reason == "switched off by SIGNALBOX_CGROUP")
    }
  }

  @Test("the example in shell passes; what it does not offer is skipped with the reason")
  func shellExample() throws {
    guard Tools.areThere(["/usr/bin/flock", "/usr/bin/setsid", "/usr/bin/stdbuf"]) else { return }
    let report = try check(example("signalbox-plugin-posix-sh"), largeBytes: 1 << 20)
    #expect(faults(report) == [])
    #expect(report["death.host"]?.word == "skipped")
    #expect(report["death.host"]?.reason == "it does not offer \"reattach\"")
    #expect(report["isolation.cpu"]?.word == "skipped")
    #expect(report["isolation.cpu"]?.reason.contains("isolation.unsupported") == true)
  }

  @Test("the example in Python has under 120 lines and passes")
  func pythonExample() throws {
    let path = example("signalbox-plugin-python")
    let lines = try Files.read(path).split(separator: 0x0A, omittingEmptySubsequences: false)
    #expect(lines.count <= 120)
    guard Tools.areThere(["/usr/bin/env", "/usr/bin/setpriv"]), Tools.hasPython else { return }
    #expect(faults(try check(path)) == [])
  }

  @Test("the example in Swift has under 60 lines, and keeps what every plugin has to")
  func swiftExample() throws {
    let lines = try Files.read(example("Checksum/main.swift")).split(separator: 0x0A)
    #expect(lines.count < 60)
    try withTemporaryDirectory { directory in
      // It takes no script, and prints something always: one that only has to be prepared.
      try Files.makeDirectories(directory + "/scripts")
      try Files.writeAtomically([0x0A], to: directory + "/scripts/empty", permissions: 0o600)
      var settings = Conformance.Settings(
        program: try builtProgram("signalbox-plugin-checksum"), scratch: directory)
      settings.scripts = try CheckScripts(directory: directory + "/scripts")
      let report = Conformance(settings).run()
      #expect(
        faults(report) == [
          "end.empty: the script gave 10 bytes instead of 0; they differ at byte 0:"
            + " \"{\\\"sum\\\":0}\\n\" instead of \"\""
        ])
      #expect(report["call.staged"]?.word == "passed")
      #expect(report["warm"]?.word == "passed")
    }
  }

  @Test("each way in which a plugin is broken has its own check", arguments: Broken.all)
  func broken(_ broken: Broken) throws {
    guard Tools.hasPython else { return }
    let result = try check(
      broken.check, of: [(broken.part, broken.replacement)], isHeldUp: broken.isHeldUp)
    #expect(result.word == "failed")
    #expect(result.reason.contains(broken.reason), "\(result.reason)")
  }

  @Test(
    "a plugin that offers isolation and does nothing about it is found with each word",
    arguments: [
      ("openFiles", "a limit of 32 open files was not held: the script had 64 open"),
      ("fileSize", "a limit of 64 KiB of a file was not held: the script wrote 1 MiB"),
      ("memory", "a limit of 64 MiB of memory was not held: the script took 128 MiB"),
      ("processes", "a limit of 20 processes was not held: the script started 40"),
      ("cpu", "a limit of 1 s of the processor was not held"),
      ("runAs", "a call as a user that there is not was not refused"),
      ("agent", "a call that needs the agent"),
    ])
  func ignoresIsolation(check: String, reason: String) throws {
    guard Tools.areThere(["/usr/bin/setpriv", "/usr/bin/setsid"]), Tools.hasPython else { return }
    let result = try self.check(
      "isolation." + check,
      of: [
        (
          "\"cancel\": True",
          "\"isolation\": [\"limits\", \"runAs\", \"agent\"], \"cancel\": True"
        )
      ], isHeldUp: check == "cpu")
    #expect(result.word == "failed" && result.reason.contains(reason), "\(result.reason)")
  }

  private typealias Change = (part: String, replacement: String)

  /// What the example in Python would tell of isolation, if it did.
  private static let told: Change = (
    "\"executor\": {\"name\": \"python\"",
    """
    "isolation": {"processGroup": True, "subreaper": True, "noNewPrivileges": True,
                "cgroup": True, "runAs": self.asked.get("runAs"), "limits": {"openFiles": {
                "value": self.asked["limits"].get("openFiles", 1), "by": "RLIMIT_NOFILE"}}},
                "executor": {"name": "python"
    """
  )

  @Test(
    "a record that tells of isolation what is not so is found",
    arguments: [
      ("subreaper", "outlived its call"), ("noNewPrivileges", "NoNewPrivs: 0"),
      ("cgroup", "the call was in the plugin's"), ("openFiles", "the script had 64 open"),
    ])
  func liesOfIsolation(check: String, reason: String) throws {
    guard Tools.areThere(["/usr/bin/setpriv"]), Tools.hasPython else { return }
    let result = try self.check(
      "isolation." + check,
      of: [("\"cancel\": True", "\"isolation\": [\"limits\"], \"cancel\": True"), Self.told])
    #expect(result.word == "failed" && result.reason.contains(reason), "\(result.reason)")
  }

  @Test("a limit that holds and is not in the record is found, and one that is there passes")
  func untoldLimit() throws {
    guard Tools.areThere(["/usr/bin/prlimit", "/usr/bin/setpriv"]), Tools.hasPython else { return }
    let holds: [Change] = [
      ("\"cancel\": True", "\"isolation\": [\"limits\"], \"cancel\": True"),
      (
        "[\"setpriv\",",
        "[\"prlimit\", f\"--nofile={self.asked['limits'].get('openFiles', 1024)}\", \"setpriv\","
      ),
    ]
    let untold = try check("isolation.openFiles", of: holds)
    #expect(
      untold.word == "failed"
        && untold.reason
          == "the limit held, and isolation.limits of the record does not have openFiles",
      "\(untold.reason)")
    let told = try check("isolation.openFiles", of: holds + [Self.told])
    #expect(told.word == "passed", "\(told.reason)")
  }

  @Test("a plugin that offers a word that there is not is told so")
  func unknownIsolation() throws {
    guard Tools.hasPython else { return }
    let result = try check(
      "handshake", of: [("\"cancel\": True", "\"isolation\": [\"limit\"], \"cancel\": True")])
    #expect(result.word == "failed" && result.reason == "there is no isolation limit")
  }

  /// One check of the example in Python, after some exchanges in its text.
  ///
  /// - Parameter isHeldUp: whether the check finds what is wrong when its patience is at an end.
  private func check(
    _ name: String, of changes: [Change], isHeldUp: Bool = false
  ) throws -> CheckResult {
    try withTemporaryDirectory { directory in
      let path = directory + "/changed"
      var text = String(
        decoding: try Files.read(example("signalbox-plugin-python")), as: UTF8.self)
      for change in changes {
        let place = try #require(text.firstRange(of: change.part), "the example has changed")
        text.replaceSubrange(place, with: change.replacement)
      }
      try Files.writeAtomically(Array(text.utf8), to: path, permissions: 0o755)
      try Files.makeDirectories(directory + "/scratch")
      let report = Conformance(
        .init(
          program: path, patience: .seconds(isHeldUp ? 5 : 30), scratch: directory + "/scratch")
      ).run(only: ["handshake", name])
      return try #require(report[name])
    }
  }

  @Test("a program that is no plugin, and one that others can write to, are told as such")
  func noPlugin() throws {
    let report = try check("/bin/cat", only: ["handshake"])
    #expect(report["handshake"]?.reason.contains("no message") == true)
    try withTemporaryDirectory { directory in
      let path = directory + "/loose"
      try Files.writeAtomically(Array("#!/bin/sh\n".utf8), to: path, permissions: 0o777)
      try Files.setPermissions(path, 0o777)
      let report = try check(path, only: ["program", "handshake", "end.empty"])
      #expect(report["program"]?.reason == "others can write to it: chmod go-w")
      #expect(report["handshake"]?.reason.contains("it exited with 0") == true)
      #expect(report["end.empty"]?.reason == "the handshake failed")
    }
  }

  @Test("one that said something and was gone before it was asked is told by what it said")
  func goneBefore() throws {
    Signals.ignoreBrokenPipe()
    try withTemporaryDirectory { directory in
      let program = directory + "/early"
      try Files.writeAtomically(
        Array("#!/bin/sh\necho no JSON\n".utf8), to: program, permissions: 0o755)
      let plugin = try PluginUnderCheck(
        program, patience: .seconds(10), log: directory + "/log")
      #expect(try plugin.waitForExit(.seconds(10)) != nil)
      let flaw = #expect(throws: Flaw.self) {
        try plugin.ask(.discard(CallID("nobody")))
      }
      #expect(flaw?.reason.hasSuffix("no JSON") == true, "\(String(describing: flaw))")
    }
  }

  private func check(
    _ program: String, largeBytes: Int = Conformance.defaultLargeBytes, only: Set<String>? = nil
  ) throws -> ConformanceReport {
    try withTemporaryDirectory { directory in
      Conformance(.init(program: program, largeBytes: largeBytes, scratch: directory))
        .run(only: only)
    }
  }

  private func faults(_ report: ConformanceReport) -> [String] {
    report.results.filter { $0.word == "failed" }.map { "\($0.name): \($0.reason)" }
  }

  private func example(_ name: String) -> String {
    let package = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/\(package)/Plugins/Examples/\(name)"
  }
}

private enum Tools {
  static func areThere(_ paths: [String]) -> Bool {
    guard let missing = paths.first(where: { !Files.isExecutable($0) }) else { return true }
    print("skipped: there is no \(missing)")
    return false
  }

  static let hasPython: Bool = {
    let path = Machine.environment("PATH") ?? ""
    // As a plugin sees it: the agent's path, not ours.
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    if folders.contains(where: { Files.isExecutable($0 + "/python3") }) { return true }
    print("skipped: there is no python3 in the system's directories (PATH here is \(path))")
    return false
  }()
}

/// One thing done wrong in a plugin that is right otherwise.
struct Broken: Sendable, CustomTestStringConvertible {
  let name: String
  let part: String
  let replacement: String
  let check: String
  let reason: String
  /// Whether the check finds it when its patience is at an end.
  let isHeldUp: Bool

  var testDescription: String { name }

  init(
    _ name: String, _ part: String, _ replacement: String, _ check: String, _ reason: String,
    isHeldUp: Bool = false
  ) {
    self.name = name
    self.part = part
    self.replacement = replacement
    self.check = check
    self.reason = reason
    self.isHeldUp = isHeldUp
  }

  static let all = [
    Broken(
      "prints to standard output", "class Refusal",
      "print('starting up', flush=True)\nclass Refusal",
      "handshake", "a line that is no message"),
    Broken(
      "speaks any protocol", "if asked[\"protocol\"] != 1: raise",
      "if asked[\"protocol\"] != 1: return {**answer(method, {\"protocol\": 1}), \"protocol\": 999}\n        if False: raise",
      "handshake.version", "protocol 999"),
    Broken(
      "dies of garbage", "(AttributeError, KeyError, TypeError, ValueError, OSError)", "OSError",
      "message.notJSON", "it exited with 1"),
    Broken(
      "runs before the start", "        CALLS[asked[\"call\"]] = Call(asked)",
      "        CALLS[asked[\"call\"]] = Call(asked); CALLS[asked[\"call\"]].start()",
      "call.staged", "before it was started"),
    Broken(
      "holds no lock", "fcntl.flock(self.spool, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass",
      "call.staged", "does not hold the lock"),
    Broken(
      "writes over another spool", "not in (b\"\", b\"\\0\")", "is None",
      "spool.reused", "was not refused"),
    Broken(
      "takes a signal for an exit",
      "if code >= 0 else {\"how\": \"signal\", \"coreDumped\": False}",
      "if True else {}", "end.signal", "not as signal 10"),
    Broken(
      "cuts arguments at blanks", "*self.asked[\"arguments\"]]",
      "*\" \".join(self.asked[\"arguments\"]).split()]", "input.argv", "they differ at byte"),
    Broken(
      "re-encodes variables", "**self.asked[\"environment\"]",
      "**{k: v.strip() for k, v in self.asked[\"environment\"].items()}", "input.env", "VALUE="),
    Broken(
      "keeps everything", "piece[:limit - book[\"keptBytes\"]]", "piece",
      "output.limited", "instead of 1003"),
    Broken(
      "counts what it kept only", "book[\"producedBytes\"] += len(piece)",
      "book[\"producedBytes\"] += len(kept)", "output.limited", "does not add up"),
    Broken(
      "knows no run limit", "self.end(how=\"limit\", limit=\"run\")", "pass",
      "limit.run", "did not answer \"the end of a call\"", isHeldUp: true),
    Broken(
      "never kills", "[signal.SIGKILL]", "[0]", "limit.stubborn", "did not answer",
      isHeldUp: true),
    Broken(
      "cancels as an exit", "{**(self.ending or how)", "{**how", "cancel", "not as"),
    Broken(
      "runs one call at a time", "threading.Thread(target=self.run).start()", "self.run()",
      "end.two", "\"start\" in time", isHeldUp: true),
    Broken(
      "tells progress with every piece, to a reader that takes none",
      "        self.hashes[stream].update(kept)",
      "        self.hashes[stream].update(kept); say(method=\"progress\", params={\"call\": self.asked[\"call\"], \"spoolBytes\": self.bytes})",
      "output.slowReader", "no \"ended\" frame", isHeldUp: true),
    Broken(
      "leaves its processes behind", "\"setpriv\", \"--pdeathsig\", \"KILL\", ", "",
      "death.plugin", "go on though the plugin was killed"),
  ]
}
