import Model
import Platform
import PluginProtocol
import Support
import Testing

/// With cgroups where this machine gives them, and as on a machine that gives none.
private enum Groups: String, CaseIterable, CustomTestStringConvertible {
  case found = ""
  case none

  var testDescription: String { self == .found ? "cgroups as found" : "without cgroups" }
}

private func withPlugin<Result>(
  _ groups: Groups, _ body: (PluginSession) throws -> Result
) throws -> Result {
  try withTemporaryDirectory { directory in
    try body(
      try PluginSession(directory, environment: [("SIGNALBOX_CGROUP", groups.rawValue)]))
  }
}

private let isRoot = Machine.effectiveUser == 0

@Suite("Isolation, on real processes")
struct IsolationTests {
  private func isolation(_ content: SpoolContent) throws -> Isolation {
    try #require(content.record?.isolation)
  }

  private func limit(_ name: String, _ content: SpoolContent) throws -> Isolation.Limit? {
    try isolation(content).limits.first { $0.name == name }
  }

  private func refusal(_ plugin: PluginSession, _ preparation: Preparation) throws -> PluginFault {
    for request in [PluginRequest.prepare(preparation), .start(preparation.call)] {
      if case .fault(_, let fault) = try plugin.answer(to: request) { return fault }
    }
    throw Unexpected(what: "it was started")
  }

  // MARK: Every script

  @Test(
    "a script gains no privileges, leaves no core, and the record tells what held",
    arguments: Groups.allCases)
  fileprivate func always(groups: Groups) throws {
    try withPlugin(groups) { plugin in
      let script = "grep NoNewPrivs /proc/self/status; ulimit -c; ulimit -Sn; ps -o pgid= -p $$"
      let content = try plugin.run("c1", script)
      let process = try #require(content.record?.process.pid)
      #expect(
        content.stdout.split(whereSeparator: \.isWhitespace).map(String.init)
          == ["NoNewPrivs:", "1", "0", "1024", "\(process)"])
      let told = try isolation(content)
      #expect(told.hasProcessGroup && told.hasSubreaper && told.hasNoNewPrivileges)
      #expect(told.runAs == nil && told.exceeded.isEmpty)
      #expect(try limit("core", content)?.value == 0)
      #expect(try limit("openFiles", content)?.by == "RLIMIT_NOFILE")
      if groups == .none {
        #expect(told.lacksControlGroup == "switched off by SIGNALBOX_CGROUP")
      }
    }
  }

  @Test("a tool that needs privileges has them, and the record says so")
  func privileges() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory)
      let content = try plugin.run("c1", "grep NoNewPrivs /proc/self/status") {
        $0.needs = ["privileges"]
      }
      #expect(content.stdout == "NoNewPrivs:\t0\n")
      #expect(try isolation(content).hasNoNewPrivileges == false)
    }
  }

  @Test("where the agent is, a script is told only if it needs it")
  func agent() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(
        directory,
        environment: [
          ("SIGNALBOX_AGENT", "/a"), ("SIGNALBOX_STATE", "/s"), ("SIGNALBOX_PLUGINS", "/p"),
          ("TZ", "Europe/Vienna"), ("SECRET", "s"),
        ])
      let script = "env | grep -E 'SIGNALBOX|SECRET|TZ' | sort"
      #expect(try plugin.run("c1", script).stdout == "TZ=Europe/Vienna\n")
      let told = try plugin.run("c2", script) { $0.needs = ["agent"] }
      #expect(
        told.stdout
          == "SIGNALBOX_AGENT=/a\nSIGNALBOX_PLUGINS=/p\nSIGNALBOX_STATE=/s\nTZ=Europe/Vienna\n")
    }
  }

  // MARK: Cgroups

  @Test("a call has a cgroup of its own, which goes with the plugin")
  func group() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory)
      let go = plugin.directory + "/go"
      let script = "grep ^0:: /proc/self/cgroup; until [ -e \(go) ]; do sleep 0.02; done"
      try plugin.start("c1", script)
      try plugin.start("c2", script)
      try Files.writeAtomically([], to: go)
      let first = try plugin.ended("c1")
      if let why = try isolation(first).lacksControlGroup {
        return withKnownIssue("no cgroup here: \(why)") { Issue.record("skipped") }
      }
      let second = try plugin.ended("c2")
      #expect(first.stdout != second.stdout)
      let own = String(decoding: try Files.read("/proc/self/mountinfo"), as: UTF8.self)
      let name = try #require(first.stdout.dropLast().split(separator: "/").dropLast().last)
      #expect(name == "signalbox.shell.\(plugin.processID)")
      plugin.closeInput()
      _ = try plugin.wait()
      let mount = try #require(own.split(separator: "\n").first { $0.contains(" - cgroup2 ") })
      let point = mount.split(separator: " ")[4]
      let path = first.stdout.dropLast().split(separator: ":", omittingEmptySubsequences: false)[2]
      #expect(!Files.exists("\(point)\(path)"))
    }
  }

  @Test(
    "after a call that was killed the next ones run, in a cgroup that was not", arguments: 0..<3)
  func afterKill(round: Int) throws {
    try withPlugin { plugin throws in
      for number in 0..<3 {
        try plugin.start("k\(number)", "trap '' TERM; echo up; while :; do sleep 1; done") {
          $0.limits.killGrace = .zero
        }
        try plugin.waitForOutput("k\(number)", "up\n")
        _ = try plugin.answer(to: .cancel(CallID("k\(number)")))
        #expect(try plugin.ended("k\(number)").record?.ended == .cancelled(signal: 9))
        #expect(try plugin.run("c\(number)", "echo ok").stdout == "ok\n")
      }
    }
  }

  // MARK: Another user

  @Test(
    "a tool that names a user runs as that user, in a directory of its own",
    .enabled(if: isRoot, "only root may run a process as another user"))
  func user() throws {
    try withPlugin { plugin in
      let script = """
        id -un; id -G | wc -w; echo $HOME $USER; touch made && stat -c %U made .
        cat \(plugin.spool("c1")) 2>/dev/null || echo closed
        echo "$1"
        """
      let content = try plugin.run("c1", script) {
        $0.runAs = "nobody"
        $0.arguments = ["é x"]
      }
      #expect(
        content.stdout
          == "nobody\n1\n/nonexistent nobody\nnobody\nnobody\nclosed\né x\n", "\(content.stderr)")
      #expect(try isolation(content).runAs == "nobody")
      let home = plugin.directory + "/c1/user"
      #expect(try Files.status(home).permissions == 0o700)
      #expect(try Files.status(home + "/script").permissions == 0o600)
    }
  }

  @Test(
    "a call in a user's session does not run under another number than that of the log-in, nor as root"
  )
  func changedUser() throws {
    try withPlugin { plugin throws in
      var preparation = plugin.preparation("c1", "echo ran")
      preparation.runAs = "nobody"
      preparation.runAsID = 12
      #expect(try refusal(plugin, preparation).reason == "runAs.changed")
      preparation.call = CallID("c2")
      preparation.runAs = "root"
      preparation.runAsID = 0
      let expected = Machine.effectiveUser == 0 ? "runAs.changed" : "runAs.notPermitted"
      #expect(try refusal(plugin, preparation).reason == expected)
    }
  }

  @Test("a user that is not there is a refusal, and nothing runs")
  func unknownUser() throws {
    try withPlugin { plugin in
      var preparation = plugin.preparation("c1", "echo ran")
      preparation.runAs = "nobody-of-that-name"
      let fault = try refusal(plugin, preparation)
      #expect(fault.reason == "runAs.unknown" && fault.message.contains("nobody-of-that-name"))
      #expect(try plugin.run("c1", "echo ok").stdout == "ok\n")
    }
  }

  @Test(
    "without the right to it, another user and a looser limit are refusals; what can be had holds",
    .enabled(if: isRoot && Files.isExecutable("/usr/bin/setpriv"), "needs root, and setpriv(1)"))
  func unprivileged() throws {
    try withTemporaryDirectory { directory in
      let account = try #require(try Confinement.Account.named("nobody"))
      try Files.setOwner(directory, user: account.user, group: account.group)
      try Files.setPermissions(directory, 0o755)
      let plugin = try PluginSession(
        directory,
        through: [
          "/usr/bin/setpriv", "--reuid", "\(account.user)", "--regid", "\(account.group)",
          "--clear-groups",
        ])
      var preparation = plugin.preparation("c1", "echo ran")
      preparation.runAs = "root"
      #expect(try refusal(plugin, preparation).reason == "runAs.notPermitted")
      preparation.runAs = nil
      preparation.limits.openFiles = 1_000_000_000
      #expect(try refusal(plugin, preparation).reason == "limit.unavailable")
      let content = try plugin.run("c1", "id -un; ulimit -n; ulimit -p 2>/dev/null || ulimit -u") {
        $0.limits.openFiles = 99
        $0.limits.processes = 200
      }
      #expect(content.stdout == "nobody\n99\n200\n")
      #expect(try limit("processes", content)?.by == "RLIMIT_NPROC")
      #expect(try isolation(content).lacksControlGroup?.isEmpty == false)
    }
  }

  // MARK: Limits

  @Test("a limit that the kernel refuses is a refusal of the call, with the limit's name")
  func refusedLimit() throws {
    try withPlugin { plugin in
      var preparation = plugin.preparation("c1", "echo ran > \(plugin.directory)/proof")
      preparation.limits.openFiles = 2_000_000_000
      let fault = try refusal(plugin, preparation)
      #expect(["isolation.notApplied", "limit.unavailable"].contains(fault.reason))
      #expect(fault.message.contains("RLIMIT_NOFILE"), "\(fault)")
      #expect(!Files.exists(plugin.directory + "/proof"))
      #expect(try plugin.run("c2", "echo ok").stdout == "ok\n")
    }
  }

  @Test(
    "root's processes are limited by a cgroup or not at all: then the call is refused",
    .enabled(if: isRoot, "the rule is root's"))
  func rootsProcesses() throws {
    try withPlugin(.none) { plugin in
      var preparation = plugin.preparation("c1", "echo ran")
      preparation.limits.processes = 10
      let fault = try refusal(plugin, preparation)
      #expect(fault.reason == "limit.unavailable" && fault.remedy.contains("runAs"))
    }
  }

  @Test(
    "an allocation of 4 GiB fails at its limit, and the plugin goes on", arguments: Groups.allCases)
  fileprivate func memory(groups: Groups) throws {
    try withPlugin(groups) { plugin in
      // tail(1) keeps the last line, which is all of it.
      let script = "head -c 4294967296 /dev/zero | tail -n 1 | wc -c; echo after"
      let content = try plugin.run("c1", script) { $0.limits.memoryBytes = 256 << 20 }
      #expect(content.stdout == "0\nafter\n")
      let limit = try #require(try limit("memory", content))
      #expect(limit.value == 256 << 20)
      if limit.by == "memory.max" {
        #expect(try isolation(content).exceeded.map(\.limit) == ["memory"])
      } else {
        #expect(limit.by == "RLIMIT_AS" && content.stderr.contains("memory exhausted"))
      }
      #expect(try plugin.run("c2", "echo ok").stdout == "ok\n")
    }
  }

  @Test("a file ends at its limit, and the record tells that the limit was met")
  func fileSize() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "head -c 5000000 /dev/zero > big") {
        $0.limits.fileSizeBytes = 1 << 20
      }
      #expect(try Files.status(plugin.directory + "/c1/work/big").size == 1 << 20)
      #expect(content.record?.ended == .exit(code: 153))
      #expect(try isolation(content).exceeded.map(\.limit) == ["fileSize"])
      // The limit is of files: output has its own.
      let output = try plugin.run("c2", "head -c 500000 /dev/zero") {
        $0.limits.fileSizeBytes = 1_000
      }
      #expect(output.stdoutBytes.count == 500_000 && output.record?.ended == .exit(code: 0))
    }
  }

  @Test("a loop ends at its processor time, long before its run limit, and the record tells why")
  func processor() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "echo up; while :; do :; done") {
        $0.limits.cpu = .milliseconds(700)
      }
      #expect(content.stdout == "up\n")
      #expect(content.record?.ended == .signal(number: 24, coreDumped: false))
      #expect(try limit("cpu", content) == .init(name: "cpu", value: 1_000, by: "RLIMIT_CPU"))
      #expect(
        try isolation(content).exceeded == [.init(limit: "cpu", evidence: "ended by SIGXCPU")])
      // One that ignores the signal is killed a second later.
      let stubborn = try plugin.run("c2", "trap '' XCPU; while :; do :; done") {
        $0.limits.cpu = .seconds(1)
      }
      #expect(stubborn.record?.ended == .signal(number: 9, coreDumped: false))
    }
  }
}
