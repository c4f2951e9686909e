/// A binary heap: the least of what it holds is at hand, to put one in or take the least out costs
/// the logarithm of their number. Equal ones come in any order.
package struct Heap<Element: Comparable> {
  @usableFromInline var elements: [Element] = []

  package init() {}

  package var count: Int { elements.count }

  @inlinable package var least: Element? { elements.first }

  @inlinable package mutating func insert(_ element: Element) {
    elements.append(element)
    var child = elements.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard elements[child] < elements[parent] else { return }
      elements.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the least out, of which there is one.
  @inlinable package mutating func removeLeast() {
    elements.swapAt(0, elements.count - 1)
    elements.removeLast()
    var parent = 0
    while true {
      let left = parent * 2 + 1
      guard left < elements.count else { return }
      let right = left + 1
      let child =
        right < elements.count && elements[right] < elements[left] ? right : left
      guard elements[child] < elements[parent] else { return }
      elements.swapAt(child, parent)
      parent = child
    }
  }

  package mutating func removeAll() { elements.removeAll() }

  package mutating func removeAll(where isGone: (Element) -> Bool) {
    elements.removeAll(where: isGone)
    // A sorted array is a heap.
    elements.sort(by: <)
  }
}

extension Heap: Sendable where Element: Sendable {}
