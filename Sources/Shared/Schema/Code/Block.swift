/// A fixed row of elements that is filled once and only read from then on.
///
/// Checking reads its tables through pointers: with arrays every access costs a check of the
/// bounds, and every table handed on a retain and a release, which together took half of the time
/// of a small check. Indexes come from `Lowering` alone, which made the rows.
final class Block<Element>: @unchecked Sendable {
  // `@unchecked`: nothing writes after `init`, and only what is `Sendable` is put here.
  let start: UnsafePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    let storage = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    storage.initialize(from: elements, count: elements.count)
    start = UnsafePointer(storage)
    count = elements.count
  }

  deinit {
    let storage = UnsafeMutablePointer(mutating: start)
    storage.deinitialize(count: count)
    storage.deallocate()
  }
}
