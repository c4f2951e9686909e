import JSON

/// What stands at the members that a schema declares by name: `/unit`, `/disk/path`.
struct SchemaPlaces {
  /// Members inside each other; deeper ones are left out.
  private static let maxDepth = 16

  /// The declared members, in their order.
  private(set) var all: [JSONPointer] = []
  private(set) var defaults: [JSONPointer: JSON] = [:]
  private(set) var required: Set<JSONPointer> = []
  /// The schema of each, references followed.
  private(set) var schemas: [JSONPointer: JSON] = [:]

  private let root: JSON

  init(_ root: JSON) {
    self.root = root
    visit(root, JSONPointer())
  }

  private mutating func visit(_ schema: JSON, _ place: JSONPointer) {
    guard place.tokens.count < Self.maxDepth else { return }
    for name in (schema["required"]?.array ?? []).compactMap(\.string) {
      required.insert(place.appending(name))
    }
    for (name, property) in schema["properties"]?.object?.members ?? [] {
      let member = place.appending(name)
      let target = property.followingReferences(in: root)
      if schemas[member] == nil { all.append(member) }
      schemas[member] = target
      if let standard = property["default"] ?? target["default"] { defaults[member] = standard }
      visit(target, member)
    }
    for part in schema["allOf"]?.array ?? [] { visit(part.followingReferences(in: root), place) }
  }
}
