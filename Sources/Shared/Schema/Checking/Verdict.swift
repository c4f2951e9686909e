import JSON
import Patterns

/// Whether an instance is valid, and nothing else: that is what nearly every check is for. Once it
/// is not, `Explanation` finds out why.
///
/// Recursion and work are bounded. Whoever meets a bound gets no "valid": the verdict is then worth
/// nothing, and `limitMet` says so.
struct Verdict {
  let tables: UnsafePointer<Tables>
  let isDynamic: Bool
  let maxDepth: Int
  var work: Int
  var depth = 0
  private(set) var limitMet: Limit?
  /// Made by the first one who needs it.
  var scratch: Scratch?

  /// What needs memory.
  final class Scratch {
    /// Which members or items have been looked at: see `Verdict+Unevaluated`.
    var marks: [UInt64] = []
    /// The resources on the way, the first one first.
    var scopes: [Int32] = []
  }

  enum Limit { case work, depth }

  init(_ tables: UnsafePointer<Tables>, _ limits: SchemaLimits) {
    self.tables = tables
    isDynamic = tables.pointee.isDynamic
    maxDepth = limits.maxEvaluationDepth
    work = limits.maxWork
    scratch = tables.pointee.isDynamic ? Scratch() : nil
  }

  /// Whether the value is valid against a subschema.
  ///
  /// - Parameter marks: where to note which members or items were looked at; `Marks.none` if nobody
  ///   asks.
  mutating func admits(
    _ place: Int32, _ value: UnsafePointer<JSON>, marks: Marks = .none
  ) -> Bool {
    work &-= 1
    if work < 0 { return stop(.work) }
    let cell = tables.pointee.cells + Int(place)
    switch value.pointee {
    case .null:
      guard cell.pointee.types.contains(.null) else { return false }
      if cell.pointee.isPlain { return true }
    case .bool:
      guard cell.pointee.types.contains(.boolean) else { return false }
      if cell.pointee.isPlain { return true }
    case .number:
      guard admitsNumber(cell, value) else { return false }
      if cell.pointee.isPlain { return true }
    case .string:
      guard cell.pointee.types.contains(.string) else { return false }
      if cell.pointee.isPlain { return true }
      guard cell.pointee.numbersEnd == cell.pointee.stringsEnd || admitsString(cell, value.text)
      else { return false }
    case .array:
      guard cell.pointee.types.contains(.array) else { return false }
      if cell.pointee.isPlain { return true }
      return admitsArray(cell, value, marks)
    case .object:
      guard cell.pointee.types.contains(.object) else { return false }
      if cell.pointee.isPlain { return true }
      return admitsObject(cell, value, marks)
    }
    return cell.pointee.objectsEnd == cell.pointee.end || admitsScalar(cell, value, marks)
  }

  /// What is asked of every value, of one that is neither array nor object.
  @inline(never)
  private mutating func admitsScalar(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    guard enter(cell) else { return false }
    let isAdmitted = admitsCommon(cell, value, marks)
    leave()
    return isAdmitted
  }

  /// Goes one level down, and notes the resource if that matters.
  @inline(__always)
  mutating func enter(_ cell: UnsafePointer<Cell>) -> Bool {
    guard depth < maxDepth else { return stop(.depth) }
    depth &+= 1
    if isDynamic { scratch?.scopes.append(cell.pointee.resource) }
    return true
  }

  @inline(__always)
  mutating func leave() {
    depth &-= 1
    if isDynamic { scratch?.scopes.removeLast() }
  }

  // MARK: Work

  /// - Returns: false once the work is used up.
  @inline(__always)
  mutating func charge(_ steps: Int) -> Bool {
    work &-= steps
    return work >= 0 || stop(.work)
  }

  /// Always false, to be the verdict.
  @inline(never)
  mutating func stop(_ limit: Limit) -> Bool {
    if limitMet == nil { limitMet = limit }
    // Whatever is asked from now on ends at once.
    work = -1
    return false
  }
}
