import JSON
import Patterns

/// Whether an instance is valid, and nothing else: that is what nearly every check is for. Once it is
/// not, `Explanation` finds out why.
///
/// Recursion and work are bounded. Whoever meets a bound gets no "valid": the verdict is then worth
/// nothing, and `limitMet` says so.
struct Verdict {
  let tables: Tables
  let isDynamic: Bool
  let maxDepth: Int
  var work: Int
  var depth = 0
  private(set) var limitMet: Limit?
  /// Which members or items have been looked at, for those that ask: see `Verdict+Unevaluated`.
  var marks: [UInt64] = []
  /// The resources on the way, the first one first; only where a reference depends on it.
  var scopes: [Int32] = []

  enum Limit { case work, depth }

  init(_ code: Code, _ limits: SchemaLimits) {
    tables = code.tables
    isDynamic = code.isDynamic
    maxDepth = limits.maxEvaluationDepth
    work = limits.maxWork
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
    let cell = tables.cells + Int(place)
    let start = cell.pointee.start
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
      let end = cell.pointee.stringsEnd
      if cell.pointee.numbersEnd < end,
        !admitsString(start + Int32(cell.pointee.numbersEnd), start + Int32(end), value)
      {
        return false
      }
    case .array:
      guard cell.pointee.types.contains(.array) else { return false }
      if cell.pointee.isPlain { return true }
      return admitsContainer(cell, value, isArray: true, marks)
    case .object:
      guard cell.pointee.types.contains(.object) else { return false }
      if cell.pointee.isPlain { return true }
      return admitsContainer(cell, value, isArray: false, marks)
    }
    guard cell.pointee.objectsEnd < cell.pointee.end else { return true }
    return deeper(cell) { verdict in verdict.admitsCommon(cell, value, marks) }
  }

  /// Goes one level down, and notes the resource if that matters.
  @inline(__always)
  mutating func deeper(
    _ cell: UnsafePointer<Cell>, _ body: (inout Verdict) -> Bool
  ) -> Bool {
    guard depth < maxDepth else { return stop(.depth) }
    depth += 1
    defer { depth -= 1 }
    guard isDynamic, scopes.last != cell.pointee.resource else { return body(&self) }
    scopes.append(cell.pointee.resource)
    defer { scopes.removeLast() }
    return body(&self)
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
