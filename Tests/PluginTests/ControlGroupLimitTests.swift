import Model
import Platform
import PluginProtocol
import Support
import Testing

/// Where a service manager, or a container, hands on the controllers memory and pids: elsewhere the
/// limits are those of setrlimit(2), which `IsolationTests` are about.
@Suite("Limits of cgroups, on real processes")
struct ControlGroupLimitTests {
  /// Runs the test if calls are limited so here, by what the record of a real one tells.
  private func withController(
    _ limit: String, _ by: String, _ body: (PluginSession) throws -> Void
  ) throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory)
      let isolation = try #require(
        try plugin.run("proof", "echo ok") { $0.limits.memoryBytes = 64 << 20 }.record?.isolation)
      guard isolation.limits.first(where: { $0.name == limit })?.by == by else {
        let why = isolation.lacksControlGroup ?? "the cgroup here hands on no controller for it"
        return print("skipped: no \(by): \(why)")
      }
      try body(plugin)
    }
  }

  @Test("memory is of the whole call: two that fit alone do not fit together, and the record tells")
  func memory() throws {
    try withController("memory", "memory.max") { plugin in
      // tail(1) keeps what it has until the end.
      let script = """
        hold() {
          { head -c 41943040 /dev/zero; until [ -e "$1" ]; do sleep 0.05; done; } | tail -n 1 |
            { wc -c; : > "$1"; }
        }
        : > alone
        hold alone
        # Both hold until one is killed.
        hold over & hold over &
        wait
        """
      let content = try plugin.run("c1", script) { $0.limits.memoryBytes = 64 << 20 }
      let lines = content.stdout.split(separator: "\n")
      #expect(lines.first == "41943040", "\(content.stdout)")
      #expect(lines.filter { $0 == "41943040" }.count < 3, "\(content.stdout)")
      let isolation = try #require(content.record?.isolation)
      #expect(isolation.exceeded.map(\.limit) == ["memory"])
      #expect(isolation.exceeded.first?.evidence.contains("oom_kill") == true)
      let next = try plugin.run("c2", "echo ok") { $0.limits.memoryBytes = 64 << 20 }
      #expect(next.stdout == "ok\n" && next.record?.isolation?.exceeded == [])
    }
  }

  @Test("processes are of the whole call, root's too, and the record tells that more were refused")
  func processes() throws {
    try withController("processes", "pids.max") { plugin in
      let script = """
        n=0
        while [ "$n" -lt 30 ]; do
          setsid sleep 60 </dev/null >/dev/null 2>&1 &
          echo process
          n=$((n + 1))
        done
        """
      let content = try plugin.run("c1", script) { $0.limits.processes = 12 }
      let count = content.stdout.split(separator: "\n").count
      #expect(count > 0 && count < 12, "\(count)")
      let isolation = try #require(content.record?.isolation)
      #expect(isolation.limits.first { $0.name == "processes" }?.value == 12)
      #expect(isolation.exceeded.map(\.limit) == ["processes"])
      // The next call may have the same cgroup, and none of its limits or its counts.
      let next = try plugin.run("c2", script)
      #expect(next.stdout.split(separator: "\n").count == 30, "\(next.stderr)")
      #expect(next.record?.isolation?.exceeded == [])
    }
  }
}
