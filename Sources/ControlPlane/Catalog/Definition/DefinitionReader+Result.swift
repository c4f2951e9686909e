internal import JSON
internal import Schema
internal import Tools

extension DefinitionReader {
  /// What can be parsed at all; a larger output of any other mode than text could never succeed.
  static let maxParsedBytes = 16 << 20

  func readResult(_ fields: Fields) -> ResultContract? {
    guard let node = fields.required("result", "{parse: text}"),
      let result = self.fields(node, "result", ["parse", "schema"])
    else { return nil }
    let parse: ResultContract.Parse? = result.word("parse")
    guard result.has("schema"), !isStoredNull(result, "schema") else {
      return withoutSchema(parse, at: node.position)
    }
    guard let schemaNode = result["schema"] else { return nil }
    guard schemaNode.members != nil else {
      result.wrongType("schema", schemaNode, "a JSON Schema")
      return nil
    }
    if let parse { checkShape(parse, schemaNode) }
    let schema = schema(schemaNode, .resultSchema)
    guard let parse, let schema else { return nil }
    return ResultContract(parse: parse, schema: schema)
  }

  private func isStoredNull(_ fields: Fields, _ name: String) -> Bool {
    guard form == .stored, case .null? = fields[name]?.value else { return false }
    return true
  }

  private func withoutSchema(
    _ parse: ResultContract.Parse?, at place: Position
  ) -> ResultContract? {
    guard let parse else { return nil }
    if parse == .text { return ResultContract(parse: .text, schema: nil) }
    faults.add(
      .missingField, at: place, "result lacks the field \"schema\"",
      remedy: "add a schema of what \(parse.rawValue) yields; only text does without")
    return nil
  }

  /// What a mode yields has one type, and a schema for another type could never hold.
  private func checkShape(_ parse: ResultContract.Parse, _ node: Node) {
    let type: String
    switch parse {
    case .json: return
    case .text: type = "string"
    case .jsonl: type = "array"
    case .keyValue: type = "object"
    }
    guard node["type"]?.string != type else { return }
    faults.add(
      .resultSchema, at: node["type"]?.position ?? node.position,
      "\(parse.rawValue) yields \(type == "string" ? "a string" : "an \(type)"), and the schema"
        + " does not declare one",
      remedy: "add \"type: \(type)\" to the schema")
  }
}

extension ResultContract {
  var json: JSON { ["parse": .string(parse.rawValue), "schema": schema?.json ?? .null] }
}

// MARK: - Exit codes

extension DefinitionReader {
  func readExitCodes(_ fields: Fields) -> ExitCodes? {
    let standard = [0: ExitCodes.Meaning(isSuccess: true, text: nil)]
    guard fields.has("exitCodes") else { return ExitCodes(meanings: standard) }
    guard let node = fields["exitCodes"] else { return nil }
    guard let members = node.members else {
      fields.wrongType("exitCodes", node, "a mapping of exit codes to what they mean")
      return nil
    }
    var meanings = standard
    for member in members {
      let code = readCode(member)
      let meaning = readMeaning(member.value)
      if let code, let meaning { meanings[code] = meaning }
    }
    if !meanings.values.contains(where: \.isSuccess) {
      faults.add(
        .exitCode, at: node.position, "no exit code is a success",
        remedy: "map one to succeeded, such as \"0: succeeded\"")
    }
    return ExitCodes(meanings: meanings)
  }

  private func readCode(_ member: Node.Member) -> Int? {
    if Words.isPlainNumber(member.key), let code = Int(member.key), Bounds.exitCodes.contains(code)
    {
      return code
    }
    faults.add(
      .exitCode, at: member.keyPosition, "\"\(excerpt(member.key))\" is no exit code",
      remedy: "write a whole number from 0 to 255, or on Windows to \(Bounds.exitCodes.upperBound)")
    return nil
  }

  private func readMeaning(_ node: Node) -> ExitCodes.Meaning? {
    let words = ["succeeded", "failed"]
    if node.string == "succeeded" { return ExitCodes.Meaning(isSuccess: true, text: nil) }
    if let members = node.members {
      guard let fields = fields(node, "the exit code", words) else { return nil }
      guard members.count == 1, let word = words.first(where: fields.has) else {
        faults.add(
          .exitCode, at: node.position, "an exit code means one thing",
          remedy: "write either {succeeded: …} or {failed: …}")
        return nil
      }
      guard let text = fields.text(word, "what it means", maxCharacters: 200) else { return nil }
      return ExitCodes.Meaning(isSuccess: word == "succeeded", text: text)
    }
    guard !node.isRefused else { return nil }
    faults.add(
      .exitCode, at: node.position, "an exit code is \(node.spoken)",
      remedy: "write succeeded, {succeeded: what it means} or {failed: what it means}")
    return nil
  }
}

extension ExitCodes {
  var json: JSON {
    var object = JSONObject()
    for code in meanings.keys.sorted() {
      guard let meaning = meanings[code] else { continue }
      let word = meaning.isSuccess ? "succeeded" : "failed"
      object[String(code)] =
        meaning.text.map { .object(JSONObject([(word, .string($0))])) }
        ?? .string(word)
    }
    return .object(object)
  }
}
