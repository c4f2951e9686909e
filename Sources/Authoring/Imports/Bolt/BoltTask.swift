internal import JSON

/// One task of a module.
struct BoltTask {
  let library: BoltLibrary
  let module: BoltLibrary.Module
  let stem: String
  /// All files of the folder.
  let siblings: [String]
  private var remarks = Remarks()

  init(library: BoltLibrary, module: BoltLibrary.Module, stem: String, siblings: [String]) {
    self.library = library
    self.module = module
    self.stem = stem
    self.siblings = siblings
  }

  /// As Bolt calls it: `facts`, `facts::bash`.
  var name: String { stem == "init" ? module.name : "\(module.name)::\(stem)" }

  mutating func read(_ path: String) throws(ItemRefusal) -> Imported {
    let metadata = try metadata(path)
    var draft = Draft(
      origin: "the Bolt task \(name)", title: name, description: description(metadata))
    if let version = module.version { draft.version = version }
    guard metadata["remote"] != true else {
      throw ItemRefusal(
        .boltRemote,
        "it is a remote task: it runs beside Bolt and reaches its target over a connection of its own"
      )
    }
    draft.arguments = try arguments(metadata)
    let supportsNoop = metadata["supports_noop"]?.bool ?? false
    if supportsNoop {
      guard draft.argument("noop") == nil else {
        throw ItemRefusal(
          .argumentName,
          "it has a parameter \"noop\", and supports noop mode, which has that name here")
      }
      draft.arguments.append(Self.noop)
    }
    if metadata["private"] == true {
      remarks.note(.boltPrivate, "it is private: Bolt does not list it")
    }
    draft.variants = try variants(metadata, draft)
    return Imported(
      draft: draft, nameParts: ["bolt", module.name] + (stem == "init" ? [] : [stem]),
      remarks: remarks)
  }

  private static var noop: Draft.Argument {
    var argument = Draft.Argument(
      "noop",
      JSONObject([
        ("type", "boolean"), ("enum", [true]),
        ("description", "True to show what would be done, without doing it; else left out."),
      ]))
    argument.isRequired = false
    return argument
  }

  // MARK: Metadata

  private mutating func metadata(_ path: String) throws(ItemRefusal) -> JSONObject {
    guard path.hasSuffix(".json") else {
      remarks.gap(
        .boltMetadata,
        "it has no metadata, so nothing is known of its parameters; it takes none here")
      return JSONObject()
    }
    let bytes: [UInt8]
    switch library.files.bytes(of: path) {
    case .success(let read): bytes = read
    case .failure(let error): throw ItemRefusal(error, path)
    }
    let json: JSON
    do throws(JSONError) {
      json = try JSON(
        parsing: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
    } catch {
      throw ItemRefusal(
        .jsonInvalid,
        "\(LibraryPath.name(of: path)), line \(error.line): \(error.message) [\(error.code)]")
    }
    guard let object = json.object else {
      throw ItemRefusal(.itemShape, "\(path) is \(json.kind), and metadata is an object")
    }
    try check(object)
    return object
  }

  private static let knownFields: Set<String> = [
    "description", "summary", "parameters", "input_method", "implementations", "files",
    "supports_noop", "private", "remote", "puppet_task_version", "extensions", "$schema",
  ]

  private mutating func check(_ object: JSONObject) throws(ItemRefusal) {
    for key in object.keys where !Self.knownFields.contains(key) {
      remarks.note(.itemField, "the field \(key.quoted()) has no place in a definition")
    }
    for key in ["supports_noop", "private", "remote"] {
      guard let value = object[key], value.bool == nil else { continue }
      throw ItemRefusal(.itemShape, "\(key) is \(value.shown), and has to be true or false")
    }
    if let parameters = object["parameters"], parameters.object == nil {
      throw ItemRefusal(
        .itemShape, "parameters is \(parameters.kind), and has to be an object")
    }
    if let method = object["input_method"] { _ = try Self.method(method) }
  }

  private func description(_ metadata: JSONObject) -> String {
    let said =
      [metadata["description"]?.string, metadata["summary"]?.string].compactMap { $0 }
      .map(Draft.paragraphs).first { !$0.isEmpty }
    let module =
      self.module.fullName.map {
        "Of the module \($0)\(self.module.version.map { " " + $0 } ?? "")."
      }
    return [said, module].compactMap { $0 }.joined(separator: "\n\n")
  }

  static func method(_ value: JSON) throws(ItemRefusal) -> BoltImplementation.Method {
    guard let text = value.string, let method = BoltImplementation.Method(rawValue: text) else {
      throw ItemRefusal(
        .itemShape,
        "input_method is \(value.shown); it is environment, stdin, both or powershell")
    }
    return method
  }

  // MARK: Parameters

  private mutating func arguments(
    _ metadata: JSONObject
  ) throws(ItemRefusal) -> [Draft.Argument] {
    var arguments: [Draft.Argument] = []
    for (name, value) in metadata["parameters"]?.object?.members ?? [] {
      guard Self.isParameterName(name) else {
        throw ItemRefusal(
          .argumentName,
          "the parameter \(name.quoted()) has a name that Bolt does not take: a lower-case letter, then"
            + " lower-case letters, digits and \"_\"")
      }
      guard let parameter = value.object else {
        throw ItemRefusal(
          .itemShape, "the parameter \(name) is \(value.kind), and has to be an object")
      }
      arguments.append(try argument(name, parameter))
    }
    return arguments
  }

  private static func isParameterName(_ name: String) -> Bool {
    guard let first = name.unicodeScalars.first, "a"..."z" ~= first, name.utf8.count <= 64 else {
      return false
    }
    return name.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "0"..."9", "_": true
      default: false
      }
    }
  }

  private mutating func argument(
    _ name: String, _ parameter: JSONObject
  ) throws(ItemRefusal) -> Draft.Argument {
    var puppet = PuppetSchema(schema: JSONObject())
    puppet.isOptional = parameter["type"] == nil
    if let type = parameter["type"] {
      guard let text = type.string else {
        throw ItemRefusal(
          .itemShape, "the type of \(name) is \(type.shown), and has to be a text")
      }
      let library = library
      puppet = PuppetSchema(text, argument: name, aliases: library.alias, &remarks)
    }
    var argument = Draft.Argument(name, puppet.schema)
    argument.isRequired = !puppet.isOptional && parameter["default"] == nil
    argument.isSecret = puppet.isSecret || parameter["sensitive"] == true
    if !argument.isSecret, argument.schema["type"] == "string", SecretName.isSecret(name) {
      argument.isSecret = true
      remarks.note(.secretByName, "\(name) is taken for a secret because of its name")
    }
    if let text = parameter["description"]?.string.map(Draft.paragraphs), !text.isEmpty {
      argument.schema["description"] = .string(text)
    }
    if let standard = parameter["default"], standard != .null {
      argument.schema["default"] = standard
    }
    return argument
  }

  // MARK: Implementations

  private mutating func variants(
    _ metadata: JSONObject, _ draft: Draft
  ) throws(ItemRefusal) -> [Draft.Variant] {
    let candidates = try implementations(metadata)
    var variants: [Draft.Variant] = []
    var refusals: [ItemRefusal] = []
    for candidate in candidates {
      var attempt = Remarks()
      do throws(ItemRefusal) {
        let variant = try candidate.variant(for: draft, &attempt)
        if let earlier = variants.firstIndex(where: { Self.holds($0, wherever: variant) }) {
          remarks.gap(
            .boltImplementation,
            "\(candidate.file) would never run, since implementation \(earlier + 1) does wherever it"
              + " could; it is left out")
          continue
        }
        variants.append(variant)
        remarks.take(attempt)
      } catch {
        refusals.append(error)
        if candidates.count > 1 {
          remarks.gap(
            .boltImplementation,
            "the implementation \(candidate.file) is left out: \(error.remark.message)"
              + " [\(error.remark.code.rawValue)]")
        }
      }
    }
    guard !variants.isEmpty else {
      throw refusals.first
        ?? ItemRefusal(.boltImplementation, "it has no implementation")
    }
    return variants
  }

  private static func holds(_ earlier: Draft.Variant, wherever later: Draft.Variant) -> Bool {
    later.os.allSatisfy(earlier.os.contains)
      && earlier.commands.allSatisfy(later.commands.contains)
  }

  private func implementations(
    _ metadata: JSONObject
  ) throws(ItemRefusal) -> [BoltImplementation] {
    let shared = try Self.fileList(metadata["files"])
    let method = try metadata["input_method"].map { value throws(ItemRefusal) in
      try Self.method(value)
    }
    guard let items = metadata["implementations"] else {
      return [
        BoltImplementation(
          task: self, file: try onlyFile(), requirements: [], method: method, shared: shared,
          supportsNoop: metadata["supports_noop"]?.bool ?? false)
      ]
    }
    guard let list = items.array, !list.isEmpty else {
      throw ItemRefusal(.itemShape, "implementations has to be a list of at least one")
    }
    var implementations: [BoltImplementation] = []
    for item in list {
      guard let name = item["name"]?.string else {
        throw ItemRefusal(.itemShape, "an implementation has no name")
      }
      if item["remote"] == true { continue }
      let own = try item["input_method"].map { value throws(ItemRefusal) in try Self.method(value) }
      implementations.append(
        BoltImplementation(
          task: self, file: name,
          requirements: (item["requirements"]?.array ?? []).compactMap(\.string),
          method: own ?? method, shared: try shared + Self.fileList(item["files"]),
          supportsNoop: metadata["supports_noop"]?.bool ?? false))
    }
    return implementations
  }

  private static func fileList(_ value: JSON?) throws(ItemRefusal) -> [String] {
    guard let value, value != .null else { return [] }
    guard let items = value.array, items.allSatisfy({ $0.string != nil }) else {
      throw ItemRefusal(.itemShape, "files has to be a list of texts")
    }
    return items.compactMap(\.string)
  }

  /// The file with the task's name.
  private func onlyFile() throws(ItemRefusal) -> String {
    let names = siblings.map(LibraryPath.name).filter {
      let parts = LibraryPath.parts(of: $0)
      return parts.stem == stem && parts.suffix != "json" && parts.suffix != "md"
    }
    guard let first = names.first else {
      throw ItemRefusal(
        .fileMissing, "it has metadata, and no file of the same name that would run")
    }
    guard names.count == 1 else {
      throw ItemRefusal(
        .boltImplementation,
        "several files have its name (\(names.joined(separator: ", "))), and its metadata does not say"
          + " which one runs where")
    }
    return first
  }
}
