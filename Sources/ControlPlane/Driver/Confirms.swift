package import Engine
package import Wire

/// Merges the confirmations of a batch into one message for each link.
package struct Confirms {
  private var order: [LinkID] = []
  private var merged: [LinkID: Confirm] = [:]

  package init() {}

  package mutating func add(_ confirm: Confirm, to link: LinkID) {
    guard var known = merged[link] else {
      order.append(link)
      merged[link] = confirm
      return
    }
    known.finished += confirm.finished
    known.creditBytes += confirm.creditBytes
    known.lowWater = confirm.lowWater ?? known.lowWater
    merged[link] = known
  }

  package var effects: [VisibleEffect] {
    order.compactMap { link in merged[link].map { .send(link, .confirm($0)) } }
  }
}
