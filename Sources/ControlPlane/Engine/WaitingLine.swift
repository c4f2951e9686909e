package import Model
import Mutants

/// The calls that wait for an endpoint: those of a higher priority first, and of one priority the
/// oldest first. Ids grow with time, so a new call goes to the end of its line and a call that comes
/// back finds its old place.
package struct WaitingLine: Sendable {
  /// Highest priority first. There are few: `CallShape.priorities` has them all.
  private var lines: [(priority: Int, ids: AgeLine)] = []

  package init() {}

  package var count: Int { lines.reduce(0) { $0 + $1.ids.count } }

  package var oldest: CallID? { lines.compactMap(\.ids.first).min() }

  /// In the order in which they are to be offered.
  package var all: [CallID] { lines.flatMap { Array($0.ids.all) } }

  /// Goes through them in that order, until `body` returns false.
  func walk(_ body: (CallID) -> Bool) {
    for line in lines {
      for id in line.ids.all where !body(id) { return }
    }
  }

  package mutating func insert(_ id: CallID, priority: Int = 0) {
    let priority = Mutant.priorityIgnored.isPlanted ? 0 : priority
    let index = lines.firstIndex { $0.priority <= priority } ?? lines.count
    if index == lines.count || lines[index].priority != priority {
      lines.insert((priority, AgeLine()), at: index)
    }
    lines[index].ids.insert(id)
  }

  package mutating func remove(_ id: CallID, priority: Int = 0) {
    let priority = Mutant.priorityIgnored.isPlanted ? 0 : priority
    guard let index = lines.firstIndex(where: { $0.priority == priority }) else { return }
    lines[index].ids.remove(id)
    if lines[index].ids.count == 0 { lines.remove(at: index) }
  }
}

/// Calls by age.
private struct AgeLine: Sendable {
  private var ids: [CallID] = []
  private var head = 0

  var first: CallID? { head < ids.count ? ids[head] : nil }
  var count: Int { ids.count - head }
  var all: ArraySlice<CallID> { ids[head...] }

  mutating func insert(_ id: CallID) {
    let index = position(of: id)
    if index < ids.count, ids[index] == id { return }
    ids.insert(id, at: index)
  }

  mutating func remove(_ id: CallID) {
    if first == id {
      head += 1
      if head > 64, head * 2 > ids.count {
        ids.removeFirst(head)
        head = 0
      }
      return
    }
    let index = position(of: id)
    if index < ids.count, ids[index] == id { ids.remove(at: index) }
  }

  private func position(of id: CallID) -> Int {
    if let last = ids.last, last < id { return ids.count }
    var low = head
    var high = ids.count
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
