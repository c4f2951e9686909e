internal import Catalog

/// What the output has to be, and how much of it is kept.
struct ResultRules {
  let subject: Subject
  let findings: Findings

  func check() {
    checkSchema()
    checkLimits()
  }

  private func checkSchema() {
    guard let result = subject.root["result"], result.members != nil else { return }
    let parse = result["parse"]?.string ?? ""
    guard let schema = result["schema"] else {
      guard parse == "text" else { return }
      findings.add(
        .missingResultSchema, at: subject.position(of: "result"), length: 6,
        "nothing says what the output is, so no output is ever malformed",
        remedy: "add \"schema: {type: string, description: …}\", or print key=value or JSON, and"
          + " declare its fields")
      return
    }
    guard schema.members != nil else { return }
    if isTrivial(schema) {
      findings.add(
        .trivialResultSchema, at: schema.position,
        "every \(parse == "text" ? "text" : "value") passes this schema",
        remedy: parse == "text"
          ? "say what the text is: \"description\", \"minLength\", \"pattern\""
          : "declare the fields that are always there: \"properties\", \"required\","
            + " \"additionalProperties: false\"")
    } else {
      visit(schema, "the result")
    }
  }

  private static let annotations: Set<String> = [
    "$schema", "$id", "$comment", "title", "examples", "default", "deprecated", "readOnly",
    "writeOnly",
  ]

  private func isTrivial(_ schema: Node) -> Bool {
    let keys = Set((schema.members ?? []).map(\.key)).subtracting(Self.annotations)
    let type = schema["type"]?.string
    if type == "string" { return keys.subtracting(["type"]).isEmpty }
    let asked = keys.subtracting(["type", "description"])
    if asked.isEmpty { return type == nil || type == "object" || type == "array" }
    if asked == ["items"], let items = schema["items"], items.members != nil {
      return isTrivial(items)
    }
    if asked == ["additionalProperties"] { return schema["additionalProperties"]?.bool == true }
    return asked == ["properties"] && schema["properties"]?.members?.isEmpty ?? false
  }

  /// An object with fields, and open to more of them.
  private func visit(_ schema: Node, _ name: String) {
    guard schema.members != nil else { return }
    if let properties = schema["properties"]?.members {
      if schema["additionalProperties"] == nil, schema["unevaluatedProperties"] == nil,
        schema["patternProperties"] == nil
      {
        findings.add(
          .openResult, at: schema.position,
          "\(name) may have fields that nobody declared, and counts as what was promised",
          remedy: "add \"additionalProperties: false\"")
      }
      for property in properties { visit(property.value, excerpt(property.key)) }
    }
    if let items = schema["items"] { visit(items, "an element of \(name)") }
  }

  private func checkLimits() {
    let limits = subject.root["limits"]
    if let limits, limits.members == nil { return }
    let place = subject.position(of: "limits")
    let length = limits == nil ? 1 : 6
    let missing = ["stdout", "stderr"].filter { limits?[$0] == nil }
    if !missing.isEmpty {
      findings.add(
        .missingOutputLimit, at: place, length: length,
        "nothing says how much of \(missing.joined(separator: " and ")) is kept",
        remedy: "add \"limits: {stdout: 64KiB, stderr: 16KiB}\", or what the tool needs")
    }
    if limits?["run"] == nil {
      findings.add(
        .missingRunLimit, at: place, length: length,
        "nothing says how long the tool may run, so it is ended after a minute",
        remedy: "add \"run: 30s\" to limits, or what the tool needs")
    }
  }
}
