internal import CPlatform

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Operations on named files.
package enum Files {
  package enum Mode: Sendable {
    case read
    /// Created if missing, never truncated.
    case readWrite
    /// Created if missing; every write goes to the end.
    case append
    /// Fails if the name is taken, even by a dangling link.
    case createNew
  }

  /// - Parameter permissions: of a file that this call creates, before the umask.
  package static func open(
    _ path: String, _ mode: Mode, permissions: UInt32 = 0o600
  ) throws(SystemError) -> Descriptor {
    let flags =
      switch mode {
      case .read: O_RDONLY
      case .readWrite: O_RDWR | O_CREAT
      case .append: O_WRONLY | O_CREAT | O_APPEND
      case .createNew: O_RDWR | O_CREAT | O_EXCL
      }
    let number = try retried("open", path: path) {
      signalbox_open(path, flags, mode_t(permissions))
    }
    return Descriptor(owning: number)
  }

  #if os(Linux)
    /// A file in memory alone, holding `bytes`, to be read from its beginning.
    package static func inMemory(name: String, _ bytes: [UInt8]) throws(SystemError) -> Descriptor {
      let file = Descriptor(
        owning: try retried("memfd_create") { signalbox_memory_file(name) })
      try file.writeAll(bytes, at: 0)
      return file
    }
  #endif

  /// Reads a whole file. Files of `/proc` say that they are empty, so the size is only a hint.
  /// - Parameter limit: a longer file is refused as `EFBIG`, and no more than this is held.
  package static func read(_ path: String, limit: Int = 64 << 20) throws(SystemError) -> [UInt8] {
    let file = try open(path, .read)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(limit + 1, max(4_096, try file.status().size + 1)))
    while true {
      let count = try filling(&chunk) { (buffer) throws(SystemError) in try file.read(into: buffer)
      }
      if count == 0 { return bytes }
      guard bytes.count + count <= limit else {
        throw SystemError("read", path: path, number: EFBIG)
      }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  /// A small file, such as those of proc(5), as text; `nil` if it cannot be read.
  package static func text(_ path: String) -> String? {
    (try? read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Replaces the file in one step: readers see the old content or the new, and after a power cut
  /// it is one of the two. The content is on disk when this returns, unless it is not to be waited
  /// for.
  package static func writeAtomically(
    _ bytes: [UInt8], to path: String, permissions: UInt32 = 0o600, isSynced: Bool = true
  ) throws(SystemError) {
    let draft = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).draft"
    do throws(SystemError) {
      let file = try open(draft, .createNew, permissions: permissions)
      try file.writeAll(bytes)
      if isSynced { try file.sync() }
      try file.close()
      try rename(draft, to: path)
    } catch {
      unlink(draft)
      throw error
    }
    if isSynced { try syncDirectory(of: path) }
  }

  /// Makes a file at least so long, with zeros, and puts them on disk. What is written there later
  /// changes no metadata, which makes its sync many times cheaper than that of a growing file.
  package static func fill(_ path: String, to bytes: Int) throws(SystemError) {
    let file = try open(path, .readWrite)
    var size = try file.status().size
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    while size < bytes {
      let count = min(zeros.count, bytes - size)
      try file.writeAll(Array(zeros[..<count]), at: size)
      size += count
    }
    try file.sync()
  }

  package static func rename(_ path: String, to target: String) throws(SystemError) {
    #if canImport(Glibc)
      _ = try retried("rename", path: path) { Glibc.rename(path, target) }
    #elseif canImport(Musl)
      _ = try retried("rename", path: path) { Musl.rename(path, target) }
    #else
      _ = try retried("rename", path: path) { Darwin.rename(path, target) }
    #endif
  }

  /// Makes a created, renamed or removed name in `path`'s directory survive a power cut.
  package static func syncDirectory(of path: String) throws(SystemError) {
    try open(directory(of: path), .read).sync()
  }

  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether this process may execute the file, by its effective user.
  package static func isExecutable(_ path: String) -> Bool {
    faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0
  }

  /// Follows a link at the end of the path.
  package static func status(_ path: String) throws(SystemError) -> FileStatus {
    var raw = stat()
    _ = try retried("stat", path: path) { stat(path, &raw) }
    return FileStatus(raw)
  }

  /// Describes the link itself.
  package static func linkStatus(_ path: String) throws(SystemError) -> FileStatus {
    var raw = stat()
    _ = try retried("lstat", path: path) { lstat(path, &raw) }
    return FileStatus(raw)
  }

  /// The path with every link followed.
  package static func resolved(_ path: String) throws(SystemError) -> String {
    guard let text = realpath(path, nil) else { throw .last("realpath", path: path) }
    defer { free(text) }
    return String(cString: text)
  }

  /// What this user may still write on the file system of the path.
  package static func freeBytes(on path: String) throws(SystemError) -> Int {
    var raw = statvfs()
    _ = try retried("statvfs", path: path) { statvfs(path, &raw) }
    return Int(raw.f_bavail) * Int(raw.f_frsize)
  }

  package static func setPermissions(_ path: String, _ bits: UInt32) throws(SystemError) {
    _ = try retried("chmod", path: path) { chmod(path, mode_t(bits)) }
  }

  /// Gives a file or directory to a user; a link is given itself.
  package static func setOwner(_ path: String, user: UInt32, group: UInt32) throws(SystemError) {
    _ = try retried("chown", path: path) { lchown(path, user, group) }
  }

  #if os(Linux)
    /// An extended attribute, of at most 256 bytes; `nil` where there is none that can be read.
    package static func attribute(_ name: String, of path: String) -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = signalbox_attribute(path, name, &bytes, bytes.count)
      return count < 0 ? nil : Array(bytes.prefix(count))
    }
  #endif

  /// Removes one name; a name that is not there is no error.
  package static func remove(_ path: String) throws(SystemError) {
    do {
      _ = try retried("unlink", path: path) { unlink(path) }
    } catch  where error.number == ENOENT {}
  }

  static func filling<Result>(
    _ bytes: inout [UInt8],
    _ body: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    let outcome = bytes.withUnsafeMutableBytes { (buffer) -> Swift.Result<Result, SystemError> in
      do throws(SystemError) { return .success(try body(buffer)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}

/// What `stat(2)` says, as far as anyone here asks.
package struct FileStatus: Sendable, Hashable {
  package enum Kind: Sendable { case file, directory, link, other }

  package let kind: Kind
  package let size: Int
  package let owner: UInt32
  package let permissions: UInt32
  /// Names that the file has.
  package let links: Int
  /// Device and inode: two names with the same are one file.
  package let device: UInt64
  package let inode: UInt64
  package let modifiedMicroseconds: Int64

  init(_ raw: stat) {
    kind =
      switch raw.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    size = Int(raw.st_size)
    owner = raw.st_uid
    permissions = UInt32(raw.st_mode & 0o7777)
    links = Int(raw.st_nlink)
    device = UInt64(raw.st_dev)
    inode = UInt64(raw.st_ino)
    #if canImport(Darwin)
      let time = raw.st_mtimespec
    #else
      let time = raw.st_mtim
    #endif
    modifiedMicroseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
  }
}
