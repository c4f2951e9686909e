import Support
import Testing

@testable import Patterns

@Suite("Tables of patterns") struct AutomatonTests {
  @Test("a table and the engine come to the same verdict") func agreement() throws {
    var random = SeededGenerator(state: 23)
    let parts = [
      "a", "b", "c", ".", "^", "$", "|", "(", ")", "(?:", "[ab]", "[^a]", "[a-c]", "*", "+", "?",
      "{2}", "{1,3}", "{0,2}", "{2,}", #"\d"#, #"\S"#, #"\s"#, "é", "[é-ü]", "[^é]", "😀", "[😀-😂x]",
      #"\u{41}"#, "[]", "[^]", #"\W"#,
    ]
    let letters = ["a", "b", "c", "é", "ü", "ê", "😀", "😁", "x", " ", "1", "A", "\n", "\u{2028}"]
    var tables = 0
    var matching = 0
    for _ in 0..<4_000 {
      let count = Int.random(in: 1...7, using: &random)
      let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      guard let pattern = try? Pattern(text), pattern.hasAutomaton else { continue }
      tables += 1
      for _ in 0..<8 {
        let length = Int.random(in: 0...6, using: &random)
        let subject = (0..<length).map { _ in letters.randomElement(using: &random) ?? "" }.joined()
        let isFound = pattern.matches(subject)
        matching += isFound ? 1 : 0
        #expect(isFound == pattern.matchesByEngine(subject), "\(text) \(subject.debugDescription)")
      }
    }
    #expect(tables > 1_000)
    #expect(matching > 1_500)
  }

  @Test("every character is in a set by a table as it is by the engine") func characters() throws {
    for text in [
      "^[^\\u{80}-\\u{10ffff}]$", "^[\\u{7f}-\\u{800}]$", "^[\\u{7ff}-\\u{d7ff}\\u{f000}]$",
      "^[\\u{ffff}-\\u{10000}]$", "^[\\u{12345}-\\u{fedcb}]$", #"^\s$"#, #"^\W$"#, "^.$",
    ] {
      let pattern = try Pattern(text)
      #expect(pattern.hasAutomaton)
      for code in stride(from: UInt32(0), through: 0x10FFFF, by: 61) {
        for near in [code, code ^ 1] {
          guard let scalar = Unicode.Scalar(near) else { continue }
          let subject = String(scalar)
          #expect(pattern.matches(subject) == pattern.matchesByEngine(subject), "\(text) \(near)")
        }
      }
    }
  }

  @Test(
    "patterns as people write them have a table",
    arguments: [
      "^[a-z]+$", #"^\d{4}-\d{2}-\d{2}$"#, "^[A-Za-z0-9][A-Za-z0-9@_.:-]{0,120}\\.service$",
      #"^(\d{1,3}\.){3}\d{1,3}$"#, "error|warning", "^/[^/]+(/[^/]+)*$", "", "^$", "^.{1,64}$",
    ])
  func table(text: String) throws {
    #expect(try Pattern(text).hasAutomaton)
  }

  @Test("a pattern whose table would be large is the engine's, and costs little to find that out")
  func large() throws {
    for text in [
      "(a|b)*a(a|b){12}", #"^\p{L}+$"#, "[^a]{900}b", "^((a{1,9}){1,9}){1,9}$", #"\bword\b"#,
    ] {
      var pattern: Pattern?
      let took = cpuTime { pattern = try? Pattern(text) }
      #expect(try !#require(pattern).hasAutomaton)
      #expect(took < .seconds(2))
    }
  }
}
