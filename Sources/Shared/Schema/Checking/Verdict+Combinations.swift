import JSON

// Checks that concern values of every type.

extension Verdict {
  mutating func admitsCommon(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    let ops = tables.pointee.ops + Int(cell.pointee.start)
    for place in Int(cell.pointee.objectsEnd)..<Int(cell.pointee.end)
    where !admits(ops[place], value, marks) {
      return false
    }
    return true
  }

  private mutating func admits(
    _ op: Op, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    switch op {
    case .never: return false
    case .value(let start, let count): return isOne(of: Int(start), Int(count), value)
    case .valueSet(let set): return isInSet(tables.pointee.sets + Int(set), value)
    case .apply(let target): return admits(target, value, marks: marks)
    case .applyDynamic(let name, let otherwise):
      return admits(anchor(name, otherwise), value, marks: marks)
    case .all(let start, let count):
      for place in Int(start)..<Int(start + count)
      where !admits(tables.pointee.targets[place], value, marks: marks) {
        return false
      }
      return true
    case .any(let start, let count): return admitsAny(Int(start), Int(count), value, marks)
    case .one(let start, let count): return admitsOne(Int(start), Int(count), value, marks)
    case .not(let target):
      // Work that is used up is no verdict, and its opposite neither.
      return !admits(target, value) && work >= 0
    case .condition(let test, let then, let otherwise):
      let holds = attempt(test, value, marks)
      if work < 0 { return false }
      let branch = holds ? then : otherwise
      return branch == Cell.none || admits(branch, value, marks: marks)
    case .range, .multiple, .length, .pattern, .format, .content, .word, .itemCount, .uniqueItems,
      .items,
      .contains, .memberCount, .members, .propertyNames, .dependentRequired, .dependentSchemas:
      preconditionFailure("a check of one type stands among those of all")
    }
  }

  private mutating func isOne(
    of start: Int, _ count: Int, _ value: UnsafePointer<JSON>
  ) -> Bool {
    lend(value) { value in
      guard charge(value.weight) else { return false }
      for place in start..<start + count {
        guard charge(1) else { return false }
        if lend(tables.pointee.values + place, { $0 == value }) { return true }
      }
      return false
    }
  }

  private mutating func isInSet(
    _ set: UnsafePointer<Set<JSON>>, _ value: UnsafePointer<JSON>
  ) -> Bool {
    lend(value) { value in charge(value.weight) && set.pointee.contains(value) }
  }

  private mutating func admitsAny(
    _ start: Int, _ count: Int, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    var isAdmitted = false
    for place in start..<start + count {
      if attempt(tables.pointee.targets[place], value, marks) {
        isAdmitted = true
        // All that fit count as looking.
        if !marks.isWanted { return true }
      }
      if work < 0 { return false }
    }
    return isAdmitted
  }

  private mutating func admitsOne(
    _ start: Int, _ count: Int, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    var found = 0
    for place in start..<start + count {
      if attempt(tables.pointee.targets[place], value, marks) { found += 1 }
      if found > 1 || work < 0 { return false }
    }
    return found == 1
  }

  /// Where a dynamic reference leads: to the outermost resource on the way that has the anchor.
  private mutating func anchor(_ name: Int32, _ otherwise: Int32) -> Int32 {
    let places = tables.pointee.anchors + Int(name) * tables.pointee.resourceCount
    for resource in scratch?.scopes ?? [] {
      work &-= 1
      let place = places[Int(resource)]
      if place != Cell.none { return place }
    }
    return otherwise
  }
}
