internal import JSON

/// Bolt's tasks: the `tasks` folders of Puppet modules.
struct BoltLibrary {
  /// One module of the library.
  struct Module {
    let name: String
    let folder: String
    /// Semantic, or `nil`.
    var version: String?
    var fullName: String?
  }

  let files: SourceFiles
  private(set) var modules: [String: Module] = [:]
  /// The modules by their names, to find what tasks share.
  private var foldersByName: [String: String] = [:]
  private var collector = ItemCollector()

  static func read(_ files: SourceFiles) -> ItemCollector {
    var library = BoltLibrary(files: files)
    library.findModules()
    library.readTasks()
    return library.collector
  }

  private init(files: SourceFiles) { self.files = files }

  /// The file that a task names as `module/files/x.sh`.
  func path(of shared: String) -> String? {
    guard let relative = LibraryPath.referred(shared) else { return nil }
    let parts = relative.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let folder = foldersByName[String(parts[0])] else { return nil }
    return LibraryPath.joined(folder, String(parts[1]))
  }

  /// The source of a type that one of the modules defines.
  func alias(_ name: String) -> String? {
    let parts = name.lowercased().split(separator: ":").map(String.init)
    guard parts.count >= 2, let folder = foldersByName[parts[0]] else { return nil }
    let path = LibraryPath.joined(
      folder, "types/" + parts.dropFirst().joined(separator: "/") + ".pp")
    guard case .success(let bytes) = files.bytes(of: path),
      let text = String(validating: bytes, as: UTF8.self), text.utf8.count < 64_000
    else { return nil }
    // type Module::Name = Type
    let code = text.split(separator: "\n").filter { !$0.drop(while: \.isWhitespace).hasPrefix("#") }
      .joined(separator: "\n")
    guard let sign = code.firstIndex(of: "="),
      code[..<sign].split(whereSeparator: \.isWhitespace).map(String.init) == ["type", name]
    else { return nil }
    return String(code[code.index(after: sign)...])
  }

  // MARK: Finding

  private static func tasksFolder(of path: String) -> String? {
    let folder = LibraryPath.folder(of: path)
    return LibraryPath.name(of: folder) == "tasks" || folder == "tasks" ? folder : nil
  }

  private mutating func findModules() {
    for path in files.paths where LibraryPath.name(of: path) == "metadata.json" {
      addModule(LibraryPath.folder(of: path))
    }
    for path in files.paths {
      guard let folder = Self.tasksFolder(of: path) else { continue }
      addModule(LibraryPath.folder(of: folder))
    }
  }

  /// A longer one is no name, and the module is called after its folder.
  private static let maxNameBytes = 128

  private mutating func addModule(_ folder: String) {
    guard modules[folder] == nil else { return }
    var module = Module(name: Self.shortName(LibraryPath.name(of: folder)), folder: folder)
    let path = LibraryPath.joined(folder, "metadata.json")
    if case .success(let bytes) = files.bytes(of: path), let json = try? JSON(parsing: bytes),
      let name = json["name"]?.string, name.utf8.count <= Self.maxNameBytes
    {
      module = Module(name: Self.shortName(name), folder: folder)
      module.fullName = Draft.line(name)
      module.version = json["version"]?.string.flatMap(Self.plainVersion)
    }
    modules[folder] = module
    if foldersByName[module.name] == nil { foldersByName[module.name] = folder }
  }

  /// `apt` for `puppetlabs-apt` and `puppetlabs/apt`; a module's own name has no hyphen.
  private static func shortName(_ name: String) -> String {
    let last = name.split { $0 == "-" || $0 == "/" }.last.map(String.init) ?? name
    return last.isEmpty || last == "." ? "module" : last
  }

  private static func plainVersion(_ text: String) -> String? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3,
      parts.allSatisfy({ part in
        !part.isEmpty && part.utf8.allSatisfy { 0x30...0x39 ~= $0 }
          && (part.count == 1 || part.first != "0") && part.count < 10
      })
    else { return nil }
    return text
  }

  // MARK: Tasks

  private mutating func readTasks() {
    var folders: [String: [String]] = [:]
    for path in files.entries {
      guard let folder = Self.tasksFolder(of: path) else { continue }
      folders[folder, default: []].append(path)
    }
    if folders.isEmpty {
      collector.refuse(
        "tasks", part: nil,
        ItemRefusal(
          .fileMissing, "there is no folder \"tasks\" here; give a module, or a folder of modules"))
    }
    for folder in folders.keys.sorted() { readTasks(folders[folder] ?? [], in: folder) }
  }

  private static let documents: Set<String> = ["md", "txt", "markdown", "rst", "adoc"]

  private mutating func readTasks(_ entries: [String], in folder: String) {
    let all = files.paths.filter { LibraryPath.folder(of: $0) == folder }
    let described = Set(
      all.compactMap { path -> String? in
        let parts = LibraryPath.parts(of: LibraryPath.name(of: path))
        return parts.suffix == "json" ? parts.stem : nil
      })
    let used = implementations(all)
    for path in entries {
      let name = LibraryPath.name(of: path)
      let parts = LibraryPath.parts(of: name)
      if parts.suffix == "json" {
        add(path, parts.stem, all)
      } else if Self.documents.contains(parts.suffix) {
        collector.note(Remark(.fileUnlisted, "\(path) is a document, and not imported"))
      } else if !described.contains(parts.stem), !used.contains(name) {
        add(path, parts.stem, all)
      }
    }
  }

  /// The files that tasks of the folder name as their implementations.
  private func implementations(_ paths: [String]) -> Set<String> {
    var names: Set<String> = []
    for path in paths where path.hasSuffix(".json") {
      guard case .success(let bytes) = files.bytes(of: path), let json = try? JSON(parsing: bytes)
      else { continue }
      for item in json["implementations"]?.array ?? [] {
        if let name = item["name"]?.string { names.insert(name) }
      }
    }
    return names
  }

  private mutating func add(_ path: String, _ stem: String, _ all: [String]) {
    let folder = LibraryPath.folder(of: LibraryPath.folder(of: path))
    let module = modules[folder] ?? Module(name: "module", folder: folder)
    var task = BoltTask(library: self, module: module, stem: stem, siblings: all)
    do throws(ItemRefusal) {
      collector.add(path, part: task.name, .imported(try task.read(path)))
    } catch {
      collector.refuse(path, part: task.name, error)
    }
  }
}
