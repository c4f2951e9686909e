import Testing

@testable import Lint

@Suite struct ShellParserTests {
  private func parse(_ text: String) -> ShellScript { ShellParser.parse(Array(text.utf8)) }

  private func names(_ text: String) -> [String] {
    parse(text).commands.compactMap { $0.words.first?.literal }
  }

  @Test("commands are found wherever they stand")
  func commands() {
    #expect(names("a; b && c || d | e & f") == ["a", "b", "c", "d", "e", "f"])
    #expect(
      names("if a; then b; elif c; then d; else e; fi > x; f") == ["a", "b", "c", "d", "e", "f"])
    #expect(names("while a; do b; done < f | c") == ["a", "b", "c"])
    #expect(
      names("for i in 1 2; do a; done; for i; do b; done").filter { $0.first != "1" } == ["a", "b"])
    #expect(names("case $x in a|b) c ;; (d) e;; *) f\nesac; g") == ["c", "e", "f", "g"])
    #expect(names("f() { a; }; g() ( b ); f") == ["a", "b", "f"])
    #expect(names("! a; time b; { c; }; (d)") == ["a", "b", "c", "d"])
    #expect(names("a # b; c\n#d\ne") == ["a", "e"])
    #expect(names("a \\\n  b\nc") == ["a", "c"])
    #expect(names("cat <<E; a\nb $(c)\nE\nd") == ["cat", "a", "c", "d"])
    #expect(names("cat <<'E'\n$(c)\nE\nd") == ["cat", "d"])
    #expect(names("cat <<-E\n\tb\n\tE\nd") == ["cat", "d"])
    #expect(names("a | \\\n b |\n c") == ["a", "b", "c"])
    #expect(names("[[ a < b && ( c =~ ^(d|e)$ ) ]] && f") == ["a", "f"])
    #expect(names("(( i++ < 3 )) && a; echo $(( (1 + 2) * 3 ))") == ["a", "echo"])
    #expect(names("a=(1 2 $(b)); c") == ["b", "c"])
    #expect(names("diff <(a) <(b)") == ["diff", "a", "b"])
  }

  @Test("quotes, expansions and their operators are told apart")
  func words() throws {
    let script = parse(#"x "a $B" '$C' \$D ${E:-"$F"} ${#G} "${H%'}'}" $(i) $((J)) a"b"'c'"#)
    let words = try #require(script.commands.first).words
    #expect(script.fault == nil && words.count == 10)
    func parameters(_ word: ShellWord) -> [String] {
      word.parts.compactMap { part in
        guard case .parameter(let name, let modifier) = part.kind else { return nil }
        return "\(name)\(modifier) \(part.quoting)"
      }
    }
    #expect(parameters(words[1]) == ["B double"])
    #expect(words[2].literal == "$C" && words[3].literal == "$D")
    #expect(parameters(words[4]) == ["E:- none", "F double"])
    #expect(parameters(words[5]) == ["G# none"])
    #expect(parameters(words[6]) == ["H% double"])
    #expect(words[9].literal == "abc")
  }

  @Test("where input comes from is known")
  func pipes() throws {
    let script = parse("a | b | while c; do d; done; e < f | (g); h")
    func command(_ name: String) -> ShellCommand? {
      script.commands.first { $0.words.first?.literal == name }
    }
    #expect(command("a")?.isPiped == false && command("b")?.isPiped == true)
    #expect(command("b")?.source == 0 && command("h")?.isPiped == false)
    let loop = try #require(command("d")?.compound)
    #expect(script.compounds[loop].isPiped && script.compounds[loop].kind == .loop)
    let subshell = try #require(command("g")?.compound)
    #expect(script.compounds[subshell].isPiped && script.compounds[subshell].kind == .subshell)
  }

  @Test(
    "what a shell cannot read is told where it began",
    arguments: [
      ("echo 'a", 5), ("echo \"a", 5), ("echo $(a", 5), ("echo ${a", 5), ("echo `a", 5),
      ("a\nif b; then c", 2), ("while a; do b; fi", 15), ("a; done", 3), ("}", 0), ("a )", 2),
      ("case x in a) b", 0), ("cat <<E\na", 6), ("f() { a", 4), ("a;; b", 1),
      ("for; do a; done", 0),
      ("(a; b", 0), ("[[ a", 0), ("case x a) b;; esac", 0), ("then", 0), ("a >", 2),
    ])
  func faults(text: String, offset: Int) {
    let fault = parse(text).fault
    #expect(fault?.offset == offset, "\(String(describing: fault))")
  }

  @Test(
    "what a shell can read is not told",
    arguments: [
      "", "#", "\n\n", "a=1", ">x", "echo if then fi do done", "echo }", "case a in esac",
      "case $x in [a-z]*|\"b c\") ;; esac", "echo ${x:-`a`}", "echo \"${x:-'a'}\"",
      "echo $(case x in x) a;; esac)", "echo \"$(echo \"$(echo \"a\")\")\"", "echo '#' a#b \\#",
      "echo $'a\\'b' $\"c\"", "f () { :; } > x 2>&1", "a 2>&1 >&- <&3 3<>x", "a && { b; } || c",
      "if ! a; then :; fi", "x=a y=$b z=\"c d\" e f=g", "until a; do b; done", "echo a\\\nb",
      "a() if b; then c; fi", "cat <<A <<B\n1\nA\n2\nB\n", "echo $# $? $$ $! $- $@ $* $0 $1",
      "echo ${x##*/} ${x%%.*} ${#x} ${x+set} ${x?no} ${1} ${@}", "echo $",
      "echo $/ \"$\" \"$(\n)\"",
      "case x in\n(a) b;;\n# c\nd) e\nesac", "while read -r a\ndo b\ndone <<E\n$(c)\nE\n",
    ])
  func readable(text: String) {
    #expect(parse(text).fault == nil, "\(String(describing: parse(text).fault))")
  }

  @Test("programs behind others are found")
  func invocations() {
    let cases: [(String, [String])] = [
      ("sudo -u root env A=b timeout -k 5 10 /usr/bin/rm -rf x", ["sudo", "env", "timeout", "rm"]),
      ("find . -type f -exec sh -c 'a' sh {} \\;", ["find", "sh"]),
      ("ls | xargs -n 1 -P 4 rm", ["ls", "xargs", "rm"]),
      ("command -v jq", ["command"]), ("nice -n 5 nohup a", ["nice", "nohup", "a"]),
      ("$x a", []), ("exec tail -n 1", ["exec", "tail"]),
    ]
    for (text, expected) in cases {
      #expect(parse(text).invocations.map(\.name) == expected, "\(text)")
    }
  }

  @Test("what bash has beyond POSIX is noted")
  func extensions() {
    let bash = [
      "[[ a ]]", "a=(1)", "${x/a/b}", "${x^^}", "${x:0:1}", "a <<< b", "a &> b",
      "function f { a; }",
      "((i++))", "diff <(a) b", "$'a'", "for ((i=0;i<1;i++)); do a; done", "${!x}", "${x[0]}",
      "select a in b; do c; done",
    ]
    for text in bash {
      #expect(
        !parse("echo \(text)").extensions.isEmpty || !parse(text).extensions.isEmpty, "\(text)")
    }
    for text in ["${x:-a}", "$((1))", "[ a ]", "\"$@\"", "'[['", "\"$'a'\"", "a > b 2>&1"] {
      #expect(parse("echo \(text)").extensions.isEmpty, "\(text)")
    }
  }
}
