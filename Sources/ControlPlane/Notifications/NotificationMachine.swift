package import Catalog
package import Model
package import Store

/// Decides which notifications are tried when, and what becomes of them. Knows no store, no clock and no
/// socket: rows and results in, attempts and changes out.
///
/// The rows themselves stay in the outbox; here is only what is under way.
package struct NotificationMachine {
  package enum Event: Sendable {
    /// The policy as it is from now on.
    case policy([PolicyBook.Hook], PolicyBook.Outbox)
    /// Rows of the outbox that are due, the longest due first.
    case due([StoredNotification])
    /// Rows that are pending beyond their time.
    case overdue([StoredNotification])
    case tried(String, AttemptResult)
    /// The change of a row is on disk.
    case written(String)
  }

  package enum Effect: Sendable, Hashable {
    case attempt(StoredNotification, PolicyBook.Hook)
    case write(NotificationChange)
  }

  private struct Attempt {
    let notification: StoredNotification
    let hook: PolicyBook.Hook
  }

  private var hooks: [String: PolicyBook.Hook] = [:]
  private var outbox = PolicyBook.Outbox()
  private var attempts: [String: Attempt] = [:]
  /// Rows whose change is on its way to disk: what the outbox says of them is old.
  private var writing: Set<String> = []

  package init() {}

  /// What to look for in the outbox: for each hook that has room, how many rows to read so that enough
  /// of them are not under way.
  package var wanted: [(hook: String, limit: Int)] {
    guard attempts.count < outbox.concurrency else { return [] }
    return hooks.keys.sorted().compactMap { name in
      guard let hook = hooks[name], busy(name) < hook.concurrency else { return nil }
      return (name, hook.concurrency + attempts.count + writing.count)
    }
  }

  package var hookNames: [String] { hooks.keys.sorted() }
  package var isIdle: Bool { attempts.isEmpty && writing.isEmpty }

  package mutating func step(
    _ event: Event, at now: Instant, random: inout some RandomNumberGenerator
  ) -> [Effect] {
    switch event {
    case .policy(let hooks, let outbox):
      self.hooks = Dictionary(hooks.map { ($0.name, $0) }) { first, _ in first }
      self.outbox = outbox
      return []
    case .due(let rows): return begin(rows, now)
    case .overdue(let rows): return giveUp(rows, now)
    case .tried(let id, let result): return tried(id, result, now, &random)
    case .written(let id):
      writing.remove(id)
      return []
    }
  }

  // MARK: Steps

  private mutating func begin(_ rows: [StoredNotification], _ now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for row in rows where isFree(row) && row.nextAt <= now {
      guard attempts.count < outbox.concurrency else { break }
      guard let hook = hooks[row.hook], busy(row.hook) < hook.concurrency else { continue }
      attempts[row.id] = Attempt(notification: row, hook: hook)
      effects.append(.attempt(row, hook))
    }
    return effects
  }

  /// Only those that nobody is told any more: what has a hook gets a last attempt, even long after its
  /// time, because the control plane may have been away.
  private mutating func giveUp(_ rows: [StoredNotification], _ now: Instant) -> [Effect] {
    var effects: [Effect] = []
    for row in rows where isFree(row) && hooks[row.hook] == nil && row.giveUpAt <= now {
      let why = "no hook of the policy is called \(row.hook) any more"
      effects.append(write(row.id, .givenUp(error: why), now, wasAttempted: false))
    }
    return effects
  }

  private mutating func tried(
    _ id: String, _ result: AttemptResult, _ now: Instant,
    _ random: inout some RandomNumberGenerator
  ) -> [Effect] {
    guard let attempt = attempts.removeValue(forKey: id) else { return [] }
    switch result {
    case .delivered: return [write(id, .delivered, now)]
    case .refused(let why): return [write(id, .givenUp(error: why), now)]
    case .failed(let why, let retryAfter):
      let row = attempt.notification
      // As the policy is now, if it still has the hook.
      let retry = (hooks[row.hook] ?? attempt.hook).retry
      let made = row.attempts + 1
      guard made < retry.attempts else {
        return [write(id, .givenUp(error: "\(why); that was attempt \(made), the last"), now)]
      }
      guard now < row.giveUpAt else {
        return [write(id, .givenUp(error: "\(why); the time for it is over"), now)]
      }
      var pause = Self.pause(after: made, retry, &random)
      if let retryAfter { pause = max(pause, min(retryAfter, retry.longest)) }
      let next = min(now + pause, row.giveUpAt)
      return [write(id, .retry(at: next, error: why), now)]
    }
  }

  /// The first pause doubles with each attempt, up to the longest; of it at least half, the rest by
  /// chance, so that notifications that failed together do not come back together.
  static func pause(
    after attempts: Int, _ retry: PolicyBook.Hook.Retry,
    _ random: inout some RandomNumberGenerator
  ) -> Duration {
    let longest = retry.longest.wholeMicroseconds
    var whole = min(retry.first.wholeMicroseconds, longest)
    var doublings = attempts - 1
    while doublings > 0, whole < longest {
      whole = min(whole * 2, longest)
      doublings -= 1
    }
    return .microseconds(
      whole / 2 + Int64.random(in: 0...max(0, whole - whole / 2), using: &random))
  }

  private mutating func write(
    _ id: String, _ what: NotificationChange.What, _ now: Instant, wasAttempted: Bool = true
  ) -> Effect {
    writing.insert(id)
    return .write(NotificationChange(id, what, at: now, wasAttempted: wasAttempted))
  }

  private func isFree(_ row: StoredNotification) -> Bool {
    attempts[row.id] == nil && !writing.contains(row.id)
  }

  private func busy(_ hook: String) -> Int {
    attempts.values.count { $0.notification.hook == hook }
  }
}

/// What one attempt came to.
package enum AttemptResult: Sendable, Hashable {
  case delivered
  /// The receiver wants no more of it.
  case refused(String)
  case failed(String, retryAfter: Duration? = nil)
}
