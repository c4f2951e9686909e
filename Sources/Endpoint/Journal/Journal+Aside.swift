import Platform

extension Journal {
  /// Puts a damaged journal out of the way, for inspection, so that a new one can begin. Nobody
  /// may own it. Gives the new path of the file; its WAL is beside it under the matching name.
  ///
  /// The control plane must be told: without the epoch that was in it, an agent's hello does that.
  /// - Parameter suffix: such as a time; a name that is taken is refused.
  package static func moveAside(path: String, suffix: String) throws(JournalError) -> String {
    var ownership: Descriptor? = try own(path)
    defer { try? Ownership.release(&ownership) }
    let target = "\(path).\(suffix)"
    do throws(SystemError) {
      // Takes the name, or fails where it is taken; the rename then replaces this empty file.
      try Files.open(target, .createNew).close()
      // The file before its WAL: SQLite drops a WAL that it finds without its file, while a file
      // without its WAL would look like an earlier, sound journal.
      try Files.rename(path, to: target)
      if Files.exists(path + "-wal") { try Files.rename(path + "-wal", to: target + "-wal") }
      try Files.remove(path + "-shm")
      try Files.syncDirectory(of: path)
    } catch {
      throw .system(error)
    }
    return target
  }
}
