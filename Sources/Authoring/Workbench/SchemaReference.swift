import JSON

extension JSON {
  /// References to follow one after the other; a longer chain declares nothing.
  private static let maxReferences = 16

  /// The schema that a local `$ref` leads to, or the schema itself.
  func followingReferences(in root: JSON) -> JSON {
    var schema = self
    for _ in 0..<Self.maxReferences {
      guard let reference = schema["$ref"]?.string, reference.hasPrefix("#"),
        let pointer = try? JSONPointer(String(reference.dropFirst())),
        let target = pointer.value(in: root)
      else { return schema }
      schema = target
    }
    return schema
  }
}
