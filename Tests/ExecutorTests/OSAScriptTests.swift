import Model
import OSAScript
import Platform
import PluginKit
import PluginProtocol
import Support
import Testing

@Suite("osascript: errors have reasons, and consent is none of the script's")
struct ScriptFaultTests {
  @Test("numbers of errors become reasons with remedies")
  func numbers() {
    let cases: [(Int, ScriptFault.Kind)] = [
      (-128, .cancelledByUser), (-1743, .consent), (-1744, .consent), (-25211, .consent),
      (-10004, .consent), (-1712, .timedOut), (-600, .unavailable), (-609, .unavailable),
      (-10810, .unavailable), (-10814, .unavailable), (-1728, .script), (-2700, .script),
    ]
    for (number, kind) in cases {
      let fault = ScriptFault(
        standardError: "handled: execution error: before (-1)\n"
          + "/tmp/script:12:34: execution error: It went wrong. (\(number))\n")
      #expect(fault?.number == number && fault?.kind == kind)
      #expect(fault?.remedy.isEmpty == false)
    }
  }

  @Test("a script that cannot be compiled, and assistive access, are told by their words")
  func words() {
    let syntax = ScriptFault(
      standardError: "/tmp/script:3:7: syntax error: Expected end of line. (-2741)\n")
    #expect(syntax?.kind == .syntax)
    let access = ScriptFault(
      standardError: "s:1:2: execution error: System Events got an error: osascript is not"
        + " allowed assistive access. (-1719)")
    #expect(access?.kind == .consent)
    let keys = ScriptFault(
      standardError: "s:1:2: execution error: System Events got an error: osascript is not"
        + " allowed to send keystrokes. (1002)")
    #expect(keys?.kind == .consent)
    // The number alone may be the script's own.
    let own = ScriptFault(standardError: "s:1:2: execution error: No such customer. (1002)")
    #expect(own?.kind == .script)
  }

  @Test("what is no error of osascript is taken for none")
  func none() {
    for text in [
      "", "logged (-128)\n", "execution error: no number\n", "execution error: x (abc)",
      "execution error: x ()", "execution error: (",
    ] {
      #expect(ScriptFault(standardError: text) == nil, "\(text)")
    }
  }

  @Test("the language is told by the first lines")
  func language() {
    #expect(ScriptLanguage(of: "tell application \"Finder\" to quit") == .appleScript)
    #expect(ScriptLanguage(of: "on run argv\nreturn item 1 of argv\nend run") == .appleScript)
    #expect(ScriptLanguage(of: "function run(argv) { return argv[0] }") == .javaScript)
    #expect(ScriptLanguage(of: "  ObjC.import('Foundation')") == .javaScript)
    #expect(ScriptLanguage(of: "#!/usr/bin/osascript -l JavaScript\nrun()") == .javaScript)
    #expect(ScriptLanguage(of: "") == .appleScript)
  }

  @Test("a script runs in the session of the user at the screen, or is refused")
  func session() throws {
    func command(console: Int, user: Int, _ variables: [String] = []) throws -> [String] {
      try ConsoleSession(console: console, user: user).entering(
        ["/usr/bin/osascript", "-l", "AppleScript", "/s"], variables: variables)
    }
    #expect(
      try command(console: 501, user: 501) == ["/usr/bin/osascript", "-l", "AppleScript", "/s"])
    #expect(
      try command(console: 501, user: 0, ["UNIT", "N"]) == [
        "/bin/launchctl", "asuser", "501", "/usr/bin/sudo", "-n", "-H", "--preserve-env=UNIT,N",
        "-u", "#501", "--", "/usr/bin/osascript", "-l", "AppleScript", "/s",
      ])
    func reason(console: Int, user: Int) -> String? {
      do throws(Refusal) {
        _ = try ConsoleSession(console: console, user: user)
        return nil
      } catch { return error.reason }
    }
    #expect(reason(console: 0, user: 0) == "osascript.noSession")
    // Setup Assistant's own user.
    #expect(reason(console: 248, user: 0) == "osascript.noSession")
    #expect(reason(console: 501, user: 502) == "osascript.otherUser")
    #expect(reason(console: 501, user: 501) == nil)
  }

  @Test("an empty line is no output, and blank lines before output stay")
  func blank() {
    var empty = BlankOutput()
    #expect(empty.take(Array("\n".utf8)).isEmpty)
    var late = BlankOutput()
    #expect(late.take([0x0A]).isEmpty)
    #expect(late.take(Array(" x".utf8)) == Array("\n x".utf8))
    #expect(late.take([0x0A]) == [0x0A])
    var long = BlankOutput()
    #expect(long.take([UInt8](repeating: 0x0A, count: 65)).count == 65)
  }
}

/// The plugin and a program that writes what osascript is documented to write. It is no osascript.
@Suite(
  "osascript plugin with a fake osascript",
  .enabled(if: FakePrograms.canRun, "the fake osascript needs \(FakePrograms.python)"))
struct FakeOSAScriptTests {
  private func withPlugin<Result>(
    owner: Int = 501,
    _ body: (PluginSession) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { directory in
      try body(
        PluginSession(
          directory, "osascript",
          [
            "--osascript", FakePrograms.path("fake-osascript"), "--console-owner", String(owner),
            "--user", String(owner),
          ]))
    }
  }

  @Test("a result is the output, and arguments arrive by run argv, environment and input")
  func results() throws {
    try withPlugin { plugin throws in
      #expect(try plugin.run("c1", "return {\"a\":1}").stdout == "{\"a\":1}\n")
      let hostile = ["$(id)", "-e", "a b", "\" & quit & \"", "é🙂", ""]
      let listed = try plugin.run("c2", "argv") { $0.arguments = hostile }
      #expect(listed.stdout == hostile.joined(separator: "\0") + "\n")
      let bound = try plugin.run("c3", "attribute UNIT") { $0.environment = [("UNIT", "a\nb")] }
      #expect(bound.stdout == "a\nb\n")
      #expect(try plugin.run("c4", "stdin") { $0.stdin = "{\"x\":1}" }.stdout == "{\"x\":1}\n")
      #expect(try plugin.run("c5", "// x\nlanguage").stdout == "JavaScript\n")
      #expect(try plugin.run("c6", "language").stdout == "AppleScript\n")
    }
  }

  @Test("a tool's limits hold, and are in the record")
  func limits() throws {
    try withPlugin { plugin in
      #expect(plugin.description?.isolation == ["limits"])
      let content = try plugin.run("c1", "open-files") { $0.limits.openFiles = 77 }
      #expect(content.stdout == "77\n")
      let told = try #require(content.record?.isolation)
      #expect(told.limits.contains(.init(name: "openFiles", value: 77, by: "RLIMIT_NOFILE")))
    }
  }

  @Test("exit 0 with a blank result is proven to be an empty one")
  func empty() throws {
    try withPlugin { plugin in
      let content = try plugin.run("c1", "log said\nreturn")
      let record = try #require(content.record)
      #expect(record.ended == .exit(code: 0) && record.stdout.producedBytes == 0)
      #expect(content.stderr == "said\n")
    }
  }

  @Test("errors end with a code of their kind, and say what to do")
  func errors() throws {
    try withPlugin { plugin throws in
      let consent = try plugin.run("c1", "error -1743 Not authorized to send Apple events.")
      #expect(consent.record?.ended == .exit(code: 77))
      #expect(consent.stderr.contains("Privacy & Security > Automation"))
      #expect(try plugin.run("c2", "error -128 x").record?.ended == .exit(code: 125))
      #expect(try plugin.run("c3", "error -1712 x").record?.ended == .exit(code: 75))
      #expect(try plugin.run("c4", "error -600 x").record?.ended == .exit(code: 69))
      #expect(try plugin.run("c5", "error -10810 x").record?.ended == .exit(code: 69))
      #expect(try plugin.run("c6", "error -1728 x").record?.ended == .exit(code: 1))
      #expect(try plugin.run("c7", "syntax").record?.ended == .exit(code: 65))
    }
  }

  @Test(
    "an agent that is root runs it as the user at the screen, from where that user can read it",
    .enabled(if: Machine.effectiveUser == 0, "to become another user takes root"))
  func anotherUser() throws {
    try withTemporaryDirectory { directory in
      try Files.setPermissions(directory, 0o755)
      for name in ["fake-osascript", "fake-launchctl", "fake-sudo"] {
        let program = directory + "/" + name
        try Files.writeAtomically(Files.read(FakePrograms.path(name)), to: program)
        try Files.setPermissions(program, 0o755)
      }
      let user = Int(try #require(try Confinement.Account.named("nobody")).user)
      let plugin = try PluginSession(
        directory, "osascript",
        [
          "--osascript", directory + "/fake-osascript", "--console-owner", String(user),
          "--launchctl", directory + "/fake-launchctl", "--sudo", directory + "/fake-sudo",
        ], environment: [("TMPDIR", directory)])
      // As the agent makes it.
      try Files.makeDirectories(directory + "/c1")
      try Files.setPermissions(directory + "/c1", 0o700)
      let script = "user\nattribute UNIT\nstdin\nwrite made\nwhere"
      let content = try plugin.run("c1", script) {
        $0.environment = [("UNIT", "a b")]
        $0.stdin = "{}"
      }
      #expect(content.record?.ended == .exit(code: 0), "\(content.stderr)")
      let lines = content.stdout.split(separator: "\n").map(String.init)
      #expect(lines.dropLast() == [String(user), "a b", "{}", "made"])
      let work = try #require(lines.last)
      #expect(work.hasPrefix(directory + "/signalbox-osascript."))
      try waitUntil { !Files.exists(Files.directory(of: work)) }
    }
  }

  @Test("without a user at the screen the call is refused, and nothing runs")
  func noSession() throws {
    try withPlugin(owner: 0) { plugin in
      let fault = try plugin.refusal("c1", "return x")
      #expect(fault.reason == "osascript.noSession")
      #expect(try !SpoolContent(plugin.spool("c1")).wasStarting)
    }
  }

  @Test("elsewhere than on a Mac no executor is offered")
  func gate() throws {
    try withTemporaryDirectory { directory in
      let plugin = try PluginSession(directory, "osascript", [])
      #if !os(macOS)
        #expect(plugin.description?.executors.isEmpty == true)
        #expect(try plugin.log().contains("program of macOS"))
      #endif
    }
  }
}

@Suite(
  "osascript itself",
  .enabled(
    if: Files.isExecutable("/usr/bin/osascript"), "there is no osascript: it is part of macOS"))
struct RealOSAScriptTests {
  private func withPlugin(_ body: (PluginSession) throws -> Void) throws {
    try withTemporaryDirectory { try body(PluginSession($0, "osascript", [])) }
  }

  @Test("arguments reach on run argv and run(argv) byte for byte, and an empty result is none")
  func arguments() throws {
    try withPlugin { plugin in
      let hostile = ["$(id)", "-e", "a b", "\" & quit & \"", "é🙂", "\\", "'", "a\nb"]
      for (number, text) in hostile.enumerated() {
        let apple = try plugin.run("a\(number)", "on run argv\nreturn item 1 of argv\nend run") {
          $0.arguments = [text]
        }
        #expect(apple.stdout == text + "\n")
        let java = try plugin.run("j\(number)", "function run(argv) { return argv[0] }") {
          $0.arguments = [text]
        }
        #expect(java.stdout == text + "\n")
      }
      let empty = try plugin.run("e", "return")
      #expect(empty.record?.ended == .exit(code: 0))
      #expect(empty.record?.stdout.producedBytes == 0)
    }
  }

  @Test("a variable reaches system attribute, and JavaScript returns JSON")
  func results() throws {
    try withPlugin { plugin in
      let bound = try plugin.run("c1", "return system attribute \"UNIT\"") {
        $0.environment = [("UNIT", "a b")]
      }
      #expect(bound.stdout == "a b\n")
      let json = try plugin.run(
        "c2", "function run() { return JSON.stringify({a: [1], b: null}) }")
      #expect(json.stdout == "{\"a\":[1],\"b\":null}\n")
    }
  }

  @Test("an error ends with the code of its kind, and a script that cannot be compiled with 65")
  func errors() throws {
    try withPlugin { plugin in
      let cancelled = try plugin.run("c1", "error \"no\" number -128")
      #expect(cancelled.record?.ended == .exit(code: 125), "\(cancelled.stderr)")
      let own = try plugin.run("c2", "error \"mine\" number 1234")
      #expect(own.record?.ended == .exit(code: 1), "\(own.stderr)")
      let wrong = try plugin.run("c3", "tell tell")
      #expect(wrong.record?.ended == .exit(code: 65), "\(wrong.stderr)")
    }
  }
}
