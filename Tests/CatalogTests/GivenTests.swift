import Catalog
import JSON
import Testing

/// Executions that a test gives go through what the endpoint would do to them.
@Suite struct GivenTests {
  private static let secret =
    small.replacing("{env: {WORD: /word}}", by: "{stdin: json}")
    + "redact: [/word]\nlimits: {stdout: 20B, stderr: 30B}\n"

  private func failures(_ test: String, of text: String = secret) throws -> [String] {
    let tool = try tool(text + "tests: [{name: a, arguments: {word: hunter2}, \(test)}]\n")
    return try #require(Catalog.runGivenTests(tool).first).failures
  }

  @Test("secrets are replaced before anything is parsed or compared")
  func redaction() throws {
    #expect(
      try failures(
        "given: {exitCode: 0, stdout: a hunter2 b, stderr: x hunter2},"
          + " expect: {outcome: succeeded, result: 'a [redacted] b', stderr: 'x [redacted]'}"
      ).isEmpty)
    #expect(
      try failures(
        "given: {exitCode: 0, stdout: hunter2}, expect: {outcome: succeeded, result: hunter2}")
        == [#"the result: expected "hunter2", found "[redacted]""#])
  }

  @Test("what goes over a limit is dropped")
  func limits() throws {
    #expect(
      try failures(
        "given: {exitCode: 0, stdout: abcdefghijklmnopqrstuvwxyz},"
          + " expect: {outcome: succeeded, result: abcdefghijklmnopqrst}"
      ).isEmpty)
    let json = Self.secret.replacing(
      "{parse: text}", by: "{parse: json, schema: {type: array}}")
    #expect(
      try failures(
        "given: {exitCode: 0, stdout: '[1,2,3,4,5,6,7,8,9,0]'}, expect: {outcome: malformed}",
        of: json
      ).isEmpty)
  }

  @Test("standard error contains what is expected of it, and nothing if that is empty")
  func stderr() throws {
    let given = "given: {exitCode: 0, stdout: a, stderr: no such unit}, expect: "
    #expect(try failures(given + "{outcome: succeeded, stderr: such}").isEmpty)
    #expect(
      try failures(given + "{outcome: succeeded, stderr: such a}")
        == [#"expected standard error to contain "such a", and it has "no such unit""#])
    #expect(
      try failures(given + "{outcome: succeeded, stderr: ''}")
        == [#"expected nothing on standard error, and it has "no such unit""#])
    #expect(
      try failures("given: {exitCode: 0, stdout: a}, expect: {outcome: succeeded, stderr: x}")
        == [#"expected standard error to contain "x", and it is empty"#])
  }

  @Test("live tests are left to whoever can run them")
  func live() throws {
    let live = small + "tests: [{name: a, arguments: {}, live: true, expect: {outcome: failed}}]\n"
    #expect(Catalog.runGivenTests(try tool(live)).map(\.isLive) == [true])
  }

  @Test("a difference says where it is, and what was there")
  func differences() throws {
    let expected = try JSON(parsing: #"{"a":{"b":[1,2,{"c":"x"}]},"gone":1,"text":"1\n2\n3"}"#)
    let actual = try JSON(parsing: #"{"a":{"b":[1,3,{"c":"y"},4]},"text":"1\n2\nIII","new":[]}"#)
    #expect(
      Differences(expected: expected, actual: actual, of: "the result").lines == [
        "the result at /a/b/1: expected 2, found 3",
        #"the result at /a/b/2/c: expected "x", found "y""#,
        "the result at /a/b: expected 3 items, found 4",
        "the result at /gone: expected 1, found nothing",
        #"the result at /text: line 3: expected "3", found "III""#,
        "the result at /new: not expected, found []",
      ])
    #expect(
      Differences(expected: 1, actual: nil, of: "the result").lines
        == ["expected the result 1, and there is none"])
    #expect(Differences(expected: ["a": 1], actual: ["a": 1], of: "x").lines.isEmpty)
    let many = Differences(
      expected: .array((0..<100).map { .int($0) }), actual: .array((1...100).map { .int($0) }),
      of: "x")
    #expect(many.lines.count == 21)
  }
}
