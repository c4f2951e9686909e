import Patterns
import Support
import Testing

@testable import Workbench

/// Patterns as the sets of texts that they are found in.
@Suite struct InclusionTests {
  private func inclusion(
    _ first: String..., least: Int = 0, most: Int? = nil, in second: String
  ) -> Inclusion {
    Inclusion(of: first, least: least, most: most, in: second)
  }

  @Test(
    "what is included is known to be",
    arguments: [
      ("^a$", "a"), ("^[a-f]+$", "^[a-z]*$"), ("^(ab|cd)$", "^[a-d]{2}$"), ("^a{2,4}$", "^a{1,5}$"),
      ("^\\d{4}$", "^[0-9]+$"), ("a", ""), ("^x.y$", "^[^\\n]{3}$"), ("^(?:a|b)*$", "^[ab]*$"),
      ("^(?<n>a+?)b?$", "^a"), ("^\\u0061\\x62$", "^ab$"), ("^[^a]$", "^[^a]"), ("abc", "b"),
      ("^(^a)$", "^a$"), ("^a$|^b$", "^[ab]$"), ("^[\\w.-]{1,64}$", "^[^\\s]+$"), ("[^]", ""),
      ("^\\ud83d\\ude00$", "^[\\u{1F600}]$"), ("[]", "^nothing at all$"), ("$^", "^$"),
    ])
  func holds(first: String, second: String) {
    #expect(inclusion(first, in: second) == .holds)
  }

  @Test(
    "what is not included has a shortest proof",
    arguments: [
      ("^[a-z]*$", "^[a-z]+$", ""), ("^a{1,5}$", "^a{2,4}$", "a"), ("a", "^a", "Aa"),
      ("^[ab]$", "^a$", "b"), ("", "x", ""), ("^.$", "^[^A]$", "A"), ("^\\S$", "^\\w$", "\0"),
    ])
  func fails(first: String, second: String, proof: String) {
    guard case .fails(let text) = inclusion(first, in: second) else {
      Issue.record("\(inclusion(first, in: second))")
      return
    }
    #expect(text.unicodeScalars.count == proof.unicodeScalars.count, "\(text)")
  }

  @Test("lengths bound what has to be included")
  func lengths() {
    #expect(inclusion("^a*$", most: 3, in: "^a{0,3}$") == .holds)
    #expect(inclusion("^a*$", most: 4, in: "^a{0,3}$") == .fails("aaaa"))
    #expect(inclusion("^a*$", least: 2, in: "^a{2,}$") == .holds)
    #expect(inclusion("^a*$", least: 1, in: "^a{2,}$") == .fails("a"))
    #expect(inclusion("^[a-m]*$", "^[g-z]*$", in: "^[g-m]*$") == .holds)
  }

  @Test("what cannot be read, or takes too long, is not decided")
  func unknown() {
    #expect(inclusion("a", in: "\\p{Lu}") == .unknown)
    #expect(inclusion("a", in: "\\bword\\b") == .unknown)
    #expect(inclusion("[ab]{0,20}", in: "[ab][ab]{18}c[ab]{18}[ac]") != .holds)
    #expect(inclusion("^(?:[ab]*a[ab]{16})$", in: "^(?:[ab]*b[ab]{16})$") != .holds)
    #expect(inclusion("^(?:(?:a{1,100}){1,100})$", in: "^a{1,1000}$") == .unknown)
  }

  // MARK: - At random

  private static func pattern(_ generator: inout SeededGenerator, depth: Int) -> String {
    func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
    let atoms = ["a", "b", "c", "[ab]", "[^a]", ".", "\\d", "\\w", "^", "$", "[b-c]"]
    if depth == 0 { return atoms[below(atoms.count)] }
    switch below(6) {
    case 0: return "(?:\(pattern(&generator, depth: depth - 1)))*"
    case 1: return "(?:\(pattern(&generator, depth: depth - 1))){1,2}"
    case 2: return "(?:\(pattern(&generator, depth: depth - 1)))?"
    case 3:
      return "(?:\(pattern(&generator, depth: depth - 1))|\(pattern(&generator, depth: depth - 1)))"
    default: return pattern(&generator, depth: depth - 1) + pattern(&generator, depth: depth - 1)
    }
  }

  @Test("it agrees with the engine about every text")
  func engine() throws {
    var generator = SeededGenerator(state: 5)
    var texts = [""]
    for _ in 0..<4 {
      texts += texts.flatMap { text in ["a", "b", "c", "1", "\n"].map { text + $0 } }
    }
    texts = Array(Set(texts)).sorted().filter { $0.count <= 4 }
    var counts = (holds: 0, fails: 0, unknown: 0)
    for _ in 0..<400 {
      let (first, second) = (
        Self.pattern(&generator, depth: 3), Self.pattern(&generator, depth: 3)
      )
      guard let one = try? Pattern(first), let other = try? Pattern(second) else { continue }
      switch inclusion(first, in: second) {
      case .holds:
        counts.holds += 1
        for text in texts where one.matches(text) {
          #expect(other.matches(text), "\(text.debugDescription): \(first) in \(second)")
        }
      case .fails(let text):
        counts.fails += 1
        #expect(
          one.matches(text) && !other.matches(text),
          "\(text.debugDescription): \(first) in \(second)")
      case .unknown: counts.unknown += 1
      }
    }
    #expect(counts.holds > 60 && counts.fails > 100 && counts.unknown < 10, "\(counts)")
  }
}
