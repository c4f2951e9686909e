import Catalog
import JSON
import Platform
import Support
import Testing

@testable import Rehearsal

/// `signalbox tools test`, without its command line.
@Suite struct TestRunTests {
  private func results(
    _ text: String, in directory: String = ".", plugins: String? = nil, isLive: Bool = true,
    slots: Int = 4
  ) throws -> [TestResult] {
    let tool = try Catalog.read(Array(text.utf8), file: "t.yaml").get()
    var settings = Stage.Settings(plugins: try plugins ?? productsDirectory(), version: "1")
    settings.slots = slots
    let stage = isLive ? try Stage(settings) : nil
    defer { stage?.close() }
    let cases = tool.tests.map { TestCase($0, of: tool, in: directory + "/t.yaml") }
    var ended = 0
    let results = try TestRun(cases, on: stage).run(jobs: 2) { progress in
      if case .ended = progress { ended += 1 }
    }
    #expect(ended == cases.count)
    return results
  }

  private func outcomes(_ text: String, in directory: String = ".") throws -> [TestOutcome] {
    try results(text, in: directory).map(\.outcome)
  }

  private static func tests(_ tests: String...) -> String {
    "tests:\n" + tests.map { "  - {\($0)}" }.joined(separator: "\n")
  }

  @Test("each kind of test is run, and comes back in the order of the file")
  func kinds() throws {
    let sample = Sample(
      more: Self.tests(
        "name: a, arguments: {word: [1]}, expect: {invalidArguments: /word}",
        "name: b, arguments: {word: hi}, live: true, expect: {outcome: succeeded, result: hi, stderr: ''}",
        "name: c, arguments: {}, given: {exitCode: 0, stdout: x}, expect: {outcome: succeeded}",
        "name: d, arguments: {word: hi}, live: true, expect: {outcome: succeeded, result: ho}",
        "name: e, arguments: {word: [1]}, live: true, expect: {outcome: succeeded}",
        "name: f, arguments: {}, given: {exitCode: 1}, expect: {outcome: succeeded}"))
    let results = try results(sample.text)
    #expect(results.map(\.testCase.test.name) == ["a", "b", "c", "d", "e", "f"])
    #expect(results[0].outcome == .passed && results[1].outcome == .passed)
    #expect(results[2].outcome == .passed)
    #expect(
      results[3].outcome
        == .failed([#"the result: expected "ho", found "hi""#, "stdout: hi"]))
    guard case .failed(let why) = results[4].outcome else {
      Issue.record("\(results[4])")
      return
    }
    #expect(why.first?.hasPrefix("the arguments are refused: /word") ?? false)
    #expect(results[5].outcome != .passed)
  }

  @Test("what a live test expects is compared: outcome, meaning, standard error")
  func expectations() throws {
    let sample = Sample(
      script: "echo \"no $WORD\" >&2; exit 4",
      more: "exitCodes: {0: succeeded, 4: {failed: nothing there}}\n"
        + Self.tests(
          "name: a, arguments: {word: x}, live: true, expect: {outcome: failed, meaning: nothing there, stderr: no x}",
          "name: b, arguments: {word: x}, live: true, expect: {outcome: succeeded}",
          "name: c, arguments: {word: x}, live: true, expect: {outcome: failed, stderr: no y}"))
    let outcomes = try outcomes(sample.text)
    #expect(outcomes[0] == .passed)
    #expect(
      outcomes[1]
        == .failed([
          "expected the outcome succeeded, and it is failed: nothing there", "stderr: no x",
        ]))
    #expect(
      outcomes[2]
        == .failed([
          #"expected standard error to contain "no y", and it has "no x\n""#, "stderr: no x",
        ]))
  }

  @Test("a limit that a live test runs into is an outcome like others")
  func timeout() throws {
    let sample = Sample(
      script: "sleep 30",
      more: "limits: {run: 100ms, killGrace: 100ms}\n"
        + Self.tests("name: a, arguments: {}, live: true, expect: {outcome: timedOut}"))
    #expect(try outcomes(sample.text) == [.passed])
  }

  @Test("stubs of a directory beside the definition are used, and have to be there")
  func directories() throws {
    let sample = Sample(
      script: "probe",
      more: Self.tests(
        "name: a, arguments: {}, live: true, stubs: stubs/one, expect: {outcome: succeeded, result: \"1\\n\"}",
        "name: b, arguments: {}, live: true, stubs: stubs/none, expect: {outcome: succeeded}"))
    try withTemporaryDirectory { root throws in
      try Files.makeDirectories(root + "/stubs/one")
      try Files.makeDirectories(root + "/stubs/none")
      // Not executable, and not a script for the shell that runs the tool.
      try Files.writeAtomically(Array("#!/bin/sh\necho 1\n".utf8), to: root + "/stubs/one/probe")
      let outcomes = try outcomes(sample.text, in: root)
      #expect(outcomes[0] == .passed)
      #expect(
        outcomes[1]
          == .failed([
            "\(root)/stubs/none has 0 files, and stubs are 1 to 100; put a program there for each"
              + " command that the test replaces"
          ]))
    }
  }

  @Test("what this machine lacks is no fault of the tool: skipped, with the reason")
  func skipped() throws {
    let live = Self.tests("name: a, arguments: {}, live: true, expect: {outcome: succeeded}")
    func reason(_ sample: Sample) throws -> String {
      guard case .skipped(let why) = try outcomes(sample.text).first else { return "not skipped" }
      return why
    }
    #expect(
      try reason(Sample(executor: "powershell", more: live))
        .hasPrefix("no executor for powershell on linux"))
    #expect(try reason(Sample(when: "{os: macos}", more: live)).contains("this endpoint is linux"))
    #expect(
      try reason(Sample(when: "{commands: no-such-program}", more: live))
        .contains("no-such-program"))
    let unasked = try results(Sample(more: live).text, isLive: false)
    #expect(unasked.map(\.outcome) == [.skipped("live tests were not asked for")])
  }

  @Test("every test of the shipped tools for here passes, live ones through the real executor")
  func shipped() throws {
    let cases = try shippedTools().flatMap { tool in
      tool.tests.map { TestCase($0, of: tool, in: "ToolDefinitions/\(tool.name).yaml") }
    }
    #expect(cases.contains { $0.test.isLive })
    let stage = try Stage(.init(plugins: productsDirectory(), version: "1"))
    defer { stage.close() }
    for result in try TestRun(cases, on: stage).run(jobs: 2, tell: { _ in }) {
      // The scripts for macOS are run with stand-ins, by MacStandInTests.
      if case .skipped(let why) = result.outcome, result.testCase.title.hasPrefix("macos.") {
        #expect(why.contains("runs on macos, and this endpoint is linux"))
      } else {
        #expect(result.outcome == .passed, "\(result.testCase.title): \(result.outcome)")
      }
    }
  }

  @Test("a plugin that is not taken is the reason for a missing executor")
  func refusedPlugin() throws {
    try withTemporaryDirectory { root throws in
      let path = root + "/signalbox-plugin-shell"
      try Files.writeAtomically(Array("#!/bin/sh\n".utf8), to: path, permissions: 0o600)
      let sample = Sample(
        more: Self.tests("name: a, arguments: {}, live: true, expect: {outcome: succeeded}"))
      let outcome = try results(sample.text, plugins: root).first?.outcome
      guard case .skipped(let why) = outcome else {
        Issue.record("\(String(describing: outcome))")
        return
      }
      #expect(why.contains("no executor for shell") && why.contains("plugin.notExecutable"))
    }
  }

  @Test("live tests run side by side")
  func parallel() throws {
    try withTemporaryDirectory { root throws in
      // Each waits for the file that the other one makes.
      let sample = Sample(
        arguments: "{place: {type: string}, me: {type: string}, other: {type: string}}",
        input: "{argv: [/place, /me, /other]}",
        script: "mkdir \"$1/$2\"\nuntil [ -d \"$1/$3\" ]; do sleep 0.01; done",
        more: Self.tests(
          "name: a, arguments: {place: \(root), me: a, other: b}, live: true, expect: {outcome: succeededEmpty}",
          "name: b, arguments: {place: \(root), me: b, other: a}, live: true, expect: {outcome: succeededEmpty}"
        ))
      #expect(try outcomes(sample.text) == [.passed, .passed])
    }
  }

  @Test("JUnit's XML tells of definitions that are no tools")
  func errors() {
    guard case .failure(let wrong) = Catalog.read(Array("signalbox: 2\n".utf8), file: "a<.yaml")
    else { return }
    let text = JUnitReport([], errors: Array(wrong.errors.prefix(1))).text
    #expect(
      text.hasPrefix(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="1" failures="0" errors="1" skipped="0" time="0.000">
          <testsuite name="definitions" tests="1" failures="0" errors="1" skipped="0" time="0.000">
            <testcase name="a&lt;.yaml:1:1" classname="tool.missingField" time="0.000">
              <error message="the definition lacks the field &quot;name&quot;">
        """), "\(text)")
  }

  @Test("JUnit's XML has a suite for each tool, and nothing that XML cannot have")
  func junit() throws {
    let tool = try Sample(
      more: Self.tests(
        "name: a <b> & \"c\", arguments: {}, given: {exitCode: 0}, expect: {outcome: failed}",
        "name: d, arguments: {}, given: {exitCode: 0}, expect: {outcome: succeededEmpty}",
        "name: e, arguments: {}, given: {exitCode: 0}, expect: {outcome: succeededEmpty}")
    ).tool()
    let cases = tool.tests.map { TestCase($0, of: tool, in: "a&b.yaml") }
    let text = JUnitReport([
      TestResult(cases[0], .failed(["\u{1B}[31m]]>", "two"]), in: .milliseconds(1_234)),
      TestResult(cases[1], .skipped("no <shell>"), in: .zero),
      TestResult(cases[2], .passed, in: .milliseconds(5)),
    ]).text
    #expect(
      text == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="1" errors="0" skipped="1" time="1.239">
          <testsuite name="echo.word" file="a&amp;b.yaml" tests="3" failures="1" errors="0" skipped="1" time="1.239">
            <testcase name="a &lt;b&gt; &amp; &quot;c&quot;" classname="echo.word" time="1.234">
              <failure message="\u{FFFD}[31m]]&gt;">\u{FFFD}[31m]]&gt;&#10;two</failure>
            </testcase>
            <testcase name="d" classname="echo.word" time="0.000">
              <skipped message="no &lt;shell&gt;"/>
            </testcase>
            <testcase name="e" classname="echo.word" time="0.005"/>
          </testsuite>
        </testsuites>

        """)
  }
}
