internal import JSON

/// What a live test may bring with it.
extension ToolTest.Stubs {
  static let maxCount = 32
  static let maxScriptBytes = 64 << 10
  static let maxPathCharacters = 200
}

extension DefinitionReader {
  /// A test that is run: `live: true`, and the programs that stand in for the machine's own.
  func readLive(_ expect: Node, _ test: Fields) -> ToolTest.Expectation? {
    guard test.has("live") else {
      faults.add(
        .test, at: test.node["stubs"]?.position ?? test.node.position,
        "stubs stand in for programs of a test that is run, and this one is not",
        remedy: "add \"live: true\", or remove the stubs")
      return nil
    }
    if let live = test["live"], live.bool != true {
      test.wrongType("live", live, "true")
      return nil
    }
    if let given = test["given"] {
      faults.add(
        .test, at: given.position,
        "a live test is run, so nobody has to be told what the execution did",
        remedy: "remove \"given\", or \"live\"")
      return nil
    }
    let stubs = test.has("stubs") ? test["stubs"].flatMap { readStubs($0, test) } : .some(.none)
    let expected = readExpected(expect)
    guard let stubs, let expected else { return nil }
    return .live(stubs, expected)
  }

  /// Whoever tests a tool has their own machine under it.
  func refuseDanger(_ test: ToolTest, _ effects: Effects, _ node: Node) {
    guard effects.destructive, case .live(.none, _) = test.expectation else { return }
    faults.add(
      .test, at: node["live"]?.position ?? node.position,
      "the tool is destructive, and this test would run it on the machine of whoever tests it",
      remedy: "add \"stubs\" for the programs that do the damage, or test it with \"given\"")
  }

  private func readStubs(_ node: Node, _ test: Fields) -> ToolTest.Stubs? {
    if let path = node.string { return readStubDirectory(path, node) }
    guard let members = node.members, (1...ToolTest.Stubs.maxCount).contains(members.count) else {
      test.wrongType(
        "stubs", node,
        "a mapping of 1 to \(ToolTest.Stubs.maxCount) commands to scripts, or the path of a"
          + " directory")
      return nil
    }
    let stubs = members.compactMap { readStub($0) }
    guard stubs.count == members.count else { return nil }
    // The order that the canonical form has, whichever form this is.
    return .scripts(
      stubs.sorted { $0.command.utf8.lexicographicallyPrecedes($1.command.utf8) })
  }

  private func readStub(_ member: Node.Member) -> ToolTest.Stub? {
    guard Words.isCommandName(member.key) else {
      faults.add(
        .value, at: member.keyPosition, "\"\(excerpt(member.key))\" is no name of a command",
        remedy: "write the name that is looked up on the path, such as systemctl")
      return nil
    }
    guard let script = member.value.string else {
      guard !member.value.isRefused else { return nil }
      faults.add(
        .type, at: member.value.position,
        "the stub for \(member.key) is \(member.value.spoken), not a script",
        remedy: "write what it does in the shell's language, such as \"echo active\"")
      return nil
    }
    let count = script.utf8.count
    guard !script.isBlank, count <= ToolTest.Stubs.maxScriptBytes else {
      faults.add(
        .script, at: member.value.position, "the stub for \(member.key) has \(count) bytes",
        remedy: "write 1 to \(ToolTest.Stubs.maxScriptBytes), not all of them blank")
      return nil
    }
    guard !script.utf8.contains(0), !script.utf8.contains(UInt8(ascii: "\r")) else {
      faults.add(
        .script, at: member.value.position,
        "the stub for \(member.key) contains NUL or a carriage return", remedy: "remove it")
      return nil
    }
    return ToolTest.Stub(command: member.key, script: script)
  }

  private func readStubDirectory(_ path: String, _ node: Node) -> ToolTest.Stubs? {
    guard Words.isPathBeside(path) else {
      faults.add(
        .value, at: node.position,
        "\"\(excerpt(path))\" is no path of a directory beside the definition",
        remedy: "write one below the definition's own directory, such as stubs/systemd: names of"
          + " letters, digits, \".\", \"_\" and \"-\", none of them beginning with a point")
      return nil
    }
    return .directory(path)
  }
}
