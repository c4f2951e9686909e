/// A pattern as a table: for each state and each byte the next state. One look-up for each byte of
/// the text, and nothing that can be slower: for the short texts that patterns are mostly for,
/// RE2's entry alone costs more (110 ns for thirteen bytes, against 25 ns).
///
/// Only patterns whose table is small have one. All others are RE2's.
final class Automaton: Sendable {
  /// Entries of a table, so that a state fits 16 bits.
  static let maxEntries = 32_768
  /// Steps of making one, of some ten nanoseconds: a pattern that takes more is RE2's.
  static let maxWork = 100_000

  /// The table itself, without a reference to count: for whoever holds the automaton anyway.
  struct Table: @unchecked Sendable {
    // `@unchecked`: nothing writes after `init`.
    /// A row for each state, and in it the start of the next state's row for each class of bytes.
    /// The first row is that of no way left, the second that of success.
    fileprivate let rows: UnsafeMutablePointer<UInt16>
    fileprivate let classes: UnsafeMutablePointer<UInt8>
    /// For each state.
    fileprivate let acceptsAtEnd: UnsafeMutablePointer<Bool>
    fileprivate let classCount: Int
    fileprivate let initial: UInt16

    /// Whether the pattern is found anywhere in the text.
    func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
      let success = UInt16(truncatingIfNeeded: classCount)
      var row = initial
      if row == success { return true }
      for byte in bytes {
        // Each byte has a class, and each row an entry for each class.
        row = rows[Int(row) &+ Int(classes[Int(byte)])]
        if row <= success { return row == success }
      }
      return acceptsAtEnd[Int(row) / classCount]
    }
  }

  let table: Table

  init?(_ translated: String) {
    guard let expression = Expression.read(translated), let graph = StateGraph(expression) else {
      return nil
    }
    var maker = AutomatonMaker(graph)
    guard let initial = maker.make() else { return nil }
    table = Table(
      rows: Self.copy(maker.rows), classes: Self.copy(maker.classes),
      acceptsAtEnd: Self.copy(maker.acceptsAtEnd), classCount: maker.classCount, initial: initial)
  }

  deinit {
    table.rows.deallocate()
    table.classes.deallocate()
    table.acceptsAtEnd.deallocate()
  }

  private static func copy<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    copy.initialize(from: elements, count: elements.count)
    return copy
  }
}
