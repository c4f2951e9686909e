/// A pattern as a graph over bytes: the first step from an `Expression` to an `Automaton`.
struct StateGraph {
  enum Node {
    /// One byte of a set, and where it leads.
    case bytes(ByteSet, next: Int)
    case split([Int])
    /// Only at the start or the end of the text.
    case start(next: Int)
    case end(next: Int)
    case match
  }

  private(set) var nodes: [Node] = [.match]
  let entry: Int

  /// More make an automaton that is too large anyway.
  static let maxNodes = 2_500

  init?(_ expression: Expression) {
    var builder = Builder()
    guard let entry = builder.build(expression, then: 0) else { return nil }
    nodes = builder.nodes
    self.entry = entry
  }

  private struct Builder {
    var nodes: [Node] = [.match]

    /// - Returns: the node of it; `nil` if there are too many.
    private mutating func add(_ node: Node) -> Int? {
      guard nodes.count < StateGraph.maxNodes else { return nil }
      nodes.append(node)
      return nodes.count - 1
    }

    /// Builds from the back, so that where a node leads is known.
    mutating func build(_ expression: Expression, then next: Int) -> Int? {
      switch expression {
      case .start: return add(.start(next: next))
      case .end: return add(.end(next: next))
      case .set(let ranges): return set(ranges, then: next)
      case .sequence(let items):
        var next = next
        for item in items.reversed() {
          guard let node = build(item, then: next) else { return nil }
          next = node
        }
        return next
      case .choice(let branches):
        var nodes: [Int] = []
        for branch in branches {
          guard let node = build(branch, then: next) else { return nil }
          nodes.append(node)
        }
        return add(.split(nodes))
      case .repetition(let item, let least, let most):
        return repetition(item, least, most, then: next)
      }
    }

    private mutating func repetition(
      _ item: Expression, _ least: Int, _ most: Int?, then next: Int
    ) -> Int? {
      var entry = next
      if let most {
        for _ in 0..<max(0, most - least) {
          guard let node = build(item, then: entry), let split = add(.split([node, next])) else {
            return nil
          }
          entry = split
        }
      } else {
        guard let loop = add(.split([])), let node = build(item, then: loop) else { return nil }
        nodes[loop] = .split([node, next])
        entry = loop
      }
      for _ in 0..<least {
        guard let node = build(item, then: entry) else { return nil }
        entry = node
      }
      return entry
    }

    // MARK: Characters

    private mutating func set(_ ranges: [ClosedRange<UInt32>], then next: Int) -> Int? {
      var single = ByteSet()
      var entries: Set<Int> = []
      // Most characters end in the same bytes as others.
      var known: [Link: Int] = [:]
      for sequence in ranges.flatMap(UTF8Sequences.covering) {
        guard sequence.count > 1 else {
          for range in sequence { single.insert(range) }
          continue
        }
        var entry = next
        for range in sequence.reversed() {
          let link = Link(bytes: range, next: entry)
          if let same = known[link] {
            entry = same
            continue
          }
          var bytes = ByteSet()
          bytes.insert(range)
          guard let node = add(.bytes(bytes, next: entry)) else { return nil }
          known[link] = node
          entry = node
        }
        entries.insert(entry)
      }
      if !single.isEmpty || entries.isEmpty {
        guard let node = add(.bytes(single, next: next)) else { return nil }
        entries.insert(node)
      }
      return entries.count == 1 ? entries.first : add(.split(entries.sorted()))
    }

    private struct Link: Hashable {
      let bytes: ClosedRange<UInt8>
      let next: Int
    }
  }
}

/// A set of bytes.
struct ByteSet: Equatable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  var isEmpty: Bool { words == (0, 0, 0, 0) }

  mutating func insert(_ range: ClosedRange<UInt8>) {
    for byte in range {
      let bit: UInt64 = 1 << UInt64(byte & 63)
      switch byte >> 6 {
      case 0: words.0 |= bit
      case 1: words.1 |= bit
      case 2: words.2 |= bit
      default: words.3 |= bit
      }
    }
  }

  static func == (left: ByteSet, right: ByteSet) -> Bool { left.words == right.words }

  func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte >> 6 {
      case 0: words.0
      case 1: words.1
      case 2: words.2
      default: words.3
      }
    return word & 1 << UInt64(byte & 63) != 0
  }
}

/// Ranges of characters as ranges of their bytes.
enum UTF8Sequences {
  static func covering(_ range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
    var sequences: [[ClosedRange<UInt8>]] = []
    // By the number of bytes, and without the surrogates, which no text has.
    let parts: [ClosedRange<UInt32>] = [
      0...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
    ]
    for part in parts where part.overlaps(range) {
      let both = part.clamped(to: range)
      split(both.lowerBound, both.upperBound, into: &sequences)
    }
    return sequences
  }

  /// Splits until each byte has a range of its own, whatever the others are.
  private static func split(
    _ low: UInt32, _ high: UInt32, into sequences: inout [[ClosedRange<UInt8>]]
  ) {
    let first = bytes(low)
    let last = bytes(high)
    for place in 1..<max(first.count, 1) where first.count > 1 {
      let mask: UInt32 = (1 << (6 * UInt32(first.count - place))) - 1
      guard low & ~mask != high & ~mask else { continue }
      if low & mask != 0 {
        split(low, low | mask, into: &sequences)
        split((low | mask) + 1, high, into: &sequences)
        return
      }
      if high & mask != mask {
        split(low, (high & ~mask) - 1, into: &sequences)
        split(high & ~mask, high, into: &sequences)
        return
      }
    }
    sequences.append(zip(first, last).map { $0...$1 })
  }

  private static func bytes(_ code: UInt32) -> [UInt8] {
    guard let scalar = Unicode.Scalar(code), let bytes = UTF8.encode(scalar) else { return [] }
    return Array(bytes)
  }
}
