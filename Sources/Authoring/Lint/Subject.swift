internal import Catalog
internal import JSON
internal import Schema

/// What lint looks at: a definition as its file says it. Rules read the tree and not the tool, so
/// that they also speak of a definition that the loader refuses; where a part is not what it should
/// be, they are silent, because the loader is not.
struct Subject {
  let file: String
  let source: SourceLines
  let root: Node
  let tool: Tool?
  /// How the tests went, if the definition could be loaded.
  let reports: [TestReport]
  let scripts: [Script]
  let arguments: ArgumentList

  init(_ inspection: Inspection, root: Node) {
    file = inspection.file
    source = inspection.source
    self.root = root
    tool = inspection.tool
    reports = inspection.tool.map(Catalog.runGivenTests) ?? []
    arguments = ArgumentList(root["arguments"], secrets: root["redact"])
    let arguments = arguments
    let source = source
    scripts = (root["run"]?.items ?? []).compactMap { Script($0, arguments, source) }
  }

  var name: String? { root["name"]?.string }
  var start: Position { root.position }

  func effect(_ name: String) -> Bool? { root["effects"]?[name]?.bool }

  /// Exit codes with their places.
  var exitCodes: [(code: Int, isSuccess: Bool, position: Position)] {
    (root["exitCodes"]?.members ?? []).compactMap { member in
      guard let code = Int(member.key) else { return nil }
      let isSuccess = member.value.string == "succeeded" || member.value["succeeded"] != nil
      return (code, isSuccess, member.keyPosition)
    }
  }

  var tests: [Node] { root["tests"]?.items ?? [] }

  /// Where what is missing from `field` would stand.
  func position(of field: String) -> Position {
    root.members?.first { $0.key == field }?.keyPosition ?? start
  }
}

/// The arguments that a definition declares.
struct ArgumentList {
  struct Argument {
    let name: String
    let schema: Node
    let position: Position
    let isRequired: Bool
    let isSecret: Bool
    let probe: Probe

    /// Whether its value may mean something to a program that reads it as its own text: not where its
    /// schema keeps such characters out.
    var isProgramText: Bool { isFreeText && probe.admits(Self.programSamples) }

    private static let programSamples: [String] = [
      ";", "'", "\"", "`", "$", "(", "|", "&", "<", "/", "\\", "{", "=", ",", "#", " ", "\n",
    ].flatMap { [$0, "a\($0)a", "1\($0)1"] }

    /// Whether its value may be any text: no number, no word of a list.
    var isFreeText: Bool {
      if schema["enum"] != nil || schema["const"] != nil { return false }
      let types = schema["type"]?.items?.compactMap(\.string) ?? [schema["type"]?.string ?? ""]
      return types.contains { !["integer", "number", "boolean", "null"].contains($0) }
    }
  }

  /// The schema of one argument, read once somebody asks.
  final class Probe {
    private let node: Node
    private lazy var schema = try? Schema(node.json, options: .strict)

    init(_ node: Node) { self.node = node }

    /// Whether it lets one of these texts through; not if it does not stand alone.
    func admits(_ texts: [String]) -> Bool {
      guard let schema else { return false }
      return texts.contains { schema.isValid(.string($0)) }
    }
  }

  let schema: Node?
  let all: [Argument]

  init(_ schema: Node?, secrets: Node?) {
    self.schema = schema
    let required = (schema?["required"]?.items ?? []).compactMap(\.string)
    let hidden = (secrets?.items ?? []).compactMap(\.string)
    all = (schema?["properties"]?.members ?? []).map { member in
      Argument(
        name: member.key, schema: member.value, position: member.keyPosition,
        isRequired: required.contains(member.key),
        isSecret: hidden.contains { JSONPointer.first(of: $0) == member.key },
        probe: Probe(member.value))
    }
  }

  subscript(name: String) -> Argument? { all.first { $0.name == name } }
}

extension JSONPointer {
  /// The first token of a pointer: `unit` of `/unit`.
  static func first(of text: String) -> String? { (try? JSONPointer(text))?.tokens.first }
}
