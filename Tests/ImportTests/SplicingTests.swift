import Catalog
import Imports
import JSON
import Testing
import Tools

/// What used to be put into a script's text is data now, whatever a caller sends.
@Suite struct SplicingTests {
  /// Values that were commands, where they were spliced into text.
  static let hostile = [
    "; touch pwned ;", "$(touch pwned)", "`touch pwned`", "' ; touch pwned ; '",
    "\" ; touch pwned ; \"",
    "'\"; touch pwned; \"'", "a\ntouch pwned\n", "| touch pwned", "&& touch pwned", "> pwned",
    "} ; touch pwned",
    "${IFS}touch${IFS}pwned", "$((1+a[$(touch pwned)]))", "a[$(touch pwned)]", "\\$(touch pwned)",
    "EOF\ntouch pwned\n", ") ; touch pwned ; (", "\\\"; touch pwned; \\\"", "-n x", "--", "*", "~",
    "{{ x }}",
    "x' 'y", "  two  blanks  ", "é 漢 🚦", "$HOME", "!!", "#", "a=b",
  ]

  /// Places where `{{ Text }}` may stand, each printing the value between two bars.
  static let places: [(name: String, lines: [String], shell: String)] = [
    ("without quotes", ["printf '|%s|' {{ Text }}"], "/bin/sh"),
    ("between double quotes", ["printf '%s' \"|{{ Text }}|\""], "/bin/sh"),
    ("between single quotes", ["printf '%s' '|{{ Text }}|'"], "/bin/sh"),
    ("within a word", ["X=--x='|'{{ Text }}'|'", "printf '%s' \"$X\""], "/bin/sh"),
    ("in an assignment", ["X={{ Text }}", "printf '|%s|' \"$X\""], "/bin/sh"),
    ("in an exported one", ["export X='{{ Text }}'", "printf '|%s|' \"$X\""], "/bin/sh"),
    ("in a here-document", ["cat <<EOF", "|{{ Text }}|", "EOF"], "/bin/sh"),
    ("in an indented one", ["cat <<-EOF", "\t|{{ Text }}|", "\tEOF"], "/bin/sh"),
    ("in a substitution", ["printf '|%s|' \"$(printf '%s' \"{{ Text }}\")\""], "/bin/sh"),
    ("in a backquoted one", ["X=`printf '%s' \"{{ Text }}\"`", "printf '|%s|' \"$X\""], "/bin/sh"),
    ("after an option", ["printf -- '|%s|' {{ Text }}"], "/bin/sh"),
    ("as a default", ["printf '|%s|' \"${NOBODY:-{{ Text }}}\""], "/bin/bash"),
    ("in a list", ["A=( {{ Text }} )", "printf '|%s|' \"${A[0]}\""], "/bin/bash"),
    ("in C quotes", ["printf '|%s|' $'{{ Text }}'"], "/bin/bash"),
    (
      "in a condition", ["if [[ \"{{ Text }}\" == x ]]; then :; fi", "printf '|%s|' '{{ Text }}'"],
      "/bin/bash"
    ),
    (
      "in a case",
      ["case {{ Text }} in", "x) echo no ;;", "*) printf '|%s|' '{{ Text }}' ;;", "esac"], "/bin/sh"
    ),
    ("in a function", ["f() {", "  printf '|%s|' \"{{ Text }}\"", "}", "f"], "/bin/sh"),
    ("in a loop", ["for x in '{{ Text }}'; do printf '|%s|' \"$x\"; done"], "/bin/sh"),
    ("in a here-string", ["cat <<< \"|{{ Text }}|\""], "/bin/bash"),
    (
      "in nested quotes", ["printf '|%s|' \"$(printf '%s' \"$(printf '%s' '{{ Text }}')\")\""],
      "/bin/bash"
    ),
  ]

  @Test("a value is text wherever it stands", arguments: places)
  func data(_ place: (name: String, lines: [String], shell: String)) throws {
    let item = try ssm(shell: place.lines, ["Text": ["type": "String"]])
    let variant = try #require(try item.loaded().plan.variants.first)
    #expect(!variant.script.contains("{{"))
    for value in Self.hostile {
      let ended = try ScriptMachine.run(variant, ["Text": .string(value)], shell: place.shell)
      #expect(ended.files.isEmpty, "\(place.name): \(value) ran: \(variant.script)")
      // $(…) takes line feeds from the end; nothing else may change.
      let wanted = value.hasSuffix("\n") ? String(value.dropLast()) : value
      #expect(
        ended.stdout.contains("|\(value)|") || ended.stdout.contains("|\(wanted)|"),
        "\(place.name): \(value) came as \(ended.stdout) \(ended.stderr)")
    }
  }

  /// Places where a value would be read as more than text.
  static let refused: [(String, [String])] = [
    ("eval", ["eval \"echo {{ Text }}\""]), ("sh -c", ["sh -c 'echo {{ Text }}'"]),
    ("bash -lc", ["/usr/bin/env bash -lc \"{{ Text }}\""]),
    ("sudo su", ["su - root -c \"echo {{ Text }}\""]),
    ("awk", ["awk '{ print \"{{ Text }}\" }' /dev/null"]),
    ("sed", ["sed 's/a/{{ Text }}/' /dev/null"]),
    ("perl", ["perl -ne 'print {{ Text }}'"]), ("python", ["python3 -c \"print('{{ Text }}')\""]),
    ("ssh", ["ssh host \"echo {{ Text }}\""]), ("psql", ["psql -c \"select '{{ Text }}'\""]),
    ("a pipe into a shell", ["echo '{{ Text }}' | bash"]),
    ("a pipe into sudo", ["printf '%s' {{ Text }} | sudo -n sh -s"]),
    ("a command", ["{{ Text }}"]), ("a command after another", ["true; {{ Text }} x"]),
    ("a command after then", ["if true; then {{ Text }}; fi"]),
    ("a quoted command", ["'{{ Text }}' x"]),
    ("a command in a substitution", ["X=$({{ Text }})"]),
    ("a command after an assignment", ["A=1 {{ Text }}"]),
    ("a command after sudo", ["sudo {{ Text }}"]),
    ("arithmetic", ["echo $(( {{ Text }} + 1 ))"]), ("old arithmetic", ["(( X = {{ Text }} ))"]),
    ("a variable's name", ["echo ${{ Text }}"]),
    ("a pattern of a variable", ["echo ${X#{{ Text }}}"]),
    ("a here-document of a shell", ["bash -s <<EOF", "{{ Text }}", "EOF"]),
    ("a pipe in another line", ["echo 'one", "{{ Text }}' |", "  cat | sudo -u x bash"]),
    ("a pipe into what a variable names", ["echo \"{{ Text }}\" | $PYTHON"]),
    ("a pipe into what is looked up", ["echo \"{{ Text }}\" | $(which python3) -"]),
    ("a pipe into a shell with options", ["echo {{ Text }} | bash -euo pipefail -s -- x"]),
    ("a pipe with errors", ["echo {{ Text }} 2>&1 | sh > /tmp/log 2>&1"]),
    ("a pipe out of a group", ["{ echo a", "  echo {{ Text }}; echo b; } | sh"]),
    ("a pipe out of a subshell", ["( cd /; echo {{ Text }}", "true ) | sh"]),
    ("a pipe out of a loop", ["for x in 1 2; do echo {{ Text }}; done | sh"]),
    ("a pipe out of a condition", ["if true; then echo {{ Text }}; else echo b; fi | sh"]),
    ("a pipe out of a case", ["case x in x) echo {{ Text }} ;; esac | sh"]),
    ("a pipe into a group", ["echo {{ Text }} | { bash; }"]),
    ("a pipe into docker", ["echo {{ Text }} | docker exec -i box sh"]),
    ("a pipe into xargs sh", ["echo {{ Text }} | xargs -I@ sh -c '@'"]),
    ("a pipe into at", ["echo {{ Text }} | at now + 1 minute"]),
    ("a pipe into a client", ["echo \"select '{{ Text }}'\" | psql -U postgres db"]),
    ("tee into a shell", ["echo {{ Text }} | tee >(bash) > /dev/null"]),
    ("a here-document into a pipe", ["cat <<EOF | bash", "{{ Text }}", "EOF"]),
    ("a here-document of a group", ["{ cat <<EOF", "{{ Text }}", "EOF", "} | bash"]),
    ("a here-string of a shell", ["bash <<< \"{{ Text }}\""]),
    ("a here-string of a variable", ["$PYTHON <<< \"{{ Text }}\""]),
    ("a file of a shell", ["bash <(echo {{ Text }})"]),
    ("a sourced file", [". <(printf '%s' '{{ Text }}')"]),
    ("eval of a substitution", ["eval \"$(echo {{ Text }})\""]),
    ("eval of backquotes", ["eval `echo {{ Text }}`"]),
    ("sh -c of a substitution", ["sh -c \"$(cat; echo '{{ Text }}')\""]),
    ("sh -c after a substitution", ["sh -c \"$(cat) {{ Text }}\""]),
    ("a global", ["echo {{ global:DATE }}"]), ("nobody's parameter", ["echo {{ Nobody }}"]),
    ("an unclosed world", [String(repeating: "$(", count: 300) + "{{ Text }}"]),
  ]

  @Test(
    "a value that would be read as more than text is refused, with the line", arguments: refused)
  func refuses(_ place: (String, [String])) throws {
    let item = try ssm(shell: ["true"] + place.1, ["Text": ["type": "String"]])
    #expect(
      [.ssmSplice, .ssmCommands].contains(item.refusal?.code),
      "\(place.0): \(item.tool?.text ?? "")")
    #expect(
      item.refusal?.message.contains("line ") ?? false || place.0.contains("global")
        || place.0.contains("nobody"))
  }

  /// Programs that read a value as data, in scripts that have others as well.
  static let kept: [[String]] = [
    ["echo {{ Text }} | grep x | sort"], ["echo {{ Text }}; cat x | bash"],
    ["echo {{ Text }}", "cat x | sh"], ["echo {{ Text }} && ls | sh"], ["x={{ Text }} || ls | sh"],
    ["echo {{ Text }} | bash script.sh"], ["echo {{ Text }} | python3 -c 'import sys'"],
    ["echo {{ Text }} | python3 parse.py --all"], ["echo {{ Text }} | perl -ne 'print'"],
    ["echo {{ Text }} | ${bin}grep -q x"], ["echo {{ Text }} | $GREP -q x"],
    ["echo {{ Text }} | sudo tee -a /dev/null"], ["echo {{ Text }} | while read -r x; do :; done"],
    ["echo {{ Text }} 2>&1 >| /dev/null; ls | sh"],
    ["echo \"please watch python -c and bash -c {{ Text }}\""],
    ["f() { x='{{ Text }}'", "  ls | sh; }"], ["if true; then x={{ Text }}; fi", "ls | sh"],
    ["x=$(echo {{ Text }})", "ls | sh"], ["echo {a,b} {{ Text }}; find . -exec ls {} \\;"],
    ["cat <<EOF | grep x", "{{ Text }}", "EOF", "ls | sh"],
    ["cat <<EOF > /tmp/x", "bash {{ Text }}", "EOF"],
    ["if a; then b; elif c; then d {{ Text }}; else e; fi"]
      + Array(
        repeating: "if a; then b; elif c; then d; elif e; then f; fi", count: 300),
  ]

  @Test("a value that is only data stays where it is", arguments: kept)
  func keeps(_ lines: [String]) throws {
    let item = try ssm(shell: lines, ["Text": ["type": "String"]])
    #expect(item.refusal == nil, "\(lines[0])")
    _ = try item.loaded()
  }

  @Test("a script that runs text it puts together is what tools check does not pass")
  func runsText() throws {
    let wild: JSON = ["Text": ["type": "String"]]
    for lines in [
      ["C=\"ls {{ Text }}\"", "eval \"$C\""], ["C='{{ Text }}'", "/bin/bash -c \"$C\""],
    ] {
      #expect(try ssm(shell: lines, wild).refusal?.code == .lintError, "\(lines)")
    }
    #expect(try ssm(shell: ["echo eval {{ Text }}"], wild).gaps.map(\.code) == [.ssmSpliceWord])
  }

  @Test("a bounded value may stand in a program of another interpreter")
  func bounded() throws {
    let parameters: JSON = [
      "Number": ["type": "String", "allowedPattern": "^[0-9]{1,5}$", "default": "4"],
      "Word": ["type": "String", "allowedValues": ["alpha", "beta-2"], "default": "alpha"],
    ]
    let item = try ssm(
      shell: [
        "printf 'x\\n' | sed 's/x/{{ Word }}/'", "awk 'BEGIN { print {{ Number }} * 2 }'",
        "echo $(( {{ Number }} * 10 ))",
      ], parameters)
    let tool = try item.loaded()
    let variant = try #require(tool.plan.variants.first)
    #expect(variant.script.contains("sed 's/x/'\"${SSM_Word}\"'/'"))
    let ended = try ScriptMachine.run(variant, ["Number": "4", "Word": "beta-2"])
    #expect(ended.stdout == "beta-2\n8\n40\n")
    for bad in ["1;id", "$(id)", "a"] {
      guard case .invalid = tool.check(arguments: ["Number": .string(bad)]) else {
        Issue.record("\(bad) is taken")
        continue
      }
    }
  }

  @Test("what a shell runs is not put together from values, however bounded")
  func shells() throws {
    for line in [
      "bash -c 'sleep {{ N }}'", "eval \"sleep {{ N }}\"", "ssh host sleep {{ N }}",
      "echo sleep {{ N }} | sudo bash", "bash <<EOF\nsleep {{ N }}\nEOF",
    ] {
      let item = try ssm(
        shell: [line], ["N": ["type": "String", "allowedPattern": "^[0-9]+$"]])
      #expect(item.refusal?.code == .ssmSplice, "\(line)")
    }
  }

  @Test("a here-document with a quoted mark keeps its text, and takes values as text")
  func quotedHeredocs() throws {
    let body = ["$HOME `id` $(id) \\$x \\", "a \\\\ b '\"", "|{{ Text }}|", "{{.Names}}"]
    for mark in ["'EOF'", "\"EOF\"", "\\EOF"] {
      let item = try ssm(
        shell: ["cat <<\(mark) | cat; cat <<-'TWO'"] + body + [
          "EOF", "\t$HOME {{ Text }}", "\tTWO", "echo end",
        ],
        ["Text": ["type": "String"]])
      let variant = try #require(try item.loaded().plan.variants.first)
      for value in Self.hostile {
        let ended = try ScriptMachine.run(variant, ["Text": .string(value)])
        let wanted = body.joined(separator: "\n").split(separator: "{{ Text }}").joined(
          separator: value)
        #expect(ended.stdout == wanted + "\n$HOME \(value)\nend\n", "\(value): \(variant.script)")
        #expect(ended.files.isEmpty)
      }
    }
  }

  @Test("several words stay several words where the document gives some, and are said to")
  func words() throws {
    let item = try ssm(
      shell: ["for p in {{ Packages }}; do printf '<%s>' \"$p\"; done"],
      ["Packages": ["type": "String", "default": "git curl"]])
    #expect(item.gaps.map(\.code) == [.ssmSpliceWord])
    let variant = try #require(try item.loaded().plan.variants.first)
    #expect(try ScriptMachine.run(variant, ["Packages": "a b c"]).stdout == "<a><b><c>")
    let hostile = try ScriptMachine.run(variant, ["Packages": "$(touch pwned) ;touch pwned"])
    #expect(hostile.files.isEmpty)
  }

  @Test("comments, other templates and other languages are left alone")
  func others() throws {
    let item = try ssm(
      shell: [
        "#!/bin/bash", "# {{ Text }} and {{ Nobody }}", "echo \"{{ Text }}\" # it's {{ Text }}",
        "docker ps --format '{{.Names}} {{ json . }}'", "echo ${#} $# a#b", "x=\"${y%\\}}\"",
      ], ["Text": ["type": "String"]])
    let script = try #require(try item.loaded().plan.variants.first).script
    #expect(script.contains("# <Text> and <Nobody>"))
    #expect(script.contains("echo \"${SSM_Text}\" # it's <Text>"))
    #expect(script.contains("'{{.Names}} {{ json . }}'"))
    #expect(script.contains("x=\"${y%\\}}\""))
  }
}

@Suite struct PowerShellSplicingTests {
  private func script(_ lines: [String], _ parameters: JSON) throws -> ImportItem {
    try ssm(shell: lines, parameters, action: "aws:runPowerShellScript")
  }

  static let places: [(String, String)] = [
    ("Write-Output \"a {{ T }} b\"", "Write-Output \"a ${env:SSM_T} b\""),
    ("Write-Output 'a {{ T }} b'", "Write-Output \"a ${env:SSM_T} b\""),
    ("$x = 'it''s $5 `n \"{{ T }}\"'", "$x = \"it's `$5 ``n `\"${env:SSM_T}`\"\""),
    ("Get-Item -Path {{ T }}", "Get-Item -Path ${env:SSM_T}"),
    ("Get-Item C:\\{{ T }}\\x", "Get-Item C:\\${env:SSM_T}\\x"),
    ("# {{ T }}", "# <T>"), ("<# {{ T }} #> 1", "<# <T> #> 1"),
    (
      "$x = \"$(Get-Item '{{ T }}') {{ T }}\"", "$x = \"$(Get-Item \"${env:SSM_T}\") ${env:SSM_T}\""
    ),
    ("\"{0}\" -f \"{{ T }}\"", "\"{0}\" -f \"${env:SSM_T}\""),
    ("Start-Sleep {{ I }}", "Start-Sleep ([int]${env:SSM_I})"),
    ("$on = ${{ B }}", "$on = ([bool]::Parse(${env:SSM_B}))"),
    ("$x = @\"\n{{ T }}\n\"@", "$x = @\"\n${env:SSM_T}\n\"@"),
    ("if (\"{{ T }}\" -eq 'x') { 1 }", "if (\"${env:SSM_T}\" -eq 'x') { 1 }"),
    ("Write-Output --%{{{ T }}} \"$x`", "Write-Output \"--%{${env:SSM_T}} `\"`$x``\""),
    ("Write-Host \"with cmd {{ T }}\"", "Write-Host \"with cmd ${env:SSM_T}\""),
    ("\"{{ T }}\" | Out-File x; ls | sort", "\"${env:SSM_T}\" | Out-File x; ls | sort"),
    ("@{ a = '{{ T }}' }", "@{ a = \"${env:SSM_T}\" }"),
  ]

  @Test("a splice becomes a variable", arguments: places)
  func variable(_ place: (String, String)) throws {
    let item = try script(
      [place.0],
      ["T": ["type": "String"], "I": ["type": "Integer"], "B": ["type": "Boolean"]])
    #expect(try item.loaded().plan.variants.first?.script == place.1)
  }

  static let refused = [
    "Invoke-Expression \"{{ T }}\"", "iex '{{ T }}'", "cmd /c \"echo {{ T }}\"", "{{ T }}",
    "& {{ T }}",
    "1; {{ T }} x", "Get-Date | {{ T }}", "powershell -Command \"{{ T }}\"", "$x = ${{ T }}",
    "$x = @'\n{{ T }}\n'@", "$x = [scriptblock]::Create(\"{{ T }}\")",
    "sqlcmd -Q \"select '{{ T }}'\"",
    "\"{{ T }}\" | Invoke-Expression", "'{{ T }}', 'b' |\n  iex", "\"a {{ T }}\" | % { iex $_ }",
    "@\"\n{{ T }}\n\"@ | powershell -Command -", "icacls x --% {{ T }}",
    "$ExecutionContext.InvokeCommand.InvokeScript(\"{{ T }}\")",
    "Write-Host (iex \"{{ T }}\")", "Add-Type -TypeDefinition \"{{ T }}\"",
    "Write-Output \"$({{ T }})\"", "\"$(iex \"{{ T }}\")\"", "Write-Output 'not closed {{ T }}",
  ]

  @Test("a script that runs text it puts together is what tools check does not pass")
  func runsText() throws {
    for line in ["iex $c", "$x = @(Invoke-Expression $c)", "[ScriptBlock]::Create($c)"] {
      let item = try script(["$c = \"ls {{ T }}\"", line], ["T": ["type": "String"]])
      #expect(item.refusal?.code == .lintError, "\(line)")
    }
    let other = try script(["Get-iex", "$c = \"{{ T }}\""], ["T": ["type": "String"]])
    #expect(other.gaps.isEmpty && other.refusal == nil)
  }

  @Test("what would be code is refused", arguments: refused)
  func refuses(_ line: String) throws {
    let item = try script(["Get-Date", line], ["T": ["type": "String"]])
    #expect(item.refusal?.code == .ssmSplice, "\(item.tool?.text ?? "")")
  }
}
