import Catalog
import JSON
import Model
import Platform
import Schema
import Support
import Testing
import Tools

/// Runs the scripts of the definitions for macOS here, by their live tests: every program of macOS is
/// one of the test's stand-ins, which print what its manual says. None of this has seen a Mac.
@Suite struct MacStandInTests {
  /// A live test and the stand-ins that it names.
  private struct Rehearsal {
    let name: String
    let arguments: JSON
    let standIns: [(String, String)]
    let expected: ToolTest.Expected
  }

  static let tools = Catalog.load(directory: "\(ScriptRun.definitions)/macOS").tools.filter {
    $0.plan.variants.contains { variant in variant.executor == "shell" }
  }

  private static func rehearsals(of tool: Tool) -> [Rehearsal] {
    tool.tests.compactMap { test in
      guard case .live(.scripts(let stubs), let expected) = test.expectation else { return nil }
      return Rehearsal(
        name: test.name, arguments: test.arguments, standIns: stubs.map { ($0.command, $0.script) },
        expected: expected)
    }
  }

  @Test(
    "scripts for macOS do what is expected of them with stand-ins for its programs",
    arguments: tools.map(\.name))
  func standIns(name: String) throws {
    try rehearse(name, shell: "/bin/sh")
  }

  /// The sh of macOS is bash.
  @Test(
    "scripts for macOS do what is expected of them in the sh that bash is",
    .enabled(if: Files.isExecutable("/bin/bash"), "there is no bash"),
    arguments: tools.map(\.name))
  func bash(name: String) throws {
    try rehearse(name, shell: "/bin/bash", options: ["--posix"])
  }

  static let originalAwkPath = "/usr/bin/original-awk"

  /// The awk of macOS is of that family, and not what Linux has.
  @Test(
    "scripts for macOS do what is expected of them with Kernighan's awk",
    .enabled(
      if: Files.isExecutable(MacStandInTests.originalAwkPath),
      "there is no \(MacStandInTests.originalAwkPath)"),
    arguments: tools.map(\.name))
  func originalAwk(name: String) throws {
    try rehearse(name, shell: "/bin/sh", with: [("awk", "exec \(Self.originalAwkPath) \"$@\"")])
  }

  private func rehearse(
    _ name: String, shell: String, options: [String] = [], with programs: [(String, String)] = []
  ) throws {
    let tool = try #require(Self.tools.first { $0.name == name })
    var run = ScriptRun(tool)
    run.os = "macos"
    run.shell = shell
    run.shellOptions = options
    // As the agent may hand it on; the zone of the machine is another.
    run.inherited = [("TZ", "Asia/Tokyo")]
    for rehearsal in Self.rehearsals(of: tool) {
      let ended = try run.run(rehearsal.arguments, with: programs + rehearsal.standIns)
      let failures = tool.failures(
        of: rehearsal.expected, ended.evaluation, stderr: Array(ended.stderr.utf8))
      #expect(
        failures.isEmpty,
        "\(name), \(rehearsal.name): \(failures); \(ended.stdout); \(ended.stderr)")
    }
  }

  /// What these tests cannot bring about as root, who may open everything.
  private static let ofOthers = ["the file cannot be opened", "the directory cannot be read"]

  @Test(
    "every script for macOS succeeds with stand-ins, and fails with them by each of its exit codes",
    arguments: tools.map(\.name))
  func coverage(name: String) throws {
    let tool = try #require(Self.tools.first { $0.name == name })
    let rehearsals = Self.rehearsals(of: tool)
    #expect(rehearsals.count == tool.tests.filter(\.isLive).count, "a live test without stand-ins")
    #expect(rehearsals.contains { $0.expected.outcome == .succeeded && $0.expected.result != nil })
    let meanings = Set(rehearsals.compactMap(\.expected.meaning) + Self.ofOthers)
    for (code, meaning) in tool.exitCodes.meanings where !meaning.isSuccess {
      #expect(meanings.contains(meaning.text ?? ""), "\(name), exit code \(code)")
    }
  }

  @Test("there are scripts for macOS to be run")
  func some() {
    #expect(Self.tools.count >= 24)
  }
}
