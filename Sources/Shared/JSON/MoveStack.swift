/// A stack whose top can be taken off as an array in one move.
///
/// `Array` can only copy a slice and then destroy it, which retains and releases each element: with
/// it, reading a message took a fifth longer. Hence the pointer; every index is checked against
/// `count`.
struct MoveStack<Element>: ~Copyable {
  private var storage: UnsafeMutableBufferPointer<Element>
  private(set) var count = 0

  init() { storage = .allocate(capacity: 16) }

  deinit {
    storage[..<count].deinitialize()
    storage.deallocate()
  }

  subscript(place: Int) -> Element {
    precondition(place >= 0 && place < count)
    return storage[place]
  }

  mutating func push(_ element: consuming Element) {
    if count == storage.count { grow() }
    storage.initializeElement(at: count, to: element)
    count += 1
  }

  /// Moves out all from `start` on.
  mutating func take(from start: Int) -> [Element] {
    precondition(start >= 0 && start <= count)
    let top = storage[start..<count]
    count = start
    return Array(unsafeUninitializedCapacity: top.count) { place, initialized in
      initialized = place.moveInitialize(fromContentsOf: top)
    }
  }

  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<Element>.allocate(capacity: storage.count * 2)
    _ = larger.moveInitialize(fromContentsOf: storage[..<count])
    storage.deallocate()
    storage = larger
  }
}
