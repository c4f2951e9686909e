import JSON
import Testing

@testable import Imports

@Suite struct ParamBlockTests {
  private func parameters(_ text: String) throws -> [ParamBlock.Parameter] {
    try #require(try ParamBlock.read(text)).parameters
  }

  @Test("parameters are found whatever stands before them and in them")
  func found() throws {
    let block = try parameters(
      """
      #Requires -Version 5
      <# param( [string] $Fake ) #>
      using namespace System
      [CmdletBinding(DefaultParameterSetName = "a)b")]
      PARAM
      (
        [Parameter(Mandatory, HelpMessage = "a, b) c")] [string[]] $A = @('x, y', "z)"),
        $B = $( if ($true) { "1)" } else { '2)' } ),
        [ValidateScript({ $_ -match '[)]' })]
        ${C D} = @{ k = 1; l = @(2, 3) }, # of C
        [int]$E=(1+2),[switch]$F
      )
      param($Another)
      """)
    #expect(block.map(\.name) == ["A", "B", "C D", "E", "F"])
    #expect(block.map(\.type) == ["string[]", nil, nil, "int", "switch"])
    #expect(block[0].attributes[0].named["helpmessage"] == "\"a, b) c\"")
    #expect(block[2].comment.contains("of C"))
    #expect(block[3].defaultSource == "(1+2)")
  }

  static let none = [
    "", "Write-Output 1", "function f { param($a) $a }", "$x = 1\nparam($a)", "# param($a)\n1",
    "'param($a)'", "paramx($a)", "param", "param $a", "@'\nparam($a)\n'@",
  ]

  @Test("a script without parameters has none", arguments: none)
  func without(_ text: String) throws { #expect(try ParamBlock.read(text) == nil) }

  static let broken = [
    "param(", "param($a", "param($a,", "param($a $b)", "param([string $a)", "param(\"a\")",
    "param($a = ",
    "param($a = 'x)", "param($a = \"x$(y)", "param($a = @'\nx)", "param([", "[CmdletBinding(",
    "param(5)",
    "param($a = " + String(repeating: "(", count: 100_000),
    "param(" + String(repeating: "$a,", count: 100_000) + "$b)",
  ]

  @Test("what cannot be read is refused, and nothing crashes", arguments: broken)
  func unreadable(_ text: String) throws {
    #expect(throws: PowerShellScanner.Unreadable.self) { _ = try ParamBlock.read(text) }
  }

  static let literals: [(String, JSON?)] = [
    ("'a'", "a"), ("\"a\"", "a"), ("'it''s'", "it's"), ("\"a`\"b\"\"c\"", "a\"b\"c"),
    ("\"`$x\"", "$x"),
    ("\"5$\"", "5$"), ("\"a $b\"", nil), ("\"$(1)\"", nil), ("'$b'", "$b"), ("5", 5), ("-3", -3),
    ("0x1F", 31),
    ("2kb", 2048), ("1MB", 1_048_576), ("1.5", .number(JSONNumber(validated: "1.5"))), ("10L", 10),
    ("$true", true),
    ("$False", false), ("$null", .null), ("@()", []), ("@{}", [:]), ("@('a', \"b\")", ["a", "b"]),
    ("@(1;2\n3)", [1, 2, 3]), ("('a')", "a"), ("('a' + 'b')", nil), ("(Get-Date)", nil),
    ("$env:TEMP", nil),
    ("'a' # note", "a"), ("'a', 'b'", nil), ("Get-Date", nil),
    ("@'\nline ' \" $x\n'@", "line ' \" $x"),
    ("@\"\nplain\n\"@", "plain"), ("@\"\n$x\n\"@", nil), ("\u{201C}curly\u{201D}", "curly"),
    ("", nil),
    ("@('a', @('b'))", nil), ("[int]5", nil), ("+7", 7),
    (".5", .number(JSONNumber(validated: "0.5"))),
  ]

  @Test("values that stand in the source have them, and others have none", arguments: literals)
  func evaluates(_ literal: (String, JSON?)) {
    #expect(PowerShellLiteral.value(of: literal.0) == literal.1)
  }

  @Test("types have their schemas, and what text cannot be is said")
  func types() throws {
    let expected: [(String, String)] = [
      ("string", #"{"type":"string"}"#), ("System.Int32", #"{"type":"integer"}"#),
      ("UInt16", #"{"type":"integer","minimum":0}"#), ("decimal", #"{"type":"number"}"#),
      ("bool", #"{"type":"boolean"}"#), ("Switch", #"{"type":"boolean"}"#),
      ("string []", #"{"type":"array","items":{"type":"string"}}"#),
      ("object[]", #"{"type":"array"}"#),
      ("Nullable[int]", #"{"type":"integer"}"#),
      ("System.Nullable[System.DateTime]", #"{"type":"string"}"#),
      ("Collections.Generic.List[int]", #"{"type":"array","items":{"type":"integer"}}"#),
      ("hashtable", #"{"type":"object"}"#), ("object", "{}"),
      ("byte", #"{"type":"integer","minimum":0,"maximum":255}"#),
    ]
    for (source, schema) in expected {
      let type = ParameterType(source)
      #expect(JSON.object(type.schema) == (try JSON(parsing: schema)), "\(source)")
      #expect(type.kind != .unknown, "\(source)")
    }
    for source in ["Foo", "System.IO.FileMode", "hashtable[]", "Func[int,int]", "", "]", "[]"] {
      #expect(ParameterType(source).kind == .unknown, "\(source)")
    }
  }

  @Test("help is found in blocks and in lines, at the beginning and at the end")
  func help() {
    let block = CommentHelp(
      "<#\n.SYNOPSIS\n  Short.\n.PARAMETER Name\n  The name.\n\n  More.\n.NOTES\n x\n#>\nparam()")
    #expect(block.synopsis == "Short.")
    #expect(block.parameters["name"] == "The name.\n\nMore.")
    #expect(
      CommentHelp("# .SYNOPSIS\n# Short.\n# .DESCRIPTION\n# Long.\n\n1").description == "Long.")
    #expect(CommentHelp("1\n<#\n.DESCRIPTION\nAt the end.\n#>\n").description == "At the end.")
    #expect(CommentHelp("<# just words .SYNOPSIS here #>").synopsis.isEmpty)
    #expect(CommentHelp("<#").synopsis.isEmpty)
  }

  @Test("words and variables are found outside of comments")
  func words() {
    let words = PowerShellWords(
      "# Read-Host\n$a = \"$PSScriptRoot don't\"; 'Read-Host'; foo $args[3]\nRead-Host 'x'")
    #expect(words.words.contains("read-host"))
    #expect(words.variables.contains("psscriptroot"))
    #expect(words.positionalCount == 4)
    #expect(
      !PowerShellWords("# Read-Host\n<# $args #>\n'Read-Host $args'").words.contains("read-host"))
    #expect(PowerShellWords("\"$args\"").positionalCount == 0)
    #expect(PowerShellWords("1").positionalCount == nil)
  }
}

@Suite struct PatternTests {
  static let patterns: [(String, ForeignPattern.Dialect, String?)] = [
    ("^[a-z]+$", .java, "^[a-z]+$"), ("\\A[0-9]+\\z", .ruby, "^[0-9]+$"),
    ("^\\d{1,3}\\Z", .dotNet, "^\\d{1,3}$"),
    ("[[:alpha:]_\\-]+", .ruby, "[a-zA-Z_\\-]+"), ("\\h+", .ruby, "[0-9a-fA-F]+"),
    ("a/b", .ruby, "a\\/b"),
    ("(?<name>a|b)", .dotNet, "(?:a|b)"), ("(?i)ab", .java, "[aA][bB]"),
    ("(?i:a)b", .java, "(?:[aA])b"),
    ("[\\w-]+", .java, "[\\w\\-]+"), ("[\\w.-]+", .java, "[\\w\\.\\-]+"),
    ("[a-f-]", .dotNet, "[a-f\\-]"),
    ("{a}", .dotNet, "\\{a\\}"), ("a{2}", .java, "a{2}"), ("a{,3}", .ruby, "a{0,3}"),
    ("]", .dotNet, "\\]"),
    ("[]a]", .dotNet, "[\\]a]"), ("[a[b]", .dotNet, "[a\\[b]"), ("\\_\\-\\:", .java, "_-:"),
    ("\\p{L}\\p{Alpha}", .java, "[\\p{L}][a-zA-Z]"), ("\\Qa.b\\E+", .java, "a\\.b+"),
    ("\\x41\\u0042", .java, "AB"),
    ("(?#note)a", .dotNet, "a"), ("a+?b", .java, "a+b"), ("(?s).", .java, "[\\s\\S]"),
    ("(?-mix:a)", .ruby, "(?:a)"),
    ("^(?:[A-Z]{2}|x)$", .dotNet, "^(?:[A-Z]{2}|x)$"), ("", .java, ""), ("\\.", .java, "\\."),
    ("(?=a)", .java, nil), ("(?!a)", .ruby, nil), ("(?<=a)", .dotNet, nil),
    ("(?<!a)", .dotNet, nil), ("a++", .java, nil),
    ("(?>a)", .ruby, nil), ("(a)\\1", .java, nil), ("\\k<n>", .dotNet, nil), ("[a&&b]", .java, nil),
    ("[a-z-[aeiou]]", .dotNet, nil), ("(", .java, nil), (")", .java, nil), ("[a", .java, nil),
    ("*a", .java, nil),
    ("\\", .java, nil), ("(?x)a b", .java, nil), ("[z-a]", .java, nil), ("\\p{Foo}", .java, nil),
    ("[[:foo:]]", .ruby, nil),
    (String(repeating: "(", count: 3_000), .java, nil), ("(?<", .java, nil), ("(?", .java, nil),
    ("a{1,2000}", .java, nil),
    ("[a[bc]]", .java, nil),
  ]

  @Test("a pattern means the same here, or is none", arguments: patterns)
  func translates(_ pattern: (String, ForeignPattern.Dialect, String?)) {
    #expect((try? ForeignPattern.translate(pattern.0, pattern.1)) == pattern.2, "\(pattern.0)")
  }

  @Test("case does not count where the other engine ignores it")
  func ignoringCase() throws {
    #expect(
      try ForeignPattern.translate("^[a-c]x-[^d]$", .dotNet, ignoringCase: true)
        == "^[a-cA-C][xX]-[^dD]$")
  }

  @Test("tame patterns let through only what means nothing elsewhere")
  func tame() {
    for text in [
      "^[a-z0-9._-]{1,9}$", "^\\d+$", "^(a|b-2)$", "^[0-9A-F]{2}(:[0-9A-F]{2})*$", "^abc?$",
      "^\\w+\\.\\w+$",
    ] {
      #expect(TamePattern.isTame(text), "\(text)")
    }
    for text in [
      "[a-z]+", "^[a-z]+", "[a-z]+$", "^[^;]+$", "^.*$", "^a|b$", "^[a-z ]+$", "^\\S+$",
      "^[a-z$]+$", "^[!-~]+$", "^a\\$",
      "^\\W$", "^[\\s]$", "^a/b$", "", "^", "$", "^(a$", "^[a", "^[+--]$",
    ] {
      #expect(!TamePattern.isTame(text), "\(text)")
    }
    #expect(TamePattern.isNumeric("^-?[0-9]{1,3}$"))
    #expect(TamePattern.isNumeric("^\\d+$"))
    for text in ["^[0-9a-f]+$", "^\\w+$", "^[0-9]+|x$", "^[0-9,]+$", "^[0-9:]+$"] {
      #expect(!TamePattern.isNumeric(text), "\(text)")
    }
  }

  @Test("secrets are told by their names, and what speaks about secrets is none")
  func secrets() {
    for name in [
      "Password", "adminPassword", "API_KEY", "HuduApiKey", "ApiKeyTactical", "client_secret",
      "ClientSecret", "authToken",
      "token", "PSK", "dbPasswd", "privateKey", "PRIVATE_KEY", "global.ApiKey", "userPwd",
      "Credentials",
    ] { #expect(SecretName.isSecret(name), "\(name)") }
    for name in [
      "Name", "PasswordLength", "TokenFile", "secret_name", "SecretArn", "keyboard", "Monkey",
      "passwordExpires", "tokenUrl",
      "ApiKeyId", "publicKey", "primaryKey", "compass", "", "___",
    ] { #expect(!SecretName.isSecret(name), "\(name)") }
  }
}
