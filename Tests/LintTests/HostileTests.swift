import Catalog
import Support
import Testing

@testable import Lint

/// Definitions that were made to be a burden. A test that takes for ever fails by itself.
@Suite struct HostileTests {
  private static let size = 8_000

  static let scripts: [String] = [
    "$((", "$(", "${", "${a:-", "`", "\"$(", "((", "(", "{ ", "[[ ", "if ", "case x in a) ",
    "while ", "<<E\n", "<<E $(", "x[", "x[;", "a=(", "a=(b) ", "f() ", "f(){ :;};", "${x:-\"", "@(",
    "'", "''", "\"", "\"\" ", "\\", "\\\n", "#", "a;", "a|", "a&&", "env ", "sudo a;", "$X ",
    "$UNIT ",
    "\"$UNIT\" ", "eval ", "read x;", "x=$UNIT;", "export PASSWORD;", "{{", "{{unit}}", "<%=unit%>",
    "@unit@", "exit 3;", "exit;", ">/tmp/a ", "rm a;", "cat \"$1\";", "$((1))", "$((a)", "$(a)",
    "`a`",
    "((1));", "! ", "time ", "a\n", "\n", "é", "x=", "=", "for i in a;do ", ";;", "&", "| ", "a\\",
    "'a' ", "\"${x%'", "cat <<'E'\n\nE\n", "find . -exec ", "xargs ",
  ].map { piece in String(repeating: piece, count: size / piece.utf8.count) }

  @Test("no script of a shell takes more than its length", arguments: scripts.indices)
  func shell(index: Int) {
    let script = Self.scripts[index]
    let isOver = SmallStack.run {
      let parsed = ShellParser.parse(Array(script.utf8))
      return parsed.commands.count <= script.utf8.count + 1
    }
    #expect(isOver, "\(script.prefix(20))")
    // As a quoted string, so that the YAML is as hostile as the script.
    let quoted = script.replacing("\\", by: "\\\\").replacing("\"", by: "\\\"")
      .replacing("\n", by: "\\n")
    let text = Examples.definition(
      "run: [{with: shell, input: {env: {UNIT: /unit}}, script: \"\(quoted)\"}]")
    #expect(SmallStack.run { report(text).findings.count <= 400 })
  }

  static let others: [String] = [
    "(*", "<#", "\"", "\"$(", "@\"\n", "$", "${", "`", "/", "/a", "'", "a ", "& ", "[",
    "Remove-Item a;",
    "exit 3;", "\"a\" ", "$env:UNIT ", "do shell script \"a\" & b\n", "eval(", "iex ", "--", "//",
    "$password = 'hunter2';", "\\",
  ]

  @Test("no script of another language does either", arguments: others)
  func tokens(piece: String) {
    let bytes = Array(String(repeating: piece, count: Self.size / piece.utf8.count).utf8)
    for language in [Script.Language.powerShell, .appleScript, .javaScript] {
      #expect(Tokenizer.tokens(of: bytes, in: language).count <= bytes.count)
    }
    for executor in ["powershell", "osascript"] {
      let lines = String(decoding: bytes, as: UTF8.self)
      let text = Examples.definition(variant(lines, with: executor))
      #expect(report(text).findings.count <= 400)
    }
  }

  @Test("scripts that are broken at random are read to their end, on a small stack")
  func mutations() {
    let isOver = SmallStack.run {
      var random = SeededGenerator(state: 0x5B01)
      let seeds = ShellRuleTests.scripts.map { Array($0.utf8) }
      let alphabet = Array("$(){}[]'\"`\\;|&<>\n #=!ex".utf8)
      for _ in 0..<3_000 {
        var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[place] = byte
          case 1: bytes.insert(byte, at: place)
          default: bytes.removeLast(bytes.count - place)
          }
        }
        let parsed = ShellParser.parse(bytes)
        for command in parsed.commands where command.range.upperBound > bytes.count { return false }
        _ = parsed.invocations
        for language in [Script.Language.powerShell, .appleScript, .javaScript] {
          for token in Tokenizer.tokens(of: bytes, in: language)
          where token.range.upperBound > bytes.count { return false }
        }
      }
      return true
    }
    #expect(isOver)
  }

  @Test("definitions that are broken at random are reported on")
  func definitions() {
    var random = SeededGenerator(state: 0x5B02)
    let seeds = Rulebook.entries.compactMap { entry -> [UInt8]? in
      guard case .fields(let bad, _) = entry.example else { return nil }
      return Array(Examples.definition(bad).utf8)
    }
    for _ in 0..<600 {
      var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
      }
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for finding in report(bytes, file: "t.yaml").findings {
        #expect(finding.position.line <= lines.count + 1)
      }
    }
  }

  @Test("the findings of one file have an end")
  func limit() {
    let text = Examples.definition(variant(String(repeating: "eval a\n", count: 5_000)))
    #expect(report(text).findings.count == 200)
  }

  @Test("comments that allow something have an end")
  func comments() {
    let text = String(repeating: "# signalbox-allow SB0315: a\n", count: 20_000)
    let found = report(text + Rulebook.sample).findings
    #expect(found.count == 200 && found.allSatisfy { $0.code == Code(164) })
  }
}
