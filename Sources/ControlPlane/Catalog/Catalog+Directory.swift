internal import Platform

extension Catalog {
  /// Reads every `.yaml` and `.yml` file below a directory, in the order of their paths. Hidden
  /// names are passed over; a symbolic link is taken if it leads to a file within the directory.
  package static func load(directory: String) -> Loading {
    var walk = Walk()
    do throws(SystemError) {
      let root = try Files.resolved(directory)
      walk.visit(directory, root: root, depth: 0)
    } catch {
      walk.errors.append(Walk.unreadable(directory, error))
    }
    var tools: [Tool] = []
    var files: [String] = []
    var errors = walk.errors
    var places: [String: String] = [:]
    for path in walk.files {
      switch load(file: path) {
      case .failure(let failure): errors += failure.errors
      case .success(let tool):
        let address = "\(tool.name) \(tool.version)"
        if let first = places[address] {
          errors.append(
            Walk.error(
              path, .duplicateTool, "\(address) is in \(first) too",
              "give one of the two another version or name"))
        } else {
          places[address] = path
          tools.append(tool)
          files.append(path)
        }
      }
    }
    return Loading(tools: tools, files: files, errors: errors)
  }
}

/// Finds the files of a directory.
private struct Walk {
  var files: [String] = []
  var errors: [DefinitionError] = []

  static func error(_ path: String, _ rule: Rule, _ message: String, _ remedy: String)
    -> DefinitionError
  {
    DefinitionError(file: path, line: 1, column: 1, rule: rule, message: message, remedy: remedy)
  }

  mutating func visit(_ directory: String, root: String, depth: Int) {
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

  static func unreadable(_ path: String, _ error: SystemError) -> DefinitionError {
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
