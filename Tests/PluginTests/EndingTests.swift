import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("Shell plugin: limits and ends")
struct EndingTests {
  @Test("the run limit ends a script, and what it printed before is kept")
  func runLimit() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "echo before; sleep 600; echo after") {
        $0.limits.run = .seconds(2)
      }
      #expect(content.record?.ended == .limit("run", signal: 15))
      #expect(content.stdout == "before\n")
    }
  }

  @Test("a script that ignores the polite request is killed after the grace")
  func ignoresTerm() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "trap '' TERM; echo up; while :; do sleep 0.05; done") {
        $0.limits.run = .seconds(2)
        $0.limits.killGrace = .milliseconds(100)
      }
      #expect(content.record?.ended == .limit("run", signal: 9))
      #expect(content.stdout == "up\n")
    }
  }

  @Test("a script that cleans up when asked to end keeps its last words")
  func cleansUp() throws {
    try withPlugin { plugin in
      let script = "trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.02; done"
      try plugin.start("c1", script) { $0.limits.killGrace = .seconds(30) }
      try plugin.waitForOutput("c1", "up\n")
      _ = try plugin.answer(to: .cancel(CallID("c1")))
      let content = try plugin.ended("c1")
      #expect(content.record?.ended == .cancelled(signal: nil))
      #expect(content.stdout == "up\nbye\n")
    }
  }

  @Test("grandchildren in sessions of their own are killed with the call, and counted")
  func escapees() throws {
    try withPlugin { plugin in
      let script = """
        setsid sh -c 'echo $$ > one; exec sleep 600' &
        (setsid sh -c 'echo $$ > two; trap "" TERM; while :; do sleep 0.1; done' &)
        until [ -s one ] && [ -s two ]; do sleep 0.01; done
        echo ready
        sleep 600
        """
      try plugin.start("c1", script) { $0.limits.killGrace = .milliseconds(200) }
      try plugin.waitForOutput("c1", "ready\n")
      _ = try plugin.answer(to: .cancel(CallID("c1")))
      let content = try plugin.ended("c1")
      #expect(content.record?.ended == .cancelled(signal: 15))
      #expect((content.record?.process.escapedKilled ?? 0) >= 1)
      for name in ["one", "two"] {
        let text = try Files.read(plugin.directory + "/c1/work/" + name).dropLast()
        let id = try #require(Int(String(decoding: text, as: UTF8.self)))
        #expect(ProcessTree.entry(id) == nil)
      }
    }
  }

  @Test("a background child that holds the pipe does not hold the call")
  func background() throws {
    try withPlugin { plugin in
      let script = """
        (until [ -e go ]; do sleep 0.02; done; echo late; sleep 600) &
        echo first
        : > go
        exit 4
        """
      let content = try plugin.run("c1", script)
      #expect(content.record?.ended == .exit(code: 4))
      #expect(content.stdout == "first\nlate\n")
      #expect((content.record?.process.escapedKilled ?? 0) >= 1)
    }
  }

  @Test("a background child that lets go of the pipe is killed when the script ends")
  func daemon() throws {
    try withPlugin { plugin in
      let content = try plugin.run(
        "c1", "setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $!; exit 0")
      #expect(content.record?.ended == .exit(code: 0))
      #expect(content.record?.process.escapedKilled == 1)
      let id = try #require(Int(content.stdout.dropLast()))
      #expect(ProcessTree.entry(id) == nil)
    }
  }

  @Test("closing both streams does not end a call that still runs")
  func closedStreams() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "echo x; exec >/dev/null 2>&1; sleep 0.3; exit 6")
      #expect(content.record?.ended == .exit(code: 6))
      #expect(content.stdout == "x\n")
    }
  }

  @Test("a supervisor that someone kills ends its call, truthfully, and no other")
  func supervisorKilled() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "echo $PPID; exec sleep 600")
      let go = plugin.directory + "/go"
      try plugin.start("c2", "echo other; until [ -e \(go) ]; do sleep 0.02; done; echo done")
      try plugin.waitForOutput("c1", "\n")
      let before = try SpoolContent(plugin.spool("c1"))
      let supervisor = try #require(Int(before.stdout.dropLast()))
      let tree = ProcessTree.descendants(of: supervisor)
      ProcessTree.entry(supervisor)?.signal(9)
      #expect(try plugin.ended("c1").record?.ended == .limit("supervisor", signal: 9))
      for entry in tree { #expect(ProcessTree.entry(entry.id) == nil) }
      try Files.writeAtomically([], to: go)
      #expect(try plugin.ended("c2").stdout == "other\ndone\n")
    }
  }

  @Test("asked to terminate, the plugin ends its calls with their records, and leaves")
  func terminated() throws {
    try withPlugin { plugin in
      try plugin.start("c1", "echo up; exec sleep 600")
      try plugin.waitForOutput("c1", "up\n")
      try plugin.terminate()
      #expect(try plugin.ended("c1").record?.ended == .limit("shutdown", signal: 15))
      #expect(try plugin.wait().how == .exit(code: 0))
    }
  }

  @Test("a full disk ends the keeping of output, and neither the script nor the record")
  func fullDisk() throws {
    try withTemporaryDirectory { directory in
      guard try mountSmall(directory, bytes: 1 << 20) else {
        withKnownIssue("needs root, to mount a small file system") { Issue.record("skipped") }
        return
      }
      defer { unmount(directory) }
      let plugin = try PluginSession(directory)
      let content = try plugin.run(
        "c1", "head -c 5000000 /dev/zero; echo survived >&2; exit 3"
      ) {
        $0.limits.stdoutBytes = 10_000_000
        $0.limits.stderrBytes = 10_000_000
      }
      let record = try #require(content.record)
      #expect(record.ended == .limit("spool", signal: nil))
      #expect(record.stdout.producedBytes == 5_000_000)
      #expect(record.stdout.keptBytes == content.stdoutBytes.count)
      #expect(record.stdout.keptBytes + record.stdout.droppedBytes == 5_000_000)
      #expect(record.stdout.keptBytes > 100_000)
      #expect(record.stderr.producedBytes == 9)
      // And the plugin goes on: another call, with as little room, is refused or runs.
      try Files.removeTree(directory + "/c1")
      #expect(try plugin.run("c2", "echo again").stdout == "again\n")
    }
  }
}
