internal import Platform

extension SourceFiles {
  /// Of one library; more is a wrong directory.
  package static let maxFiles = 50_000
  package static let maxDepth = 16
  /// Of one file. The largest list of scripts is a hundredth of that.
  package static let maxFileBytes = 8 << 20

  /// A path that cannot be looked at at all.
  package struct Unopened: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
  }

  /// What belongs to a library of which only one file is named.
  package enum Around: Sendable, Equatable {
    case nothing
    /// The files beside it, and those in the folder of this name.
    case folder(String)
    /// All that is in the folder above its own.
    case above
  }

  /// What the program was told to import: directories, and single files with what belongs to them.
  /// Hidden names are passed over.
  package static func load(_ given: [String], around: Around) throws(Unopened) -> SourceFiles {
    var collection = Collection(around: around)
    for path in given { try collection.take(path) }
    let places = collection.places
    return SourceFiles(
      paths: Array(places.keys), entries: collection.entries, notes: collection.notes
    ) { path in
      switch places[path] {
      case nil: .failure(Unreadable(.missing, "there is no such file"))
      case .linkOutside(let target)?:
        .failure(Unreadable(.outside, "it is a link to \(target), which is not in the library"))
      case .file(let place)?: read(place)
      }
    }
  }

  private static func read(_ place: String) -> Result<[UInt8], Unreadable> {
    do throws(SystemError) {
      return .success(try Files.read(place, limit: maxFileBytes))
    } catch {
      guard error.isFull else { return .failure(Unreadable(.unreadable, error.description)) }
      return .failure(Unreadable(.tooLarge, "it has more than \(maxFileBytes) bytes"))
    }
  }
}

/// Finds the files below the given paths.
private struct Collection {
  enum Place {
    case file(String)
    case linkOutside(String)
  }

  let around: SourceFiles.Around
  /// Where each file of the library lies.
  var places: [String: Place] = [:]
  var entries: [String] = []
  var notes: [Remark] = []
  private var isEntry: Set<String> = []

  init(around: SourceFiles.Around) { self.around = around }

  mutating func take(_ path: String) throws(SourceFiles.Unopened) {
    let path = Self.withoutTrailingSlashes(path)
    let kind: FileStatus.Kind
    do throws(SystemError) {
      kind = try Files.status(path).kind
      switch kind {
      case .directory:
        visit(path, root: try Files.resolved(path), depth: 0, isEntry: true)
        try takeAround(path)
      case .file:
        try takeNeighbours(of: path)
        add(path, .file(path), isEntry: true)
      case .link, .other: break
      }
    } catch {
      throw SourceFiles.Unopened(description: "\(error)")
    }
    guard kind == .directory || kind == .file else {
      throw SourceFiles.Unopened(description: "\(path) is neither a file nor a directory")
    }
  }

  private static func withoutTrailingSlashes(_ path: String) -> String {
    var path = Substring(path)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }

  /// A folder of tasks is a part of a module.
  private mutating func takeAround(_ folder: String) throws(SystemError) {
    guard around == .above, Files.name(of: folder) == "tasks" else { return }
    let above = folder.contains("/") ? Files.directory(of: folder) : ""
    visit(above, root: try Files.resolved(above.isEmpty ? "." : above), depth: 0, isEntry: false)
  }

  private mutating func takeNeighbours(of path: String) throws(SystemError) {
    let slash = path.contains("/")
    let folder = slash ? Files.directory(of: path) : ""
    switch around {
    case .nothing: return
    case .folder(let name):
      let root = try Files.resolved(folder.isEmpty ? "." : folder)
      visit(folder, root: root, depth: SourceFiles.maxDepth, isEntry: false)
      let inner = folder.isEmpty ? name : folder + "/" + name
      if Files.exists(inner) { visit(inner, root: root, depth: 0, isEntry: false) }
    case .above:
      let above = slash ? Files.directory(of: folder) : ".."
      guard above != folder else { return }
      visit(above, root: try Files.resolved(above), depth: 0, isEntry: false)
    }
  }

  private mutating func visit(_ folder: String, root: String, depth: Int, isEntry: Bool) {
    let names: [String]
    do throws(SystemError) {
      names = try Files.list(folder.isEmpty ? "." : folder)
    } catch {
      notes.append(Remark(.fileUnreadable, "the folder \(folder) cannot be read: \(error)"))
      return
    }
    for name in names where !name.hasPrefix(".") {
      guard places.count < SourceFiles.maxFiles else {
        if notes.last?.code != .itemLimit {
          notes.append(
            Remark(
              .itemLimit, "there are more than \(SourceFiles.maxFiles) files; import fewer at once")
          )
        }
        return
      }
      let path = folder.isEmpty ? name : folder + "/" + name
      guard let kind = try? Files.linkStatus(path).kind else { continue }
      switch kind {
      case .directory: descend(path, root: root, depth: depth, isEntry: isEntry)
      case .link: follow(path, root: root, isEntry: isEntry)
      case .file: add(path, .file(path), isEntry: isEntry)
      case .other: notes.append(Remark(.fileUnreadable, "\(path) is no file, and passed over"))
      }
    }
  }

  private mutating func descend(_ path: String, root: String, depth: Int, isEntry: Bool) {
    guard depth < SourceFiles.maxDepth else {
      // Neighbours of a single file are looked at without what is below them.
      guard isEntry else { return }
      notes.append(
        Remark(
          .itemLimit, "\(path) lies more than \(SourceFiles.maxDepth) deep; import it by itself"))
      return
    }
    visit(path, root: root, depth: depth + 1, isEntry: isEntry)
  }

  private mutating func follow(_ path: String, root: String, isEntry: Bool) {
    guard let target = try? Files.resolved(path) else {
      notes.append(Remark(.fileUnreadable, "\(path) is a link to nothing"))
      return
    }
    guard target.hasPrefix(root + "/") else {
      add(path, .linkOutside(target), isEntry: isEntry)
      return
    }
    if (try? Files.status(target).kind) == .file { add(path, .file(path), isEntry: isEntry) }
  }

  private mutating func add(_ path: String, _ place: Place, isEntry: Bool) {
    if isEntry, self.isEntry.insert(path).inserted { entries.append(path) }
    places[path] = place
  }
}
