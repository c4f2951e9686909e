import Engine
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
  private var queue = Heap<Planned>()
  private var made: UInt64 = 0
  private(set) var events = 0

  static let beginning = Instant(microseconds: 1_700_000_000_000_000)

  /// What will happen, by slot: the queue moves numbers only, which costs a quarter less time.
  private var actions: [(() -> Void)?] = []
  private var freeSlots: [Int] = []

  private struct Planned: Comparable {
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
    queue.insert(Planned(at: now + max(.zero, delay), number: made, slot: slot))
  }

  /// Does what is due until `end`, or until `isOver` says so after an event.
  func run(until end: Instant, isOver: () -> Bool) {
    while let first = queue.least, first.at <= end {
      queue.removeLeast()
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
}
