package import Model

/// One deadline per id, earliest first. A changed deadline leaves a stale entry behind, which is
/// skipped when it comes up; the heap is rebuilt when most of it is stale.
package struct Deadlines<ID: Hashable & Comparable & Sendable>: Sendable {
  private struct Entry: Sendable {
    let due: Instant
    let id: ID

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.id) < (right.due, right.id)
    }
  }

  private var heap: [Entry] = []
  private var current: [ID: Instant] = [:]

  package init() {}

  package mutating func set(_ id: ID, _ due: Instant?) {
    guard let due else {
      current[id] = nil
      compact()
      return
    }
    if current.updateValue(due, forKey: id) == due { return }
    heap.append(Entry(due: due, id: id))
    siftUp(heap.count - 1)
    compact()
  }

  /// The earliest deadline, or an earlier one that was changed since.
  package var earliest: Instant? { heap.first?.due }

  /// Takes the id whose deadline is the earliest of those that have come.
  package mutating func popDue(at now: Instant) -> ID? {
    while let first = heap.first, first.due <= now {
      removeFirst()
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
    heap.sort(by: <)
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let left = parent * 2 + 1
      guard left < heap.count else { return }
      let right = left + 1
      let child = right < heap.count && heap[right] < heap[left] ? right : left
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }
}
