import Catalog
import Imports
import JSON
import Support
import Testing
import Tools

@Suite struct ShellFrameTests {
  static let shells = ["/bin/dash", "/bin/bash"].filter {
    ScriptMachine.has(String($0.dropFirst(5)))
  }

  /// A task whose password comes as `$PT_password`.
  private func variant() throws -> Variant {
    let item = try bolt([
      "tasks/hide.json":
        #"{"input_method":"environment","parameters":{"user":{"type":"String"},"password":{"type":"Optional[Sensitive[String]]"}}}"#,
      "tasks/hide.sh": """
      #!/bin/sh
      printf '|%s|%s|' "$PT_user" "${PT_password-none}"
      env | grep -c PT_password
      true

      """,
    ])
    return try #require(try item.loaded().plan.variants.first)
  }

  static let secrets = [
    "simple", "", " ", "two words", "quote\"quote", "apostrophe'", "back\\slash", "\\n", "\\u0041",
    "tab\t",
    "line\nline", "trailing\n\n", "\r\n", "$(touch pwned)", "`touch pwned`", "${HOME}", "%s%d%%",
    "-n", "é 漢字 🚦",
    "\u{1}\u{7F}\u{1B}", "{\"password\":\"other\"}", "password", "a,b:c}d]e", "x\u{8}y\u{C}z",
    String(repeating: "long ", count: 2_000),
  ]

  @Test(
    "a secret comes from standard input byte for byte, and is in no environment", arguments: shells)
  func travels(_ shell: String) throws {
    let variant = try variant()
    #expect(variant.input.environment.map(\.name) == ["PT_user"])
    for secret in Self.secrets {
      let ended = try ScriptMachine.run(
        variant, ["user": "someone", "password": .string(secret)], shell: shell)
      #expect(ended.stdout == "|someone|\(secret)|0\n", "\(secret): \(ended.stderr)")
      #expect(ended.files.isEmpty)
    }
  }

  @Test("a secret is found whatever stands around it", arguments: shells)
  func around(_ shell: String) throws {
    let variant = try variant()
    let arguments: [JSON] = [
      ["user": "password", "password": "right"],
      ["password": "right", "user": "\"password\":\"x\""],
      ["user": "a\\", "password": "right"],
      [
        "more": ["password": "wrong"], "list": ["password", "wrong"], "password": "right",
        "user": "u",
      ],
    ]
    for given in arguments {
      let ended = try ScriptMachine.run(variant, given, shell: shell)
      #expect(ended.stdout.contains("|right|0\n"), "\(given.compact)")
    }
    let absent = try ScriptMachine.run(variant, ["user": "u"], shell: shell)
    #expect(absent.stdout == "|u|none|0\n")
    let zero = try ScriptMachine.run(variant, ["user": "u", "password": "a\0b"], shell: shell)
    #expect(zero.stdout == "|u|none|0\n")
  }

  @Test("a random secret comes as it was sent")
  func random() throws {
    let variant = try variant()
    var random = SeededGenerator(state: 7)
    for _ in 0..<60 {
      var secret = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        let value = UInt32.random(
          in: 1...(Bool.random(using: &random) ? 0x7F : 0xD7FF), using: &random)
        if let scalar = Unicode.Scalar(value) { secret.append(scalar) }
      }
      let ended = try ScriptMachine.run(
        variant, ["user": "u", "password": .string(String(secret))])
      #expect(ended.stdout == "|u|\(String(secret))|0\n")
    }
  }

  @Test("a secret of Tactical RMM gets to its place among the arguments")
  func positions() throws {
    let item = try tactical(
      "#!/bin/bash\nprintf '<%s>' \"$#\" \"$@\"\n", shell: "shell", platforms: ["linux"],
      [("args", ["first", "{{global.ApiKey}}", "{{client.name}}"])])
    let tool = try item.loaded()
    let variant = try #require(tool.plan.variants.first)
    #expect(variant.input.arguments.map(\.text).prefix(2) == ["/arg1", "/client_name"])
    guard
      case .valid(let arguments) = tool.check(
        arguments: ["global_ApiKey": "s3 cret", "client_name": "Acme & Co", "arg4": "last"])
    else {
      Issue.record("refused")
      return
    }
    let ended = try ScriptMachine.run(variant, arguments)
    #expect(ended.stdout == "<4><first><s3 cret><Acme & Co><last>")
  }
}

@Suite struct BundleTests {
  private func tool(_ name: String) throws -> Tool {
    try Importer.run(.bolt, try Fixture.files("bolt/modules")).item(name).loaded()
  }

  @Test("a task finds the files that it brought along")
  func files() throws {
    let variant = try #require(try tool("motd::shared").plan.variants.first)
    let ended = try ScriptMachine.run(variant, ["name": "n", "password": "12345"])
    #expect(ended.stdout == "one\ntwo\n5 of motd::shared\n", "\(ended.stderr)")
    let dry = try ScriptMachine.run(variant, ["name": "n", "password": "1", "noop": true])
    #expect(dry.stdout == "two\n1 of motd::shared\n")
    let empty = try ScriptMachine.run(variant, ["name": "", "password": "1"])
    #expect(empty.stdout == "{\"_error\": \"no name\"}\n")
    #expect(empty.code == 1)
  }

  @Test("a program gets what Bolt adds to its parameters")
  func metaparameters() throws {
    guard ScriptMachine.has("python3") else {
      print("skipped: there is no python3 on the path of scripts")
      return
    }
    let variant = try #require(try tool("box::noop").plan.variants.first)
    let python = variant.script
    guard python.contains("'/usr/bin/python3'"), ScriptMachine.has("python3") else { return }
    let real = try ScriptMachine.run(variant, ["name": "{}"])
    #expect(real.stdout == "False box::noop\n", "\(real.stderr)")
    let dry = try ScriptMachine.run(variant, ["name": "a|b", "noop": true])
    #expect(dry.stdout == "True box::noop\n")
  }

  @Test("a task with variables gets them, and its own name")
  func variables() throws {
    let variant = try #require(try tool("box::noopenv").plan.variants.first)
    #expect(
      try ScriptMachine.run(variant, ["name": "you; id"]).stdout
        == "hello you; id from box::noopenv\n")
    #expect(
      try ScriptMachine.run(variant, ["name": "x", "noop": true]).stdout == "would greet x\n")
  }

  @Test("options of the first line hold")
  func options() throws {
    let item = try tactical(
      "#!/bin/bash -eu\necho \"$-\" | grep -c e\nfalse\necho never\n", shell: "shell",
      platforms: ["linux"])
    let variant = try #require(try item.loaded().plan.variants.first)
    let ended = try ScriptMachine.run(variant, [:])
    #expect(ended.stdout == "1\n")
    #expect(ended.code == 1)
  }
}
