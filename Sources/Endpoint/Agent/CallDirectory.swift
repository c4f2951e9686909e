import Platform
import PluginProtocol

/// The directory that a call has while it runs: its spool, its script, and the directory its process
/// begins in. It is cleaned and used again, because making and freeing files costs a file system
/// more than anything else on the way of a small call.
struct CallDirectory {
  let path: String

  /// A longer script is not kept: writing over it would free blocks.
  private static let scriptBytesMax = 4 << 10

  private var work: String { path + "/work" }
  private var script: String { path + "/script" }
  private var spool: String { path + "/spool" }

  /// Makes it as a plugin expects it: an empty working directory, a spool of nothing but zeros, and
  /// perhaps a script to write over.
  ///
  /// - Throws: also when a plugin still has the spool; then nothing of it was touched.
  func clean() throws(SystemError) {
    try Files.makeDirectories(path, permissions: 0o700)
    let names = try Files.list(path)
    // The spool first: its lock says whether anyone still works here.
    if names.contains("spool") { try cleanSpool() }
    for name in names where !["spool", "script", "work"].contains(name) {
      try Files.removeTree(path + "/" + name)
    }
    if names.contains("script") {
      let status = try Files.linkStatus(script)
      let isReusable = status.kind == .file && status.links == 1
      if !isReusable || status.size > Self.scriptBytesMax { try Files.removeTree(script) }
    }
    try cleanWork()
  }

  private func cleanWork() throws(SystemError) {
    try Files.makeDirectories(work, permissions: 0o700)
    let status = try Files.linkStatus(work)
    guard status.kind == .directory else {
      try Files.removeTree(work)
      return try Files.makeDirectories(work, permissions: 0o700)
    }
    if status.permissions != 0o700 { try Files.setPermissions(work, 0o700) }
    for name in try Files.list(work) { try Files.removeTree(work + "/" + name) }
  }

  /// Overwrites what was there. On disk before anyone writes to it again: after a power cut no frame
  /// of an old call may stand behind those of a new one.
  private func cleanSpool() throws(SystemError) {
    let status = try Files.linkStatus(spool)
    guard status.kind == .file, status.links == 1 else { return try Files.removeTree(spool) }
    let file = try Files.open(spool, .readWrite)
    guard try file.tryLock() else { throw SystemError.busy("lock", path: spool) }
    let size = min(status.size, Spool.reusedBytes)
    if status.size > size { try file.truncate(to: size) }
    let used = (try file.readUpTo(size, at: 0).lastIndex { $0 != 0 } ?? -1) + 1
    let zeros = [UInt8](repeating: 0, count: Spool.reusedBytes)
    if used > 0 { try file.writeAll(Array(zeros[..<used]), at: 0) }
    if size < zeros.count { try file.writeAll(Array(zeros[size...]), at: size) }
    try file.syncData()
    try file.close()
  }
}
