internal import JSON

/// A library of Tactical RMM's community scripts: `community_scripts.json`, and the files that it
/// lists, mostly in `scripts`.
struct TacticalLibrary {
  static let listName = "community_scripts.json"

  private let files: SourceFiles
  private var collector = ItemCollector()

  static func read(_ files: SourceFiles) -> ItemCollector {
    var library = TacticalLibrary(files: files)
    library.readLists()
    return library.collector
  }

  private init(files: SourceFiles) { self.files = files }

  private mutating func readLists() {
    var lists = files.entries.filter { LibraryPath.name(of: $0).lowercased() == Self.listName }
    // A list under another name is taken if it was asked for by itself.
    if lists.isEmpty { lists = files.entries.count == 1 ? files.entries : [] }
    if lists.isEmpty {
      collector.refuse(
        Self.listName, part: nil,
        ItemRefusal(
          .fileMissing, "there is no \(Self.listName) here; give the folder that it is in"))
    }
    var used: Set<String> = []
    for list in lists { used.formUnion(readList(list)) }
    noteUnlisted(lists, used)
  }

  /// - Returns: the files that it lists.
  private mutating func readList(_ path: String) -> Set<String> {
    let bytes: [UInt8]
    switch files.bytes(of: path) {
    case .success(let read): bytes = read
    case .failure(let error):
      collector.refuse(path, part: nil, ItemRefusal(error, path))
      return []
    }
    guard let list = TacticalList(UTF16Text.decoded(bytes).map { Array($0.utf8) } ?? bytes) else {
      collector.refuse(
        path, part: nil,
        ItemRefusal(
          .jsonInvalid, "\(path) is no JSON array of scripts; it has to begin with \"[\""))
      return []
    }
    if list.parts.count == TacticalList.maxParts {
      collector.note(
        Remark(
          .itemLimit, "\(path) lists \(TacticalList.maxParts) scripts or more; the rest is left out"
        ))
    }
    var used: Set<String> = []
    for part in list.parts {
      var item = TacticalItem(files: files, list: path)
      let outcome = item.read(part)
      used.formUnion(item.usedFiles)
      collector.add(path, part: item.shownName(part), outcome)
    }
    return used
  }

  /// A script that no list names is no tool; it is said so that nobody wonders where it went.
  private mutating func noteUnlisted(_ lists: [String], _ used: Set<String>) {
    for list in lists {
      let folder = LibraryPath.joined(LibraryPath.folder(of: list), "scripts")
      for path in files.paths(below: folder) where !used.contains(path) {
        collector.note(Remark(.fileUnlisted, "\(path) is not listed in \(list), and not imported"))
      }
    }
  }
}

extension ItemRefusal {
  /// Of a file that cannot be read.
  init(_ error: SourceFiles.Unreadable, _ path: String) {
    let code: RemarkCode
    switch error.kind {
    case .missing: code = .fileMissing
    case .unreadable: code = .fileUnreadable
    case .tooLarge: code = .fileTooLarge
    case .outside: code = .fileOutside
    }
    self.init(code, "\(path): \(error.reason)")
  }
}
