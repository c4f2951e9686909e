import Glibc
import Platform

/// A TCP relay on loopback that does to connections what networks do: it delays, stalls, slows,
/// corrupts, swallows one direction, and cuts in the middle of whatever is said.
package final class FaultProxy: Sendable {
  package let port: UInt16
  private let listener: Int32
  private let target: UInt16
  private let orders: Locked<Orders>

  private struct Orders {
    var conditions = LineConditions()
    var wantsCut = false
    var isOver = false
  }

  /// - Parameter seed: of the places where bits are flipped.
  package init(to target: UInt16, seed: UInt64 = 0) throws {
    self.target = target
    listener = try LoopbackSocket.listen()
    port = try LoopbackSocket.port(of: listener)
    orders = Locked(Orders())
    // Runs until `end`.
    _ = try WorkerThread(name: "fault proxy") { [self] in run(seed) }
  }

  package var conditions: LineConditions {
    get { orders.withLock { $0.conditions } }
    set { orders.withLock { $0.conditions = newValue } }
  }

  /// Ends every connection, with a reset.
  package func cut() { orders.withLock { $0.wantsCut = true } }
  package func end() { orders.withLock { $0.isOver = true } }

  private func run(_ seed: UInt64) {
    var dice = Dice(state: seed)
    var lines: [Line] = []
    while true {
      let orders = orders.withLock { orders in
        defer { orders.wantsCut = false }
        return orders
      }
      if orders.isOver || orders.wantsCut {
        for line in lines { line.reset() }
        lines.removeAll()
      }
      if orders.isOver { break }
      if orders.conditions.swallows == nil {
        for line in lines where line.hasLostBytes { line.reset() }
        lines.removeAll { $0.hasLostBytes }
      }
      turn(&lines, orders.conditions, &dice)
    }
    close(listener)
  }

  /// Waits a moment for bytes, and moves what may move.
  private func turn(_ lines: inout [Line], _ conditions: LineConditions, _ dice: inout Dice) {
    var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    for line in lines { polled += line.wishes(under: conditions) }
    guard poll(&polled, nfds_t(polled.count), 2) >= 0 else { return }
    let now = ContinuousClock.now
    var kept: [Line] = []
    for line in lines {
      if line.move(under: conditions, at: now, &dice) { kept.append(line) } else { line.close() }
    }
    lines = kept
    if polled[0].revents != 0, !conditions.isStalled, let line = accepted() { lines.append(line) }
  }

  private func accepted() -> Line? {
    let near = accept(listener, nil, nil)
    guard near >= 0 else { return nil }
    guard let far = try? LoopbackSocket.connect(to: target) else {
      close(near)
      return nil
    }
    return Line(near: near, far: far)
  }
}
