/// Timers by deadline: a binary heap, and a table of those still wanted. Cancelled entries stay in
/// the heap until their time comes.
struct TimerQueue {
  private struct Entry {
    var deadline: ContinuousClock.Instant
    var id: TimerID
  }

  private var heap: [Entry] = []
  private var actions: [TimerID: () -> Void] = [:]

  var nextDeadline: ContinuousClock.Instant? {
    mutating get {
      while let first = heap.first, actions[first.id] == nil { removeFirst() }
      return heap.first?.deadline
    }
  }

  mutating func insert(
    _ id: TimerID, at deadline: ContinuousClock.Instant, _ action: @escaping () -> Void
  ) {
    actions[id] = action
    heap.append(Entry(deadline: deadline, id: id))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].deadline < heap[parent].deadline else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func cancel(_ id: TimerID) {
    actions[id] = nil
    // Heartbeats that are put off with every message must not pile up until their old deadlines.
    if heap.count > 64, heap.count > 4 * actions.count { dropCancelled() }
  }

  private mutating func dropCancelled() {
    let live = heap.filter { actions[$0.id] != nil }.sorted { $0.deadline < $1.deadline }
    heap = live  // A sorted array is a heap.
  }

  /// The next action whose time has come, no longer in the queue.
  mutating func popDue(at now: ContinuousClock.Instant) -> (() -> Void)? {
    guard let deadline = nextDeadline, deadline <= now, let first = heap.first else { return nil }
    removeFirst()
    return actions.removeValue(forKey: first.id)
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < heap.count else { return }
      let right = left + 1
      let least = right < heap.count && heap[right].deadline < heap[left].deadline ? right : left
      guard heap[least].deadline < heap[parent].deadline else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}

extension LoopCore {
  func after(_ delay: Duration, _ action: @escaping () -> Void) -> TimerID {
    let id = TimerID()
    insertTimer(id, at: .now + delay, action)
    return id
  }

  func insertTimer(
    _ id: TimerID, at deadline: ContinuousClock.Instant, _ action: @escaping () -> Void
  ) {
    assertOnLoop()
    timers.insert(id, at: deadline, action)
    armTimers()
  }

  func cancelTimer(_ id: TimerID) {
    assertOnLoop()
    timers.cancel(id)
  }

  /// What came before a deadline goes before its timer, however late this thread gets to both.
  func fireTimers() {
    // It rang within the look for those that are due: they fire after it, and it is armed anew then.
    guard !isLooking else { return }
    let now = ContinuousClock.now
    if let deadline = timers.nextDeadline, deadline <= now {
      lookAtSockets()
      while let action = timers.popDue(at: now) { action() }
    }
    hasWorked = true
    flushLinks()
    armTimers()
  }

  private func armTimers() {
    guard let deadline = timers.nextDeadline else { return timerAlarm.disarm(events) }
    timerAlarm.arm(events, after: ContinuousClock.now.duration(to: deadline))
  }
}
