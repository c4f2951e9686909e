import JSON
import Patterns

extension Verdict {
  // MARK: Arrays

  /// - Precondition: the cell asks for more than a type.
  @inline(never)
  mutating func admitsArray(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    guard enter(cell) else { return false }
    let unevaluated = cell.pointee.unevaluatedItems
    let isAdmitted =
      unevaluated == Cell.none
      ? admitsArrayParts(cell, value, marks)
      : admitsAllLookedAt(cell, value, unevaluated, isArray: true, marks)
    leave()
    return isAdmitted
  }

  /// The checks of an array, but for what nobody has looked at.
  @inline(__always)
  mutating func admitsArrayParts(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    let isAdmitted = lend(value) { value in
      guard case .array(let elements) = value else { return false }
      return elements.withUnsafeBufferPointer { admitsElements($0, cell, marks) }
    }
    guard isAdmitted else { return false }
    return cell.pointee.objectsEnd == cell.pointee.end || admitsCommon(cell, value, marks)
  }

  @inline(__always)
  private mutating func admitsElements(
    _ elements: UnsafeBufferPointer<JSON>, _ cell: UnsafePointer<Cell>, _ marks: Marks
  ) -> Bool {
    let ops = tables.pointee.ops + Int(cell.pointee.start)
    for place in cell.pointee.stringsEnd..<cell.pointee.arraysEnd {
      switch ops[Int(place)] {
      case .itemCount(let least, let most):
        if elements.count < least || elements.count > most { return false }
      case .items(let prefix, let count, let rest):
        if !admitsItems(elements, prefix, Int(count), rest, marks) { return false }
      case .uniqueItems: if !admitsUnique(elements) { return false }
      case .contains(let target, let least, let most, let evaluates):
        let marks = evaluates ? marks : .none
        if !admitsContained(elements, target, Int(least), Int(most), marks) { return false }
      default: break
      }
    }
    return true
  }

  private mutating func admitsItems(
    _ elements: UnsafeBufferPointer<JSON>, _ prefix: Int32, _ count: Int, _ rest: Int32,
    _ marks: Marks
  ) -> Bool {
    guard let base = elements.baseAddress else { return true }
    let targets = tables.pointee.targets + Int(prefix)
    for place in 0..<min(count, elements.count) where !admits(targets[place], base + place) {
      return false
    }
    if rest != Cell.none, elements.count > count {
      for place in count..<elements.count where !admits(rest, base + place) { return false }
    }
    if marks.isWanted { mark(marks, first: rest == Cell.none ? count : elements.count) }
    return true
  }

  private mutating func admitsContained(
    _ elements: UnsafeBufferPointer<JSON>, _ target: Int32, _ least: Int, _ most: Int,
    _ marks: Marks
  ) -> Bool {
    guard let base = elements.baseAddress else { return least == 0 }
    var found = 0
    for place in 0..<elements.count {
      // Enough to know, unless somebody asks which ones.
      if !marks.isWanted, found > most || found >= least && most == Int(Int32.max) { break }
      if admits(target, base + place) {
        found += 1
        if marks.isWanted { mark(marks, at: place) }
      }
      if work < 0 { return false }
    }
    return least <= found && found <= most
  }

  private mutating func admitsUnique(_ elements: UnsafeBufferPointer<JSON>) -> Bool {
    guard elements.count > 1, let base = elements.baseAddress else { return true }
    // A set has to be made; comparing a few with each other is quicker.
    guard elements.count <= 12 else {
      var weight = 0
      for place in 0..<elements.count { weight += lend(base + place) { $0.weight } }
      return charge(weight) && Set(elements).count == elements.count
    }
    for place in 1..<elements.count {
      guard charge(lend(base + place) { $0.weight }) else { return false }
      for earlier in 0..<place where areEqual(base + place, base + earlier) { return false }
    }
    return true
  }

  @inline(__always)
  private func areEqual(_ left: UnsafePointer<JSON>, _ right: UnsafePointer<JSON>) -> Bool {
    if case .string = left.pointee, case .string = right.pointee,
      left.text.pointee.utf8.count != right.text.pointee.utf8.count
    {
      return false
    }
    return lend(left) { left in lend(right) { $0 == left } }
  }

  // MARK: Objects

  /// - Precondition: the cell asks for more than a type.
  @inline(never)
  mutating func admitsObject(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    guard enter(cell) else { return false }
    let unevaluated = cell.pointee.unevaluatedProperties
    let isAdmitted =
      unevaluated == Cell.none
      ? admitsObjectParts(cell, value, marks)
      : admitsAllLookedAt(cell, value, unevaluated, isArray: false, marks)
    leave()
    return isAdmitted
  }

  /// The checks of an object, but for what nobody has looked at.
  @inline(__always)
  mutating func admitsObjectParts(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    let isAdmitted = lend(value) { instance in
      guard case .object(let object) = instance else { return false }
      return object.members.withUnsafeBufferPointer { members in
        let ops = tables.pointee.ops + Int(cell.pointee.start)
        for place in cell.pointee.arraysEnd..<cell.pointee.objectsEnd {
          guard case .members(let number) = ops[Int(place)] else {
            if !admits(ops[Int(place)], object, members, value, marks) { return false }
            continue
          }
          let plan = tables.pointee.plans + Int(number)
          let isSimple = plan.pointee.patternCount == 0 && !marks.isWanted
          guard isSimple ? admitsKeys(members, plan) : admitsMembers(members, plan, marks) else {
            return false
          }
        }
        return true
      }
    }
    guard isAdmitted else { return false }
    return cell.pointee.objectsEnd == cell.pointee.end || admitsCommon(cell, value, marks)
  }

  /// What asks something of the object besides its members.
  @inline(never)
  private mutating func admits(
    _ op: Op, _ object: JSONObject, _ members: UnsafeBufferPointer<Member>,
    _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    switch op {
    case .memberCount(let least, let most):
      members.count >= least && members.count <= most
    case .propertyNames(let target): admitsNames(members, target)
    case .dependentRequired(let start, let count):
      admitsDependents(object, Int(start), Int(count))
    case .dependentSchemas(let start, let count):
      admitsDependents(object, Int(start), Int(count), value, marks)
    default: true
    }
  }

  /// Members by their keys alone, of which nobody wants to know which were looked at: the common
  /// case.
  @inline(__always)
  private mutating func admitsKeys(
    _ members: UnsafeBufferPointer<Member>, _ plan: UnsafePointer<MembersPlan>
  ) -> Bool {
    var missing = plan.pointee.requiredCount
    let keys = tables.pointee.keyTables + Int(plan.pointee.keys)
    let entries = tables.pointee.members + Int(keys.pointee.first)
    let others = plan.pointee.others
    for member in UnsafeMembers(members) {
      let number = tables.find(member.key, in: keys)
      var target = others
      if number >= 0 {
        let entry = entries + Int(number)
        missing &-= entry.pointee.isRequired
        if entry.pointee.isDeclared { target = entry.pointee.target }
      }
      if target != Cell.none, !admits(target, member.value) { return false }
    }
    return missing == 0
  }

  @inline(never)
  private mutating func admitsMembers(
    _ members: UnsafeBufferPointer<Member>, _ plan: UnsafePointer<MembersPlan>, _ marks: Marks
  ) -> Bool {
    var missing = plan.pointee.requiredCount
    guard let base = members.baseAddress else { return missing == 0 }
    let keys = tables.pointee.keyTables + Int(plan.pointee.keys)
    let entries = tables.pointee.members + Int(keys.pointee.first)
    for place in 0..<members.count {
      let member = base + place
      let number = tables.find(member.key, in: keys)
      var isKnown = false
      if number >= 0 {
        let entry = entries[Int(number)]
        missing &-= entry.isRequired
        isKnown = entry.isDeclared
        if entry.target != Cell.none, !admits(entry.target, member.value) { return false }
      }
      guard admitsByPatterns(member, plan, &isKnown) else { return false }
      if !isKnown {
        let others = plan.pointee.others
        if others == Cell.none { continue }
        if !admits(others, member.value) { return false }
      }
      if marks.isWanted { mark(marks, at: place) }
    }
    return missing == 0
  }

  private mutating func admitsByPatterns(
    _ member: UnsafePointer<Member>, _ plan: UnsafePointer<MembersPlan>, _ isKnown: inout Bool
  ) -> Bool {
    let start = Int(plan.pointee.patterns)
    let length = member.key.pointee.utf8.count
    for place in start..<start + Int(plan.pointee.patternCount) {
      let entry = tables.pointee.memberPatterns[place]
      let matcher = tables.pointee.matchers + Int(entry.pattern)
      guard charge(matcher.pointee.cost(length)) else { return false }
      let matches = withBytes(of: member.key, matcher.pointee.matches)
      guard matches else { continue }
      isKnown = true
      if entry.target != Cell.none, !admits(entry.target, member.value) {
        return false
      }
    }
    return true
  }

  private mutating func admitsNames(
    _ members: UnsafeBufferPointer<Member>, _ target: Int32
  ) -> Bool {
    guard let base = members.baseAddress else { return true }
    for place in 0..<members.count {
      let isValid = lend((base + place).key) { key in
        withUnsafePointer(to: JSON.string(key)) { admits(target, $0) }
      }
      if !isValid { return false }
    }
    return true
  }

  private mutating func admitsDependents(
    _ object: JSONObject, _ start: Int, _ count: Int
  ) -> Bool {
    for entry in UnsafeBufferPointer(start: tables.pointee.dependents + start, count: count) {
      guard charge(1) else { return false }
      guard object[tables.pointee.keys[Int(entry.key)]] != nil else { continue }
      guard charge(Int(entry.requiredCount)) else { return false }
      for place in Int(entry.required)..<Int(entry.required + entry.requiredCount)
      where object[tables.pointee.keys[place]] == nil {
        return false
      }
    }
    return true
  }

  private mutating func admitsDependents(
    _ object: JSONObject, _ start: Int, _ count: Int, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    for entry in UnsafeBufferPointer(start: tables.pointee.dependents + start, count: count) {
      guard charge(1) else { return false }
      guard object[tables.pointee.keys[Int(entry.key)]] != nil else { continue }
      if !admits(entry.target, value, marks: marks) { return false }
    }
    return true
  }
}
