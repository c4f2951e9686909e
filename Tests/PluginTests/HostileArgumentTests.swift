import JSON
import Model
import Platform
import PluginProtocol
import Support
import Testing

/// Argument strings that somebody made up to be read as something else.
struct HostileStrings {
  private var random = SeededGenerator(state: 2_026)

  private static let pieces = [
    "'", "\"", "\\", "`", "$(id)", "${HOME}", "$0", "!", "!!", "*", "?", "[a-z]", "~", "~root",
    "{a,b}",
    "%s%n", "%00", "\n", "\r\n", "\t", " ", "  ", ";", "&&", "||", "|", ">", "<", "<<EOF", "#",
    "--",
    "-n", "-e", "-", "=", "\u{1}", "\u{7}", "\u{8}", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{2028}",
    "\u{FEFF}", "\u{202E}", "\u{0}", "é", "e\u{301}", "ß", "日本", "🙂", "👩‍👩‍👧", "\u{FFFD}", "\u{10FFFF}",
    "]]>",
    "{{x}}", "null", "0x1F", "1e999", "../../etc/passwd", "C:\\", "@", "@(1)", "/bin/sh", "$IFS",
    "\u{AD}",
  ]

  /// - Parameter allowsZero: whether a NUL may be in it: no environment and no `argv` can carry one.
  mutating func next(allowsZero: Bool) -> String {
    var text = ""
    // Some are empty, and one in a hundred is long.
    let count =
      Int.random(in: 0..<100, using: &random) == 0 ? 500 : Int.random(in: 0..<9, using: &random)
    for _ in 0..<count {
      let piece = Self.pieces.randomElement(using: &random) ?? ""
      if piece == "\u{0}", !allowsZero { continue }
      text += piece
    }
    return text
  }
}

@Suite("Hostile arguments arrive as they are")
struct HostileArgumentTests {
  static let strings = 100_000
  static let each = 500

  private func shell(
    _ script: String, allowsZero: Bool,
    _ place: (inout Preparation, [String]) -> Void, _ expected: ([String]) -> [UInt8]
  ) throws {
    try withPlugin { session in
      var hostile = HostileStrings()
      for number in 0..<(Self.strings / Self.each) {
        let texts = (0..<Self.each).map { _ in hostile.next(allowsZero: allowsZero) }
        let call = "c\(number)"
        let content = try session.run(call, script) {
          place(&$0, texts)
          $0.limits.stdoutBytes = 8 << 20
        }
        let isEqual = content.stdoutBytes == expected(texts)
        #expect(isEqual, "call \(number)")
        #expect(content.stderr == "")
        if !isEqual { return }
        try Files.removeTree(session.directory + "/" + call)
      }
    }
  }

  private func terminated(_ texts: [String]) -> [UInt8] { texts.flatMap { Array($0.utf8) + [0] } }

  @Test("shell: 100,000 by argv")
  func argv() throws {
    try shell(
      #"for text; do printf '%s\0' "$text"; done"#, allowsZero: false,
      { $0.arguments = $1 }, terminated)
  }

  @Test("shell: 100,000 by the environment")
  func environment() throws {
    let script = (0..<Self.each).map { "printf '%s\\0' \"$V\($0)\"\n" }.joined()
    try shell(
      script, allowsZero: false,
      { preparation, texts in
        for (index, text) in texts.enumerated() {
          preparation.environment.append(("V\(index)", text))
        }
      }, terminated)
  }

  @Test("shell: 100,000 by standard input")
  func stdin() throws {
    try shell(
      "cat", allowsZero: true,
      { $0.stdin = $1.joined(separator: "\u{0}") },
      { Array($0.joined(separator: "\u{0}").utf8) })
  }

  @Test("native: 100,000 by standard input, through a C function and back")
  func native() throws {
    let each = 32
    let calls = (0..<each).map {
      """
      {"name":"f\($0)","function":"strdup","parameters":[{"type":"string","argument":"/\($0)"}],
       "returns":{"type":"string","owner":"free"}}
      """
    }
    let outputs = (0..<each).map { "\"v\($0)\":\"/f\($0)/returned\"" }
    let plan = """
      {"library":{"linux":"libc.so.6"},"calls":[\(calls.joined(separator: ","))],
       "output":{\(outputs.joined(separator: ","))}}
      """
    try withTemporaryDirectory { directory in
      let session = try PluginSession(directory, executor: "native")
      var hostile = HostileStrings()
      for number in 0..<(Self.strings / each) {
        let texts = (0..<each).map { _ in hostile.next(allowsZero: false) }
        let call = "c\(number)"
        let content = try session.run(call, plan) {
          $0.stdin = JSON.array(texts.map(JSON.string)).compact
        }
        let result = try JSON(parsing: content.stdoutBytes)
        let isEqual = texts.indices.allSatisfy { index in
          result["v\(index)"]?.string.map { Array($0.utf8) } == Array(texts[index].utf8)
        }
        #expect(isEqual, "call \(number)")
        if !isEqual { return }
        try Files.removeTree(session.directory + "/" + call)
      }
    }
  }
}
