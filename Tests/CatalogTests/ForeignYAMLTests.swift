import Catalog
import JSON
import Testing

/// YAML that others wrote is read as they meant it, and stays bounded.
@Suite struct ForeignYAMLTests {
  static let texts: [(String, JSON)] = [
    (
      "a: yes\nb: No\nc: ~\nd:\ne: 012\nf: 2026-01-01\ng: 1:30\nh: 0x1F\ni: True\n",
      [
        "a": "yes", "b": "No", "c": .null, "d": .null, "e": "012", "f": "2026-01-01", "g": "1:30",
        "h": "0x1F", "i": "True",
      ]
    ),
    (
      "a: true\nb: 1.5\nc: null\n",
      ["a": true, "b": .number(JSONNumber(validated: "1.5")), "c": .null]
    ),
    (
      "a: &x {k: v}\nb: *x\nc: [*x, *x]\n",
      ["a": ["k": "v"], "b": ["k": "v"], "c": [["k": "v"], ["k": "v"]]]
    ),
    ("a: &x 1\nb: &x 2\nc: *x\n", ["a": 1, "b": 2, "c": 2]),
    ("true: 1\n5: x\nyes: z\n", ["true": 1, "5": "x", "yes": "z"]),
    ("%YAML 1.1\n---\na: b\n", ["a": "b"]),
    ("\u{FEFF}a: |\r\n  one\r\n  two\r\n", ["a": "one\ntwo\n"]),
    ("{\"a\": [1, \"two\"]}", ["a": [1, "two"]]), ("- a\n- \n", ["a", .null]), ("text", "text"),
  ]

  @Test("text is read as it was meant", arguments: texts)
  func reads(_ text: (String, JSON)) throws {
    #expect(try ForeignYAML.json(Array(text.0.utf8)) == text.1)
  }

  static let refused: [(String, String)] = [
    ("a: *x\n", "1:4"), ("a: !Sub b\n", "1:4"), ("<<: {a: b}\n", "1:1"), ("a: 1\na: 2\n", "2:1"),
    ("a: b\n---\nc: d\n", "2:1"), ("", "1:1"), ("[a, b", "2:1"), ("a: [*a]\n", "1:5"),
    ("a: &x [*x]\n", "1:8"),
    ("a: \u{1}", "1:1"), ("[a]: b\n", "1:1"),
  ]

  @Test("what depends on its reader is refused, with its place", arguments: refused)
  func refuses(_ text: (String, String)) {
    do throws(ForeignYAML.Failure) {
      let json = try ForeignYAML.json(Array(text.0.utf8))
      Issue.record("read as \(json)")
    } catch {
      #expect("\(error.position.line):\(error.position.column)" == text.1, "\(error)")
      #expect(!error.message.isEmpty)
    }
  }

  @Test("no text costs more than a definition may")
  func bounds() {
    let laughs = (1...30).map { "l\($0): &l\($0) [*l\($0 - 1),*l\($0 - 1)]" }.joined(
      separator: "\n")
    let deep = (1...70).map { "l\($0): &l\($0) [*l\($0 - 1)]" }.joined(separator: "\n")
    let texts: [[UInt8]] = [
      Array(("l0: &l0 lol\n" + laughs).utf8), Array(("l0: &l0 lol\n" + deep).utf8),
      Array(String(repeating: "[", count: 100_000).utf8),
      [UInt8](repeating: 0x61, count: (1 << 20) + 1),
      [0x61, 0x3A, 0x20, 0xFF], Array(("[" + String(repeating: "*a,", count: 100_000) + "]").utf8),
      Array(("a: &a b\nc: [" + String(repeating: "*a,", count: 200_000) + "]").utf8),
    ]
    for text in texts {
      #expect(throws: ForeignYAML.Failure.self) { _ = try ForeignYAML.json(text) }
    }
  }

  @Test("what a definition may not have is refused there as before")
  func definitions() {
    for text in ["a: *x", "a: &x b", "a: yes", "%YAML 1.1\n---\na: b", "a:\n", "5: x", "a: b\r\n"] {
      guard case .failure = Catalog.read(Array(text.utf8), file: "x.yaml") else {
        Issue.record("\(text) is taken")
        continue
      }
    }
  }

  @Test("variables that change what programs load are no names for bindings")
  func names() {
    for name in ["PATH", "ld_preload", "BASH_ENV", "1A", "", "A-B", "SIGNALBOX_X", "PSModulePath"] {
      #expect(!Catalog.mayBind(variable: name), "\(name)")
    }
    for name in ["UNIT", "_a", "PT_name", "SSM_Text"] { #expect(Catalog.mayBind(variable: name)) }
  }
}
