import JSON
import Patterns

extension Verdict {
  /// - Precondition: the cell asks for more than a type.
  @inline(never)
  mutating func admitsContainer(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, isArray: Bool, _ marks: Marks
  ) -> Bool {
    deeper(cell) { verdict in
      let unevaluated =
        isArray ? cell.pointee.unevaluatedItems : cell.pointee.unevaluatedProperties
      guard unevaluated == Cell.none else {
        return verdict.admitsAllLookedAt(cell, value, unevaluated, isArray: isArray, marks)
      }
      return verdict.admitsParts(cell, value, isArray: isArray, marks)
    }
  }

  /// The checks of an array or object, but for what nobody has looked at.
  mutating func admitsParts(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, isArray: Bool, _ marks: Marks
  ) -> Bool {
    if isArray {
      guard cell.pointee.stringsEnd == cell.pointee.arraysEnd || admitsArray(cell, value, marks)
      else { return false }
    } else {
      guard cell.pointee.arraysEnd == cell.pointee.objectsEnd || admitsObject(cell, value, marks)
      else { return false }
    }
    return cell.pointee.objectsEnd == cell.pointee.end || admitsCommon(cell, value, marks)
  }

  // MARK: Arrays

  private mutating func admitsArray(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    lend(value) { value in
      guard case .array(let elements) = value else { return false }
      return elements.withUnsafeBufferPointer { elements in
        let ops = tables.ops + Int(cell.pointee.start)
        for place in Int(cell.pointee.stringsEnd)..<Int(cell.pointee.arraysEnd) {
          switch ops[place] {
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
    }
  }

  private mutating func admitsItems(
    _ elements: UnsafeBufferPointer<JSON>, _ prefix: Int32, _ count: Int, _ rest: Int32,
    _ marks: Marks
  ) -> Bool {
    guard let base = elements.baseAddress else { return true }
    let targets = tables.targets + Int(prefix)
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
    var weight = 0
    for place in 0..<elements.count { weight += lend(base + place) { $0.weight } }
    guard charge(weight) else { return false }
    // A set has to be made; comparing a few with each other is quicker.
    guard elements.count <= 12 else { return Set(elements).count == elements.count }
    for place in 1..<elements.count {
      for earlier in 0..<place {
        if lend(base + place, { item in lend(base + earlier) { $0 == item } }) { return false }
      }
    }
    return true
  }

  // MARK: Objects

  private mutating func admitsObject(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    lend(value) { value in
      guard case .object(let object) = value else { return false }
      return object.members.withUnsafeBufferPointer { members in
        let ops = tables.ops + Int(cell.pointee.start)
        for place in Int(cell.pointee.arraysEnd)..<Int(cell.pointee.objectsEnd) {
          switch ops[place] {
          case .memberCount(let least, let most):
            if members.count < least || members.count > most { return false }
          case .members(let plan):
            if !admitsMembers(members, tables.plans + Int(plan), marks) { return false }
          case .propertyNames(let target): if !admitsNames(members, target) { return false }
          case .dependentRequired(let start, let count):
            if !admitsDependents(object, Int(start), Int(count)) { return false }
          default: break
          }
        }
        return true
      }
    }
      && admitsDependentSchemas(cell, value, marks)
  }

  private mutating func admitsMembers(
    _ members: UnsafeBufferPointer<Member>, _ plan: UnsafePointer<MembersPlan>, _ marks: Marks
  ) -> Bool {
    var missing = plan.pointee.requiredCount
    guard let base = members.baseAddress else { return missing == 0 }
    let entries = tables.members + Int(plan.pointee.keys.first)
    let offset = valueOffset
    for place in 0..<members.count {
      let member = base + place
      let number = tables.find(member.key, in: plan.pointee.keys)
      var isKnown = false
      if number >= 0 {
        let entry = entries[Int(number)]
        if entry.isRequired { missing &-= 1 }
        isKnown = entry.isDeclared
        if entry.target != Cell.none, !admits(entry.target, member.value(at: offset)) {
          return false
        }
      }
      if plan.pointee.patternCount > 0 {
        guard admitsByPatterns(member, plan, &isKnown) else { return false }
      }
      if !isKnown {
        let others = plan.pointee.others
        if others == Cell.none { continue }
        if !admits(others, member.value(at: offset)) { return false }
      }
      if marks.isWanted { mark(marks, at: place) }
    }
    return missing == 0
  }

  private mutating func admitsByPatterns(
    _ member: UnsafePointer<Member>, _ plan: UnsafePointer<MembersPlan>, _ isKnown: inout Bool
  ) -> Bool {
    let start = Int(plan.pointee.patterns)
    let length = lend(member.key) { $0.utf8.count }
    for place in start..<start + Int(plan.pointee.patternCount) {
      let entry = tables.memberPatterns[place]
      let matcher = tables.matchers[Int(entry.pattern)]
      guard charge(matcher.cost(length)) else { return false }
      let matches = lend(member.key) { key in withBytes(of: key, matcher.matches) }
      guard matches else { continue }
      isKnown = true
      if entry.target != Cell.none, !admits(entry.target, member.value(at: valueOffset)) {
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
    for entry in UnsafeBufferPointer(start: tables.dependents + start, count: count) {
      guard charge(1) else { return false }
      guard object[tables.keys[Int(entry.key)]] != nil else { continue }
      guard charge(Int(entry.requiredCount)) else { return false }
      for place in Int(entry.required)..<Int(entry.required + entry.requiredCount)
      where object[tables.keys[place]] == nil {
        return false
      }
    }
    return true
  }

  private mutating func admitsDependentSchemas(
    _ cell: UnsafePointer<Cell>, _ value: UnsafePointer<JSON>, _ marks: Marks
  ) -> Bool {
    let ops = tables.ops + Int(cell.pointee.start)
    for place in Int(cell.pointee.arraysEnd)..<Int(cell.pointee.objectsEnd) {
      guard case .dependentSchemas(let start, let count) = ops[place] else { continue }
      for entry in UnsafeBufferPointer(start: tables.dependents + Int(start), count: Int(count)) {
        guard charge(1) else { return false }
        let isThere = lend(value) { $0[tables.keys[Int(entry.key)]] != nil }
        if isThere, !admits(entry.target, value, marks: marks) { return false }
      }
    }
    return true
  }
}
