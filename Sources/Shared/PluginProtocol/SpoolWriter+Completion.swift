package import Model
package import Platform

extension SpoolWriter {
  /// The last frame, on disk, and the file freed.
  ///
  /// What `unsyncedBytes` spares its sync is kept by the agent's journal, which is on disk before anyone
  /// hears of the end.
  ///
  /// The sync is not tried again where it fails. The kernel may have dropped what it could not write
  /// and taken it for clean (fsync(2), "EIO"; "ENOSPC"), so that another sync would succeed and prove
  /// nothing. Such a call ends at the limit `spool`, as one whose output did not fit on the disk: its
  /// end is told, and not as a success.
  ///
  /// - Parameters:
  ///   - unsyncedBytes: a spool with no more needs no sync.
  ///   - sync: the disk's answer, in tests.
  /// - Returns: why it is not known what is on disk.
  /// - Throws: when there is no room for the frame, with nothing of it written. Then it can be tried
  ///   again.
  package func complete(
    _ record: ExecutionRecord, unsyncedBytes: Int = 0,
    sync: ((SpoolWriter) throws(SystemError) -> Void)? = nil
  ) throws(SystemError) -> SystemError? {
    if syncFailure == nil {
      let end = bytes
      try ended(record)
      do throws(SystemError) {
        if bytes > unsyncedBytes {
          if let sync { try sync(self) } else { try self.sync() }
        }
      } catch {
        syncFailure = error
        try rewind(to: end)
      }
    }
    var failure = syncFailure
    if failure != nil {
      var record = record
      record.ended = record.ended.atLimit("spool")
      try ended(record)
    }
    do throws(SystemError) {
      try trim()
      try release()
    } catch {
      // The frame stands; room goes back with the file, and the lock with the descriptor.
      failure = failure ?? error
    }
    return failure
  }
}

extension Ending {
  /// The end of a call that met a limit while its process ended by itself.
  package func atLimit(_ name: String) -> Ending {
    switch self {
    case .exit: .limit(name, signal: nil)
    case .signal(let number, _): .limit(name, signal: number)
    case .limit, .cancelled: self
    }
  }
}
