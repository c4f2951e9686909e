package import JSON

/// YAML that was written for other programs, as JSON. It is bounded like a definition, and read
/// without its rules of style: `yes` and `2026-01-01` are the text that stands there, carriage
/// returns end lines, and an alias is a copy of what it stands for. Tags, merge keys, duplicate keys
/// and second documents are refused here too: what they mean depends on the reader.
package enum ForeignYAML {
  /// Why a text cannot be read.
  package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package let position: Position
    package let message: String

    package var description: String {
      "line \(position.line), column \(position.column): \(message)"
    }
  }

  package static func json(_ bytes: [UInt8]) throws(Failure) -> JSON {
    guard bytes.count <= SourceText.maxBytes else {
      throw Failure(
        position: .start, message: "the text has more than \(SourceText.maxBytes) bytes")
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Failure(position: .start, message: "the text is not UTF-8")
    }
    let faults = Faults()
    let (root, isComplete) = Composer.tree(of: normalised(bytes), .foreign, faults)
    if let first = faults.errors(file: "").errors.first {
      throw Failure(
        position: Position(line: first.line, column: first.column), message: first.message)
    }
    guard let root, isComplete else {
      throw Failure(position: .start, message: "the text holds no value")
    }
    return root.json
  }

  /// With line feeds alone, and without a byte order mark.
  private static func normalised(_ bytes: [UInt8]) -> [UInt8] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let lines = (bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...])
      .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    for (index, line) in lines.enumerated() {
      if index > 0 { out.append(UInt8(ascii: "\n")) }
      out += line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
    return out
  }
}

extension Composer {
  mutating func remember(_ node: Node, _ anchor: String?) {
    guard dialect == .foreign, let anchor else { return }
    anchored[ExactKey(anchor)] = node
  }

  /// What an alias stands for, counted as often as it is used: a few aliases of aliases would else
  /// be more values than memory holds.
  mutating func meant(by name: String, at position: Position) throws(Halt) -> Node {
    guard let node = anchored[ExactKey(name)] else {
      faults.add(
        .yamlAlias, at: position, "the alias *\(excerpt(name)) stands for nothing before it",
        remedy: "write the value out")
      throw .stop
    }
    let size = node.size
    try count(position, size.values)
    guard depth + size.levels <= Self.maxDepth else {
      faults.add(
        .yamlDepth, at: position, "values are nested more than \(Self.maxDepth) deep here",
        remedy: "flatten them")
      throw .stop
    }
    return node
  }
}

extension Node {
  /// Never deeper than `Composer.maxDepth`, which bounds the recursion.
  fileprivate var size: (values: Int, levels: Int) {
    let children: [Node]
    switch value {
    case .sequence(let items): children = items
    case .mapping(let members): children = members.map(\.value)
    case .null, .bool, .number, .string, .refused: return (1, 0)
    }
    var values = 1
    var levels = 0
    for child in children {
      let size = child.size
      values += size.values
      levels = max(levels, size.levels)
    }
    return (values, levels + 1)
  }
}
