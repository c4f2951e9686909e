import Catalog
import Testing

/// Files that were written to break a reader. Each is refused, with a place in the file, and quickly
/// enough that the whole suite takes no notice of it.
@Suite struct HostileYAMLTests {
  static let many = String(repeating: "x", count: 900_000)

  static let files: [(name: String, bytes: [UInt8])] =
    generated
    + [
      "*a", "&a", "&a *a", "a: &a [*a]", "!", "!!", "!!binary AA==", "!<tag:x> a",
      "%YAML 9.9\n--- a",
      "%FOO\n--- a", "--- a\n--- b", "---\n---\n", "...", "a: b: c", "- - - -", "[", "]", "{", "}",
      "{a", "[a, , b]", "{,}", "{a: b, a: c}", "? ? ? a", ": : :", "\"", "'", "\"\\x\"",
      "\"\\uD800\"",
      "\"\\UFFFFFFFF\"", "|9", "|10\n a", ">x\n a", "|\n\ta", "\ta: b", "a:\n\t- b",
      "a: |\n  b\n c",
      "a: [b\nc: d", "<<: *x", "<<: [*a, *b]", "a: !ruby/object:X {}",
      "a: !!python/object/apply:os.system [x]",
      "@", "`", "a: @b", "a: %b", "#\u{7F}", "a: \u{1}", "\u{FFFE}", "a\u{0}b: c",
      "\u{FEFF}\u{FEFF}a: b",
      "a: .inf", "a: 1e999999999999999999999", "0: 1", "signalbox: 1\nsignalbox: 1", "true", "12",
      "null",
      "- a\n- b", "\"text\"", "a: 'b\n---\nc'", "[]: a", "{}: a", "? |\n  a\n: b", "a: b\r\nc: d",
      "a: \"\\0\"",
      "{signalbox: 1, name: \"\\e[31m\"}", "signalbox: &x 1\nname: *x",
    ].map { (String($0.prefix(20)), Array($0.utf8)) }

  static var generated: [(name: String, bytes: [UInt8])] {
    let laughs = (1...30).map { "l\($0): &l\($0) [*l\($0 - 1),*l\($0 - 1)]" }.joined(
      separator: "\n")
    return [
      ("10 MB of letters", [UInt8](repeating: 0x61, count: 10_000_000)),
      ("10 MB of NUL", [UInt8](repeating: 0, count: 10_000_000)),
      ("one byte over the limit", [UInt8](repeating: 0x20, count: 1 << 20 + 1)),
      ("10,000 lists", Array(String(repeating: "[", count: 10_000).utf8)),
      ("10,000 mappings", Array(String(repeating: "{a: ", count: 10_000).utf8)),
      ("10,000 block lists", Array(String(repeating: "- ", count: 10_000).utf8)),
      ("500,000 lists", Array(String(repeating: "[", count: 500_000).utf8)),
      ("10,000 questions", Array(String(repeating: "? ", count: 10_000).utf8)),
      (
        "65 lists",
        Array((String(repeating: "[", count: 65) + String(repeating: "]", count: 65)).utf8)
      ),
      ("billion laughs", Array(("l0: &l0 lol\n" + laughs).utf8)),
      ("200,000 values", Array(("[" + String(repeating: "a,", count: 200_000) + "]").utf8)),
      ("100,000 keys", Array((0..<100_000).map { "k\($0): 1\n" }.joined().utf8)),
      ("the same key 100,000 times", Array(String(repeating: "k: 1\n", count: 100_000).utf8)),
      ("100,000 aliases", Array(("[" + String(repeating: "*a,", count: 100_000) + "]").utf8)),
      ("100,000 tags", Array(("[" + String(repeating: "!a b,", count: 100_000) + "]").utf8)),
      ("a number of 900,000 digits", Array(("a: " + String(repeating: "9", count: 900_000)).utf8)),
      ("a string of 900,000 letters", Array("name: \(many)".utf8)),
      ("a key of 900,000 letters", Array("\(many): a".utf8)),
      ("a quoted key of 900,000 letters", Array("\"\(many)\": a".utf8)),
      ("900,000 blanks", Array("a:\(String(repeating: " ", count: 900_000))b".utf8)),
      ("900,000 empty lines", Array(("a: >\n" + String(repeating: "\n", count: 900_000)).utf8)),
      ("a comment of 900,000 letters", Array("#\(many)".utf8)),
      ("300,000 quotes", Array(("'" + String(repeating: "''", count: 300_000)).utf8)),
      ("bad UTF-8", [0x61, 0x3A, 0x20, 0xC0, 0x80]),
      ("half a character", [0x61, 0x3A, 0x20, 0xE2, 0x82]),
      ("a surrogate", [0x61, 0x3A, 0x20, 0xED, 0xA0, 0x80]),
      ("beyond Unicode", [0x61, 0x3A, 0x20, 0xF4, 0x90, 0x80, 0x80]),
      ("UTF-16", [0xFF, 0xFE, 0x61, 0x00]),
      ("UTF-32", [0xFF, 0xFE, 0x00, 0x00, 0x61, 0x00, 0x00, 0x00]),
      ("every byte", Array(0...255)),
    ]
  }

  @Test("a hostile file is refused with places in it", arguments: files.indices)
  func refused(index: Int) {
    let file = Self.files[index]
    let found = errors(file.bytes)
    #expect(!found.isEmpty, "\(file.name)")
    #expect(found.count <= 200, "\(file.name)")
    let lines = file.bytes.count { $0 == 0x0A } + 1
    for error in found {
      #expect(error.line >= 1 && error.line <= lines + 1 && error.column >= 1, "\(error)")
      #expect(error.message.utf8.count < 500 && !error.remedy.isEmpty, "\(error)")
    }
  }

  @Test("there are more than sixty of them")
  func count() { #expect(Self.files.count > 90) }

  @Test("a definition cut off at any byte is refused or read, and never brings the reader down")
  func prefixes() {
    let bytes = Array(sample.utf8)
    for count in stride(from: 0, to: bytes.count - 700, by: 3) {
      #expect(!errors(Array(bytes[..<count])).isEmpty)
    }
  }

  @Test("a definition with any one byte changed never brings the reader down")
  func mutations() {
    let bytes = Array(sample.utf8)
    var state: UInt64 = 42
    for _ in 0..<1_500 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var changed = bytes
      changed[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 24)
      for error in errors(changed) { #expect(error.line >= 1 && error.column >= 1) }
    }
  }
}
