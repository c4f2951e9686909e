/// A directory for the files of one process, where temporary files go. It is removed with this object;
/// or, if its process did not come to that, by the next one that looks for what was abandoned.
package final class ScratchDirectory: Sendable {
  package let path: String
  /// Holds the directory's lock, which tells others that it is in use.
  private let lock: Descriptor

  package init(prefix: String) throws(SystemError) {
    while true {
      let path = try Files.makeTemporaryDirectory(prefix: prefix)
      // Until it is locked it looks abandoned, and someone may remove it.
      if let lock = try Self.lock(path) {
        self.path = path
        self.lock = lock
        return
      }
    }
  }

  /// - Returns: `nil` for one that is gone, or that somebody is about to remove.
  private static func lock(_ path: String) throws(SystemError) -> Descriptor? {
    do throws(SystemError) {
      let lock = try Files.open(path, .read)
      guard try lock.tryLock(), Files.exists(path) else { return nil }
      return lock
    } catch {
      if error.isNotFound { return nil }
      throw error
    }
  }

  deinit { remove() }

  /// One that is gone is no error.
  package func remove() { try? Files.removeTree(path) }

  /// Removes what processes that were killed have left, on a thread of its own: nobody waits for that,
  /// nor does the end of this process.
  package static func tidy(prefix: String) {
    _ = try? WorkerThread(name: "tidy") { removeAbandoned(prefix: prefix) }
  }

  /// Removes those of this user that no process holds any more. What is in them, or how many names are
  /// beside them, may be a lot.
  package static func removeAbandoned(prefix: String) {
    let base = Files.temporaryBase
    for name in (try? Files.list(base)) ?? [] where name.hasPrefix(prefix + ".") {
      let path = base + "/" + name
      guard let status = try? Files.linkStatus(path), status.kind == .directory,
        status.owner == Machine.effectiveUser,
        let lock = try? Files.open(path, .read), (try? lock.tryLock()) == true
      else { continue }
      try? Files.removeTree(path)
    }
  }
}
