import Model

/// Virtual time, and what will happen in it: events in the order of their time, and of their making
/// where that is the same. Nothing here waits for anything.
final class World: @unchecked Sendable {
  // Safe because one thread runs a world from its beginning to its end.
  private(set) var now = World.beginning
  var dice: Dice
  var trace: Trace
  private(set) var marks: [String: Int] = [:]
  private(set) var violations: [String] = []
  private var queue: [Planned] = []
  private var made: UInt64 = 0
  private(set) var events = 0

  static let beginning = Instant(microseconds: 1_700_000_000_000_000)

  /// What will happen, by slot: the queue moves numbers only, which costs a quarter less time.
  private var actions: [(() -> Void)?] = []
  private var freeSlots: [Int] = []

  private struct Planned {
    let at: Instant
    let number: UInt64
    let slot: Int

    static func < (left: Planned, right: Planned) -> Bool {
      (left.at, left.number) < (right.at, right.number)
    }
  }

  init(dice: Dice, reader: ((String) -> Void)?) {
    self.dice = dice
    trace = Trace(reader: reader)
  }

  func after(_ delay: Duration, _ action: @escaping () -> Void) {
    made += 1
    let slot = freeSlots.popLast() ?? actions.count
    if slot == actions.count { actions.append(action) } else { actions[slot] = action }
    queue.append(Planned(at: now + max(.zero, delay), number: made, slot: slot))
    rise(queue.count - 1)
  }

  /// Does what is due until `end`, or until `isOver` says so after an event.
  func run(until end: Instant, isOver: () -> Bool) {
    while let first = queue.first, first.at <= end {
      removeFirst()
      now = first.at
      events += 1
      let action = actions[first.slot]
      actions[first.slot] = nil
      freeSlots.append(first.slot)
      action?()
      if isOver() { return }
    }
    now = max(now, end)
  }

  /// Every note is part of the hash by its time and its place.
  func note(_ line: @autoclosure () -> String) {
    let elapsed = (now - Self.beginning).wholeMicroseconds
    trace.mix(UInt64(elapsed) &+ made &* 31)
    guard let reader = trace.reader else { return }
    let micro = String(elapsed % 1_000_000)
    let padding = String(repeating: "0", count: 6 - micro.count)
    reader("\(elapsed / 1_000_000).\(padding)\(micro) \(line())")
  }

  /// Something worth to have met at least once in many seeds.
  func mark(_ name: String) { marks[name, default: 0] += 1 }

  /// A promise was broken.
  func violate(_ what: String) {
    note("VIOLATION: \(what)")
    if violations.count < Self.maxViolations { violations.append(what) }
  }

  private static let maxViolations = 20

  /// Lets go of everything that was to come.
  func end() {
    queue.removeAll()
    actions.removeAll()
  }

  private func rise(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard queue[child] < queue[parent] else { return }
      queue.swapAt(child, parent)
      child = parent
    }
  }

  private func removeFirst() {
    queue.swapAt(0, queue.count - 1)
    queue.removeLast()
    var parent = 0
    while true {
      let left = parent * 2 + 1
      guard left < queue.count else { return }
      let right = left + 1
      let child = right < queue.count && queue[right] < queue[left] ? right : left
      guard queue[child] < queue[parent] else { return }
      queue.swapAt(child, parent)
      parent = child
    }
  }
}
