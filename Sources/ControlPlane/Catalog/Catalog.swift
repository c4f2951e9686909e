internal import Platform

/// Definitions from files.
package enum Catalog {
  /// Of a directory; more is a wrong directory.
  static let maxFiles = 10_000
  static let maxDepth = 16

  /// What a directory holds.
  package struct Loading: Sendable {
    /// By path.
    package let tools: [Tool]
    /// The file of each tool.
    package let files: [String]
    package let errors: [DefinitionError]
  }

  /// Reads a definition from the bytes of a file.
  /// - Parameter file: what the errors call it.
  package static func read(_ bytes: [UInt8], file: String) -> Result<Tool, DefinitionErrors> {
    inspect(bytes, file: file).result
  }

  package static func load(file path: String) -> Result<Tool, DefinitionErrors> {
    inspect(file: path).result
  }
}
