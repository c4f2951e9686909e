package import Model
package import Platform
package import SQLite

/// Why the journal did not do as asked.
package enum JournalError: Error, Sendable, Hashable {
  /// Another process has the journal.
  case owned(path: String, processID: Int?)
  /// It is not what was written: it cannot prove any more what ran.
  case damaged(path: String, sequence: Int?, why: String)
  /// An entry that must not follow; nothing was written and the journal goes on.
  case refused(Refusal)
  /// Nothing was written and the journal goes on.
  case overLimit(limit: String, maximum: Int, actual: Int)
  /// Another program's file, or one of a later version.
  case unusable(MigrationError)
  case storage(SQLiteError)
  case system(SystemError)
  /// An earlier failure, after which it is not known what is on disk.
  case stopped(after: String)

  /// Stable.
  package var code: String {
    switch self {
    case .owned: "journal.owned"
    case .damaged: "journal.damaged"
    case .refused(let refusal): "journal.\(refusal.reason.rawValue)"
    case .overLimit: "journal.overLimit"
    case .unusable: "journal.unusable"
    case .storage: "journal.storage"
    case .system: "journal.system"
    case .stopped: "journal.stopped"
    }
  }

  /// The journal takes nothing more; the process must stop and open it again.
  package var isFatal: Bool {
    switch self {
    case .refused, .overLimit: false
    case .owned, .damaged, .unusable, .storage, .system, .stopped: true
    }
  }
}

/// An entry that must not be written.
package struct Refusal: Sendable, Hashable {
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    case alreadyReceived
    case notReceived
    case alreadyReleased
    case notReleased
    case alreadyStarted
    case alreadyEnded
    case notEnded
    /// The call is a tombstone.
    case alreadyConfirmed
    /// The control plane has promised never to offer a call this old again.
    case belowLowWater
    /// Empty, longer than `Journal.callBytesMax`, or with a NUL.
    case invalidCall
  }

  package let call: CallID
  package let kind: EntryKind
  package let reason: Reason
}

extension JournalError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .owned(let path, let processID):
      "cannot open the journal \(path): "
        + "\(processID.map { "process \($0)" } ?? "another process") owns it; "
        + "stop that agent, or wait until it has handed over"
    case .damaged(let path, let sequence, let why):
      "the journal \(path) is damaged\(sequence.map { " at entry \($0)" } ?? ""): \(why); "
        + "it cannot prove what ran. Move it aside together with its -wal file, keep both for "
        + "inspection, and start the agent again: it gets a new epoch, and the control plane "
        + "marks the open calls unknown instead of running them a second time"
    case .refused(let refusal):
      "cannot write \"\(refusal.kind.rawValue)\" for call \(refusal.call): \(refusal.reason.text)"
    case .overLimit(let limit, let maximum, let actual):
      "the journal takes no more: \(limit) is \(maximum), this would be \(actual)"
    case .unusable(let error): "cannot use the journal: \(error)"
    case .storage(let error): "the journal's storage failed: \(error)"
    case .system(let error): "the journal's files failed: \(error)"
    case .stopped(let earlier):
      "the journal has stopped after a failure (\(earlier)); stop the process and start it again"
    }
  }
}

extension Refusal.Reason {
  package var text: String {
    switch self {
    case .alreadyReceived: "already received"
    case .notReceived: "not received"
    case .alreadyReleased: "already released; a call runs at most once"
    case .notReleased: "not released"
    case .alreadyStarted: "already started"
    case .alreadyEnded: "already ended"
    case .notEnded: "not ended"
    case .alreadyConfirmed: "already confirmed"
    case .belowLowWater: "older than every call that may still be offered"
    case .invalidCall: "not a call id"
    }
  }
}
