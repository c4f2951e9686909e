internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension Files {
  /// The directory part of a path; `.` for a bare name.
  package static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  package static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// Creates the directory and those above it that are missing; one that is there is no error.
  package static func makeDirectories(
    _ path: String, permissions: UInt32 = 0o700
  ) throws(SystemError) {
    // Most are there, and to look costs a fraction of an attempt to make one.
    if (try? status(path))?.kind == .directory { return }
    if mkdir(path, mode_t(permissions)) == 0 { return }
    let failure = SystemError.last("mkdir", path: path)
    switch failure.number {
    case EEXIST:
      if (try? status(path))?.kind != .directory { throw failure }
    case ENOENT:
      let parent = directory(of: path)
      guard parent != path, parent != "." else { throw failure }
      try makeDirectories(parent, permissions: permissions)
      if mkdir(path, mode_t(permissions)) != 0, errno != EEXIST {
        throw .last("mkdir", path: path)
      }
    default: throw failure
    }
  }

  /// Makes it the directory of this process.
  package static func enter(_ path: String) throws(SystemError) {
    _ = try retried("enter", path: path) { chdir(path) }
  }

  /// Where temporary files go.
  static var temporaryBase: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  /// A new, empty directory of this user alone, named after `prefix`.
  package static func makeTemporaryDirectory(prefix: String) throws(SystemError) -> String {
    let base = temporaryBase
    var template = Array("\(base)/\(prefix).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw .last("mkdtemp", path: base) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The names in a directory, sorted, without `.` and `..`.
  package static func list(_ path: String) throws(SystemError) -> [String] {
    guard let stream = opendir(path) else { throw .last("opendir", path: path) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      // readdir(3): NULL is the end as well as an error, told apart by errno.
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw .last("readdir", path: path) }
        return names.sorted()
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
  }

  /// Removes all that is in a directory, whatever its names (they need not be text), permissions
  /// and depth. Links are removed, not followed.
  package static func emptyDirectory(_ path: String) throws(SystemError) {
    if signalbox_empty_directory(path) != 0 { throw .last("empty directory", path: path) }
  }

  /// Removes a directory that is empty.
  package static func removeDirectory(_ path: String) throws(SystemError) {
    _ = try retried("rmdir", path: path) { rmdir(path) }
  }

  /// Removes a file or a directory with all that is in it. Links are removed, not followed.
  package static func removeTree(_ path: String) throws(SystemError) {
    let kind: FileStatus.Kind
    do {
      kind = try linkStatus(path).kind
    } catch  where error.number == ENOENT {
      return
    }
    guard kind == .directory else { return try remove(path) }
    try emptyDirectory(path)
    if rmdir(path) != 0, errno != ENOENT { throw .last("rmdir", path: path) }
  }
}
