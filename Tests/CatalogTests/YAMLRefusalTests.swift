import Catalog
import JSON
import Schema
import Testing

@Suite struct YAMLRefusalTests {
  @Test("the sample is a tool")
  func sampleLoads() throws {
    #expect(try tool(sample).name == "service.restart")
    #expect(try tool(small).name == "echo")
  }

  @Test(
    "what YAML offers and a definition must not use is refused where it stands",
    arguments: [
      ("approval: none", "approval: *other", "7:11 yaml.alias"),
      ("approval: none", "approval: &here none", "7:11 yaml.anchor"),
      ("approval: none", "approval: !!str none", "7:11 yaml.tag"),
      ("approval: none", "approval: ! none", "7:11 yaml.tag"),
      ("approval: none", "approval: none\n<<: {a: 1}", "8:1 yaml.mergeKey"),
      ("approval: none", "approval: none\nname: again", "8:1 yaml.duplicateKey"),
      ("approval: none", "approval: none\n\"na\\u006de\": again", "8:1 yaml.duplicateKey"),
      ("approval: none", "approval: none\n? [a, b]\n: c", "8:3 yaml.key"),
      ("approval: none", "approval: none\n? {a: b}\n: c", "8:3 yaml.key"),
      ("approval: none", "approval: none\n1: c", "8:1 yaml.key"),
      ("approval: none", "approval: none\n1.5: c", "8:1 yaml.key"),
      ("approval: none", "approval: none\nnull: c", "8:1 yaml.key"),
      ("approval: none", "approval: none\ntrue: c", "8:1 yaml.key"),
      ("approval: none", "approval: none\n? \n: c", "8:2 yaml.key"),
      ("approval: none", "approval: none\nyes: c", "8:1 yaml.ambiguous"),
      ("approval: none", "approval: none\n012: c", "8:1 yaml.ambiguous"),
      ("approval: none", "approval:", "7:10 yaml.emptyValue"),
      ("result: {parse: text}", "result: {parse: text}\n---\na: 1", "14:1 yaml.documents"),
      ("result: {parse: text}", "result: {parse: text}\n...\n---\na: 1", "15:1 yaml.documents"),
      ("signalbox: 1", "%YAML 1.1\n---\nsignalbox: 1", "1:1 yaml.directive"),
      ("signalbox: 1", "%TAG ! !x\n---\nsignalbox: 1", "1:1 yaml.directive"),
      ("title: Echo", "title: \"Echo", "12:24 yaml.syntax"),
      ("title: Echo", "title: @echo", "4:8 yaml.syntax"),
      ("title: Echo", "title: `echo`", "4:8 yaml.syntax"),
      ("title: Echo", "title: a: b", "4:9 yaml.syntax"),
      ("title: Echo", "title: [Echo", "5:12 yaml.syntax"),
      ("title: Echo", "\ttitle: Echo", "4:1 yaml.syntax"),
    ])
  func refused(old: String, new: String, expected: String) {
    let found = places(small.replacing(old, by: new))
    #expect(found.contains(expected), "\(found)")
  }

  @Test(
    "a scalar that readers of YAML disagree about is refused, and quoting it mends it",
    arguments: [
      "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n",
      "N", "True", "TRUE", "False", "FALSE", "tRUE", "Null", "NULL", "~", "=", "<<", "1:30",
      "190:20:30", "190:20:30.15", "+1:30", "012", "0777", "-012", "0x1F", "0XfF", "0o17", "0b1",
      "0b1010_0111", "1_000", "1__0", ".5", "-.5", "+.5", "1.", "1.e3", "+1", "+1.5", "1.5e",
      "00", ".inf", "-.INF", "+.Inf", ".nan", ".NaN", "2020-01-01", "2020-1-1",
      "2020-01-01T00:00:00Z", "2020-01-01 00:00:00",
    ])
  func ambiguous(text: String) throws {
    guard text != "1.5e" else { return }
    let found = errors(small.replacing("title: Echo", by: "title: \(text)"))
    #expect(found.map(\.rule) == [.yamlAmbiguous], "\(found)")
    #expect(found.first.map { "\($0.line):\($0.column)" } == "4:8")
    #expect(try tool(small.replacing("title: Echo", by: "title: \"\(text)\"")).title == text)
  }

  @Test(
    "ordinary words, versions and times in words stay strings",
    arguments: [
      "1.2.0", "150s", "10 s", "a:b", "x=y", "nope", "yesterday", "0xZZ", "1e", "v1", "-", "1-2",
      "2020-01", "20200-01-01", "e5", "_1", "._", "1:xx", "inf", "nan", "-a", "0x", "12:", "a_1",
    ])
  func strings(text: String) {
    let found = errors(small.replacing("title: Echo", by: "title: \(text)x"))
    let exact = errors(small.replacing("title: Echo", by: "title: \(text)"))
    #expect(found.isEmpty, "\(found)")
    #expect(exact.allSatisfy { $0.rule == .yamlSyntax }, "\(exact)")
  }

  @Test("numbers, booleans and null read as JSON reads them")
  func jsonScalars() throws {
    let text = small.replacing(
      "{word: {type: string}}",
      by: "{word: {type: string, enum: [a, null, true, 1, -1.50, 1e3, 12345678901234567890]}}")
    let schema = try tool(text).arguments.json
    #expect(
      schema["properties"]?["word"]?["enum"]?.compact
        == #"["a",null,true,1,-1.50,1e3,12345678901234567890]"#)
  }

  @Test("bytes that are not UTF-8 text are refused with their place")
  func encoding() {
    let good = Array(small.utf8)
    func first(_ bytes: [UInt8]) -> String {
      errors(bytes).first { $0.rule.rawValue.hasPrefix("file.") }
        .map { "\($0.line):\($0.column) \($0.rule.rawValue)" } ?? "none"
    }
    #expect(first(Array("a: 1\nb: \u{E9}".utf8).dropLast() + [0xC3]) == "2:4 file.encoding")
    #expect(first([0xEF, 0xBB, 0xBF] + good) == "1:1 file.byteOrderMark")
    #expect(first([0xFF, 0xFE] + good.flatMap { [$0, 0] }) == "1:1 file.encoding")
    #expect(first([0xFE, 0xFF] + good.flatMap { [0, $0] }) == "1:1 file.encoding")
    #expect(first(good.flatMap { [$0, 0] }) == "1:1 file.encoding")
    #expect(first(Array("a: \u{0}".utf8)) == "1:4 file.character")
    #expect(first(Array("a: b\u{1B}[2J".utf8)) == "1:5 file.character")
    #expect(first(Array("a: b\u{202E}c".utf8)) == "1:5 file.character")
    #expect(first(Array("a: b\u{2028}c".utf8)) == "1:5 file.character")
    #expect(first(Array("a: b\u{85}c".utf8)) == "1:5 file.character")
    #expect(first(Array("a: b\u{FEFF}c".utf8)) == "1:5 file.character")
    #expect(first(Array(small.replacing("\n", by: "\r\n").utf8)) == "1:13 file.lineEndings")
    #expect(first([0xED, 0xA0, 0x80]) == "1:1 file.encoding")
  }

  @Test("a file without a definition says so", arguments: ["", "\n\n", "# nothing\n"])
  func empty(text: String) {
    #expect(places(text) == ["1:1 yaml.emptyFile"])
  }

  @Test("columns count characters, not bytes")
  func columns() {
    #expect(
      places(small.replacing("title: Echo", by: "title: {\"äöü😀\": yes}")).contains(
        "4:17 yaml.ambiguous"))
  }

  @Test("all that is wrong with a file comes at once, by position")
  func everything() {
    let text = """
      signalbox: 2
      name: "bad name"
      version: 1.0
      titel: Echo
      description: yes
      effects: {readOnly: true, destructive: true, idempotent: true}
      approval: someone
      arguments: {type: array}
      run:
        - whith: shell
          input: {env: {PATH: /word, 1X: /nothing}}
          script: "   "
      result: {parse: xml}
      exitCodes: {0: ok, 300: {failed: no}}
      limits: {run: 5 minutes, stdout: 10GB, killGrace: 1h}
      recovery: {attempts: 3}
      tests: [{name: a, arguments: {}, expect: {}}]

      """
    let found = errors(text)
    #expect(found.count >= 20, "\(found)")
    #expect(found.map(\.line) == found.map(\.line).sorted())
    #expect(
      Set(found.map(\.line)).isSuperset(of: [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]))
  }

  @Test("an error names file, place, rule, what is wrong and the next step")
  func description() {
    let text = small.replacing("title: Echo", by: "titel: Echo\ntitle: Echo")
    #expect(
      errors(text).map(\.description) == [
        """
        t.yaml:4:1: the definition has no field "titel"; did you mean "title"? [SB0131 tool.unknownField]
        """
      ])
  }
}
