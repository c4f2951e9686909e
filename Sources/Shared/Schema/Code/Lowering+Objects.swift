import JSON
import Patterns

extension Lowering {
  mutating func objectOps(_ rules: [Rule]) -> [Op] {
    var ops: [Op] = []
    var size = (least: 0, most: Int.max)
    var members: Rule.Members?
    var required: [String] = []
    for rule in rules {
      switch rule {
      case .memberCount(.least, let count): size.least = max(size.least, count)
      case .memberCount(.most, let count): size.most = min(size.most, count)
      case .members(let own): members = own
      case .required(let keys): required = keys
      case .propertyNames(let target): ops.append(.propertyNames(self.target(target)))
      case .dependentRequired(let dependents, _): ops.append(dependentRequired(dependents))
      case .dependentSchemas(let dependents, _): ops.append(dependentSchemas(dependents))
      default: break
      }
    }
    if members != nil || !required.isEmpty {
      let plan = plan(members ?? Rule.Members(), required)
      rows.plans.append(plan)
      ops.insert(.members(Int32(rows.plans.count - 1)), at: 0)
    }
    if size != (0, .max) {
      let count = Op.memberCount(least: Int32(count: size.least), most: Int32(count: size.most))
      ops.insert(count, at: 0)
    }
    return ops
  }

  private mutating func plan(_ members: Rule.Members, _ required: [String]) -> MembersPlan {
    let needed = Set(required.map(ExactKey.init))
    let declared = Set(members.properties.map { ExactKey($0.key) })
    let onlyRequired = required.filter { !declared.contains(ExactKey($0)) }
    let table = keyTable(members.properties.map(\.key) + onlyRequired)
    for property in members.properties {
      rows.members.append(
        MemberEntry(
          target: optionalTarget(property.target),
          isRequired: needed.contains(ExactKey(property.key)) ? 1 : 0, isDeclared: true))
    }
    for _ in onlyRequired {
      rows.members.append(MemberEntry(target: Cell.none, isRequired: 1, isDeclared: false))
    }
    rows.keyTables.append(table)
    let patterns = Int32(rows.memberPatterns.count)
    for (pattern, target) in members.patterns {
      let entry = PatternEntry(pattern: self.pattern(pattern), target: optionalTarget(target))
      rows.memberPatterns.append(entry)
    }
    return MembersPlan(
      keys: Int32(rows.keyTables.count - 1), requiredCount: Int32(required.count),
      patterns: patterns,
      patternCount: Int32(members.patterns.count),
      // "true" has to be known as well: it looks at its members.
      others: members.others.map(target) ?? Cell.none)
  }

  private mutating func dependentRequired(_ dependents: [Rule.DependentRequired]) -> Op {
    let start = Int32(rows.dependents.count)
    for dependent in dependents {
      let key = keys([dependent.key])
      rows.dependents.append(
        DependentEntry(
          key: key, required: keys(dependent.required),
          requiredCount: Int32(dependent.required.count), target: Cell.none))
    }
    return .dependentRequired(start, count: Int32(dependents.count))
  }

  private mutating func dependentSchemas(_ dependents: [Rule.DependentSchema]) -> Op {
    let start = Int32(rows.dependents.count)
    for dependent in dependents {
      rows.dependents.append(
        DependentEntry(
          key: keys([dependent.key]), required: 0, requiredCount: 0,
          target: target(dependent.target)))
    }
    return .dependentSchemas(start, count: Int32(dependents.count))
  }

  private mutating func keys(_ keys: [String]) -> Int32 {
    rows.keys.append(contentsOf: keys)
    return Int32(rows.keys.count - keys.count)
  }

  // MARK: Tables of keys

  /// - Returns: a table in which each key has its place in the list as its number. What belongs to
  ///   the keys is to be appended to `members` next, in the same order.
  mutating func keyTable(_ keys: [String]) -> KeyTable {
    // A quarter full at most, so that a key that is not there is mostly met by an empty slot.
    var size = 1
    while size < keys.count * 4 { size *= 2 }
    var table = KeyTable()
    table.slots = Int32(rows.slots.count)
    table.slotMask = UInt32(size - 1)
    table.places = Int32(rows.places.count)
    table.placeMask = UInt32(size - 1)
    table.first = Int32(rows.keyTexts.count)
    table.count = Int32(keys.count)
    rows.slots.append(contentsOf: repeatElement(BitsSlot(), count: size))
    rows.places.append(contentsOf: repeatElement(-1, count: size))
    for (number, key) in keys.enumerated() {
      table.lengths |= 1 << UInt64(min(key.utf8.count, 63))
      enter(key, Int32(number), table)
    }
    // What belongs to the keys has the places of their texts.
    rows.members.append(
      contentsOf: repeatElement(
        MemberEntry(target: Cell.none, isRequired: 0, isDeclared: false),
        count: rows.keyTexts.count - keys.count - rows.members.count))
    return table
  }

  private mutating func enter(_ key: String, _ number: Int32, _ table: KeyTable) {
    let bytes = Array(key.utf8)
    rows.keyTexts.append(
      KeyText(start: Int32(rows.keyBytes.count), count: Int32(bytes.count)))
    rows.keyBytes.append(contentsOf: bytes)
    if bytes.count <= KeyTable.maxBytesInBits {
      // From its bytes anew, so that it has the form that short strings have; and kept, so that its
      // bits stay its own.
      let text = String(decoding: bytes, as: UTF8.self)
      rows.shortKeys.append(text)
      let (low, high) = unsafeBitCast(text, to: (UInt64, UInt64).self)
      var slot = Int(table.slots) + Int(Tables.hash(low, high, rows.seed) & table.slotMask)
      while rows.slots[slot].key >= 0 { slot = next(slot, table.slots, table.slotMask) }
      rows.slots[slot] = BitsSlot(low: low, high: high, key: number)
    }
    let hash = bytes.withUnsafeBufferPointer { Tables.hash($0, rows.seed) }
    var place = Int(table.places) + Int(hash & table.placeMask)
    while rows.places[place] >= 0 { place = next(place, table.places, table.placeMask) }
    rows.places[place] = number
  }

  private func next(_ place: Int, _ start: Int32, _ mask: UInt32) -> Int {
    Int(start) + Int(UInt32(place - Int(start) + 1) & mask)
  }
}
