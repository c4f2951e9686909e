internal import JSON
internal import Model

/// The outcomes that an execution can have that ended.
enum EndedOutcome: String, CaseIterable {
  case succeeded
  case succeededEmpty
  case failed
  case malformed
  case timedOut
  case cancelled
}

/// A test with its canonical form.
struct TestPart {
  let test: ToolTest
  let json: JSON
}

extension DefinitionReader {
  static let maxTests = 200

  func readTests(_ fields: Fields, _ effects: Effects?) -> [TestPart]? {
    guard fields.has("tests") else { return [] }
    guard let node = fields["tests"] else { return nil }
    guard let items = node.items, items.count <= Self.maxTests else {
      fields.wrongType("tests", node, "a list of at most \(Self.maxTests) tests")
      return nil
    }
    var names: Set<String> = []
    let tests = items.compactMap { item -> TestPart? in
      guard let part = readTest(item) else { return nil }
      if let effects { refuseDanger(part.test, effects, item) }
      if !names.insert(part.test.name).inserted {
        faults.add(
          .test, at: item["name"]?.position ?? item.position,
          "another test is called \"\(excerpt(part.test.name))\" too",
          remedy: "give each test a name of its own")
      }
      return part
    }
    return tests.count == items.count ? tests : nil
  }

  private func readTest(_ node: Node) -> TestPart? {
    let known = ["name", "arguments", "given", "live", "stubs", "expect"]
    guard let fields = fields(node, "the test", known) else { return nil }
    let name = fields.text("name", "active after restart", maxCharacters: 200)
    let arguments = fields.required("arguments", "{}")
    if let arguments, arguments.members == nil {
      fields.wrongType("arguments", arguments, "a mapping")
    }
    let expect = fields.required("expect", "{outcome: succeeded}")
    let expectation = expect.flatMap { readExpectation($0, fields) }
    guard let name, let arguments, arguments.isWhole, arguments.members != nil, let expectation
    else { return nil }
    var json: JSONObject = JSONObject([("name", .string(name)), ("arguments", arguments.json)])
    for part in ["given", "live", "stubs"] { json[part] = fields[part]?.json }
    json["expect"] = expect?.json
    return TestPart(
      test: ToolTest(name: name, arguments: arguments.json, expectation: expectation),
      json: .object(json))
  }

  private func readExpectation(_ expect: Node, _ test: Fields) -> ToolTest.Expectation? {
    guard expect.isWhole else { return nil }
    if test.has("live") || test.has("stubs") { return readLive(expect, test) }
    guard test.has("given") else { return readInvalidArguments(expect) }
    guard let given = test["given"] else { return nil }
    let expected = readExpected(expect)
    guard let execution = readGiven(given), let expected else { return nil }
    return .evaluation(execution, expected)
  }

  func readExpected(_ expect: Node) -> ToolTest.Expected? {
    let known = ["outcome", "result", "meaning", "violations", "stderr"]
    guard let fields = fields(expect, "expect", known) else { return nil }
    let outcome = readOutcome(fields)
    let meaning =
      fields.has("meaning")
      ? fields.text("meaning", "the unit is unknown", maxCharacters: 200) : nil
    let violations = fields["violations"].flatMap { readPointers($0, "violations") }
    let stderr = fields.has("stderr") ? readOutput("stderr", fields) : nil
    guard let outcome else { return nil }
    return ToolTest.Expected(
      outcome: outcome, result: fields["result"]?.json, meaning: meaning, violations: violations,
      stderr: stderr)
  }

  private func readInvalidArguments(_ node: Node) -> ToolTest.Expectation? {
    guard let fields = fields(node, "expect", ["invalidArguments"]) else { return nil }
    guard let places = fields.required("invalidArguments", "/unit") else { return nil }
    return readPointers(places, "invalidArguments").map(ToolTest.Expectation.invalidArguments)
  }

  private func readOutcome(_ fields: Fields) -> Outcome? {
    let ended: EndedOutcome? = fields.word("outcome")
    return ended.flatMap { Outcome(rawValue: $0.rawValue) }
  }

  /// One pointer or a list of them.
  private func readPointers(_ node: Node, _ name: String) -> [JSONPointer]? {
    var pointers: [JSONPointer] = []
    for item in node.items ?? [node] {
      guard let text = item.string, let pointer = try? JSONPointer(text) else {
        faults.add(
          .test, at: item.position, "\(name) has \(item.spoken), not a JSON Pointer",
          remedy: "write one such as /unit, or \"\" for the whole value")
        return nil
      }
      pointers.append(pointer)
    }
    return pointers
  }
}

// MARK: - The execution that is given

extension DefinitionReader {
  private func readGiven(_ node: Node) -> ToolTest.Given? {
    let endings = ["exitCode", "signal", "limit", "cancelled"]
    let known = endings + ["stdout", "stderr", "droppedBytes"]
    guard let fields = fields(node, "given", known) else { return nil }
    let present = endings.filter(fields.has)
    if present.count != 1 {
      faults.add(
        .test, at: node.position,
        present.isEmpty ? "given does not say how the execution ended" : "given says two endings",
        remedy: "write one of exitCode, signal, limit and \"cancelled: true\"")
    }
    let ended = present.first.flatMap { readEnding($0, fields) }
    let stdout = readOutput("stdout", fields)
    let stderr = readOutput("stderr", fields)
    let dropped = fields.int("droppedBytes", default: 0, in: 0...Bounds.streamBytes.upperBound)
    guard present.count == 1, let ended, let stdout, let stderr, let dropped else { return nil }
    return ToolTest.Given(ended: ended, stdout: stdout, stderr: stderr, droppedBytes: dropped)
  }

  private func readEnding(_ name: String, _ fields: Fields) -> Ending? {
    switch name {
    case "exitCode":
      return fields.int(name, default: 0, in: Bounds.exitCodes).map { .exit(code: $0) }
    case "signal":
      return fields.int(name, default: 9, in: 1...64).map { .signal(number: $0, coreDumped: false) }
    case "limit":
      return fields.text(name, "run", maxCharacters: 40).map { .limit($0, signal: nil) }
    default:
      guard let value = fields[name], value.bool != true else { return .cancelled(signal: nil) }
      fields.wrongType(name, value, "true")
      return nil
    }
  }

  private func readOutput(_ name: String, _ fields: Fields) -> String? {
    guard fields.has(name) else { return "" }
    guard let node = fields[name] else { return nil }
    if let text = node.string { return text }
    fields.wrongType(name, node, "a string")
    return nil
  }
}
