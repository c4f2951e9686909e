/// Which entries a call has, and so which one may follow. The last line of defence of "no call
/// runs twice": whoever asks, a second `released` is refused here.
package struct CallProgress: Sendable {
  /// Of its entries, in order.
  package private(set) var sequences: [Int] = []
  private(set) var last: EntryKind?
  private(set) var firstWithoutBody: Int?
  private var kinds: UInt8 = 0

  package init() {}

  package func has(_ kind: EntryKind) -> Bool { kinds & Self.bit(kind) != 0 }

  /// False where the first entries were pruned.
  var hasBeginning: Bool {
    has(.received) || (!has(.released) && !has(.started) && !has(.ended))
  }

  private var hasEnd: Bool { kinds & Self.endBits != 0 }

  /// Why `kind` must not follow, nil where it may.
  package func refusal(of kind: EntryKind) -> Refusal.Reason? {
    if has(.confirmed) { return .alreadyConfirmed }
    switch kind {
    case .received: return kinds == 0 ? nil : .alreadyReceived
    case .released:
      if hasEnd { return .alreadyEnded }
      if has(.released) { return .alreadyReleased }
      return has(.received) ? nil : .notReceived
    case .started:
      if hasEnd { return .alreadyEnded }
      if has(.started) { return .alreadyStarted }
      return has(.released) ? nil : .notReleased
    case .ended:
      if hasEnd { return .alreadyEnded }
      return has(.released) ? nil : .notReleased
    case .rejected, .cancelled:
      // May be the first entry: an offer refused at once, or a cancellation that overtook it.
      if hasEnd { return .alreadyEnded }
      return has(.started) ? .alreadyStarted : nil
    case .expired:
      if hasEnd { return .alreadyEnded }
      return has(.released) ? .alreadyReleased : nil
    case .confirmed: return hasEnd ? nil : .notEnded
    }
  }

  package mutating func note(_ kind: EntryKind, sequence: Int, hasBody: Bool = true) {
    kinds |= Self.bit(kind)
    if !hasBody, firstWithoutBody == nil { firstWithoutBody = sequence }
    last = kind
    sequences.append(sequence)
  }

  private static func bit(_ kind: EntryKind) -> UInt8 {
    switch kind {
    case .received: 1
    case .released: 2
    case .started: 4
    case .ended: 8
    case .rejected: 16
    case .cancelled: 32
    case .expired: 64
    case .confirmed: 128
    }
  }

  private static let endBits = bit(.ended) | bit(.rejected) | bit(.cancelled) | bit(.expired)
}
