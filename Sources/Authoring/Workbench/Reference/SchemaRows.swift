import JSON

/// The members that a schema declares, as rows of a table: `disk`, `disk.path`, `[].name`.
struct SchemaRows {
  struct Row {
    let name: String
    let type: String
    let isRequired: Bool
    let standard: String?
    let bounds: [SchemaWords.Bound]
    let words: String
  }

  /// Members inside each other; what is deeper the schema itself tells.
  private static let maxDepth = 6

  private(set) var rows: [Row] = []
  private let root: JSON

  init(_ root: JSON) {
    self.root = root
    visit(root, "", depth: 0)
  }

  private mutating func visit(_ schema: JSON, _ path: String, depth: Int) {
    guard depth < Self.maxDepth else { return }
    let required = (schema["required"]?.array ?? []).compactMap(\.string)
    for (name, property) in schema["properties"]?.object?.members ?? [] {
      let target = property.followingReferences(in: root)
      let place = path.isEmpty ? name : "\(path).\(name)"
      rows.append(
        Row(
          name: place, type: SchemaWords.type(target),
          isRequired: required.contains(where: name.isExactly),
          standard: (property["default"] ?? target["default"]).map(SchemaWords.text),
          bounds: SchemaWords.bounds(target),
          words: property["description"]?.string ?? target["description"]?.string ?? ""))
      visit(target, place, depth: depth + 1)
    }
    if let items = schema["items"], schema["type"]?.string == "array" {
      visit(items.followingReferences(in: root), path + "[]", depth: depth + 1)
    }
  }
}
