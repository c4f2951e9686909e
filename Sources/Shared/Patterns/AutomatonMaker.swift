/// Makes the table of an automaton: each state is a set of nodes of the graph.
struct AutomatonMaker {
  private let graph: StateGraph
  private(set) var rows: [UInt16] = []
  private(set) var classes = [UInt8](repeating: 0, count: 256)
  private(set) var acceptsAtEnd: [Bool] = []
  private(set) var classCount = 0
  /// For each node and each class whether the node waits for it.
  private var waits: [Bool] = []
  /// The nodes of all states, one state after the other.
  private var pool: [UInt16] = []
  private var states: [Range<Int>] = []
  /// States by the hash of their nodes; -1 where there is none.
  private var index: [Int32]
  private var work = 0
  /// When each node was last met, so that none is followed twice.
  private var met: [UInt32]
  private var round: UInt32 = 0
  private var stack: [UInt16] = []
  /// What `close` found.
  private var closed: [UInt16] = []
  /// Of the row that is being made: what followed from which of its nodes.
  private var known: [(nodes: UInt64, row: UInt16)] = []
  private var targets: [UInt16] = []
  /// Where the pattern may begin at any later place of the text.
  private var restart: [UInt16] = []

  private static let indexMask = 8_191

  init(_ graph: StateGraph) {
    self.graph = graph
    met = Array(repeating: 0, count: graph.nodes.count)
    index = Array(repeating: -1, count: Self.indexMask + 1)
    findClasses()
  }

  /// Bytes that no node tells apart are one class.
  private mutating func findClasses() {
    var sets: [ByteSet] = []
    for case .bytes(let set, _) in graph.nodes where !sets.contains(set) { sets.append(set) }
    var seen: [[Bool]: UInt8] = [:]
    var samples: [UInt8] = []
    for byte in 0...UInt8.max {
      let key = sets.map { $0.contains(byte) }
      if let known = seen[key] {
        classes[Int(byte)] = known
        continue
      }
      classes[Int(byte)] = UInt8(samples.count)
      seen[key] = UInt8(samples.count)
      samples.append(byte)
    }
    classCount = samples.count
    for node in graph.nodes {
      guard case .bytes(let set, _) = node else {
        waits.append(contentsOf: repeatElement(false, count: classCount))
        continue
      }
      waits.append(contentsOf: samples.map(set.contains))
    }
  }

  /// - Returns: the row of the first state; `nil` if the table would be too large.
  mutating func make() -> UInt16? {
    let entry = UInt16(graph.entry)
    close([entry], atStart: false)
    restart = closed
    // No way left, and success; then the first state, which is apart: only there the text starts.
    addState([], accepts: false)
    addState([], accepts: true)
    enter(0)
    close([entry], atStart: true)
    let first = closed
    if first.first == 0 { return UInt16(classCount) }
    close(first, atStart: true, atEnd: true)
    addState(first, accepts: closed.first == 0)
    rows = Array(repeating: 0, count: classCount)
    rows.append(contentsOf: repeatElement(UInt16(classCount), count: classCount))
    var place = 2
    while place < states.count {
      guard appendRow(of: states[place]) else { return nil }
      place += 1
    }
    return UInt16(2 * classCount)
  }

  /// - Returns: false if it is too much.
  private mutating func appendRow(of state: Range<Int>) -> Bool {
    guard state.count <= 64 else { return false }
    work += state.count * classCount
    // Most classes lead on from the same nodes as another one, and so to the same state.
    known.removeAll(keepingCapacity: true)
    for number in 0..<classCount {
      var nodes: UInt64 = 0
      for place in state where waits[Int(pool[place]) * classCount + number] {
        nodes |= 1 << UInt64(place - state.lowerBound)
      }
      if let same = known.first(where: { $0.nodes == nodes }) {
        rows.append(same.row)
        continue
      }
      guard let row = row(after: nodes, of: state) else { return false }
      known.append((nodes, row))
      rows.append(row)
    }
    return true
  }

  private mutating func row(after nodes: UInt64, of state: Range<Int>) -> UInt16? {
    targets.removeAll(keepingCapacity: true)
    for place in state where nodes & 1 << UInt64(place - state.lowerBound) != 0 {
      guard case .bytes(_, let next) = graph.nodes[Int(pool[place])] else { continue }
      targets.append(UInt16(next))
    }
    close(targets, atStart: false, also: restart)
    let number = closed.first == 0 ? 1 : self.state(of: closed)
    guard work < Automaton.maxWork, states.count * classCount <= Automaton.maxEntries else {
      return nil
    }
    return UInt16(number * classCount)
  }

  // MARK: States

  private mutating func addState(_ nodes: [UInt16], accepts: Bool) {
    states.append(pool.count..<pool.count + nodes.count)
    pool.append(contentsOf: nodes)
    acceptsAtEnd.append(accepts)
  }

  /// The number of a set that is no success, a new one if need be.
  private mutating func state(of nodes: [UInt16]) -> Int {
    var place = hash(nodes[...])
    while index[place] >= 0 {
      let known = Int(index[place])
      if pool[states[known]].elementsEqual(nodes) { return known }
      place = (place + 1) & Self.indexMask
    }
    close(nodes, atStart: false, atEnd: true)
    addState(nodes, accepts: closed.first == 0)
    index[place] = Int32(states.count - 1)
    // Only a part of the index may be full.
    if states.count > Self.indexMask / 2 { work = Automaton.maxWork }
    return states.count - 1
  }

  private mutating func enter(_ number: Int) { index[hash(pool[states[number]])] = Int32(number) }

  private func hash(_ nodes: ArraySlice<UInt16>) -> Int {
    var hash: UInt64 = 0
    for node in nodes {
      hash = (hash ^ UInt64(node)) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
    }
    return Int(truncatingIfNeeded: hash >> 32) & Self.indexMask
  }

  /// Finds all nodes that are reached without a byte, of which only those are kept that wait for
  /// one, or for the end. In order; node 0 is the match.
  private mutating func close(
    _ nodes: [UInt16], atStart: Bool, atEnd: Bool = false, also others: [UInt16] = []
  ) {
    round += 1
    closed.removeAll(keepingCapacity: true)
    stack.append(contentsOf: nodes)
    // In order already.
    for node in others { met[Int(node)] = round }
    closed.append(contentsOf: others)
    while let node = stack.popLast() {
      guard met[Int(node)] != round else { continue }
      met[Int(node)] = round
      work += 1
      switch graph.nodes[Int(node)] {
      case .split(let branches): for branch in branches { stack.append(UInt16(branch)) }
      case .start(let next): if atStart { stack.append(UInt16(next)) }
      case .end(let next): if atEnd { stack.append(UInt16(next)) } else { keep(node) }
      case .bytes, .match: keep(node)
      }
    }
  }

  /// Into its place: there are a handful.
  private mutating func keep(_ node: UInt16) {
    var place = closed.count
    closed.append(node)
    while place > 0, closed[place - 1] > node {
      closed[place] = closed[place - 1]
      place -= 1
    }
    closed[place] = node
  }
}
