internal import Catalog
internal import JSON

/// Documents of AWS Systems Manager: files of their own, what "aws ssm get-document" prints, and
/// the documents within CloudFormation templates.
struct SSMLibrary {
  private let files: SourceFiles
  private var collector = ItemCollector()

  static func read(_ files: SourceFiles) -> ItemCollector {
    var library = SSMLibrary(files: files)
    var found = false
    for path in files.entries {
      guard
        ["json", "yaml", "yml"].contains(LibraryPath.parts(of: LibraryPath.name(of: path)).suffix)
      else {
        library.collector.note(
          Remark(.fileUnlisted, "\(path) is no .json, .yaml or .yml file, and not imported"))
        continue
      }
      found = true
      library.read(path)
    }
    if !found {
      library.collector.refuse(
        "documents", part: nil,
        ItemRefusal(.fileMissing, "there is no .json, .yaml or .yml file here"))
    }
    return library.collector
  }

  private init(files: SourceFiles) { self.files = files }

  private mutating func read(_ path: String) {
    do throws(ItemRefusal) {
      let bytes: [UInt8]
      switch files.bytes(of: path) {
      case .success(let read): bytes = read
      case .failure(let error): throw ItemRefusal(error, path)
      }
      let json = try Self.parsed(
        UTF16Text.decoded(bytes).map { Array($0.utf8) } ?? bytes, LibraryPath.name(of: path),
        isJSON: path.lowercased().hasSuffix(".json"))
      try readRoot(json, path)
    } catch {
      collector.refuse(path, part: nil, error)
    }
  }

  /// - Parameter isJSON: by its name; else its beginning tells.
  static func parsed(
    _ bytes: [UInt8], _ what: String, isJSON: Bool
  ) throws(ItemRefusal) -> JSON {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    let first = text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard first == UInt8(ascii: "{") || isJSON else {
      do throws(ForeignYAML.Failure) {
        return try ForeignYAML.json(bytes)
      } catch {
        throw ItemRefusal(.yamlInvalid, "\(what), \(error)")
      }
    }
    do throws(JSONError) {
      return try JSON(parsing: Array(text))
    } catch {
      throw ItemRefusal(
        .jsonInvalid, "\(what), line \(error.line): \(error.message) [\(error.code)]")
    }
  }

  /// A file may hold a document, or wrap one or several.
  private mutating func readRoot(_ json: JSON, _ path: String) throws(ItemRefusal) {
    let stem = LibraryPath.parts(of: LibraryPath.name(of: path)).stem
    if json["schemaVersion"] != nil {
      read(json, name: stem, path)
    } else if let content = json["Content"] ?? json["content"] {
      read(
        try Self.content(content, path),
        name: (json["Name"] ?? json["name"])?.string.map(Draft.line) ?? stem, path)
    } else if let resources = json["Resources"]?.object {
      try readTemplate(resources, path)
    } else {
      throw ItemRefusal(
        .itemShape,
        "\(LibraryPath.name(of: path)) has no schemaVersion, so it is no document of Systems Manager"
      )
    }
  }

  /// "aws ssm get-document" prints the content as a text.
  private static func content(_ content: JSON, _ path: String) throws(ItemRefusal) -> JSON {
    guard let text = content.string else { return content }
    return try parsed(
      Array(text.utf8), "the content within \(LibraryPath.name(of: path))", isJSON: false)
  }

  private mutating func readTemplate(
    _ resources: JSONObject, _ path: String
  ) throws(ItemRefusal) {
    let documents = resources.members.filter { $0.value["Type"] == "AWS::SSM::Document" }
    guard !documents.isEmpty else {
      throw ItemRefusal(
        .itemShape,
        "\(LibraryPath.name(of: path)) is a CloudFormation template without a document of Systems Manager"
      )
    }
    for (name, resource) in documents {
      guard let content = resource["Properties"]?["Content"] else {
        collector.refuse(
          path, part: name, ItemRefusal(.itemShape, "the resource \(name) has no Content"))
        continue
      }
      do throws(ItemRefusal) {
        read(
          try Self.content(content, path),
          name: resource["Properties"]?["Name"]?.string ?? name, path, resource: name)
      } catch {
        collector.refuse(path, part: name, error)
      }
    }
  }

  /// - Parameter resource: of a template.
  private mutating func read(
    _ json: JSON, name: String, _ path: String, resource: String? = nil
  ) {
    var document = SSMDocument(name: name)
    do throws(ItemRefusal) {
      try document.read(json)
    } catch {
      collector.refuse(path, part: resource, error)
      return
    }
    for note in document.notes { collector.note(Remark(note.code, "\(path): \(note.message)")) }
    for step in document.steps {
      let parts = [resource, step.shownName].compactMap { $0 }
      let part = parts.isEmpty ? nil : parts.joined(separator: ", ")
      do throws(ItemRefusal) {
        collector.add(path, part: part, .imported(try step.imported()))
      } catch {
        collector.refuse(path, part: part, error)
      }
    }
  }
}
