package import Model

/// One deadline per id, earliest first. A changed deadline leaves a stale entry behind, which is
/// skipped when it comes up; the heap is rebuilt when most of it is stale.
package struct Deadlines<ID: Hashable & Comparable & Sendable>: Sendable {
  private struct Entry: Comparable, Sendable {
    let due: Instant
    let id: ID

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.id) < (right.due, right.id)
    }
  }

  private var heap = Heap<Entry>()
  private var current: [ID: Instant] = [:]

  package init() {}

  package mutating func set(_ id: ID, _ due: Instant?) {
    guard let due else {
      current[id] = nil
      compact()
      return
    }
    if current.updateValue(due, forKey: id) == due { return }
    heap.insert(Entry(due: due, id: id))
    compact()
  }

  /// The earliest deadline, or an earlier one that was changed since.
  package var earliest: Instant? { heap.least?.due }

  /// Takes the id whose deadline is the earliest of those that have come.
  package mutating func popDue(at now: Instant) -> ID? {
    while let first = heap.least, first.due <= now {
      heap.removeLeast()
      if current[first.id] == first.due {
        current[first.id] = nil
        return first.id
      }
    }
    return nil
  }

  private mutating func compact() {
    guard heap.count > 64, heap.count > current.count * 2 else { return }
    heap.removeAll { current[$0.id] != $0.due }
  }
}
