import Catalog
import JSON
import Model
import Platform
import Schema
import Support
import Testing
import Tools

/// Runs the shipped scripts on this machine.
@Suite struct ScriptTests {
  /// What each tool is called with here. The ones that need systemd or would change the machine run
  /// against stand-ins, below.
  static let calls: [(name: String, arguments: JSON)] = [
    ("system.info", [:]), ("disk.usage", [:]), ("disk.usage", ["path": "/proc"]),
    ("disk.usage", ["path": "/etc/passwd"]), ("disk.directory-sizes", ["path": "/etc", "top": 5]),
    ("disk.directory-sizes", ["path": "/etc", "depth": 3, "top": 100]), ("disk.filesystems", [:]),
    ("memory.usage", [:]), ("process.list", [:]), ("process.list", ["sortBy": "memory", "top": 3]),
    ("network.interfaces", [:]), ("network.listening-ports", [:]),
    ("network.tcp-check", ["host": "127.0.0.1", "port": 1]),
    ("network.tcp-check", ["host": "::1", "port": 1]),
    ("network.tcp-check", ["host": "nothing.invalid", "port": 1, "timeoutSeconds": 20]),
    ("dns.resolve", ["name": "localhost"]),
    ("dns.resolve", ["name": "localhost", "family": "ipv4"]),
    ("packages.updates", [:]), ("users.logged-in", [:]), ("schedule.list", [:]),
    ("file.hash", ["path": "/etc/passwd"]),
    ("file.hash", ["path": "/etc/passwd", "algorithm": "md5"]),
    ("file.tail", ["path": "/etc/passwd", "lines": 2]), ("time.sync", [:]),
    ("system.reboot-required", [:]),
  ]

  @Test("a shipped tool succeeds on this machine", arguments: calls.indices)
  func succeeds(index: Int) throws {
    let call = Self.calls[index]
    let run = try ScriptRun(call.name)
    guard run.isPossible else { return }
    let ended = try run.run(call.arguments)
    let outcome = ended.evaluation.outcome
    #expect(
      outcome == .succeeded || outcome == .succeededEmpty,
      "\(call.name): \(ended.evaluation), \(ended.stdout.prefix(500)), \(ended.stderr)")
    #expect(ended.stderr.isEmpty, "\(call.name): \(ended.stderr)")
  }

  @Test("a shipped tool succeeds in bash where it succeeds in sh", arguments: calls.indices)
  func portable(index: Int) throws {
    let call = Self.calls[index]
    var run = try ScriptRun(call.name)
    run.shell = "/bin/bash"
    guard run.isPossible, Files.isExecutable(run.shell) else { return }
    let outcome = try run.run(call.arguments).evaluation.outcome
    #expect(outcome == .succeeded || outcome == .succeededEmpty)
  }

  /// Names that break scripts which do not quote.
  static let oddNames = [
    "a b", "-rf", "--help", "a\nb", "a\tb", "\"", "'", "\\", "$(touch pwned)", "`touch pwned`",
    "; touch pwned", "a=b", "*", "?", "[a]", "{a,b}", "ä ö 😀", "%s%n", "\u{7F}", "\u{1}", "~", "#",
    "&",
    "|", "\\n", "a\\", " ", "..a",
  ]

  @Test("file names of any kind are told apart and shown as they are")
  func oddFileNames() throws {
    try withTemporaryDirectory { directory in
      for name in Self.oddNames {
        try Files.makeDirectories("\(directory)/\(name)")
        try Files.writeAtomically(
          Array("content of \(name)\n".utf8), to: "\(directory)/\(name)/f \(name)")
      }
      let sizes = try ScriptRun("disk.directory-sizes")
        .run(["path": .string(directory), "top": 100])
      #expect(sizes.evaluation.outcome == .succeeded, "\(sizes.evaluation) \(sizes.stdout)")
      let paths = sizes.evaluation.result?["directories"]?.array?.compactMap { $0["path"]?.string }
      #expect(Set(paths ?? []) == Set(Self.oddNames.map { "\(directory)/\($0)" }))

      for name in Self.oddNames {
        let file = "\(directory)/\(name)/f \(name)"
        let tail = try ScriptRun("file.tail").run(["path": .string(file)])
        #expect(tail.evaluation.result == .string("content of \(name)\n"), "\(name): \(tail)")
        let hash = try ScriptRun("file.hash").run(["path": .string(file)])
        #expect(hash.evaluation.outcome == .succeeded, "\(name): \(hash)")
        let usage = try ScriptRun("disk.usage").run(["path": .string(file)])
        #expect(usage.evaluation.outcome == .succeeded, "\(name): \(usage)")
      }
      let names = try Files.list(directory)
      #expect(names.count == Self.oddNames.count, "a script made a file: \(names)")
    }
  }

  @Test("a name that is not UTF-8 is shown with replacement characters, and nothing is malformed")
  func notUTF8() throws {
    try withTemporaryDirectory { directory in
      try shell("mkdir \"$(printf '%s/a\\377b\\300\\200' \"$1\")\"", directory)
      let sizes = try ScriptRun("disk.directory-sizes").run(["path": .string(directory)])
      #expect(sizes.evaluation.outcome == .succeeded, "\(sizes)")
      let path = sizes.evaluation.result?["directories"]?.array?.first?["path"]?.string
      #expect(path == "\(directory)/a\u{FFFD}b\u{FFFD}\u{FFFD}")
    }
  }

  @Test("a path that is not there fails with its meaning")
  func missing() throws {
    let nowhere: JSON = ["path": "/nowhere/at all; echo"]
    for (name, meaning) in [
      ("disk.usage", "the path does not exist"),
      ("disk.directory-sizes", "the path is no directory"),
      ("file.hash", "there is no regular file at the path"),
      ("file.tail", "there is no regular file at the path"),
    ] {
      let ended = try ScriptRun(name).run(nowhere)
      #expect(
        ended.evaluation.outcome == .failed && ended.evaluation.meaning == meaning, "\(ended)")
      #expect(ended.stdout.isEmpty && ended.stderr.contains("at all; echo"))
    }
  }

  private func shell(_ script: String, _ argument: String) throws {
    let null = try Files.open("/dev/null", .readWrite)
    let launch = Launch(
      "/bin/sh", arguments: ["sh", "-c", script, "sh", argument],
      environment: [("PATH", "/usr/bin:/bin")])
    let child = try ChildProcess.spawn(launch, stdin: null, stdout: null, stderr: null)
    let exit = try child.wait()
    #expect(exit.how == .exit(code: 0))
  }
}
