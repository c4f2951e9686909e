/// The files of a library, as an importer sees them: names, and bytes when it asks for them. An
/// importer touches nothing else, so a test can hand it any library from memory.
package struct SourceFiles: Sendable {
  /// Why a file that is listed cannot be had.
  package struct Unreadable: Error, Sendable, Hashable {
    package enum Kind: Sendable { case missing, unreadable, tooLarge, outside }

    package let kind: Kind
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
      self.kind = kind
      self.reason = reason
    }
  }

  package typealias Reader = @Sendable (String) -> Result<[UInt8], Unreadable>

  /// Paths with "/" between their parts, sorted.
  package let paths: [String]
  /// The paths that were asked for; the others are there to be referred to.
  package let entries: [String]
  /// What could not be looked into.
  package let notes: [Remark]
  private let known: Set<String>
  private let byLowerCase: [String: [String]]
  private let reader: Reader

  /// - Parameter entries: all paths if `nil`.
  package init(
    paths: [String], entries: [String]? = nil, notes: [Remark] = [], reader: @escaping Reader
  ) {
    self.notes = notes
    self.paths = paths.sorted()
    self.entries = (entries ?? paths).sorted()
    known = Set(paths)
    byLowerCase = Dictionary(grouping: self.paths) { $0.lowercased() }
    self.reader = reader
  }

  /// A library in memory.
  package init(_ files: [String: [UInt8]]) {
    self.init(paths: Array(files.keys)) { path in
      files[path].map(Result.success) ?? .failure(Unreadable(.missing, "there is no such file"))
    }
  }

  package func contains(_ path: String) -> Bool { known.contains(path) }

  package func bytes(of path: String) -> Result<[UInt8], Unreadable> {
    guard contains(path) else { return .failure(Unreadable(.missing, "there is no such file")) }
    return reader(path)
  }

  /// The one path that differs from `path` in the case of its letters only: libraries that are kept
  /// on Windows name their files loosely.
  func ignoringCase(_ path: String) -> String? {
    guard let found = byLowerCase[path.lowercased()], found.count == 1 else { return nil }
    return found[0]
  }

  /// The paths below a folder.
  func paths(below folder: String) -> [String] {
    let prefix = folder.isEmpty ? "" : folder + "/"
    return paths.filter { $0.hasPrefix(prefix) }
  }
}

/// Paths in a library.
enum LibraryPath {
  static func folder(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
  }

  static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  static func joined(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : folder + "/" + name
  }

  /// A name without its last extension, and the extension in lower case.
  static func parts(of name: String) -> (stem: String, suffix: String) {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else {
      return (name, "")
    }
    return (String(name[..<dot]), name[name.utf8.index(after: dot)...].lowercased())
  }

  /// A path that another file names: Windows' separators become ours.
  /// - Returns: `nil` where it leads out of its folder.
  static func referred(_ text: String) -> String? {
    let path = String(text.map { $0 == "\\" ? "/" : $0 })
    guard !path.isEmpty, !path.hasPrefix("/"), !path.contains("\0") else { return nil }
    var parts: [Substring] = []
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
      switch part {
      case ".": continue
      case "..": return nil
      default: parts.append(part)
      }
    }
    guard let first = parts.first, !first.contains(":") else { return nil }
    return parts.joined(separator: "/")
  }
}
