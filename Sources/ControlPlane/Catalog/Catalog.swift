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
    let faults = Faults()
    let (root, isComplete) = Composer.tree(of: bytes, faults)
    // A tree that broke off lacks fields that its author may well have written.
    if let root, isComplete {
      let reader = DefinitionReader(form: .file, faults: faults, source: SourceLines(bytes))
      if let tool = reader.read(root) { return .success(tool) }
    }
    return .failure(faults.errors(file: file))
  }

  package static func load(file path: String) -> Result<Tool, DefinitionErrors> {
    do throws(SystemError) {
      let status = try Files.status(path)
      guard status.kind == .file else {
        return .failure(unreadable(path, "it is no regular file"))
      }
      // One byte over the limit is enough to know that there is more.
      let bytes = try Files.read(path, limit: SourceText.maxBytes)
      return read(bytes, file: path)
    } catch {
      guard error.isFull else { return .failure(unreadable(path, error.description)) }
      return .failure(SourceText.tooLarge(path))
    }
  }

  private static func unreadable(_ path: String, _ why: String) -> DefinitionErrors {
    DefinitionErrors([
      DefinitionError(
        file: path, line: 1, column: 1, rule: .fileUnreadable,
        message: "the file cannot be read: \(why)", remedy: "check the path and its permissions")
    ])
  }
}
