import Catalog
import CommandLine
import JSON
import Platform
import Tools

/// The arguments of a call, as a command line gives them: `key=value` by the type that the tool's
/// schema says, `key:=JSON` as it is, `key=@FILE` and `key=-` from a file or standard input.
struct CallArguments {
  /// As much as the API takes.
  static let inputBytesMax = 1 << 20

  private let tool: Tool
  private var object = JSONObject()
  private var stdinUser: String?
  /// For tests: reads standard input.
  var readStandardInput: () throws -> [UInt8] = { try StandardInput.read(limit: inputBytesMax) }

  init(_ tool: Tool) { self.tool = tool }

  /// - Parameter document: of `--json-args`: the text itself, `@FILE`, or `-`.
  mutating func read(_ pairs: [String], document: String?) throws -> JSON {
    if let document {
      let text = try content(of: document, for: "--json-args") ?? document
      object = try Self.object(text)
      try refuseShownSecrets(isShown: text == document)
    }
    for pair in pairs { try take(pair) }
    return .object(object)
  }

  private static func object(_ text: String) throws -> JSONObject {
    do {
      guard let object = try JSON(parsing: text).object else {
        throw Failure(
          "invalidArguments", "--json-args is not a JSON object", exit: .invalidData)
      }
      return object
    } catch let error as JSONError {
      throw Failure(
        error.code,
        "--json-args is not JSON at line \(error.line), column \(error.column): \(error.message)",
        exit: .invalidData)
    }
  }

  private mutating func take(_ pair: String) throws {
    guard let sign = pair.firstIndex(of: "="), sign != pair.startIndex else {
      throw wrong(
        "\"\(Visible.text(pair))\" is no argument",
        "arguments are written key=value, or key:=JSON")
    }
    var key = String(pair[..<sign])
    let text = String(pair[pair.index(after: sign)...])
    let isRaw = key.hasSuffix(":")
    if isRaw { key.removeLast() }
    try refuseUnknown(key)
    if isRaw {
      try refuseSecret(key, "write the JSON into a file, and give \(key)=@FILE")
      try put(key, try Self.parsed(text, key))
    } else {
      try put(key, try value(text, key))
    }
  }

  private mutating func put(_ key: String, _ value: JSON) throws {
    guard object[key] == nil else {
      throw wrong("the argument \(key) is given twice", "give it once")
    }
    object.append(key, value)
  }

  private mutating func value(_ text: String, _ key: String) throws -> JSON {
    let schema = properties?[key]
    if let content = try content(of: text, for: key) {
      return try Self.converted(Self.withoutLineEnd(content), schema, key)
    }
    try refuseSecret(key, "give \(key)=@FILE, or \(key)=- to read it from standard input")
    return try Self.converted(text, schema, key)
  }

  /// What stands in the file or in standard input; `nil` for a plain text.
  private mutating func content(of text: String, for key: String) throws -> String? {
    let bytes: [UInt8]
    if text == "-" {
      guard stdinUser == nil else {
        throw wrong(
          "\(key) and \(stdinUser ?? "") both want standard input", "give one of them in a file")
      }
      stdinUser = key
      bytes = try readStandardInput()
    } else if text.hasPrefix("@@") {
      // A text that begins with @ itself.
      return String(text.dropFirst())
    } else if text.hasPrefix("@") {
      do {
        bytes = try Files.read(String(text.dropFirst()), limit: Self.inputBytesMax)
      } catch {
        throw wrong("\(key) cannot be read: \(error)", "a text that begins with @ is written @@")
      }
    } else {
      return nil
    }
    guard let content = String(validating: bytes, as: UTF8.self) else {
      throw wrong("what \(key) is read from is no UTF-8 text", "convert it")
    }
    return content
  }

  /// Editors and `echo` end a file with a line feed that nobody means as part of a value.
  private static func withoutLineEnd(_ text: String) -> String {
    guard text.utf8.last == UInt8(ascii: "\n") else { return text }
    let body = text.unicodeScalars.dropLast()
    return String(String.UnicodeScalarView(body.last == "\r" ? body.dropLast() : body))
  }

  // MARK: By the schema

  private var properties: JSONObject? { tool.definition["arguments"]?["properties"]?.object }

  private func refuseUnknown(_ key: String) throws {
    let names = properties?.keys ?? []
    guard !names.contains(key) else { return }
    let none = names.isEmpty ? "it takes none" : "it takes " + names.joined(separator: ", ")
    throw wrong(
      "\(tool.name) takes no argument \(Visible.text(key))",
      Nearest.hint(for: key, among: names, orElse: none))
  }

  /// The type decides what a text means; a text that does not fit its type stays a text, and the
  /// check against the schema then says what was expected.
  static func converted(_ text: String, _ schema: JSON?, _ key: String) throws -> JSON {
    for type in types(of: schema) {
      switch type {
      case "integer", "number":
        if let number = JSONNumber(text) { return .number(number) }
      case "boolean":
        if let flag = ["true": true, "false": false][text] { return .bool(flag) }
      case "null":
        if text == "null" { return .null }
      case "array", "object":
        if let first = text.utf8.first(where: { $0 > 0x20 }), first == 0x5B || first == 0x7B {
          return try parsed(text, key)
        }
      default: return .string(text)
      }
    }
    return .string(text)
  }

  /// Strings last: any text is one.
  private static func types(of schema: JSON?) -> [String] {
    var names = (schema?["type"]?.array ?? []).compactMap(\.string)
    if let name = schema?["type"]?.string { names = [name] }
    if names.isEmpty {
      for value in schema?["enum"]?.array ?? [] where !names.contains(value.typeName) {
        names.append(value.typeName)
      }
      if let value = schema?["const"] { names.append(value.typeName) }
    }
    return names.filter { $0 != "string" } + names.filter { $0 == "string" }
  }

  private static func parsed(_ text: String, _ key: String) throws -> JSON {
    do {
      return try JSON(parsing: text)
    } catch {
      throw Failure(
        error.code,
        "\(key) is not JSON at line \(error.line), column \(error.column): \(error.message)",
        exit: .invalidData)
    }
  }

  // MARK: Secrets

  /// Other users of the machine can see a command line, and shells keep it in their history.
  private func refuseSecret(_ key: String, _ remedy: String) throws {
    guard tool.redact.contains(where: { $0.tokens.first == key }) else { return }
    throw wrong("the argument \(key) is secret and may not stand on the command line", remedy)
  }

  private func refuseShownSecrets(isShown: Bool) throws {
    guard isShown else { return }
    for pointer in tool.redact where pointer.value(in: .object(object)) != nil {
      throw wrong(
        "the argument \(pointer.text) is secret and may not stand on the command line",
        "give --json-args @FILE, or --json-args - to read it from standard input")
    }
  }

  private func wrong(_ message: String, _ remedy: String) -> Failure {
    Failure("invalidArguments", message, remedy: remedy, exit: .invalidData)
  }
}
