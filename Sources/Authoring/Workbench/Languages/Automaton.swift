import Patterns

/// The texts that a pattern is found in, as a machine that reads them scalar by scalar.
struct Automaton {
  /// More states are not made: the pattern repeats too much.
  static let maxStates = 5_000
  /// The last scalar that there is.
  static let lastScalar: UInt32 = 0x10FFFF

  private enum Edge {
    case free(to: Int)
    /// Only before the first scalar.
    case atStart(to: Int)
    /// Only behind the last one.
    case atEnd(to: Int)
    case reading(Int, to: Int)
  }

  private var edges: [[Edge]] = [[], []]
  private(set) var sets: [[ClosedRange<UInt32>]] = []
  private var setNumbers: [[ClosedRange<UInt32>]: Int] = [:]
  /// The pattern may begin anywhere, and the text may go on behind it.
  private let first = 0
  private let found = 1

  /// - Returns: `nil` if it would be too large.
  init?(_ pattern: Expression) {
    read([0...Self.lastScalar], from: first, to: first)
    read([0...Self.lastScalar], from: found, to: found)
    guard add(pattern, from: first, to: found) else { return nil }
  }

  /// Every text.
  init() {
    read([0...Self.lastScalar], from: first, to: first)
    edges[first].append(.free(to: found))
  }

  // MARK: - Building

  private mutating func read(_ set: [ClosedRange<UInt32>], from: Int, to: Int) {
    let number = setNumbers[set] ?? sets.count
    if number == sets.count {
      sets.append(set)
      setNumbers[set] = number
    }
    edges[from].append(.reading(number, to: to))
  }

  private mutating func state() -> Int {
    edges.append([])
    return edges.count - 1
  }

  /// - Returns: whether there is room.
  private mutating func add(_ pattern: Expression, from: Int, to: Int) -> Bool {
    guard edges.count < Self.maxStates else { return false }
    switch pattern {
    case .set(let set): read(set, from: from, to: to)
    case .start: edges[from].append(.atStart(to: to))
    case .end: edges[from].append(.atEnd(to: to))
    case .sequence(let parts):
      var place = from
      for part in parts {
        let next = state()
        guard add(part, from: place, to: next) else { return false }
        place = next
      }
      edges[place].append(.free(to: to))
    case .choice(let branches):
      for branch in branches {
        let (begin, end) = (state(), state())
        edges[from].append(.free(to: begin))
        guard add(branch, from: begin, to: end) else { return false }
        edges[end].append(.free(to: to))
      }
    case .repetition(let part, let least, let most):
      return addRepeated(part, least, most, from: from, to: to)
    }
    return true
  }

  private mutating func addRepeated(
    _ part: Expression, _ least: Int, _ most: Int?, from: Int, to: Int
  ) -> Bool {
    var place = from
    for _ in 0..<least {
      let next = state()
      guard add(part, from: place, to: next) else { return false }
      place = next
    }
    guard let most else {
      let loop = state()
      edges[place].append(.free(to: loop))
      edges[loop].append(.free(to: to))
      return add(part, from: loop, to: loop)
    }
    for _ in least..<max(least, most) {
      edges[place].append(.free(to: to))
      let next = state()
      guard add(part, from: place, to: next) else { return false }
      place = next
    }
    edges[place].append(.free(to: to))
    return true
  }

  // MARK: - Reading

  /// The states before the first scalar.
  var start: [Int] { closure([first], isStart: true, isEnd: false) }

  /// The states behind a scalar that is in these of `sets`.
  func step(_ states: [Int], _ members: [Bool]) -> [Int] {
    var next: Set<Int> = []
    for state in states {
      for edge in edges[state] {
        if case .reading(let set, let target) = edge, members[set] { next.insert(target) }
      }
    }
    return closure(Array(next), isStart: false, isEnd: false)
  }

  /// Whether a text that ends here is one of the language.
  func accepts(_ states: [Int], isStart: Bool) -> Bool {
    closure(states, isStart: isStart, isEnd: true).contains(found)
  }

  private func closure(_ states: [Int], isStart: Bool, isEnd: Bool) -> [Int] {
    var seen = Set(states)
    var open = states
    while let state = open.popLast() {
      for edge in edges[state] {
        let target: Int
        switch edge {
        case .free(let to): target = to
        case .atStart(let to):
          guard isStart else { continue }
          target = to
        case .atEnd(let to):
          guard isEnd else { continue }
          target = to
        case .reading: continue
        }
        if seen.insert(target).inserted { open.append(target) }
      }
    }
    return seen.sorted()
  }
}
