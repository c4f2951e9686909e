import JSON
import Patterns
import Schema
import Testing

/// Patterns that take a backtracking engine for ever, with what has to be repeated for it.
@Suite("Patterns that explode elsewhere") struct HostilePatternTests {
  static let corpus: [(pattern: String, part: String, end: String)] = [
    // Repetitions inside of repetitions.
    ("(a+)+$", "a", "!"), ("(a*)*$", "a", "!"), ("(a+)*b", "a", "!"), ("((a+)+)+$", "a", "!"),
    ("(((a*)*)*)*b", "a", "!"), ("^(a+)+$", "a", "!"), ("^(a*)+b$", "a", "c"),
    ("(a{1,5})+$", "a", "!"), ("(a{0,3}){0,50}b", "a", "!"), ("([a-z]+)*[A-Z]", "abc", "!"),
    ("([a-zA-Z]+)*$", "abc", "1"), (#"(\w+)*$"#, "word", "!"), (#"(\w+\s?)*$"#, "word ", "!"),
    (#"^(\w+\s?)*$"#, "word ", "\n!"), (#"(\d+)*x"#, "12", "y"), (#"(\s*)*$"#, " ", "x"),
    // Branches that overlap.
    ("(a|a)*$", "a", "!"), ("(a|aa)+$", "a", "!"), ("^(a|a?)+$", "a", "!"),
    ("(a|b|ab)*c", "ab", "!"), ("(aa|aab?)*$", "aa", "c"), ("(x+x+)+y", "x", "z"),
    ("(.*)*!", "a", "?"), ("(.|a)*$", "a", "\n"), ("^(([a-z])+.)+[A-Z]([a-z])+$", "a", "!"),
    ("([ab]|b)*c", "ab", "d"), ("(foo|fo|f)*bar", "foo", "baz"), ("(0|00|000)*1", "0", "2"),
    // Neighbours that take the same.
    (".*.*.*=.*", "a", ""), ("a*a*a*a*a*b", "a", "c"), (#"\s+\s+\s+$"#, " ", "x"),
    ("^.*a.*a.*a.*a.*b$", "a", "c"), ("[a-z]*[a-z]*[a-z]*1", "a", "!"), (#"\d+\d+\d+-"#, "1", "x"),
    (".*,.*,.*,.*,.*;", "a,", "!"), ("a?a?a?a?a?a?a?a?aaaaaaaab", "a", "c"),
    // From the field: mail addresses, URLs, markup, headers, versions, dates.
    (
      #"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$"#,
      "a", "!"
    ),
    (
      #"^([0-9a-zA-Z]([-.\w]*[0-9a-zA-Z])*@([0-9a-zA-Z][-\w]*[0-9a-zA-Z]\.)+[a-zA-Z]{2,9})$"#, "a",
      "!"
    ),
    (#"^(https?:\/\/)?([\da-z.-]+)\.([a-z.]{2,6})([\/\w .-]*)*\/?$"#, "a.", "!"),
    (#"<[^>]*(<[^>]*>)*>"#, "<a", ""), (#"<(.|\n)*?>"#, "<a", ""),
    (#"^\s*(\S+\s*)*;$"#, "ab ", "x"),
    (#"(?:[^,]*,)*[^,]*;"#, "a,", "!"), (#"^(\d+\.)*\d+$"#, "1.", "x"),
    (#"^(\d{1,4}[-/.]?)+T$"#, "2026-", "x"), (#"^[\s]+|[\s]+$"#, "a ", "b"),
    (#"("[^"]*"|[^,]*)*,$"#, "\"a", "!"),
    (#"^(([^<>()\[\]\\.,;:\s@"]+(\.[^<>()\[\]\\.,;:\s@"]+)*)|(".+"))@x$"#, "a.", "@y"),
    (#"^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*$"#, "a-", "!"),
    (#"(\.\d+|\d+\.?\d*)([eE][-+]?\d+)?(x|y)*z"#, "1", "w"), (#"^(.*?,){11}P"#, "1,", "Q"),
    (#"(=+|-+|_+)*\|"#, "=", "!"), (#"^((ab)*)+$"#, "ab", "c"), (#"^(([a-z]*)-?)*$"#, "a-", "!"),
    (#"(\/\*([^*]|\*[^\/])*\*\/)+$"#, "/**", "x"),
    (#"^(?:\+?1[-. ]?)*\(?([0-9]{3})\)?x$"#, "1-", "y"),
    // Characters of several bytes.
    ("(é+)+$", "é", "!"), (#"(\p{L}+)*$"#, "é", "1"), (#"([^\x00-\x7f]|é)*a"#, "é", "b"),
    ("(😀|😀😀)+$", "😀", "!"), (#"(\p{Alphabetic}|\p{L})*1"#, "é", "2"),
  ]

  @Test("a hundred kilobytes are matched in time in proportion", arguments: corpus)
  func linear(pattern: String, part: String, end: String) throws {
    let pattern = try Pattern(pattern)
    func subject(_ bytes: Int) -> String {
      String(repeating: part, count: bytes / part.utf8.count) + end
    }
    let (half, whole) = (subject(50_000), subject(100_000))
    let clock = ContinuousClock()
    func time(_ text: String) -> Duration {
      (0..<3).map { _ in clock.measure { _ = pattern.matches(text) } }.min() ?? .zero
    }
    // Squared, twice the text takes four times as long, and a hundred kilobytes minutes. What is
    // below a millisecond says nothing about how it grows. On a machine that is busy with other things
    // one look may mislead; what is not linear is so every time.
    var looks: [(short: Duration, long: Duration)] = []
    repeat {
      looks.append((time(half), time(whole)))
    } while looks.count < 10 && !looks.suffix(1).allSatisfy(Self.isInProportion)
    #expect(looks.contains(where: Self.isInProportion), "\(looks)")
  }

  private static func isInProportion(_ look: (short: Duration, long: Duration)) -> Bool {
    look.long < .milliseconds(2) || (look.long < .seconds(2) && look.long < look.short * 3.5)
  }

  @Test("there are more than fifty of them") func count() {
    #expect(Self.corpus.count >= 50)
  }

  @Test("matching is part of the work of a check, which is bounded") func work() throws {
    var limits = SchemaLimits()
    limits.maxWork = 2_000_000
    let schema = try Schema(
      ["items": ["pattern": #"^(\p{L}+\s?)*$"#]], limits: limits)
    let text = JSON.string(String(repeating: "é ", count: 5_000))
    #expect(schema.isValid([text]))
    let many = schema.validate(.array(Array(repeating: text, count: 100)))
    #expect(many.map(\.keyword) == ["schema.limit.work"])
  }
}
