package import Model
import Platform
import SQLite

/// The endpoint's durable memory of its calls: what it took, what it let begin, how each ended.
///
/// Every entry's hash covers the entry before it, and `open` verifies all of them, so a journal
/// that opens is the one that was written. One thing it cannot see by itself: its latest commits
/// missing as a whole, as when one flipped bit ends the reading of the WAL early. For that the
/// control plane compares heads.
///
/// For one thread. Entries are written in batches, one wait for the disk for each:
///
///     journal.begin()
///     try journal.append(call: id, kind: .received, at: now, body: offer)
///     try journal.append(call: id, kind: .released, at: now)
///     try journal.commit()      // now it may be acknowledged, and may run
///
/// After an error that `isFatal` nothing more is taken: what is on disk is not known any more.
package final class Journal {
  package let path: String
  /// The last entry that is on disk. Only this one may be told to others.
  package internal(set) var head = Head.none
  /// The last entry, in the open batch too.
  package internal(set) var pendingHead = Head.none

  let database: Database
  let statements: JournalStatements
  let limits: Limits
  private var ownership: Descriptor?
  var chain = Chain()
  var meta = Meta()
  /// Where the chain begins: the last pruned entry.
  var base = Head.none
  var book = CallBook()
  var batch = Batch()
  var failure: JournalError?
  /// How far the inspection in use has come; nil before its beginning.
  var inspected: Head?

  package struct Limits: Sendable, Hashable {
    /// One entry's body.
    package var bodyBytesMax = 16 << 20
    /// Entries in the file. Once met, no new call is taken; those that are there go on.
    package var entriesMax = 2_000_000
    /// Entries that go at once; a call that was open for long may have kept very many.
    package var prunedEntriesMax = 4_096
    package var metaKeysMax = 64
    package var metaValueBytesMax = 64 << 10
    /// Over this the WAL is moved into the file, at the end of a commit.
    package var walBytesMax = 4 << 20
    package var cacheKiB = 512

    package init() {}
  }

  package static let callBytesMax = 128

  /// Opens or creates the journal, takes it for this process alone, and verifies all of it.
  package static func open(
    path: String, limits: Limits = Limits()
  ) throws(JournalError) -> Journal {
    var ownership: Descriptor? = try own(path)
    do throws(JournalError) {
      let journal = try Journal(path: path, limits: limits)
      journal.ownership = ownership.take()
      try journal.verify()
      return journal
    } catch {
      try? Ownership.release(&ownership)
      throw error
    }
  }

  /// A lock on a file beside it.
  static func own(_ path: String) throws(JournalError) -> Descriptor {
    let lockPath = path + ".lock"
    do throws(SystemError) {
      if let lock = try Ownership.take(lockPath) { return lock }
    } catch {
      throw .system(error)
    }
    throw .owned(path: path, processID: Ownership.holder(lockPath))
  }

  private init(path: String, limits: Limits) throws(JournalError) {
    self.path = path
    self.limits = limits
    do throws(SQLiteError) {
      database = try Database(path: path, mode: .readWriteCreate)
      try database.configureDurable(cacheKiB: limits.cacheKiB, isExclusive: true)
    } catch {
      throw Self.opening(error, path: path)
    }
    do throws(MigrationError) {
      try Self.migrator.migrate(database)
    } catch {
      if case .failed(let error) = error.reason { throw Self.opening(error, path: path) }
      throw .unusable(error)
    }
    do throws(SQLiteError) {
      statements = try JournalStatements(database)
    } catch {
      throw Self.opening(error, path: path)
    }
  }

  /// Commits what is deferred, empties the WAL, and lets another process have the journal. To
  /// just let go of a `Journal` instead is what a crash does.
  package func close() throws(JournalError) {
    if failure == nil {
      precondition(!batch.isOpen, "cannot close: a batch is open")
      try flush()
    }
    do throws(SQLiteError) { try database.close() } catch { throw stop(.storage(error)) }
    failure = failure ?? .stopped(after: "it was closed")
    do throws(SystemError) { try Ownership.release(&ownership) } catch { throw .system(error) }
  }

  deinit {
    // Nothing can be reported from here, and the kernel lets go of it with the process anyway.
    try? Ownership.release(&ownership)
  }

  /// Where SQLite cannot make sense of a file, the memory is as gone as where it reads wrong.
  static func opening(_ error: SQLiteError, path: String) -> JournalError {
    if error.isCorruption || error.name == "SQLITE_ERROR" {
      return .damaged(path: path, sequence: nil, why: "SQLite: \(error.message)")
    }
    return .storage(error)
  }
}

// MARK: What is known

extension Journal {
  /// The life of this journal, as the control plane has named it; nil before it has.
  package var epoch: EpochID? { meta.text(Meta.Key.epoch).map { EpochID($0) } }

  package enum Standing: Sendable, Hashable {
    /// The journal has never had it.
    case unknown
    case open(last: EntryKind, isReleased: Bool)
    /// Confirmed, or so old that it will not be offered again: it must not run.
    case tombstone
  }

  package func standing(of call: CallID) -> Standing {
    if let progress = book.calls[call], let last = progress.last {
      return .open(last: last, isReleased: progress.has(.released))
    }
    return isTombstone(call) ? .tombstone : .unknown
  }

  package func isTombstone(_ call: CallID) -> Bool { book.isTombstone(call) }

  package var openCallCount: Int { book.calls.count }
  package var tombstoneCount: Int { book.tombstones.count }
  /// Entries in the file.
  package var entryCount: Int { pendingHead.sequence - base.sequence }
}
