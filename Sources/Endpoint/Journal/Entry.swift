package import Model

/// What an entry of the journal says about its call.
package enum EntryKind: String, Sendable, Hashable, CaseIterable {
  /// The runtime has the call. Next: `released`, or an end without a run.
  case received
  /// Execution is allowed to begin. At most once per call, ever. Next: `started`, `ended`, or
  /// `rejected` or `cancelled` where it is proven that nothing ran.
  case released
  /// The process runs. Next: `ended`.
  case started
  /// It ran and is over; the body is the execution record. Next: `confirmed`.
  case ended
  /// Refused; it did not run. Next: `confirmed`.
  case rejected
  /// Withdrawn; it did not run. (A call cancelled while it ran is `ended`.) Next: `confirmed`.
  case cancelled
  /// Its deadline passed; it did not run. Next: `confirmed`.
  case expired
  /// The control plane has committed the end. Nothing follows.
  case confirmed

  /// Says how the call came to its end.
  package var isEnd: Bool {
    switch self {
    case .ended, .rejected, .cancelled, .expired: true
    case .received, .released, .started, .confirmed: false
    }
  }
}

/// One row of the journal.
package struct Entry: Sendable, Hashable {
  package let sequence: Int
  package let call: CallID
  package let kind: EntryKind
  package let at: Instant
  package let body: [UInt8]

  package init(sequence: Int, call: CallID, kind: EntryKind, at: Instant, body: [UInt8]) {
    self.sequence = sequence
    self.call = call
    self.kind = kind
    self.at = at
    self.body = body
  }
}

/// A call whose end the control plane has not confirmed, for recovery at start.
package struct OpenCall: Sendable, Hashable {
  package let call: CallID
  /// In the order they were written; never empty.
  package let entries: [Entry]

  package init(call: CallID, entries: [Entry]) {
    precondition(!entries.isEmpty, "an open call has entries")
    self.call = call
    self.entries = entries
  }

  package var lastKind: EntryKind { entries[entries.count - 1].kind }

  package func entry(_ kind: EntryKind) -> Entry? { entries.first { $0.kind == kind } }
}

/// How far the journal goes: what a hello presents and the control plane compares.
package struct Head: Sendable, Hashable {
  package let sequence: Int
  /// 32 bytes, which stand for every entry up to this one.
  package let hash: [UInt8]

  package init(sequence: Int, hash: [UInt8]) {
    self.sequence = sequence
    self.hash = hash
  }

  /// Of a journal without entries.
  package static let none = Head(sequence: 0, hash: [UInt8](repeating: 0, count: 32))
}
