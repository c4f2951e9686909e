internal import JSON

/// One script of the list.
struct TacticalItem {
  private let files: SourceFiles
  private let list: String
  /// The file that it names.
  private(set) var usedFiles: Set<String> = []
  private var name = ""
  private var remarks = Remarks()

  init(files: SourceFiles, list: String) {
    self.files = files
    self.list = list
  }

  func shownName(_ part: TacticalList.Part) -> String {
    name.isEmpty ? "line \(part.line)" : name
  }

  mutating func read(_ part: TacticalList.Part) -> ItemCollector.Outcome {
    do throws(ItemRefusal) {
      let object = try Self.object(part)
      return .imported(try imported(object))
    } catch {
      return .refused(error)
    }
  }

  private static func object(_ part: TacticalList.Part) throws(ItemRefusal) -> JSONObject {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: Array(part.text))
    } catch {
      throw ItemRefusal(
        .jsonInvalid,
        "line \(part.line + error.line - 1): \(error.message) [\(error.code)]; correct the list")
    }
    guard let object = json.object else {
      throw ItemRefusal(
        .itemShape, "line \(part.line): an item is an object, and this is \(json.kind)")
    }
    return object
  }

  // MARK: Fields

  private static let knownFields: Set<String> = [
    "guid", "filename", "submittedBy", "name", "description", "shell", "category",
    "supported_platforms", "default_timeout", "args", "env", "syntax", "run_as_user",
  ]

  private mutating func imported(_ object: JSONObject) throws(ItemRefusal) -> Imported {
    if let text = object["name"]?.string { name = Draft.line(text) }
    let file = try text(object, "filename")
    usedFiles.insert(file)
    if name.isEmpty {
      name = LibraryPath.parts(of: LibraryPath.name(of: file)).stem
      remarks.gap(.itemField, "it has no name, and is called after its file")
    }
    let path = try located(file)
    usedFiles.insert(path)
    let bytes: [UInt8]
    switch files.bytes(of: path) {
    case .success(let read): bytes = read
    case .failure(let error): throw ItemRefusal(error, path)
    }
    let shell = try text(object, "shell").lowercased()
    let arguments = strings(object, "args")
    let environment = strings(object, "env")
    for key in object.keys where !Self.knownFields.contains(key) {
      remarks.note(.itemField, "the field \(key.quoted()) has no place in a definition")
    }
    var script = TacticalScript(
      shell: shell, path: LibraryPath.name(of: path), bytes: bytes, arguments: arguments,
      environment: environment,
      platforms: try platforms(object, shell), hasSyntax: hasArguments(object))
    var draft = try script.draft(&remarks)
    draft.origin = "Tactical RMM's community scripts, \(LibraryPath.name(of: file))"
    draft.title = name
    draft.description = description(object, script.help)
    draft.runSeconds = timeout(object)
    if object["run_as_user"]?.bool == true {
      remarks.gap(
        .runAsUser, "it wants to run as the user who is logged in; here it runs as the agent does")
    }
    return Imported(draft: draft, nameParts: ["tactical", name], remarks: remarks)
  }

  private func text(_ object: JSONObject, _ key: String) throws(ItemRefusal) -> String {
    guard let value = object[key] else {
      throw ItemRefusal(.itemShape, "it has no \(key.quoted())")
    }
    guard let text = value.string else {
      throw ItemRefusal(.itemShape, "its \(key.quoted()) is \(value.shown), not a text")
    }
    let line = Draft.line(text)
    guard !line.isEmpty else {
      throw ItemRefusal(.itemShape, "its \(key.quoted()) is empty")
    }
    return line
  }

  private mutating func strings(_ object: JSONObject, _ key: String) -> [String] {
    guard let value = object[key], value != .null else { return [] }
    guard let items = value.array else {
      if let text = value.string, !text.isEmpty { return [text] }
      if value.string == nil {
        remarks.gap(.itemField, "its \(key.quoted()) is no list, and left out")
      }
      return []
    }
    let texts = items.compactMap(\.string)
    if texts.count != items.count {
      remarks.gap(.itemField, "its \(key.quoted()) has items that are no text, and are left out")
    }
    return texts
  }

  private func hasArguments(_ object: JSONObject) -> Bool {
    !(object["args"]?.array ?? []).isEmpty
      || !(object["syntax"]?.string ?? "").allSatisfy(\.isWhitespace)
  }

  /// The library keeps its scripts in a folder beside the list.
  private mutating func located(_ file: String) throws(ItemRefusal) -> String {
    guard let relative = LibraryPath.referred(file) else {
      throw ItemRefusal(
        .fileOutside, "it names \(file.quoted()), which leads out of the library")
    }
    let folder = LibraryPath.folder(of: list)
    let candidates = [
      LibraryPath.joined(LibraryPath.joined(folder, "scripts"), relative),
      LibraryPath.joined(folder, relative),
    ]
    if let found = candidates.first(where: files.contains) { return found }
    if let found = candidates.compactMap(files.ignoringCase).first {
      remarks.note(
        .fileCase, "it names \(relative), and the file is \(LibraryPath.name(of: found))")
      return found
    }
    throw ItemRefusal(.fileMissing, "it names \(relative), and there is no such file in scripts")
  }

  private mutating func platforms(
    _ object: JSONObject, _ shell: String
  ) throws(ItemRefusal) -> [String] {
    let words = strings(object, "supported_platforms")
    var platforms: [String] = []
    for word in words {
      let known = ["windows": "windows", "linux": "linux", "darwin": "macos", "macos": "macos"]
      if let platform = known[word.lowercased()] {
        if !platforms.contains(platform) { platforms.append(platform) }
      } else {
        remarks.gap(.platformUnknown, "the platform \(word.quoted()) is not known, and left out")
      }
    }
    guard platforms.isEmpty else { return platforms }
    guard words.isEmpty else {
      throw ItemRefusal(.platformUnknown, "none of its platforms is known")
    }
    // Tactical RMM offers such a script everywhere; its shell says where it can run.
    let all = ["linux", "macos", "windows"]
    let assumed =
      ["powershell", "cmd"].contains(shell)
      ? ["windows"] : shell == "shell" ? ["linux", "macos"] : all
    remarks.gap(
      .platformAssumed,
      "it names no platforms, and is taken to be for \(assumed.joined(separator: ", "))")
    return assumed
  }

  /// Seconds, as a number or as text.
  private mutating func timeout(_ object: JSONObject) -> Int? {
    guard let value = object["default_timeout"] else { return nil }
    let seconds = value.int ?? value.string.flatMap { Int(Draft.line($0)) }
    guard let seconds, (1...86_400).contains(seconds) else {
      remarks.gap(
        .timeout,
        "its default_timeout is \(value.shown); the run limit is"
          + " \(Draft.standardRunSeconds) seconds here")
      return nil
    }
    return seconds
  }

  private func description(_ object: JSONObject, _ help: CommentHelp?) -> String {
    var parts: [String] = []
    let said = object["description"]?.string.map(Draft.paragraphs) ?? ""
    if !said.isEmpty { parts.append(said) }
    if let help {
      for text in [help.synopsis, help.description]
      where !text.isEmpty && !parts.contains(text) { parts.append(text) }
    }
    if let category = object["category"]?.string, !Draft.line(category).isEmpty {
      parts.append("Category: \(Draft.line(category)).")
    }
    if let syntax = object["syntax"]?.string, !Draft.line(syntax).isEmpty {
      parts.append("Syntax in Tactical RMM:\n" + Draft.paragraphs(syntax))
    }
    if let author = object["submittedBy"]?.string, !Draft.line(author).isEmpty {
      parts.append("Submitted by \(Draft.line(author)).")
    }
    return parts.joined(separator: "\n\n")
  }
}
