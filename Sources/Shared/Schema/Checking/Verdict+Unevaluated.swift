import JSON

/// Where it is noted which members or items of a value have been looked at: a row of bits, one for
/// each, in the order of the instance.
struct Marks {
  var start: Int32
  /// Words of 64 bits.
  var count: Int32

  static let none = Marks(start: -1, count: 0)

  @inline(__always) var isWanted: Bool { start >= 0 }
}

extension Verdict {
  func mark(_ row: Marks, at place: Int) {
    scratch?.marks[Int(row.start) + place >> 6] |= 1 << UInt64(place & 63)
  }

  /// Marks the first ones, so many.
  func mark(_ row: Marks, first count: Int) {
    for word in 0..<Int(row.count) {
      let rest = count - word * 64
      if rest <= 0 { return }
      scratch?.marks[Int(row.start) + word] |= rest >= 64 ? .max : (1 << UInt64(rest)) - 1
    }
  }

  private func isMarked(_ row: Marks, at place: Int) -> Bool {
    guard let word = scratch?.marks[Int(row.start) + place >> 6] else { return false }
    return word & 1 << UInt64(place & 63) != 0
  }

  /// A subschema that may fail without harm: what it marked counts only if it did not.
  mutating func attempt(
    _ target: Int32, _ value: UnsafePointer<JSON>, _ row: Marks
  ) -> Bool {
    guard row.isWanted else { return admits(target, value) }
    guard let own = newRow(Int(row.count)) else { return false }
    defer { scratch?.marks.removeLast(Int(own.count)) }
    guard admits(target, value, marks: own) else { return false }
    merge(own, into: row)
    return true
  }

  /// A container whose members or items that nothing else has looked at have to fit a subschema.
  @inline(never)
  mutating func admitsAllLookedAt(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ target: Int32, isArray: Bool,
    _ outer: Marks
  ) -> Bool {
    let size = lend(value) { value in
      switch value {
      case .array(let elements): elements.count
      case .object(let object): object.count
      case .null, .bool, .number, .string: 0
      }
    }
    guard let own = newRow((size + 63) / 64) else { return false }
    defer { scratch?.marks.removeLast(Int(own.count)) }
    guard isArray ? admitsArrayParts(cell, value, own) : admitsObjectParts(cell, value, own)
    else { return false }
    for place in 0..<size where !isMarked(own, at: place) {
      if !admitsPart(target, value, place) { return false }
    }
    if outer.isWanted { mark(outer, first: size) }
    return true
  }

  private mutating func admitsPart(
    _ target: Int32, _ value: UnsafePointer<JSON>, _ place: Int
  ) -> Bool {
    lend(value) { value in
      switch value {
      case .array(let elements):
        elements.withUnsafeBufferPointer { elements in
          guard let base = elements.baseAddress else { return true }
          return admits(target, base + place)
        }
      case .object(let object):
        object.members.withUnsafeBufferPointer { members in
          guard let base = members.baseAddress else { return true }
          return admits(target, (base + place).value)
        }
      case .null, .bool, .number, .string: true
      }
    }
  }

  /// A row without marks; `nil` if that is too much work.
  private mutating func newRow(_ words: Int) -> Marks? {
    guard charge(words) else { return nil }
    let scratch = scratch ?? Scratch()
    self.scratch = scratch
    let row = Marks(start: Int32(scratch.marks.count), count: Int32(words))
    scratch.marks.append(contentsOf: repeatElement(0, count: words))
    return row
  }

  private func merge(_ own: Marks, into outer: Marks) {
    for word in 0..<Int(own.count) {
      guard let marks = scratch?.marks[Int(own.start) + word] else { return }
      scratch?.marks[Int(outer.start) + word] |= marks
    }
  }
}
