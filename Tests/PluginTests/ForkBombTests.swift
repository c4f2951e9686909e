import Model
import Platform
import PluginProtocol
import Support
import Testing

/// Never without the limit: each test first runs a harmless call with the same limit and the same
/// user, and goes on only if the kernel says that it holds.
@Suite("Fork bombs, within their limit", .serialized)
struct ForkBombTests {
  private static let limit = 48
  /// A user of every Debian that nothing runs as, so that only the bomb counts.
  private static let user = "games"
  private static let isPossible =
    Machine.effectiveUser == 0 && (try? Confinement.Account.named(user)) != nil

  private static let bombs = [
    // In one process group. What has forked stays: a shell that cannot fork ends, so that the
    // well-known one is over before anybody looks.
    "b() { b & b & exec sleep 600; }; b",
    // Each in a session of its own, and deaf to polite requests.
    """
    trap '' TERM HUP INT
    cat > bomb <<'END'
    while :; do setsid /bin/sh ./bomb & setsid /bin/sh ./bomb & done
    END
    /bin/sh ./bomb; sleep 600
    """,
  ]

  private func bounded(_ preparation: inout Preparation) {
    preparation.runAs = Self.user
    preparation.limits.processes = Self.limit
    preparation.limits.run = .seconds(30)
    preparation.limits.killGrace = .milliseconds(200)
  }

  private func processes(of user: UInt32) -> Int {
    let names = (try? Files.list("/proc")) ?? []
    return names.count { name in
      Int(name) != nil && (try? Files.status("/proc/" + name).owner) == user
    }
  }

  @Test(
    "a fork bomb stays within its limit, dies to the last process, and harms nobody",
    .enabled(if: isPossible, "needs root, and the user games"),
    arguments: bombs, ["", "none"])
  func bomb(script: String, groups: String) throws {
    let account = try #require(try Confinement.Account.named(Self.user))
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory, environment: [("SIGNALBOX_CGROUP", groups)])
      let proof = try plugin.run("proof", "id -u; grep 'Max processes' /proc/self/limits", bounded)
      let held = try #require(proof.record?.isolation?.limits.first { $0.name == "processes" })
      try #require(held.value == Self.limit)
      let words = proof.stdout.split(whereSeparator: \.isWhitespace)
      try #require(words.first.map(String.init) == "\(account.user)")
      if held.by == "RLIMIT_NPROC" { try #require(words[4] == "\(Self.limit)", "\(proof.stdout)") }

      try plugin.start("bomb", script, bounded)
      var most = 0
      var looks = 0
      let deadline = Clock.now() + 20_000_000
      // A while longer when it has grown, to see that it stays there.
      while Clock.now() < deadline, looks < 20 {
        most = max(most, processes(of: account.user))
        if most > Self.limit / 2 { looks += 1 }
        Clock.sleep(for: .milliseconds(10))
      }
      #expect(most > Self.limit / 2 && most <= Self.limit, "\(most) processes")
      // Meanwhile others have what they need.
      try plugin.start("other", "echo fine")
      try plugin.waitForOutput("other", "fine\n")
      // The first process may have met the limit itself, and its call have ended by that.
      _ = try plugin.answer(to: .cancel(CallID("bomb")))
      var content = try SpoolContent(plugin.spool("bomb"))
      while content.record == nil, Clock.now() < deadline + 40_000_000 {
        Clock.sleep(for: .milliseconds(20))
        content = try SpoolContent(plugin.spool("bomb"))
      }
      #expect(content.record != nil)
      if held.by == "pids.max" {
        #expect(content.record?.isolation?.exceeded.map(\.limit) == ["processes"])
      }
      #expect(processes(of: account.user) == 0)
      #expect(try plugin.run("after", "echo ok").stdout == "ok\n")
    }
  }
}
