package import Model
import Mutants

/// Decides when the journal may drop what lies below a low-water mark. The control plane asks a
/// returning journal for the row that it saw last, so no row goes before a later one was seen.
package struct Retirement: Sendable {
  private var proposed: (mark: CallID, sequence: Int)?
  private var seenSequence = 0

  package init() {}

  /// - Parameter sequence: the newest row there is. A call below the mark that is still held gets
  ///   later ones: the control plane gave it up, and the mark passed it.
  package mutating func propose(_ mark: CallID, at sequence: Int) {
    if proposed == nil { proposed = (mark, sequence) }
  }

  /// The control plane has seen the journal's head at `sequence`.
  package mutating func seen(_ sequence: Int) { seenSequence = max(seenSequence, sequence) }

  /// The mark that may be applied now, and the last row that may go.
  package mutating func take() -> (mark: CallID, through: Int)? {
    if Mutant.prunedBeforeSeen.isPlanted, let ready = proposed {
      proposed = nil
      return (ready.mark, .max)
    }
    guard let ready = proposed, seenSequence > ready.sequence else { return nil }
    proposed = nil
    return (ready.mark, seenSequence - 1)
  }
}
