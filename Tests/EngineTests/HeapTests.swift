import Engine
import Support
import Testing

@Suite("Heap")
struct HeapTests {
  @Test("the least comes first, whatever was put in, taken out and dropped meanwhile")
  func order() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededGenerator(state: seed)
      var heap = Heap<Int>()
      var model: [Int] = []
      for _ in 0..<200 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
          let divisor = Int.random(in: 2..<5, using: &random)
          heap.removeAll { $0.isMultiple(of: divisor) }
          model.removeAll { $0.isMultiple(of: divisor) }
        case 1..<8 where !model.isEmpty:
          let least = try #require(model.min())
          #expect(heap.least == least, "seed \(seed)")
          heap.removeLeast()
          model.remove(at: try #require(model.firstIndex(of: least)))
        default:
          // Few values, so that some are equal.
          let value = Int.random(in: 0..<50, using: &random)
          heap.insert(value)
          model.append(value)
        }
        #expect(heap.count == model.count && heap.least == model.min(), "seed \(seed)")
      }
    }
  }
}
