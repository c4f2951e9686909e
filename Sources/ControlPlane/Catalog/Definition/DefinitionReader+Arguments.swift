internal import JSON
internal import Schema
internal import Tools

/// The schema of a tool's arguments with the tree that it was read from.
struct ArgumentsPart {
  /// `nil` for one that is wrong; its properties can be pointed at all the same.
  let schema: Schema?
  let json: JSON
  let node: Node
}

extension ArgumentsPart {
  /// Follows local references only so far; a cycle of them declares nothing.
  private static let maxReferences = 16

  /// The schema of the argument at `pointer`, if the schema declares one there.
  func declared(_ pointer: JSONPointer) -> JSON? {
    var schema = json
    for token in pointer.tokens {
      guard let property = resolved(schema)["properties"]?[token] else { return nil }
      schema = property
    }
    return resolved(schema)
  }

  private func resolved(_ schema: JSON) -> JSON {
    var schema = schema
    for _ in 0..<Self.maxReferences {
      guard schema["properties"] == nil, let reference = schema["$ref"]?.string,
        reference.hasPrefix("#"), let pointer = try? JSONPointer(String(reference.dropFirst())),
        let target = pointer.value(in: json)
      else { return schema }
      schema = target
    }
    return schema
  }

  var properties: [Node.Member] { node["properties"]?.members ?? [] }
  var required: [String] { json["required"]?.array?.compactMap(\.string) ?? [] }

  /// Whether a call may come without it.
  func mayBeAbsent(_ pointer: JSONPointer) -> Bool {
    guard let first = pointer.tokens.first, pointer.tokens.count == 1 else { return true }
    return !required.contains(where: first.isExactly) && declared(pointer)?["default"] == nil
  }
}

extension DefinitionReader {
  func readArguments(_ fields: Fields) -> ArgumentsPart? {
    let example = "{type: object, additionalProperties: false}"
    guard let node = fields.required("arguments", example) else { return nil }
    guard node.members != nil else {
      fields.wrongType("arguments", node, "a JSON Schema")
      return nil
    }
    requireClosedObject(node)
    for member in node["properties"]?.members ?? [] where !Words.isArgumentName(member.key) {
      faults.add(
        .name, at: member.keyPosition,
        "\"\(excerpt(member.key))\" cannot be the name of an argument",
        remedy: "write 1 to 64 of the letters A-Z and a-z, digits, \"_\" and \"-\","
          + " beginning with a letter")
    }
    let schema = schema(node, .argumentsSchema)
    return ArgumentsPart(schema: schema, json: node.json, node: node)
  }

  private func requireClosedObject(_ node: Node) {
    if node["type"]?.string != "object" {
      faults.add(
        .argumentsOpen, at: node["type"]?.position ?? node.position,
        "arguments are not declared as an object", remedy: "add \"type: object\"")
    }
    if node["additionalProperties"]?.bool != false {
      faults.add(
        .argumentsOpen, at: node["additionalProperties"]?.position ?? node.position,
        "arguments take members that nobody declared",
        remedy: "add \"additionalProperties: false\"")
    }
  }

  /// As every schema of a definition is read.
  static func compiled(_ json: JSON) throws(SchemaErrors) -> Schema {
    try Schema(json, options: .strict)
  }

  /// Compiles a schema, and puts what is wrong with it where it stands.
  func schema(_ node: Node, _ rule: Rule) -> Schema? {
    guard node.isWhole else { return nil }
    do {
      return try Self.compiled(node.json)
    } catch {
      for problem in error.errors {
        let pointer = (try? JSONPointer(problem.pointer)) ?? JSONPointer()
        let (what, remedy) = Self.parted(problem.message)
        let isDefault = problem.reason == .defaultValue && rule == .argumentsSchema
        faults.add(
          isDefault ? .argumentDefault : rule, at: node.position(of: pointer.tokens),
          "the schema is wrong: \(what)",
          remedy: remedy)
      }
      return nil
    }
  }
}

extension DefinitionReader {
  /// A message of the schema's reader, which says what to do after a semicolon.
  private static func parted(_ message: String) -> (what: String, remedy: String) {
    guard let place = message.utf8.firstIndex(of: UInt8(ascii: ";")) else {
      return (message, "correct it by JSON Schema 2020-12")
    }
    let rest = message[message.index(after: place)...]
    return (String(message[..<place]), String(rest.drop { $0 == " " }))
  }
}

// MARK: - Secrets

extension DefinitionReader {
  static let maxSecrets = 16

  func readRedact(_ fields: Fields, _ arguments: ArgumentsPart?) -> [JSONPointer]? {
    guard fields.has("redact") else { return [] }
    guard let node = fields["redact"] else { return nil }
    guard let items = node.items, items.count <= Self.maxSecrets else {
      faults.add(
        .type, at: node.position, "redact is \(node.spoken)",
        remedy: "write a list of at most \(Self.maxSecrets) pointers, such as [/password]")
      return nil
    }
    var pointers: [JSONPointer] = []
    for item in items {
      guard let pointer = pointer(item, "redact"), let arguments else { continue }
      guard !pointers.contains(pointer) else {
        faults.add(
          .redact, at: item.position, "\(pointer.text) is here for the second time",
          remedy: "remove one of the two")
        continue
      }
      pointers.append(pointer)
      checkSecret(pointer, arguments, at: item.position)
    }
    return pointers
  }

  private func checkSecret(_ pointer: JSONPointer, _ arguments: ArgumentsPart, at place: Position) {
    guard let schema = declared(pointer, arguments, at: place) else { return }
    let types = schema["type"]?.array?.compactMap(\.string) ?? [schema["type"]?.string ?? ""]
    if !types.contains("string") || types.contains(where: { $0 != "string" && $0 != "null" }) {
      faults.add(
        .redact, at: place, "\(pointer.text) is a secret, and is not declared as a string",
        remedy: "declare it with \"type: string\"; only text can be found in output and replaced")
    }
    for keyword in ["default", "const", "enum", "examples"] where schema[keyword] != nil {
      faults.add(
        .redact, at: arguments.node.position(of: Self.path(to: pointer) + [keyword]),
        "\(pointer.text) is a secret, and its schema tells it by \"\(keyword)\"",
        remedy: "remove \"\(keyword)\"; definitions are read by everyone")
    }
  }

  private static func path(to pointer: JSONPointer) -> [String] {
    pointer.tokens.flatMap { ["properties", $0] }
  }

  /// A pointer to an argument, as text in a definition.
  func pointer(_ node: Node, _ place: String) -> JSONPointer? {
    guard !node.isRefused else { return nil }
    guard let text = node.string, let pointer = try? JSONPointer(text), !pointer.tokens.isEmpty
    else {
      faults.add(
        .binding, at: node.position, "\(place) has \(node.spoken), not a pointer to an argument",
        remedy: "write \"/\" and the argument's name, such as /unit")
      return nil
    }
    return pointer
  }

  /// - Returns: the schema of a declared argument; what is not declared is a fault.
  func declared(_ pointer: JSONPointer, _ arguments: ArgumentsPart, at place: Position) -> JSON? {
    if let schema = arguments.declared(pointer) { return schema }
    let names = arguments.properties.map { "/" + JSONPointer.escaped($0.key) }
    faults.add(
      .binding, at: place, "\(excerpt(pointer.text)) points at no declared argument",
      remedy: names.isEmpty
        ? "declare it in the properties of arguments"
        : Suggestion.remedy(for: pointer.text, among: names, called: "arguments"))
    return nil
  }
}
