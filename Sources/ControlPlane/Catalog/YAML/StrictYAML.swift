package import JSON

/// A YAML file that is no definition, by the same strict rules: it means one thing, or it is refused.
package enum StrictYAML {
  package static func json(
    _ bytes: [UInt8], file: String
  ) -> Result<JSON, DefinitionErrors> {
    let faults = Faults()
    let (root, isComplete) = Composer.tree(of: bytes, faults)
    guard let root, isComplete, faults.isEmpty else {
      return .failure(faults.errors(file: file))
    }
    return .success(root.json)
  }
}
