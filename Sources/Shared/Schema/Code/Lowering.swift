import JSON
import Patterns

/// Turns the rules of a schema into `Code`.
struct Lowering {
  let schematic: Schematic
  var rows = Rows()
  /// The row of each pattern.
  private var patterns: [ObjectIdentifier: Int32] = [:]

  static func code(of schematic: Schematic) -> Code {
    checkLayout()
    var lowering = Lowering(schematic: schematic)
    lowering.rows.resourceCount = schematic.resources.count
    for place in schematic.subschemas.indices {
      let cell = lowering.cell(of: place)
      lowering.rows.cells.append(cell)
    }
    lowering.anchors()
    return Code(lowering.rows)
  }

  private init(schematic: Schematic) { self.schematic = schematic }

  // MARK: Cells

  private mutating func cell(of place: Int) -> Cell {
    let rules = schematic.subschemas[place].rules
    var cell = Cell()
    cell.resource = Int32(schematic.subschemas[place].resource)
    for rule in rules {
      switch rule {
      case .type(let types): cell.types = types.spelled
      case .unevaluatedItems(let target): cell.unevaluatedItems = Int32(target)
      case .unevaluatedProperties(let target): cell.unevaluatedProperties = Int32(target)
      default: break
      }
    }
    let numbers = numberOps(rules)
    let strings = stringOps(rules)
    let arrays = arrayOps(rules)
    let objects = objectOps(rules)
    let all = commonOps(rules, &cell)
    lay([numbers, strings, arrays, objects, all], &cell)
    return cell
  }

  private mutating func lay(_ groups: [[Op]], _ cell: inout Cell) {
    cell.start = Int32(rows.ops.count)
    var ends: [UInt16] = []
    for group in groups {
      rows.ops.append(contentsOf: group)
      ends.append(UInt16(rows.ops.count - Int(cell.start)))
    }
    cell.numbersEnd = ends[0]
    cell.stringsEnd = ends[1]
    cell.arraysEnd = ends[2]
    cell.objectsEnd = ends[3]
    cell.end = ends[4]
    cell.isPlain =
      cell.end == 0 && cell.unevaluatedItems == Cell.none
      && cell.unevaluatedProperties == Cell.none
  }

  /// Where a check goes on. A subschema that only refers to another one is passed over; not where
  /// the way matters, because its resource may be another one.
  func target(_ place: Int) -> Int32 {
    guard schematic.dynamicNames.isEmpty else { return Int32(place) }
    var place = place
    // References lead nowhere in circles: the compiler has seen to that.
    while schematic.subschemas[place].rules.count == 1,
      let next = schematic.subschemas[place].rules[0].referenceTarget
    {
      place = next
    }
    return Int32(place)
  }

  /// The target, or `Cell.none` where it takes everything.
  func optionalTarget(_ place: Int?) -> Int32 {
    guard let place else { return Cell.none }
    let target = target(place)
    return schematic.subschemas[Int(target)].rules.isEmpty ? Cell.none : target
  }

  mutating func list(_ targets: [Int]) -> (start: Int32, count: Int32) {
    let start = Int32(rows.targets.count)
    rows.targets.append(contentsOf: targets.map(target))
    return (start, Int32(targets.count))
  }

  mutating func pattern(_ pattern: Pattern) -> Int32 {
    let identifier = ObjectIdentifier(pattern)
    if let known = patterns[identifier] { return known }
    rows.patterns.append(pattern)
    patterns[identifier] = Int32(rows.patterns.count - 1)
    return Int32(rows.patterns.count - 1)
  }

  private mutating func anchors() {
    for name in schematic.dynamicNames {
      for resource in schematic.resources {
        rows.anchors.append(resource.dynamicAnchors[name].map { Int32($0) } ?? Cell.none)
      }
    }
  }
}

extension Types {
  /// Every number that is an integer is a number as well.
  var spelled: Types { contains(.number) ? union(.integer) : self }
}

extension Int32 {
  /// A count that no value can reach is as good as any larger one.
  init(count: Int) { self = Int32(clamping: count) }
}
