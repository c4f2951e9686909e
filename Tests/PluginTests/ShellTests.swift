import Digest
import Model
import Platform
import PluginProtocol
import Support
import Testing

@Suite("Shell plugin: what ran is told exactly")
struct ShellTests {
  @Test("a script's output and its record are in the spool, the record last")
  func output() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "echo out; echo err >&2; printf more")
      #expect(content.stdout == "out\nmore")
      #expect(content.stderr == "err\n")
      let record = try #require(content.record)
      #expect(record.ended == .exit(code: 0))
      #expect(record.executor.name == "shell")
      #expect(record.executor.interpreter == "/bin/sh")
      #expect(record.process.pid != nil && record.process.cpuUser != nil)
      #expect(record.startedAt <= record.endedAt)
      #expect(record.stdout.producedBytes == 8 && record.stdout.droppedBytes == 0)
      #expect(record.stdout.sha256 == SHA256.hex(of: Array("out\nmore".utf8)))
      guard case .opened = content.frames.first, case .ended = content.frames.last else {
        Issue.record("wrong order: \(content.frames)")
        return
      }
    }
  }

  @Test("a script that prints nothing has run, with empty books")
  func empty() throws {
    try withPlugin { plugin in
      let record = try #require(try plugin.run("c1", "").record)
      #expect(record.ended == .exit(code: 0))
      #expect(record.stdout.producedBytes == 0)
      #expect(record.stdout.sha256 == SHA256.hex(of: []))
    }
  }

  @Test("an exit code and a signal are told apart")
  func exits() throws {
    try withPlugin { plugin throws in
      #expect(try plugin.run("c1", "exit 3").record?.ended == .exit(code: 3))
      #expect(
        try plugin.run("c2", "kill -USR1 $$").record?.ended
          == .signal(number: 10, coreDumped: false))
    }
  }

  @Test("input, directory and environment are the call's own")
  func surroundings() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "cat; pwd; env | sort") {
        $0.stdin = "{\"unit\":\"é\"}\n"
        $0.environment = [("UNIT", "a b"), ("LANG", "de_DE")]
      }
      let work = plugin.directory + "/c1/work"
      #expect(
        content.stdout == """
          {"unit":"é"}
          \(work)
          HOME=/home/test
          LANG=de_DE
          PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
          PWD=\(work)
          UNIT=a b

          """)
      #expect(try Files.status(work).permissions == 0o700)
      #expect(try Files.status(plugin.directory + "/c1/script").permissions == 0o600)
    }
  }

  @Test("a script without input reads the end at once")
  func noInput() throws {
    try withPlugin { plugin throws in
      #expect(try plugin.run("c1", "cat; echo $?").stdout == "0\n")
    }
  }

  @Test("a megabyte of input arrives whole")
  func bigInput() throws {
    try withPlugin { plugin in
      let text = String(repeating: "0123456789abcdef", count: 65_536)
      let content = try plugin.run("c1", "sha256sum") { $0.stdin = text }
      #expect(content.stdout == SHA256.hex(of: Array(text.utf8)) + "  -\n")
    }
  }

  @Test("hostile arguments and variables arrive byte for byte, and are not executed")
  func hostile() throws {
    let hostile = [
      "$(touch /tmp/owned)", "`id`", "-c", "--", "-e", "", " ", "a\nb\n", "'\"'\"'", "\\", "*", "~",
      "$HOME", "; reboot", "é\u{301}🙂", "\u{1}\u{7f}", "a=b", "%s%n",
    ]
    try withPlugin { plugin in
      let arguments = try plugin.run("c1", "for a do printf '%s\\0' \"$a\"; done") {
        $0.arguments = hostile
      }
      #expect(arguments.stdout == hostile.map { $0 + "\0" }.joined())
      for (number, value) in hostile.enumerated() {
        let content = try plugin.run("e\(number)", "printf %s \"$VALUE\"") {
          $0.environment = [("VALUE", value)]
        }
        #expect(content.stdoutBytes == Array(value.utf8))
      }
    }
  }

  @Test("another interpreter runs the script, and the record tells which")
  func interpreter() throws {
    try withPlugin { plugin in
      let bash = "/bin/bash"
      try #require(Files.isExecutable(bash))
      let deadline = Clock.now() + 60_000_000
      var version: String?
      var number = 0
      // Which version it is, is asked beside the first call and holds none up.
      while version == nil, Clock.now() < deadline {
        number += 1
        let content = try plugin.run("c\(number)", "a=(x y); echo ${a[1]}; sleep 0.1") {
          $0.interpreter = bash
        }
        #expect(content.stdout == "y\n")
        #expect(content.record?.executor.interpreter == bash)
        version = content.record?.executor.interpreterVersion
      }
      #expect(version?.contains("bash") == true)
    }
  }

  @Test(
    "an interpreter that cannot be used is refused before anything runs",
    arguments: [
      ("/nowhere/sh", "interpreter.missing"), ("sh", "interpreter.notAbsolute"),
      ("/etc", "interpreter.notExecutable"), ("/etc/passwd", "interpreter.notExecutable"),
    ])
  func badInterpreter(path: String, reason: String) throws {
    try withPlugin { plugin in
      var preparation = plugin.preparation("c1", "echo")
      preparation.interpreter = path
      guard case .fault(_, let fault) = try plugin.answer(to: .prepare(preparation)) else {
        Issue.record("it was accepted")
        return
      }
      #expect(fault.reason == reason)
      #expect(!fault.remedy.isEmpty)
      // The same call can be prepared once the reason is gone.
      #expect(try plugin.run("c1", "echo ok").stdout == "ok\n")
    }
  }

  @Test("ten megabytes against a limit of 64 KiB: the beginning is kept, the rest is counted")
  func byteLimit() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "head -c 10000000 /dev/zero | tr '\\0' x; echo e >&2") {
        $0.limits.stdoutBytes = 65_536
      }
      let account = try #require(content.record?.stdout)
      #expect(account.producedBytes == 10_000_000)
      #expect(account.keptBytes == 65_536)
      #expect(account.droppedBytes == 10_000_000 - 65_536)
      let kept = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
      #expect(content.stdoutBytes == kept)
      #expect(account.sha256 == SHA256.hex(of: kept))
      #expect(content.stderr == "e\n")
      #expect(content.record?.ended == .exit(code: 0))
    }
  }

  @Test("a long output is kept whole, and its digest is that of the kept bytes")
  func long() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "seq 1 2000000 | head -c 12000000") {
        $0.limits.stdoutBytes = 11_000_000
      }
      let account = try #require(content.record?.stdout)
      #expect(account.producedBytes == 12_000_000)
      #expect(account.keptBytes == 11_000_000)
      #expect(content.stdoutBytes.count == 11_000_000)
      #expect(account.sha256 == SHA256.hex(of: content.stdoutBytes))
    }
  }

  @Test("a secret is redacted in both streams, across writes")
  func redaction() throws {
    try withPlugin { plugin in
      let script = """
        printf 'a hun'; sleep 0.1; printf 'ter2 b'; printf 'hunter2' >&2
        printf %s "$(cat)"; printf hunter
        """
      let content = try plugin.run("c1", script) {
        $0.stdin = "hunter2"
        $0.redact = ["hunter2"]
      }
      #expect(content.stdout == "a [redacted] b[redacted]hunter")
      #expect(content.stderr == "[redacted]")
      #expect(content.record?.stdout.redactions == 2)
      #expect(content.record?.stderr.redactions == 1)
      #expect(content.record?.stdout.producedBytes == 24)
      let raw = try Files.read(plugin.spool("c1"))
      #expect(!String(decoding: raw, as: UTF8.self).contains("hunter2"))
    }
  }

  @Test("forty calls at once keep their outputs and their ends apart")
  func many() throws {
    try withPlugin { plugin in
      for number in 0..<40 {
        let script =
          "for i in 1 2 3; do echo \(number); sleep 0.0\(number % 7); done; exit \(number)"
        try plugin.send(.prepare(plugin.preparation("c\(number)", script)))
        try plugin.send(.start(CallID("c\(number)")))
      }
      var ended = 0
      while ended < 40 {
        switch try plugin.next() {
        case .ended: ended += 1
        case .fault(_, let fault): throw fault
        case .result, .progress: continue
        }
      }
      for number in 0..<40 {
        let content = try SpoolContent(plugin.spool("c\(number)"))
        #expect(content.stdout == "\(number)\n\(number)\n\(number)\n")
        #expect(content.record?.ended == .exit(code: number))
      }
    }
  }

  @Test("two calls run at once")
  func together() throws {
    try withPlugin { plugin in
      let fifo = plugin.directory + "/fifo"
      // Each waits for the other: one after the other they would never end.
      // The answer to one start may come after the end of the other.
      for (call, script) in [
        ("c1", "mkfifo \(fifo); cat \(fifo)"),
        ("c2", "until [ -p \(fifo) ]; do :; done; echo from two > \(fifo)"),
      ] {
        try plugin.send(.prepare(plugin.preparation(call, script)))
        try plugin.send(.start(CallID(call)))
      }
      var ended: Set<CallID> = []
      while ended.count < 2 {
        if case .ended(let call, _) = try plugin.next() { ended.insert(call) }
      }
      #expect(try SpoolContent(plugin.spool("c1")).stdout == "from two\n")
    }
  }
}
