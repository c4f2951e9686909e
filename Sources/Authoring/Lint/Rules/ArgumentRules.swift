internal import Catalog
internal import JSON

/// The schema of the arguments: closed, bounded, described.
struct ArgumentRules {
  let subject: Subject
  let findings: Findings

  func check() {
    guard let schema = subject.arguments.schema, schema.members != nil else { return }
    for property in schema["properties"]?.members ?? [] { visit(property) }
    for part in schema["$defs"]?.members ?? [] { bounds(part.value, part.key) }
    for argument in subject.arguments.all { checkName(argument) }
  }

  // MARK: - Schemas

  /// A subschema and all below it. YAML is not nested deeper than 64 levels.
  private func visit(_ property: Node.Member) {
    guard property.value.members != nil else { return }
    checkDescription(property)
    bounds(property.value, property.key)
  }

  private func bounds(_ schema: Node, _ name: String) {
    guard schema.members != nil else { return }
    // What a combination amounts to is not told by any of its parts.
    let isCombined = [
      "$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "not",
    ].contains { schema[$0] != nil }
    if !isCombined, schema["enum"] == nil, schema["const"] == nil { checkBounds(schema, name) }
    for member in schema["properties"]?.members ?? [] { visit(member) }
    if let items = schema["items"] { bounds(items, "an element of \(name)") }
    for item in schema["prefixItems"]?.items ?? [] { bounds(item, "an element of \(name)") }
    if let more = schema["additionalProperties"] { bounds(more, "a member of \(name)") }
  }

  private func checkDescription(_ property: Node.Member) {
    let text = property.value["description"]?.string ?? ""
    guard text.allSatisfy(\.isWhitespace), property.value["$ref"] == nil else { return }
    findings.add(
      .undescribedArgument, at: property.keyPosition, length: property.key.unicodeScalars.count,
      "\(excerpt(property.key)) has no description",
      remedy: "add \"description: …\": who calls the tool sees nothing else of it")
  }

  private func checkBounds(_ schema: Node, _ name: String) {
    let type = schema["type"]
    let types = type?.items?.compactMap(\.string) ?? type?.string.map { [$0] } ?? []
    let name = excerpt(name, limit: 60)
    if type == nil {
      findings.add(
        .untypedArgument, at: schema.position, "\(name) may be a value of any type",
        remedy: "add \"type: string\", or the type that it has")
    }
    if types.contains("string"), !Bounded.isBounded(string: schema) {
      findings.add(
        .unboundedString, at: schema.position, "\(name) may be a text of any length",
        remedy: "add \"maxLength\", or a \"pattern\" from ^ to $ without * and +, or \"enum\"")
    }
    if types.contains("array"), schema["maxItems"] == nil, schema["items"]?.bool != false,
      schema["unevaluatedItems"]?.bool != false
    {
      findings.add(
        .unboundedArray, at: schema.position, "\(name) may have any number of elements",
        remedy: "add \"maxItems\"")
    }
    if types.contains("integer") || types.contains("number"),
      schema["minimum"] == nil && schema["exclusiveMinimum"] == nil
        || schema["maximum"] == nil && schema["exclusiveMaximum"] == nil
    {
      findings.add(
        .unboundedNumber, at: schema.position, "\(name) may be a number of any size",
        remedy: "add \"minimum\" and \"maximum\"")
    }
    if types.contains("object"), !Bounded.isClosed(schema) {
      findings.add(
        .openArgument, at: schema.position, "\(name) takes members that nobody declared",
        remedy: "add \"additionalProperties: false\"")
    }
  }

  // MARK: - Secrets

  private func checkName(_ argument: ArgumentList.Argument) {
    guard !argument.isSecret, SecretName.isSecret(argument.name), argument.isFreeText else {
      return
    }
    if let standard = argument.schema["default"], !(standard.string ?? "x").isEmpty {
      findings.add(
        .hardCodedCredential, at: standard.position,
        "\(excerpt(argument.name)) has a default that everyone can read who reads the definition",
        remedy: "remove it, and list the argument under \"redact\"")
      return
    }
    findings.add(
      .unredactedSecret, at: argument.position, length: argument.name.unicodeScalars.count,
      "\(excerpt(argument.name)) has the name of a secret, and is stored and shown as it is",
      remedy: "add \"redact: [/\(excerpt(argument.name, limit: 64))]\" and take it by \"stdin:"
        + " json\"")
  }
}

/// Which schemas bound what they describe.
enum Bounded {
  private static let formats: Set<String> = [
    "date", "time", "date-time", "duration", "ipv4", "ipv6", "uuid", "hostname", "email",
  ]

  static func isBounded(string schema: Node) -> Bool {
    if schema["maxLength"] != nil || schema["enum"] != nil || schema["const"] != nil { return true }
    if let format = schema["format"]?.string, formats.contains(format) { return true }
    return schema["pattern"]?.string.map(isBounded(pattern:)) ?? false
  }

  /// Whether a pattern reaches from ^ to $ in each alternative, and repeats nothing without end.
  static func isBounded(pattern: String) -> Bool {
    var alternatives: [[UInt8]] = [[]]
    var (isClass, depth) = (false, 0)
    var bytes = Array(pattern.utf8)[...]
    while let next = bytes.popFirst() {
      if next == UInt8(ascii: "\\") {
        alternatives[alternatives.count - 1] += [next, bytes.popFirst() ?? 0]
        continue
      }
      if isClass {
        isClass = next != UInt8(ascii: "]")
        continue
      }
      switch next {
      case UInt8(ascii: "["): isClass = true
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: "*"), UInt8(ascii: "+"): return false
      case UInt8(ascii: "{"):
        // `{3,}`
        if let close = bytes.prefix(24).firstIndex(of: UInt8(ascii: "}")),
          bytes[..<close].last == UInt8(ascii: ",")
        {
          return false
        }
      case UInt8(ascii: "|") where depth == 0:
        alternatives.append([])
        continue
      default: break
      }
      alternatives[alternatives.count - 1].append(next)
    }
    return alternatives.allSatisfy {
      $0.first == UInt8(ascii: "^") && $0.last == UInt8(ascii: "$")
        && $0.dropLast().last != UInt8(ascii: "\\")
    }
  }

  /// Whether an object has no members but those it names.
  static func isClosed(_ schema: Node) -> Bool {
    let keyword = ["additionalProperties", "unevaluatedProperties"].first { schema[$0] != nil }
    guard let keyword, let more = schema[keyword] else { return false }
    // A schema for the rest is a declaration of it.
    return more.bool != true
  }
}
