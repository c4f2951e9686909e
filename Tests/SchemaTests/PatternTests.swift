import Patterns
import Support
import Testing

private func refusal(_ text: String) -> PatternError? {
  do throws(PatternError) {
    _ = try Pattern(text)
    return nil
  } catch {
    return error
  }
}

@Suite("Patterns") struct PatternTests {
  @Test(
    "a pattern matches what ECMA-262 says, and nothing else",
    arguments: [
      ("", ["", "x"], []),
      ("b+", ["abc", "bb"], ["ac"]),
      ("^a*$", ["", "aaa"], ["aaa\n", "ab", "\na"]),
      ("^(a|b)c?$", ["a", "bc"], ["c", "abc"]),
      ("^a.c$", ["abc", "a😀c", "a\u{85}c"], ["a\nc", "a\rc", "a\u{2028}c", "a\u{2029}c", "ac"]),
      ("^[^]$", ["\n", "x", "😀"], ["", "xy"]),
      ("^[]$", [], ["", "x"]),
      ("a|[]", ["a"], ["", "b"]),
      (#"^\d\D$"#, ["1x", "1٣"], ["٣x", "11"]),
      (#"^\w\W$"#, ["_é", "a "], ["éa", "aa"]),
      (
        #"^\s$"#,
        [" ", "\t", "\n", "\u{B}", "\u{A0}", "\u{FEFF}", "\u{2029}", "\u{3000}", "\u{1680}"],
        ["\u{85}", "x", "\u{200B}", "\u{180E}"]
      ),
      (#"^\S$"#, ["\u{85}", "x", "\u{200B}", "😀"], [" ", "\u{FEFF}", "\u{2003}", "\u{205F}"]),
      (#"^[\s]$"#, [" ", "\u{FEFF}"], ["x"]),
      (#"^[^\S ]$"#, ["\t"], [" ", "x"]),
      (#"^[\D5]$"#, ["x", "5"], ["4"]),
      (#"\bcat\b"#, ["a cat.", "cat"], ["cats", "_cat"]),
      (#"^a\B"#, ["ab"], ["a b", "a"]),
      (#"^[\b]$"#, ["\u{8}"], ["b"]),
      (#"^\t\n\v\f\r\0$"#, ["\t\n\u{B}\u{C}\r\0"], []),
      (#"^\cC\cj$"#, ["\u{3}\n"], ["CJ"]),
      (#"^\x41\u00e9\u{1F600}\uD83D\uDE00$"#, ["Aé😀😀"], []),
      ("^😀{2}$", ["😀😀"], ["😀"]),
      ("^[😀-😂]$", ["😁"], ["😃"]),
      (#"^\^\$\\\.\*\+\?\(\)\[\]\{\}\|\/\-\@\:\"$"#, [#"^$\.*+?()[]{}|/-@:""#], []),
      ("^[.*$^]$", [".", "^", "$"], ["x"]),
      ("^[a-]$", ["a", "-"], ["b"]), ("^[-a]$", ["a", "-"], ["b"]),
      (#"^[+\-/]$"#, ["-", "/"], [","]),
      ("^[[:alpha:]$", [":", "[", "a", "l"], ["b", "]"]),
      ("^a{2}b{2,}c{0,1}$", ["aabb", "aabbbc"], ["aab", "aabbcc"]),
      ("^a*?b+?c??d{1,2}?$", ["bd", "aabbcdd"], ["ad"]),
      ("^(?:ab)+(?<name>c)$", ["ababc"], ["abcc"]),
      (#"^\p{Lu}\p{Letter}\P{L}$"#, ["Äß1"], ["äß1", "ÄßB"]),
      (#"^[\p{Nd}x]\p{Script=Greek}\p{gc=Sm}$"#, ["٣π+", "xπ="], ["yπ+"]),
      (#"^\p{ASCII}\P{ASCII}\p{Any}$"#, ["aé\n"], ["éé "]),
      (#"^\p{sc=Yi}$"#, ["ꀀ"], ["a"]), (#"^\p{Script=Grek}$"#, ["π"], ["p"]),
      (#"^\p{Alphabetic}\P{Alpha}$"#, ["a1", "ΐ-"], ["11", "aa"]),
      (#"^[\p{White_Space}x]$"#, [" ", "x"], ["y", "ab"]),
      (#"^\p{LC}\p{C}\P{Cn}$"#, ["a\u{0}b", "A\u{378}b"], ["ª\u{0}b", "aab", "a\u{0}\u{378}"]),
      (#"^\P{Any}$|^a$"#, ["a"], ["b", ""]), (#"^\P{Cs}$"#, ["a"], [""]),
      (#"^[^\uD800-\uDFFF]$"#, ["a", "😀"], ["", "ab"]), (#"\ud800|b"#, ["b"], ["a", "\u{FFFD}"]),
      (#"^[\u{D7FF}-\u{E000}]$"#, ["\u{D7FF}", "\u{E000}"], ["a", "\u{E001}"]),
      (#"\ud800\u0041|c"#, ["c"], ["A"]),
      ("(a+)+$", ["aaa"], ["aab"]),
      ("^(^a|$)*$", ["a", ""], ["b"]),
      ("a\0b", ["xa\0by"], ["ab"]),
      ("#i # comment", ["#i # comment"], ["#i"]),
    ] as [(String, [String], [String])])
  func matching(text: String, matches: [String], others: [String]) throws {
    let pattern = try Pattern(text)
    for text in matches { #expect(pattern.matches(text), "\(text.debugDescription)") }
    for text in others { #expect(!pattern.matches(text), "\(text.debugDescription)") }
  }

  @Test(
    "what cannot be matched in linear time, or could mean something else, is refused",
    arguments: [
      "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", #"(a)\1"#, #"(?<n>a)\k<n>"#, #"\1(a)"#, "(?i:a)",
      "(?s-m:a)", #"\p{Script=L}"#, #"\p{Script=Any}"#, #"\p{Script=Klingon}"#,
      #"\p{scx=Greek}"#, #"\p{Extended_Pictographic}"#, #"\P{RI}"#, #"\p{RGI_Emoji}"#,
    ])
  func unsupported(text: String) throws {
    #expect(try #require(refusal(text)).code == "pattern.unsupported")
  }

  @Test(
    "what is no pattern of ECMA-262 is refused with its place",
    arguments: [
      ("a)", 1), ("(a", 2), ("[a", 0), ("[", 0), ("a]", 1), ("a}", 1), ("a{", 1), ("{2}", 0),
      ("a{,2}", 1), ("a{2,1}", 1), ("a{2", 1), ("*a", 0), ("a|*", 2), ("(+a)", 1), ("a**", 2),
      ("a{2}{3}", 4), ("^*", 1), (#"\b+"#, 2), (#"\"#, 0), (#"\a"#, 0), (#"\z"#, 0), (#"\A"#, 0),
      (#"\Q"#, 0), (#"\C"#, 0), (#"\e"#, 0), (#"\_"#, 0), (#"\é"#, 0), (#"\ "#, 0), (#"\00"#, 0),
      (#"\x4"#, 0), (#"\u12"#, 0), (#"\u{110000}"#, 0),
      (#"\u{}"#, 0), (#"\u{ffffffffffff}"#, 0), (#"\c1"#, 0), ("[b-a]", 2), (#"[\d-x]"#, 3),
      (#"[a-\w]"#, 2), (#"[\B]"#, 1), (#"\pL"#, 0), (#"\p{L"#, 0), ("(?<>a)", 4), ("(?<1>a)", 4),
      ("(?<n", 4), ("(?<n>a)(?<n>b)", 12), ("(?i)a", 0), ("(?P<n>a)", 0), ("(?#x)", 0),
      ("(?>a)", 0), ("(?-:a)", 0), ("(?ii:a)", 0), (#"(a)\2"#, 4), (#"\k<n>"#, 3), (#"\k"#, 2),
      ("(?=a)*", 5), ("(?=a)b**", 7), (#"\p{}"#, 0), (#"\p{Greek}"#, 0), (#"a\p{^L}"#, 1),
      (#"\p{gc=sc=L}"#, 0), (#"\p{gc=Greek}"#, 0), (#"\p{Script=}"#, 0), (#"\p{letter}"#, 0),
    ])
  func syntax(text: String, offset: Int) throws {
    let error = try #require(refusal(text))
    #expect(error.code == "pattern.syntax")
    #expect(error.offset == offset)
  }

  @Test("each limit of a pattern has its code") func limits() {
    #expect(refusal(String(repeating: "a", count: 4_096)) == nil)
    #expect(refusal(String(repeating: "a", count: 4_097))?.code == "pattern.limit.length")
    let open = String(repeating: "(", count: 100)
    let close = String(repeating: ")", count: 100)
    #expect(refusal(open + "a" + close) == nil)
    #expect(refusal("(" + open + "a" + close + ")")?.code == "pattern.limit.groups")
    #expect(refusal("a{1000}") == nil)
    for text in [
      "a{1001}", "a{0,99999999999999999999}", "a{99999999999999999999,}", "((a{100}){100}){100}",
      #"[\p{L}\p{N}]{1000}"#,
    ] { #expect(refusal(text)?.code == "pattern.limit.size") }
  }

  @Test("patterns that take a backtracking engine for ever take linear time") func linear() throws {
    let text = String(repeating: "a", count: 100_000) + "!"
    for pattern in ["(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
      #expect(try !Pattern(pattern).matches(text))
    }
  }

  @Test("random patterns are taken or refused") func random() {
    var random = SeededGenerator(state: 7)
    let parts = [
      "a", "b", ".", "^", "$", "|", "(", ")", "(?:", "(?<x>", "[", "]", "[^", "-", "*", "+", "?",
      "{2}", "{1,3}", "{", "}", #"\d"#, #"\S"#, #"\b"#, #"\p{L}"#, #"\u{41}"#, #"\x"#, #"\"#, "é",
      "\0",
    ]
    var accepted = 0
    for _ in 0..<3_000 {
      let count = Int.random(in: 1...8, using: &random)
      let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      if let error = refusal(text) {
        #expect(error.code != "pattern.limit.size", "\(text)")
        #expect(error.offset <= text.unicodeScalars.count)
      } else {
        accepted += 1
      }
    }
    #expect(accepted > 300)
  }

  @Test("one pattern serves many threads") func threads() async throws {
    let pattern = try Pattern(#"^(\w+\.)*\p{L}{1,20}$"#)
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { pattern.matches("a\($0).b\(index).ccc") }
        }
      }
      for await all in group { #expect(all) }
    }
  }
}
