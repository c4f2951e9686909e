internal import Platform

extension Catalog {
  /// Reads every `.yaml` and `.yml` file below a directory, in the order of their paths. Hidden
  /// names are passed over; a symbolic link is taken if it leads to a file within the directory.
  package static func load(directory: String) -> Loading {
    var tools: [Tool] = []
    var files: [String] = []
    var errors: [DefinitionError] = []
    survey([directory]) { inspection in
      if inspection.errors.isEmpty, let tool = inspection.tool {
        tools.append(tool)
        files.append(inspection.file)
      }
      errors += inspection.errors
    }
    return Loading(tools: tools, files: files, errors: errors)
  }

  /// Reads files, and directories as `load(directory:)` does, one at a time, so that only what the
  /// caller keeps is held.
  package static func survey(_ paths: [String], each: (Inspection) -> Void) {
    var places: [String: String] = [:]
    for path in paths {
      guard (try? Files.status(path))?.kind == .directory else {
        each(told(inspect(file: path), &places))
        continue
      }
      let walk = Walk(path)
      for error in walk.errors { each(Inspection(file: error.file, unread: [error])) }
      for file in walk.files { each(told(inspect(file: file), &places)) }
    }
  }

  /// Tells of a name and version that another file has already.
  private static func told(
    _ inspection: Inspection, _ places: inout [String: String]
  ) -> Inspection {
    guard let tool = inspection.tool else { return inspection }
    let address = "\(tool.name) \(tool.version)"
    guard let first = places[address] else {
      places[address] = inspection.file
      return inspection
    }
    var inspection = inspection
    inspection.errors.append(
      Walk.error(
        inspection.file, .duplicateTool, "\(address) is in \(first) too",
        "give one of the two another version or name"))
    return inspection
  }
}

/// Finds the files of a directory.
private struct Walk {
  private(set) var files: [String] = []
  private(set) var errors: [DefinitionError] = []

  init(_ directory: String) {
    do throws(SystemError) {
      visit(directory, root: try Files.resolved(directory), depth: 0)
    } catch {
      errors.append(Self.unreadable(directory, error))
    }
  }

  static func error(_ path: String, _ rule: Rule, _ message: String, _ remedy: String)
    -> DefinitionError
  {
    DefinitionError(file: path, line: 1, column: 1, rule: rule, message: message, remedy: remedy)
  }

  private mutating func visit(_ directory: String, root: String, depth: Int) {
    guard depth <= Catalog.maxDepth else {
      errors.append(
        Self.error(
          directory, .tooMany, "directories are nested more than \(Catalog.maxDepth) deep",
          "move the definitions up"))
      return
    }
    let names: [String]
    do throws(SystemError) {
      names = try Files.list(directory)
    } catch {
      errors.append(Self.unreadable(directory, error))
      return
    }
    for name in names where !name.hasPrefix(".") {
      let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
      do throws(SystemError) {
        switch try Files.linkStatus(path).kind {
        case .directory: visit(path, root: root, depth: depth + 1)
        case .file: take(path)
        case .link: try follow(path, root: root)
        case .other: break
        }
      } catch {
        errors.append(Self.unreadable(path, error))
      }
    }
  }

  private static func unreadable(_ path: String, _ error: SystemError) -> DefinitionError {
    Self.error(
      path, .fileUnreadable, "this cannot be read: \(error)", "check the path and its permissions")
  }

  private mutating func follow(_ path: String, root: String) throws(SystemError) {
    guard isDefinition(path) else { return }
    let target = try Files.resolved(path)
    guard target.hasPrefix(root + "/"), try Files.status(target).kind == .file else {
      errors.append(
        Self.error(
          path, .fileLink, "the link leads to \(target), no file within \(root)",
          "put the file itself here"))
      return
    }
    take(path)
  }

  private mutating func take(_ path: String) {
    guard isDefinition(path) else { return }
    guard files.count < Catalog.maxFiles else {
      if errors.last?.rule != .tooMany {
        errors.append(
          Self.error(
            path, .tooMany, "there are more than \(Catalog.maxFiles) definitions",
            "load fewer at once"))
      }
      return
    }
    files.append(path)
  }

  private func isDefinition(_ path: String) -> Bool {
    path.hasSuffix(".yaml") || path.hasSuffix(".yml")
  }
}
