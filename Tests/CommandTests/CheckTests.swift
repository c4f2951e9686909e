import Catalog
import JSON
import Lint
import Platform
import Support
import Testing

@Suite("signalbox tools check")
struct CheckTests {
  private struct Result {
    let exit: Int
    let output: String
    let error: String
  }

  /// Runs the program in a directory with one definition, `tools/service.state.yaml`.
  private func check(_ words: [String], _ definition: String = Rulebook.sample) throws -> Result {
    try withTemporaryDirectory { root in
      try Files.makeDirectories("\(root)/tools")
      try Files.writeAtomically(
        Array(definition.utf8), to: "\(root)/tools/service.state.yaml")
      for name in ["in", "out", "err"] { try Files.writeAtomically([], to: "\(root)/\(name)") }
      let program = try builtProgram("signalbox")
      let child = try ChildProcess.spawn(
        Launch(
          program, arguments: [program, "tools", "check"] + words, environment: [],
          directory: root),
        stdin: try Files.open("\(root)/in", .read), stdout: try Files.open("\(root)/out", .append),
        stderr: try Files.open("\(root)/err", .append))
      guard case .exit(let code) = try child.wait().how else {
        Issue.record("killed")
        return Result(exit: -1, output: "", error: "")
      }
      func text(_ name: String) throws -> String {
        String(decoding: try Files.read("\(root)/\(name)"), as: UTF8.self)
      }
      return Result(exit: code, output: try text("out"), error: try text("err"))
    }
  }

  private func replaced(_ old: String, _ new: String) -> String {
    let parts: [Substring] = Rulebook.sample.split(separator: old, omittingEmptySubsequences: false)
    precondition(parts.count == 2, "\(old) is not there once")
    return parts.joined(separator: new)
  }

  @Test("a clean definition is a line of sums, and 0")
  func clean() throws {
    let result = try check(["--strict", "tools"])
    #expect(result.exit == 0 && result.error.isEmpty, "\(result)")
    #expect(result.output == "1 definition, 0 errors, 0 warnings, 0 notes, 3 tests, 0 failed\n")
  }

  @Test("people see the place, the line with a mark, what to do, and where to read more")
  func text() throws {
    let definition = replaced("-- \"$UNIT\"", "-- $UNIT")
    let result = try check(["tools"], definition)
    #expect(result.exit == 0)
    #expect(
      result.output == """
        tools/service.state.yaml:19:38: warning: $UNIT is not quoted: blanks in it make several words \
        of it, and * or ? a list of files [SB0315]
          19 |       state=$(systemctl is-active -- $UNIT)
             |                                      ^^^^^
          -> write "$UNIT"

        1 definition, 0 errors, 1 warning, 0 notes, 3 tests, 0 failed
        "signalbox tools check --explain SB0315" tells more of a code

        """, "\(result.output)")
    #expect(try check(["--strict", "tools"], definition).exit == 65)
    #expect(try check(["--strict", "--disable", "SB0315", "tools"], definition).exit == 0)
  }

  @Test("what is no YAML, or is not there, is reported in every format")
  func unreadable() throws {
    for format in ["text", "json", "sarif", "github"] {
      let broken = try check(["--format", format, "tools"], "signalbox: [1\n")
      #expect(broken.exit == 65 && broken.output.contains("SB0111"), "\(broken)")
      let absent = try check(["--format=\(format)", "nothing.yaml"])
      #expect(absent.exit == 65 && absent.output.contains("SB0101"), "\(absent)")
    }
  }

  @Test("a failing test of a definition is an error at the test")
  func failing() throws {
    let result = try check(["tools"], replaced("result: {state: active}", "result: {state: up}"))
    #expect(result.exit == 65)
    #expect(result.output.contains("tools/service.state.yaml:34:11: error: the test"), "\(result)")
    #expect(result.output.contains("3 tests, 1 failed"))
  }

  @Test("text of a definition cannot move the cursor")
  func control() throws {
    let result = try check(["tools"], "signalbox: 1\ntitle: a\u{1B}[2J\n")
    #expect(result.exit == 65 && !result.output.contains("\u{1B}"))
  }

  @Test("codes are explained, and listed")
  func explain() throws {
    for entry in Rulebook.entries {
      guard entry.code.number % 10 == 1 else { continue }
      let result = try check(["--explain", entry.code.description.lowercased()])
      #expect(result.exit == 0 && result.output.contains(entry.title), "\(result)")
    }
    let json = try JSON(parsing: try check(["--explain", "SB0315", "--json"]).output)
    #expect(json["severity"] == "warning" && json["bad"]?.string?.contains("$UNIT") == true)
    let rules = try check(["--rules"])
    #expect(rules.output.split { $0 == "\n" }.count == Rulebook.entries.count + 1)
  }

  @Test("a command line that asks for nothing, or for what there is not, is refused")
  func usage() throws {
    let cases: [([String], String)] = [
      ([], "FILE is missing"), (["--explain", "SB9999"], "there is no such code"),
      (["--explain", "quotes"], "there is no such code"),
      (["--disable", "SB9999", "tools"], "no such"),
      (["--disable", "SB0131", "tools"], "cannot be passed over"),
      (["--format", "xml", "tools"], "is one of text, json, sarif, github"),
      (["--json", "--format", "sarif", "tools"], "ask for two things"),
    ]
    for (words, message) in cases {
      let result = try check(words)
      #expect(result.exit == 64 && result.error.contains(message), "\(words): \(result)")
    }
  }
}
