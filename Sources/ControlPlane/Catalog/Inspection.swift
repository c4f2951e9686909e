internal import Platform

/// All that the reading of one file yields: what it says, with its places, and what is wrong.
package struct Inspection: Sendable {
  /// The path as it was given.
  package let file: String
  package let source: SourceLines
  /// What the file says; `nil` where it is no YAML to its end.
  package let root: Node?
  /// `nil` if there are errors in the file.
  package let tool: Tool?
  /// By position; also those that other files bring about.
  package internal(set) var errors: [DefinitionError]

  var result: Result<Tool, DefinitionErrors> {
    tool.map(Result.success) ?? .failure(DefinitionErrors(errors))
  }

  /// Of a path that yields no text.
  init(file: String, unread errors: [DefinitionError]) {
    self.init(file: file, source: SourceLines([]), root: nil, tool: nil, errors: errors)
  }

  init(file: String, source: SourceLines, root: Node?, tool: Tool?, errors: [DefinitionError]) {
    self.file = file
    self.source = source
    self.root = root
    self.tool = tool
    self.errors = errors
  }
}

extension Catalog {
  /// Reads a definition from the bytes of a file, and keeps what lint asks for.
  package static func inspect(_ bytes: [UInt8], file: String) -> Inspection {
    let faults = Faults()
    let hasMark = bytes.starts(with: SourceText.byteOrderMark)
    let source = SourceLines(
      hasMark ? Array(bytes.dropFirst(SourceText.byteOrderMark.count)) : bytes)
    let (root, isComplete) = Composer.tree(of: bytes, faults)
    // A tree that broke off lacks fields that its author may well have written.
    guard let root, isComplete else {
      return Inspection(
        file: file, source: source, root: nil, tool: nil,
        errors: faults.errors(file: file).errors)
    }
    let tool = DefinitionReader(form: .file, faults: faults, source: source).read(root)
    return Inspection(
      file: file, source: source, root: root, tool: tool,
      errors: tool == nil ? faults.errors(file: file).errors : [])
  }

  package static func inspect(file path: String) -> Inspection {
    do throws(SystemError) {
      let status = try Files.status(path)
      guard status.kind == .file else {
        return Inspection(file: path, unread: [unreadable(path, "it is no regular file")])
      }
      // One byte over the limit is enough to know that there is more.
      return inspect(try Files.read(path, limit: SourceText.maxBytes), file: path)
    } catch {
      let fault =
        error.isFull ? SourceText.tooLarge(path) : unreadable(path, error.description)
      return Inspection(file: path, unread: [fault])
    }
  }

  private static func unreadable(_ path: String, _ why: String) -> DefinitionError {
    DefinitionError(
      file: path, line: 1, column: 1, rule: .fileUnreadable,
      message: "the file cannot be read: \(why)", remedy: "check the path and its permissions")
  }
}
