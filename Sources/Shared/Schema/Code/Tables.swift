import JSON
import Patterns

/// The rows that a check reads. Only addresses: whoever has it holds the `Code` that they belong
/// to.
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
  /// Whether a reference depends on the way to it, so that the way has to be known.
  let isDynamic: Bool
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
  /// Holds the rows.
  private let blocks: [any Sendable]
  /// Held for their matchers.
  private let patterns: [Pattern]
  /// Held for their bits, which are in the slots of keys.
  private let shortKeys: [String]
  private let row: Block<Tables>

  init(_ rows: Rows) {
    var blocks: [any Sendable] = []
    func start<Element: Sendable>(_ elements: [Element]) -> UnsafePointer<Element> {
      let block = Block(elements)
      blocks.append(block)
      return block.start
    }
    let tables = Tables(
      cells: start(rows.cells), ops: start(rows.ops), targets: start(rows.targets),
      plans: start(rows.plans), members: start(rows.members),
      memberPatterns: start(rows.memberPatterns), dependents: start(rows.dependents),
      keyTables: start(rows.keyTables), slots: start(rows.slots), places: start(rows.places),
      keyTexts: start(rows.keyTexts), keyBytes: start(rows.keyBytes), keys: start(rows.keys),
      values: start(rows.values), bounds: start(rows.bounds),
      matchers: start(rows.patterns.map(\.matcher)), sets: start(rows.sets),
      anchors: start(rows.anchors), resourceCount: rows.resourceCount, seed: rows.seed,
      isDynamic: !rows.anchors.isEmpty)
    row = Block([tables])
    self.blocks = blocks
    patterns = rows.patterns
    shortKeys = rows.shortKeys
  }

  var tables: UnsafePointer<Tables> { row.start }
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
