import Catalog
import CommandLine
import JSON
import Model
import Platform
import Support
import Testing

@testable import signalbox

@Suite("The arguments of a call on the command line")
struct CallArgumentsTests {
  static let definition = """
    signalbox: 1
    name: test.types
    version: 1.0.0
    title: A tool for tests
    description: Takes every type.
    effects: {readOnly: true, destructive: false, idempotent: true, openWorld: false}
    approval: none
    arguments:
      type: object
      additionalProperties: false
      properties:
        text: {type: string}
        count: {type: integer}
        ratio: {type: number}
        flag: {type: boolean}
        list: {type: array, items: {type: integer}}
        map: {type: object}
        either: {type: [integer, string]}
        choice: {enum: [1, two, true]}
        password: {type: string}
    run:
      - when: {os: linux}
        with: shell
        input: {stdin: json}
        script: |
          cat
    result: {parse: text}
    limits: {run: 30s, killGrace: 1s, stdout: 1KiB, stderr: 1KiB}
    redact: [/password]

    """

  private func tool() throws -> Tool {
    try Catalog.read(Array(Self.definition.utf8), file: "types.yaml").get()
  }

  private func read(
    _ pairs: [String], document: String? = nil, stdin: String = ""
  ) throws -> JSON {
    var given = CallArguments(try tool())
    given.readStandardInput = { Array(stdin.utf8) }
    return try given.read(pairs, document: document)
  }

  private func refusal(_ pairs: [String], document: String? = nil) -> String {
    do {
      return "accepted: \(try read(pairs, document: document).compact)"
    } catch { return "\(error)" }
  }

  @Test(
    "are taken by the type that the schema says",
    arguments: [
      ("text=5", "{\"text\":\"5\"}"), ("text=", "{\"text\":\"\"}"),
      ("text=a=b", "{\"text\":\"a=b\"}"),
      ("count=5", "{\"count\":5}"), ("count=-0.50e3", "{\"count\":-0.50e3}"),
      ("ratio=1.250", "{\"ratio\":1.250}"), ("flag=true", "{\"flag\":true}"),
      ("list=[1, 2]", "{\"list\":[1,2]}"), ("map={\"a\":1}", "{\"map\":{\"a\":1}}"),
      ("either=5", "{\"either\":5}"), ("either=five", "{\"either\":\"five\"}"),
      ("choice=1", "{\"choice\":1}"), ("choice=two", "{\"choice\":\"two\"}"),
      ("choice=true", "{\"choice\":true}"), ("text:=\"x\"", "{\"text\":\"x\"}"),
      ("text=@@home", "{\"text\":\"@home\"}"),
      // What does not fit stays a text, and the schema says what was expected.
      ("count=many", "{\"count\":\"many\"}"), ("flag=yes", "{\"flag\":\"yes\"}"),
    ])
  func types(pair: String, expected: String) throws {
    #expect(try read([pair]).compact == expected)
  }

  @Test(
    "are refused with what is wrong",
    arguments: [
      (["txt=1"], "takes no argument txt; did you mean \"text\"?"),
      (["text"], "\"text\" is no argument; arguments are written key=value"),
      (["=x"], "is no argument"),
      (["text=1", "text=2"], "the argument text is given twice"),
      (["map:={x}"], "map is not JSON at line 1, column 2"),
      (["list=[1,"], "list is not JSON"),
      (["password=hunter2"], "is secret and may not stand on the command line"),
      (["password:=\"hunter2\""], "is secret and may not stand on the command line"),
      (["text=@/nowhere/at/all"], "a text that begins with @ is written @@"),
      (["text=-", "password=-"], "password and text both want standard input"),
    ])
  func refusals(pairs: [String], expected: String) {
    let message = refusal(pairs)
    #expect(message.contains(expected), "\(message)")
    #expect(!message.contains("hunter2"))
  }

  @Test("come from files and standard input, without the line feed at the end")
  func files() throws {
    try withTemporaryDirectory { root in
      try Files.writeAtomically(Array("secret\r\n".utf8), to: root + "/secret")
      #expect(try read(["password=@\(root)/secret"]) == ["password": "secret"])
      #expect(try read(["password=-"], stdin: "two\nlines\n") == ["password": "two\nlines"])
      #expect(try read(["count=-"], stdin: "5\n") == ["count": 5])
    }
  }

  @Test("come as one document, with single ones added, and no secret in plain sight")
  func document() throws {
    #expect(try read(["count=5"], document: "{\"text\":\"a\"}") == ["text": "a", "count": 5])
    #expect(try read([], document: "-", stdin: "{\"password\":\"x\"}") == ["password": "x"])
    try withTemporaryDirectory { root in
      try Files.writeAtomically(Array("{\"password\":\"y\"}".utf8), to: root + "/json")
      #expect(try read([], document: "@\(root)/json") == ["password": "y"])
    }
  }

  @Test("a document is refused by its fault")
  func documents() {
    #expect(refusal(["text=b"], document: "{\"text\":\"a\"}").contains("given twice"))
    #expect(refusal([], document: "[1]").contains("not a JSON object"))
    #expect(refusal([], document: "{").contains("line 1, column 2"))
    #expect(refusal([], document: "{\"password\":\"hunter2\"}").contains("is secret"))
  }
}

@Suite("What signalbox says")
struct WordsTests {
  @Test("every outcome has an exit status of its own, success alone is 0")
  func exits() {
    let codes = Outcome.allCases.filter { ![.succeeded, .succeededEmpty].contains($0) }.map(
      \.exit.code)
    #expect(codes == Array(10...19))
    #expect(Outcome.succeeded.exit.code == 0 && Outcome.succeededEmpty.exit.code == 0)
  }

  @Test("times are dates of the calendar")
  func times() {
    #expect(TimeWords.text(microseconds: 0) == "1970-01-01 00:00:00 UTC")
    #expect(TimeWords.text(microseconds: 951_782_399_000_000) == "2000-02-28 23:59:59 UTC")
    #expect(TimeWords.text(microseconds: 951_782_400_000_000) == "2000-02-29 00:00:00 UTC")
    #expect(TimeWords.text(microseconds: 4_107_542_399_000_000) == "2100-02-28 23:59:59 UTC")
    #expect(TimeWords.text(microseconds: 4_107_542_400_000_000) == "2100-03-01 00:00:00 UTC")
  }

  @Test("an end says whether it ran, why, and what to do next")
  func report() {
    let call: JSON = [
      "id": "c1", "tool": ["name": "disk.usage"], "endpoint": ["name": "web-01"],
      "outcome": "expired", "ran": "no", "reason": "it waited\u{1B}[2J", "remedy": "call again",
    ]
    let lines = CallReport(call: call).lines { text, _ in text }
    #expect(
      lines == [
        "expired: disk.usage on web-01 (call c1)", "  it waited\\u{1b}[2J", "  next: call again",
        "  ran: no, nothing was changed on the endpoint",
      ])
  }

  @Test("addresses escape what could mean something in them")
  func escaping() {
    #expect(escaped("a/b?c=d&e#f%20ü.-_~") == "a%2Fb%3Fc%3Dd%26e%23f%2520%C3%BC.-_~")
  }
}
