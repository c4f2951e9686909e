import Catalog
import Imports
import JSON
import Support
import Testing

/// Libraries that were written to break an importer. Each item is imported or refused; none stops
/// the others, and none costs the suite any time that one would notice.
@Suite struct HostileTests {
  private func run(_ kind: ImportKind, _ files: [String: [UInt8]]) -> ImportResult {
    let result = Importer.run(kind, SourceFiles(files))
    for item in result.items { #expect((item.tool == nil) != (item.refusal == nil)) }
    return result
  }

  private func text(_ count: Int, _ unit: String) -> [UInt8] {
    Array(String(repeating: unit, count: count).utf8)
  }

  static let lists: [String] = [
    "", "[", "[[", "[]", "[,]", "[,,]", "[}", "[{]", "[{}", "[{]}", "[\"", "[\"a", "[\"a\\",
    "[1,2,3]", "[null]", "]", "{}",
    "[{\"name\":\"\\ud800\"}]", "[{} {}]", "[{}] trailing", "\u{FEFF}[]",
    "[{\"a\":{\"b\":[{\"c\":1}]}}]", "[\n{\n\"a\": \"x\n},\n{}\n]",
  ]

  @Test("a broken list is taken apart as far as it goes", arguments: lists)
  func apart(_ list: String) {
    _ = run(.tactical, ["x/community_scripts.json": Array(list.utf8)])
  }

  @Test("a list of a megabyte of brackets ends soon")
  func brackets() {
    for unit in ["[", "{", "\"", "{\"a\":", "[{", "},", ",", "\\", "{\"a\":\"b\"},"] {
      _ = run(
        .tactical, ["x/community_scripts.json": [0x5B] + text(1_000_000 / unit.utf8.count, unit)])
    }
  }

  @Test("ten thousand items of one name have ten thousand names")
  func many() {
    let item =
      #"{"name":"Same","filename":"a.ps1","shell":"powershell","supported_platforms":["windows"]},"#
    let result = run(
      .tactical,
      [
        "x/community_scripts.json": [0x5B] + text(2_000, item) + [0x5D],
        "x/scripts/a.ps1": Array("Get-Date\n".utf8),
      ])
    #expect(Set(result.items.compactMap { $0.tool?.name }).count == 2_000)
  }

  static let scripts: [(String, [UInt8])] = [
    ("zeros", [UInt8](repeating: 0, count: 100_000)),
    ("ones", [UInt8](repeating: 0xFF, count: 100_000)),
    ("too long", [UInt8](repeating: 0x61, count: 300_000)),
    ("as long as it may be", [UInt8](repeating: 0x61, count: 262_144)),
    ("one byte more", [UInt8](repeating: 0x61, count: 262_145)),
    ("only line feeds", [UInt8](repeating: 0x0A, count: 10_000)),
    ("lines of a letter", Array(String(repeating: "a\n", count: 130_000).utf8)),
    ("carriage returns", [UInt8](repeating: 0x0D, count: 10_000)),
    ("mixed line ends", Array("a\r\r\nb\rc\nd\r".utf8)),
    ("half of UTF-16", [0xFF, 0xFE, 0x61]), ("a mark alone", [0xEF, 0xBB, 0xBF]),
    ("marks", [0xEF, 0xBB, 0xBF, 0xEF, 0xBB, 0xBF]),
    ("UTF-16 surrogates", [0xFF, 0xFE, 0x00, 0xD8, 0x61, 0x00]),
    ("undefined in the code page", [0x61, 0x81]),
    ("controls", Array(0x01...0x1F) as [UInt8]),
    ("param of brackets", Array(("param(" + String(repeating: "[", count: 100_000)).utf8)),
    ("quotes", Array(String(repeating: "\"'", count: 50_000).utf8)),
    ("here-strings", Array(String(repeating: "@'\n", count: 30_000).utf8)),
    ("comments", Array(String(repeating: "<#", count: 50_000).utf8)),
    ("braces", Array(String(repeating: "{{", count: 50_000).utf8)),
    ("templates", Array(String(repeating: "{{a.b}}", count: 20_000).utf8)),
    ("dollars", Array(String(repeating: "$($(", count: 30_000).utf8)),
    (
      "parameters",
      Array(("param(" + (0..<250).map { "$p\($0)" }.joined(separator: ",") + ")").utf8)
    ),
    ("bidi", Array("Write-Output 1 # \u{202E}1 tuptuO-etirW\n".utf8)),
    ("a next line", Array("a\u{85}b\u{2028}c\n".utf8)),
  ]

  @Test("a hostile script is imported or refused, in every shell", arguments: scripts)
  func everyShell(_ script: (String, [UInt8])) throws {
    for shell in ["powershell", "cmd", "shell"] {
      let item = try tactical(
        script.1, shell: shell, platforms: ["windows", "linux"],
        [
          ("args", ["{{a.b}}", "-p0", "x y", "{", "\"", "-"]),
          ("env", ["A={{b.c}}", "", "=", "A"]),
        ])
      #expect((item.tool == nil) != (item.refusal == nil))
      if item.tool != nil { _ = try item.loaded() }
    }
  }

  @Test("a script of 256 KiB is imported, and one of a byte more is refused for its size")
  func size() throws {
    let fits = try tactical([UInt8](repeating: 0x61, count: 262_144))
    #expect(fits.refusal == nil)
    let more = try tactical([UInt8](repeating: 0x61, count: 262_145))
    #expect(more.refusal?.code == .scriptTooLarge)
  }

  @Test("any bytes at all go through every importer")
  func random() {
    var random = SeededGenerator(state: 42)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", " ", "name", "filename", "shell",
      "powershell", "a.ps1", "param(", "$a",
      "schemaVersion", "2.2", "mainSteps", "inputs", "runCommand", "{{ x }}", "'", "parameters",
      "type", "Enum[", "- ", "&a", "*a",
      "|\n", "\t", "\u{FEFF}", "é", "#", "!x", "---\n", "default",
    ]
    for _ in 0..<1_500 {
      var text = ""
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }
      var bytes = Array(text.utf8)
      if Bool.random(using: &random), !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      _ = run(.tactical, ["x/community_scripts.json": bytes, "x/scripts/a.ps1": bytes])
      _ = run(.bolt, ["m/tasks/a.json": bytes, "m/tasks/a.sh": bytes, "m/types/a.pp": bytes])
      _ = run(.ssm, ["a.json": bytes, "b.yaml": bytes])
    }
  }

  @Test("types of any shape go through, and none costs much")
  func types() {
    var random = SeededGenerator(state: 3)
    let pieces = [
      "Array[", "Hash[", "Struct[{", "Optional[", "Variant[", "Enum[", "Pattern[", "/a/", "'a'",
      "a", "]", "}", "=>", ",", "1", "-1",
      "default", "String", "Integer", "M::A", "Tuple[", "Sensitive[", " ", "\"", "/", "\\", "true",
    ]
    for _ in 0..<1_500 {
      var type = ""
      for _ in 0..<Int.random(in: 0...16, using: &random) {
        type += pieces[Int.random(in: 0..<pieces.count, using: &random)]
      }
      let metadata: JSON = ["input_method": "stdin", "parameters": ["x": ["type": .string(type)]]]
      let result = run(
        .bolt,
        [
          "m/tasks/t.json": metadata.bytes, "m/tasks/t.sh": Array("#!/bin/sh\ncat\n".utf8),
          "m/types/a.pp": Array("type M::A = Variant[M::A, Array[M::A], Hash[M::A, M::A]]\n".utf8),
        ])
      #expect(result.items.count == 1)
    }
  }

  @Test("aliases of aliases stand for no more than a definition holds")
  func aliases() {
    var files: [String: [UInt8]] = [
      "m/tasks/t.json": Array(#"{"parameters":{"x":{"type":"M::A0"}}}"#.utf8),
      "m/tasks/t.sh": Array("#!/bin/sh\ncat\n".utf8),
    ]
    for level in 0..<20 {
      files["m/types/a\(level).pp"] = Array(
        "type M::A\(level) = Struct[{\((0..<10).map { "k\($0) => M::A\(level + 1)" }.joined(separator: ", "))}]"
          .utf8)
    }
    let result = run(.bolt, files)
    #expect(result.items.count == 1)
    #expect(result.items[0].gaps.contains { $0.code == .argumentType })
  }

  @Test("a name of a hundred kilobytes costs its item nothing but the rest of the name")
  func longNames() throws {
    let name = String(repeating: "n", count: 100_000)
    let document: JSON = [
      "schemaVersion": "2.2",
      "mainSteps": [
        ["name": .string(name), "action": "aws:runShellScript", "inputs": ["runCommand": ["id"]]]
      ],
    ]
    var items = ssm(["Name": .string(name), "Content": document])
    let resource: JSON = [
      "Type": "AWS::SSM::Document",
      "Properties": ["Content": document, "Name": .string(name)],
    ]
    items += ssm(["Resources": .object(JSONObject([(name, resource)]))])
    items +=
      run(
        .bolt,
        [
          "m/metadata.json": JSON.object(JSONObject([("name", .string("own/" + name))])).bytes,
          "m/tasks/t.sh": Array("#!/bin/sh\nid\n".utf8),
          "m/tasks/\(name).sh": Array("#!/bin/sh\nid\n".utf8),
        ]
      ).items
    let item: JSON = [
      "name": .string(name), "filename": "a.ps1", "shell": "powershell",
      "supported_platforms": ["windows"],
    ]
    items +=
      run(
        .tactical,
        [
          "x/community_scripts.json": JSON.array([item]).bytes,
          "x/scripts/a.ps1": Array("Get-Date\n".utf8),
        ]
      ).items
    #expect(items.count == 5)
    for item in items {
      #expect(item.part?.utf8.count ?? 0 < 300)
      let tool = try item.loaded()
      #expect(tool.definition.bytes.count < 4_000)
    }
  }

  @Test("what is empty or absent is called so") func reasons() throws {
    let library = ["x/scripts/a": Array("id".utf8)]
    func reason(_ list: String) -> String? {
      let files = library.merging(["x/community_scripts.json": Array(list.utf8)]) { $1 }
      return run(.tactical, files).items.first?.refusal?.message
    }
    #expect(
      reason(#"[{"name":"n","filename":" ","shell":"shell"}]"#) == #"its "filename" is empty"#)
    #expect(
      reason(#"[{"name":"n","filename":null,"shell":"shell"}]"#)
        == #"its "filename" is null, not a text"#)
    let list = ssm(["Content": ["mainSteps": []]]).first?.refusal?.message
    #expect(list?.hasPrefix("it has no schemaVersion; ") ?? false)
    let version = ssm(["schemaVersion": ["2.2"]]).first?.refusal?.message
    #expect(version?.hasPrefix(#"its schemaVersion is ["2.2"]; "#) ?? false)
  }

  @Test("a document of many splices is refused for their number")
  func splices() throws {
    let item = try ssm(
      shell: [String(repeating: "echo \"{{ A }}\"\n", count: 5_000)], ["A": ["type": "String"]])
    #expect(item.refusal?.message.contains("1000 splices") ?? false)
    let fine = try ssm(
      shell: [String(repeating: "echo \"{{ A }}\"\n", count: 900)], ["A": ["type": "String"]])
    #expect(fine.refusal == nil)
  }

  @Test("a document of many steps and parameters is bounded")
  func bounds() {
    let step: JSON = ["action": "aws:runShellScript", "inputs": ["runCommand": ["id"]]]
    #expect(
      ssm(["schemaVersion": "2.2", "mainSteps": .array(Array(repeating: step, count: 201))])[0]
        .refusal != nil)
    #expect(
      ssm(["schemaVersion": "2.2", "mainSteps": .array(Array(repeating: step, count: 200))]).count
        == 200)
    let parameters = JSONObject((0..<201).map { ("p\($0)", ["type": "String"]) })
    #expect(
      ssm(["schemaVersion": "2.2", "parameters": .object(parameters), "mainSteps": [step]])[0]
        .refusal?.code
        == .itemShape)
  }

  @Test("a whole import fits the smallest stack that there is")
  func smallStack() {
    let fits = SmallStack.run {
      let deep = String(repeating: "[", count: 120) + String(repeating: "]", count: 120)
      let type =
        String(repeating: "Array[", count: 30) + "String" + String(repeating: "]", count: 30)
      _ = Importer.run(
        .tactical, SourceFiles(["x/community_scripts.json": Array("[\(deep)]".utf8)]))
      _ = Importer.run(
        .bolt,
        SourceFiles([
          "m/tasks/a.json": Array(#"{"parameters":{"x":{"type":"\#(type)"}}}"#.utf8),
          "m/tasks/a.sh": Array("#!/bin/sh\n".utf8),
        ]))
      let yaml = (0..<60).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
      _ = Importer.run(.ssm, SourceFiles(["a.yaml": Array(yaml.utf8), "b.json": Array(deep.utf8)]))
      return true
    }
    #expect(fits)
  }

  @Test("aliases in YAML are followed, and a laugh of a billion is refused")
  func yamlAliases() throws {
    let laughs = (1...30).map { "l\($0): &l\($0) [*l\($0 - 1),*l\($0 - 1)]" }.joined(
      separator: "\n")
    let result = run(.ssm, ["a.yaml": Array(("l0: &l0 lol\n" + laughs).utf8)])
    #expect(result.items[0].refusal?.code == .yamlInvalid)
    let deep = (1...70).map { "l\($0): &l\($0) [*l\($0 - 1)]" }.joined(separator: "\n")
    #expect(
      run(.ssm, ["a.yaml": Array(("l0: &l0 lol\n" + deep).utf8)]).items[0].refusal?.code
        == .yamlInvalid)
  }
}
