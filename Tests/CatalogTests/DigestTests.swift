import Catalog
import Digest
import JSON
import Platform
import Support
import Testing
import Tools

@Suite struct DigestTests {
  @Test("layout, comments, quotes, order and written-out defaults do not change a tool's digest")
  func stable() throws {
    let other = """
      # A comment.
      ---
      "name": 'echo'
      signalbox: 1
      title:   "Echo"
      description: >-
        Print
        a word.
      version: "1.0.0"
      approval: none
      effects:
        idempotent: true
        openWorld: false
        readOnly: true
        destructive: false
      result: {parse: text}
      recovery: {}
      limits: {run: 60000ms, stdout: 1024KiB}
      exitCodes: {0: succeeded}
      redact: []
      run:
        -
          script: 'printf %s "$WORD"'   # here too
          input:
            env: {"WORD": "/word"}
          when: {}
          with: shell
      arguments:
        properties:
          word:
            type: string
        additionalProperties: false
        type: object
      ...

      """
    #expect(try tool(other).digest == tool(small).digest)
    #expect(try tool(other).canonical == tool(small).canonical)
  }

  @Test(
    "every change of what a tool says changes its digest",
    arguments: [
      ("version: 1.0.0", "version: 1.0.1"), ("Print a word", "Print one word"),
      ("printf %s", "printf %b"), ("idempotent: true", "idempotent: false"),
      ("{parse: text}", "{parse: text}\nlimits: {run: 61s}"),
      (
        "{parse: text}",
        "{parse: text}\ntests: [{name: a, arguments: {}, given: {exitCode: 0}, expect: {outcome: succeededEmpty}}]"
      ),
    ])
  func changes(old: String, new: String) throws {
    #expect(try tool(small.replacing(old, by: new)).digest != tool(small).digest)
  }

  @Test("a digest is the SHA-256 of the canonical form, and the same for ever")
  func value() throws {
    let tool = try tool(small)
    #expect(tool.digest == "sha256:" + SHA256.hex(of: tool.canonical))
    #expect(tool.digest == ExecutionPlan.digest(of: tool.definition))
    // Changing the canonical form would give every stored tool another address.
    #expect(
      tool.digest == "sha256:783c7128cc6e789c7e25c0f60f637e70d7b6de991a34360c15bc9211d10d2de9")
  }

  @Test("a stored definition reads back as the same tool")
  func stored() throws {
    for original in ShippedToolTests.loading.tools + [try tool(sample), try tool(small)] {
      let again = try Tool(definition: try JSON(parsing: original.canonical))
      #expect(again.digest == original.digest && again.name == original.name)
      #expect(again.tests == original.tests && again.plan == original.plan)
      #expect(again.exitCodes == original.exitCodes && again.effects == original.effects)
    }
  }

  @Test("a stored definition that breaks a rule is refused like a file")
  func storedIsChecked() throws {
    var object = try #require(try tool(small).definition.object)
    object["run"] = [
      [
        "with": "shell", "when": ["os": [], "commands": []], "input": ["env": ["PATH": "/word"]],
        "script": "a", "interpreter": .null,
      ]
    ]
    object["limits"] = ["runMs": -1]
    object["surprise"] = true
    let failure = #expect(throws: DefinitionErrors.self) {
      try Tool(definition: .object(object))
    }
    #expect(Set(failure?.errors.map(\.rule) ?? []) == [.bindingName, .limit, .unknownField])
  }
}

@Suite struct DirectoryTests {
  @Test("a directory loads in the order of its paths, and its errors come with them")
  func load() throws {
    try withTemporaryDirectory { directory in
      func write(_ text: String, _ path: String) throws {
        try Files.makeDirectories(Files.directory(of: "\(directory)/\(path)"))
        try Files.writeAtomically(Array(text.utf8), to: "\(directory)/\(path)")
      }
      try write(small, "b/echo.yaml")
      try write(small.replacing("1.0.0", by: "2.0.0"), "a/echo-2.yml")
      try write(small, "c/again.yaml")
      try write(small.replacing("name: echo", by: "name: e cho"), "c/bad.yaml")
      try write("not a definition", "c/README.md")
      try write("not a definition", "c/.hidden.yaml")
      try makeLink("\(directory)/c/inside.yaml", to: "../d/linked.txt")
      try write(small.replacing("name: echo", by: "name: linked"), "d/linked.txt")
      try makeLink("\(directory)/c/outside.yaml", to: "/etc/passwd")
      try makeLink("\(directory)/c/dangling.yaml", to: "/nowhere")
      try makeLink("\(directory)/c/loop", to: "..")
      let loading = Catalog.load(directory: directory)
      #expect(
        loading.tools.map { "\($0.name) \($0.version)" } == [
          "echo 2.0.0", "echo 1.0.0", "linked 1.0.0",
        ])
      let found = loading.errors.map { "\(Files.name(of: $0.file)) \($0.rule.rawValue)" }
      #expect(
        Set(found) == [
          "dangling.yaml file.unreadable", "outside.yaml file.link", "bad.yaml tool.name",
          "again.yaml catalog.duplicateTool",
        ], "\(loading.errors)")
    }
  }

  @Test("a file that is missing, too large or no file says so")
  func unreadable() throws {
    func rule(_ path: String) -> Rule? {
      guard case .failure(let failure) = Catalog.load(file: path) else { return nil }
      return failure.errors.first?.rule
    }
    #expect(rule("/nowhere.yaml") == .fileUnreadable)
    #expect(rule("/") == .fileUnreadable)
    #expect(rule("/dev/zero") == .fileUnreadable)
    #expect(Catalog.load(directory: "/nowhere").errors.map(\.rule) == [.fileUnreadable])
    try withTemporaryDirectory { directory in
      let path = "\(directory)/large.yaml"
      try Files.writeAtomically([UInt8](repeating: 0x20, count: 2 << 20), to: path)
      #expect(rule(path) == .fileTooLarge)
    }
  }
}
