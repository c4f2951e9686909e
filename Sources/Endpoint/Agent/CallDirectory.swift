package import Platform
import PluginProtocol

/// The directory that a call has while it runs: its spool, its script, and the directory its process
/// begins in. It is cleaned and used again, because making and freeing files costs a file system
/// more than anything else on the way of a small call.
package struct CallDirectory {
  package let path: String

  package init(path: String) { self.path = path }

  /// A longer script is not kept: writing over it would free blocks.
  private static let scriptBytesMax = 4 << 10

  private var work: String { path + "/work" }
  private var script: String { path + "/script" }
  package var spool: String { path + "/spool" }

  /// Makes it as a plugin expects it: an empty working directory, a spool that is empty or nothing but
  /// zeros, and perhaps a script to write over.
  ///
  /// - Throws: also when a plugin still has the spool; then nothing of it was touched.
  package func clean() throws(SystemError) {
    try makeOwn(path)
    let names = try Files.list(path)
    // The spool first: its lock says whether anyone still works here.
    if names.contains("spool") { try cleanSpool() }
    for name in names where !Self.known.contains(name) {
      try Files.removeTree(path + "/" + name)
    }
    if names.contains("script") {
      let status = try Files.linkStatus(script)
      if !isReusable(status) || status.size > Self.scriptBytesMax {
        try Files.removeTree(script)
      }
    }
    try makeOwn(work)
    try Files.emptyDirectory(work)
    // What is left has a name that is no text.
    if try !Files.list(path).allSatisfy(Self.known.contains) {
      try Files.emptyDirectory(path)
      try makeOwn(work)
    }
    if !Files.exists(spool) { try Files.open(spool, .createNew).close() }
  }

  private static let known: Set<String> = ["spool", "script", "work"]

  /// Makes it a directory that only we may enter, whatever is there in its place.
  private func makeOwn(_ path: String) throws(SystemError) {
    do throws(SystemError) {
      let status = try Files.linkStatus(path)
      if status.kind == .directory {
        if status.permissions != 0o700 { try Files.setPermissions(path, 0o700) }
        return
      }
      try Files.remove(path)
    } catch  where error.isNotFound {}
    try Files.makeDirectories(path, permissions: 0o700)
  }

  /// Whether writing over it reaches nothing else, and leaves a file that only we may read.
  private func isReusable(_ status: FileStatus) -> Bool {
    status.kind == .file && status.links == 1 && status.permissions == 0o600
  }

  /// Overwrites what was there. On disk before anyone writes to it again: after a power cut no frame
  /// of an old call may stand behind those of a new one.
  private func cleanSpool() throws(SystemError) {
    let status = try Files.linkStatus(spool)
    guard status.kind == .file, status.links == 1 else { return try Files.removeTree(spool) }
    if status.permissions != 0o600 { try Files.setPermissions(spool, 0o600) }
    let file = try Files.open(spool, .readWrite)
    guard try file.tryLock() else { throw SystemError.busy("lock", path: spool) }
    let size = min(status.size, Spool.reusedBytes)
    if status.size > size { try file.truncate(to: size) }
    let used = try file.readUpTo(size, at: 0).withUnsafeBytes(\.countBeforeZeros)
    if used > 0 { try file.writeAll([UInt8](repeating: 0, count: used), at: 0) }
    if size < Spool.reusedBytes {
      try file.writeAll([UInt8](repeating: 0, count: Spool.reusedBytes - size), at: size)
    }
    try file.syncData()
    try file.close()
  }
}
