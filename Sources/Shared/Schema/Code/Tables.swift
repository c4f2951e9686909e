import JSON
import Patterns

/// The rows that a check reads. Only addresses: whoever has it holds the `Code` that they belong to.
struct Tables {
  let cells: UnsafePointer<Cell>
  let ops: UnsafePointer<Op>
  /// Targets of those that have several.
  let targets: UnsafePointer<Int32>
  let plans: UnsafePointer<MembersPlan>
  let members: UnsafePointer<MemberEntry>
  let memberPatterns: UnsafePointer<PatternEntry>
  let dependents: UnsafePointer<DependentEntry>
  let keyTables: UnsafePointer<KeyTable>
  let slots: UnsafePointer<BitsSlot>
  let places: UnsafePointer<Int32>
  let keyTexts: UnsafePointer<KeyText>
  let keyBytes: UnsafePointer<UInt8>
  /// Keys that are looked for in an instance.
  let keys: UnsafePointer<String>
  let values: UnsafePointer<JSON>
  let bounds: UnsafePointer<ExactBound>
  let matchers: UnsafePointer<Pattern.Matcher>
  let sets: UnsafePointer<Set<JSON>>
  /// For each name of a dynamic anchor the place that it has in each resource, or `Cell.none`.
  let anchors: UnsafePointer<Int32>
  let resourceCount: Int
  let seed: UInt64
}

/// A bound, or the divisor of `multipleOf`, as it is written.
struct ExactBound {
  let bound: Rule.Bound
  let number: JSONNumber
  let short: ShortDecimal?

  init(_ bound: Rule.Bound, _ number: JSONNumber) {
    self.bound = bound
    self.number = number
    short =
      switch number.storage {
      case .integer(let value): ShortDecimal(value)
      case .text(let text): ShortDecimal(text)
      }
  }
}

/// A schema in the form that is checked: rows of numbers that refer to each other by place.
final class Code: Sendable {
  let cells: Block<Cell>
  private let ops: Block<Op>
  private let targets: Block<Int32>
  private let plans: Block<MembersPlan>
  private let members: Block<MemberEntry>
  private let memberPatterns: Block<PatternEntry>
  private let dependents: Block<DependentEntry>
  private let keyTables: Block<KeyTable>
  private let slots: Block<BitsSlot>
  private let places: Block<Int32>
  private let keyTexts: Block<KeyText>
  private let keyBytes: Block<UInt8>
  private let keys: Block<String>
  /// Held for their bits, which are in `slots`.
  private let shortKeys: [String]
  private let values: Block<JSON>
  private let bounds: Block<ExactBound>
  private let matchers: Block<Pattern.Matcher>
  private let sets: Block<Set<JSON>>
  /// Held for their matchers.
  private let patterns: [Pattern]
  private let anchors: Block<Int32>
  private let resourceCount: Int
  private let seed: UInt64
  /// Whether a reference depends on the way to it, so that the way has to be known.
  let isDynamic: Bool

  init(_ rows: Rows) {
    cells = Block(rows.cells)
    ops = Block(rows.ops)
    targets = Block(rows.targets)
    plans = Block(rows.plans)
    members = Block(rows.members)
    memberPatterns = Block(rows.memberPatterns)
    dependents = Block(rows.dependents)
    keyTables = Block(rows.keyTables)
    slots = Block(rows.slots)
    places = Block(rows.places)
    keyTexts = Block(rows.keyTexts)
    keyBytes = Block(rows.keyBytes)
    keys = Block(rows.keys)
    shortKeys = rows.shortKeys
    values = Block(rows.values)
    bounds = Block(rows.bounds)
    matchers = Block(rows.patterns.map(\.matcher))
    sets = Block(rows.sets)
    patterns = rows.patterns
    anchors = Block(rows.anchors)
    resourceCount = rows.resourceCount
    seed = rows.seed
    isDynamic = !rows.anchors.isEmpty
  }

  var tables: Tables {
    Tables(
      cells: cells.start, ops: ops.start, targets: targets.start, plans: plans.start,
      members: members.start, memberPatterns: memberPatterns.start, dependents: dependents.start,
      keyTables: keyTables.start, slots: slots.start, places: places.start,
      keyTexts: keyTexts.start, keyBytes: keyBytes.start, keys: keys.start, values: values.start,
      bounds: bounds.start, matchers: matchers.start, sets: sets.start,
      anchors: anchors.start,
      resourceCount: resourceCount, seed: seed)
  }
}

/// The rows while they are being filled.
struct Rows {
  var cells: [Cell] = []
  var ops: [Op] = []
  var targets: [Int32] = []
  var plans: [MembersPlan] = []
  var members: [MemberEntry] = []
  var memberPatterns: [PatternEntry] = []
  var dependents: [DependentEntry] = []
  var keyTables: [KeyTable] = []
  var slots: [BitsSlot] = []
  var places: [Int32] = []
  var keyTexts: [KeyText] = []
  var keyBytes: [UInt8] = []
  var keys: [String] = []
  var shortKeys: [String] = []
  var values: [JSON] = []
  var bounds: [ExactBound] = []
  var patterns: [Pattern] = []
  var sets: [Set<JSON>] = []
  var anchors: [Int32] = []
  var resourceCount = 0
  /// Another one in each process, so that nobody can choose keys that all fall into one place.
  let seed = UInt64(bitPattern: Int64(Hasher().finalize()))
}
