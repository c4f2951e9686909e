import Testing

@testable import CommandLine

@Suite("A command line")
struct ParserTests {
  static let program = Command(
    "box", "A program",
    subcommands: [
      Command(
        "call", "Call",
        options: [
          Option("json", "As JSON"), Option("timeout", value: "TIME", "How long"),
          Option("kind", value: "KIND", "Which", choices: ["a", "b"]),
          Option("label", value: "TEXT", "Labels", isRepeatable: true),
        ],
        positionals: [
          Positional("ENDPOINT", "the endpoint"), Positional("TOOL", "the tool"),
          Positional("ARGUMENTS", "its arguments", .any),
        ], run: { _ in 0 }),
      Command(
        "calls", "Calls",
        subcommands: [
          Command("list", "List", options: [Option("json", "As JSON")], run: { _ in 3 }),
          Command("show", "Show", positionals: [Positional("ID", "the call")], run: { _ in 4 }),
        ], defaultSubcommand: "list"),
    ])

  private func parse(_ line: String) throws -> Arguments {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(_, let arguments) = try Parser.parse(words, for: Self.program) else {
      throw UsageError("help", path: [])
    }
    return arguments
  }

  private func message(_ line: String) -> String {
    do {
      _ = try parse(line)
      return "accepted"
    } catch { return "\(error)" }
  }

  @Test("takes options before, between and after positionals, in both spellings")
  func options() throws {
    let arguments = try parse("call --timeout 5s web --json disk.usage a=1 --label=x b=2 --label y")
    #expect(arguments["timeout"] == "5s")
    #expect(arguments.has("json"))
    #expect(arguments.required("ENDPOINT") == "web")
    #expect(arguments.required("TOOL") == "disk.usage")
    #expect(arguments.values("ARGUMENTS") == ["a=1", "b=2"])
    #expect(arguments.all("label") == ["x", "y"])
    #expect(try arguments.milliseconds("timeout") == 5_000)
    #expect(arguments.path == ["box", "call"])
  }

  @Test("a subcommand of a command that also runs is taken only where it is meant")
  func meant() throws {
    var call = Command(
      "call", "Call", positionals: [Positional("ENDPOINT", "where", .optional)],
      run: { _ in 0 })
    var again = Command(
      "again", "Again", options: [Option("now", "At once")],
      positionals: [Positional("ID", "what")],
      run: { _ in 1 })
    again.isMeant = { $0.contains("7") }
    call.subcommands = [again]
    let program = Command("box", "A program", subcommands: [call])
    func path(_ words: String...) throws -> [String] {
      guard case .run(_, let arguments) = try Parser.parse(words, for: program) else { return [] }
      return arguments.path
    }
    #expect(try path("call", "again", "--now", "7") == ["box", "call", "again"])
    #expect(try path("call", "again") == ["box", "call"])
    #expect(try path("call") == ["box", "call"])
    #expect(try path("call", "web") == ["box", "call"])
    let script = CompletionScript(program)
    #expect(script.bash.contains("\"box call 0\") COMPREPLY+=($(compgen -W \"again\""))
    #expect(script.bash.contains("\"box call again\""))
  }

  @Test("takes what follows -- as it is, and a lone - as a word")
  func terminator() throws {
    let arguments = try parse("call web t - -- --json -x")
    #expect(arguments.values("ARGUMENTS") == ["-", "--json", "-x"])
    #expect(!arguments.has("json"))
  }

  @Test("means the default subcommand where none is named")
  func defaults() throws {
    #expect(try parse("calls").path == ["box", "calls", "list"])
    #expect(try parse("calls --json").has("json"))
    #expect(try parse("calls show 1").value("ID") == "1")
  }

  @Test(
    "is refused with what is wrong and the nearest name",
    arguments: [
      ("cal web t", "box has no command \"cal\"; did you mean \"call\"?; see \"box --help\""),
      ("calls shwo 1", "did you mean \"show\"?; see \"box calls --help\""),
      ("frobnicate", "there are call, calls"),
      ("call web t --tiemout 5s", "there is no option --tiemout; did you mean \"--timeout\"?"),
      ("call web t --timeout", "--timeout needs a value: TIME"),
      ("call web t --timeout --json", "a value that begins with -- is written --timeout=VALUE"),
      ("call web t --json=1", "--json takes no value"),
      ("call web t --kind c", "--kind is one of a, b, not \"c\""),
      ("call web t --timeout 1s --timeout 2s", "--timeout is given twice"),
      ("call web", "TOOL is missing: the tool; see \"box call --help\""),
      ("calls show 1 2", "\"2\" is one argument too many"),
      ("call -j web t", "there is no short option \"-j\""),
    ])
  func refusals(line: String, expected: String) {
    #expect(message(line).contains(expected), "\(message(line))")
  }

  @Test("asks for help anywhere, and bare groups show theirs")
  func help() throws {
    for line in [["--help"], ["call", "--help"], ["call", "web", "-h"], []] {
      guard case .help = try Parser.parse(line, for: Self.program) else {
        Issue.record("\(line) is no request for help")
        continue
      }
    }
  }

  @Test("durations need a unit", arguments: ["5", "s", "5x", "-5s", "99999999999999999d", ""])
  func durations(text: String) throws {
    var arguments = Arguments()
    arguments.options["timeout"] = [text]
    #expect(throws: UsageError.self) { try arguments.milliseconds("timeout") }
  }
}

@Suite("What is printed")
struct PrintingTests {
  @Test("the help of a command names its options, arguments and exit status")
  func help() throws {
    var command = try #require(ParserTests.program.subcommand("call"))
    command.exitCodes = [.usage]
    let text = Help(command: command, path: ["box", "call"], width: 60) { $0 }.text
    #expect(text.contains("Usage: box call [OPTIONS] ENDPOINT TOOL [ARGUMENTS...]"))
    #expect(text.contains("--kind KIND"))
    #expect(text.contains("64  the command line is wrong"))
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 60 })
  }

  @Test("control characters and direction marks become visible")
  func visible() {
    #expect(Visible.text("a\u{1B}[31mb\u{202E}c\n") == "a\\u{1b}[31mb\\u{202e}c\\n")
    #expect(Visible.text("a\r\n\tb", keepingLines: true) == "a\\r\n\tb")
  }

  @Test("a character that is cut between two pieces comes out whole")
  func pieces() {
    let text = "grün 💡 ende"
    for split in 0...text.utf8.count {
      var stream = VisibleStream()
      let bytes = Array(text.utf8)
      let out = stream.take(Array(bytes[..<split])) + stream.take(Array(bytes[split...]))
      #expect(String(decoding: out + stream.finish(), as: UTF8.self) == text)
    }
  }

  @Test("bytes that are no text are shown as numbers")
  func binary() {
    var stream = VisibleStream()
    let out = stream.take([0x61, 0xFF, 0x00, 0xC3]) + stream.finish()
    #expect(String(decoding: out, as: UTF8.self) == "a\\xff\\u{0}\\xc3")
  }

  @Test("the completion scripts know every command, option and choice")
  func completion() {
    let script = CompletionScript(ParserTests.program)
    for text in [script.bash, script.zsh] {
      #expect(text.contains("\"box calls show\""))
      #expect(text.contains("--timeout"))
      #expect(text.contains("a b"))
    }
    #expect(script.zsh.hasPrefix("#compdef box\n"))
  }

  @Test("nothing is coloured unless it goes to a terminal that wants colours")
  func colours() {
    let plain = Terminal(.output, isTerminal: false, hasColour: false)
    #expect(plain.paint("x", .red) == "x")
    let bright = Terminal(.output, isTerminal: true, hasColour: true)
    #expect(bright.paint("x", .red) == "\u{1B}[31mx\u{1B}[0m")
  }
}
