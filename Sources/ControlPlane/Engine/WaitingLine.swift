package import Model

/// The calls that wait for an endpoint, oldest first. Ids grow with time, so a new call goes to the
/// end and a call that comes back finds its old place.
package struct WaitingLine: Sendable {
  private var ids: [CallID] = []
  private var head = 0

  package init() {}

  package var first: CallID? { head < ids.count ? ids[head] : nil }
  package var count: Int { ids.count - head }
  package var all: ArraySlice<CallID> { ids[head...] }

  package mutating func insert(_ id: CallID) {
    let index = position(of: id)
    if index < ids.count, ids[index] == id { return }
    ids.insert(id, at: index)
  }

  package mutating func remove(_ id: CallID) {
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
